"""From a target as a person writes it to the object, with words for what a test does to load it."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trading_tools.conformance.inside.markdown import blocks, run_page
from trading_tools.conformance.spec import CheckError

MODULE = "checked_module"


@dataclass(frozen=True)
class Loaded:
    """The object, its module's names, and what was remarked on the way."""

    name: str
    value: object
    module: types.ModuleType
    notes: tuple[str, ...]

    @property
    def owner(self) -> object | None:
        """The class of a method that was named as `Class.method`."""
        return _dotted(self.module, self.name.rpartition(".")[0]) if "." in self.name else None


def split(target: str) -> tuple[str, str]:
    """Where the code is, and the name in it; no name for a file that has only one to check.

    Raises:
        CheckError: it is not of the form.
    """
    if ":" not in target and Path(target).suffix:
        return target, ""
    where, colon, name = target.rpartition(":")
    if not colon or not where or not all(part.isidentifier() for part in name.split(".")):
        raise CheckError(
            f"{target!r} names nothing to check",
            "write path/to/file.py:Name, package.module:Name or page.md:Name",
        )
    return where, name


def load(target: str, folder: Path) -> Loaded:
    """Import what the target names.

    Raises:
        CheckError: there is no such file or name, or its code fails while it is imported.
    """
    where, name = split(target)
    for place in (folder / "src", folder):
        if place.is_dir():
            sys.path.insert(0, str(place))
    with blaming(f"{where} cannot be imported", "mend it, or name another file"):
        module, notes = _module(where, folder)
    name = name or _only(where, module, notes)
    try:
        value = _dotted(module, name)
    except AttributeError:
        raise CheckError(f"{where} has no {name}{_why(notes)}", _near(name, module)) from None
    return Loaded(name, value, module, tuple(notes))


@contextmanager
def blaming(what: str, fix: str) -> Iterator[None]:
    """The boundary to the user's code while it is imported and made.

    Raises:
        CheckError: `what`, with whatever the code raised; an error of our own goes on as it is.
    """
    try:
        yield
    except CheckError:
        raise
    except BaseException as error:  # noqa: BLE001 - code of others: whatever it raises is told
        raise CheckError(f"{what}: {told(error)}", fix) from None


def told(error: BaseException) -> str:
    """An exception of the user's code on one line, with the line of theirs that it came from."""
    text = " ".join(str(error).split())[:200]
    own = [each for each in traceback.extract_tb(error.__traceback__) if _is_theirs(each)]
    place = f" (line {own[-1].lineno} of {Path(own[-1].filename).name})" if own else ""
    return f"{type(error).__name__}{f': {text}' if text else ''}{place}"


def theirs(error: BaseException) -> bool:
    """Whether the user's code raised it, and not ours or Python's."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and _is_theirs(frames[-1])


def _is_theirs(frame: traceback.FrameSummary) -> bool:
    others = ("trading_tools", "/lib/python3", "<frozen")
    return bool(frame.lineno) and not any(part in frame.filename for part in others)


def _module(where: str, folder: Path) -> tuple[types.ModuleType, list[str]]:
    path = folder / where
    if not path.is_file():
        if "/" in where or where.endswith((".py", ".md")):
            raise CheckError(f"there is no file {where}", f"paths are relative to {folder.name}/")
        return importlib.import_module(where), []
    if path.suffix == ".py":
        return _file(path), []
    text = path.read_text("utf-8", "replace")
    if not blocks(text):
        raise CheckError(
            f"{where} has no block of Python", "fence the code with ```python, or name a .py file"
        )
    page = types.ModuleType(MODULE)
    sys.modules[MODULE] = page
    return page, run_page(text, page)


def _file(path: Path) -> types.ModuleType:
    root, dotted = path.parent, path.stem
    while (root / "__init__.py").is_file():
        root, dotted = root.parent, f"{root.name}.{dotted}"
    sys.path.insert(0, str(root))
    if "." in dotted:
        return importlib.import_module(dotted)
    spec = importlib.util.spec_from_file_location(MODULE, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    return module


def _dotted(module: types.ModuleType, name: str) -> object:
    value: object = module
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _why(notes: list[str]) -> str:
    failed = [note for note in notes if "did not run" in note or "no Python" in note]
    return f" ({'; '.join(failed)})" if failed else ""


def _only(where: str, module: types.ModuleType, notes: list[str]) -> str:
    """The one class, or else the one function, that a module defines.

    Raises:
        CheckError: it has none, or several.
    """
    names = [name for name in _defined(module) if not name.startswith("_")]
    classes = [name for name in names if inspect.isclass(vars(module)[name])]
    for found in (classes, names):
        if len(found) == 1:
            return found[0]
    listed = f"it has {', '.join(names[:12])}" if names else f"it defines none{_why(notes)}"
    raise CheckError(f"{where} does not say what to check", f"write {where}:Name; {listed}")


def _defined(module: types.ModuleType) -> list[str]:
    return [
        each
        for each, value in vars(module).items()
        if not each.startswith("__")
        and callable(value)
        and getattr(value, "__module__", MODULE) in (module.__name__, MODULE)
    ]


def _near(name: str, module: types.ModuleType) -> str:
    names = _defined(module)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"it has {', '.join(sorted(names)[:12])}" if names else "it defines nothing to check"
