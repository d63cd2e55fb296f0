"""Files of a project in memory, as the model sees them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from trading_tools.review.model.module import Module
from trading_tools.review.model.project import Project
from trading_tools.review.source import Source

MakeModule = Callable[..., Module]


@pytest.fixture
def module() -> MakeModule:
    """Makes the model of a text; other files of its project are given by their dotted names."""

    def make(text: str, *, name: str = "bot", fragment: bool = False, **files: str) -> Module:
        others = {each: textwrap.dedent(code) for each, code in files.items()}

        def find(dotted: str) -> Source | None:
            code = others.get(dotted)
            return None if code is None else Source(f"{dotted}.py", code, module=dotted)

        source = Source(f"{name}.py", textwrap.dedent(text), fragment=fragment, module=name)
        return Project(find).open(source)

    return make
