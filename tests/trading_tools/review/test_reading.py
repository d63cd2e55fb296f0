"""From files to Python: encodings, notebooks, documents, and what is none of it."""

from __future__ import annotations

import json

import pytest

from trading_tools.review.engine import Engine
from trading_tools.review.findings import Finding
from trading_tools.review.model.project import Project
from trading_tools.review.parsing import Unreadable, parse
from trading_tools.review.reading.files import MOST_BYTES, source_of
from trading_tools.review.registry import chosen

CALL = "exchange.create_order('A', 'limit', 'buy', 1, 2)"


def _found(path: str, raw: bytes) -> list[Finding]:
    return Engine(chosen(["T11"])).review(source_of(path, raw), Project())


@pytest.mark.parametrize(
    ("raw", "what", "line"),
    [
        (b"def f(:\n", "is no valid Python: invalid syntax", 1),
        (b"x = 1\nprint 'x'\n", "is Python 2", 2),
        (b"try:\n    f()\nexcept OSError, e:\n    pass\n", "is Python 2", 3),
        (b"a = 1\n\0\n", "holds a null byte", 2),
        (b"x = 1\n<<<<<<< HEAD\ny = 1\n=======\ny = 2\n>>>>>>> b\n", "holds a merge conflict", 2),
        (b"x = 1\ny = '\xff'\n", "is not UTF-8", 2),
        (b"# -*- coding: klingon -*-\nx = '\xc3\xa9'\n", "has an unusable encoding", 1),
        (b"x = " + b"-" * 100_000 + b"1\n", "is nested too deeply to be parsed", 0),
        (b"x = " + b"+".join([b"1"] * 60_000), "is nested too deeply to be parsed", 0),
        (b"#" * (MOST_BYTES + 1), "has 4,000,001 bytes, more than 4,000,000", 0),
    ],
)
def test_what_cannot_be_reviewed_says_why_and_where(raw: bytes, what: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(source_of("bot.py", raw))
    assert caught.value.what.startswith(what)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("depth", [50, 500, 5_000, 50_000])
def test_code_of_any_depth_ends_in_findings_or_in_one_line(depth: int) -> None:
    for text in (
        "x = " + "[" * depth + "]" * depth,
        "x = a" + ".b" * depth,
        "x = a" + "(1)" * depth,
        "x = " + "not " * depth + "y",
        f"exchange.create_order({'1 + ' * depth}1)",
        f"def f(exchange):\n    exchange.create_order(x{'.y' * depth})",
    ):
        try:
            source = source_of("bot.py", text.encode())
            found = Engine(chosen()).review(source, Project())
        except Unreadable:
            continue
        assert all("\n" not in each.message for each in found)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + CALL.encode(),
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n" + CALL.encode(),
        CALL.encode() + b"\r\n",
        b"x = 1\r" + CALL.encode(),
        b"\x0cx = 1\n" + CALL.encode(),
    ],
)
def test_encodings_and_line_ends_of_every_kind_are_read(raw: bytes) -> None:
    (found,) = _found("bot.py", raw)
    assert found.excerpt == CALL


def test_a_notebook_is_one_program_and_findings_name_the_line_in_its_file() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Notes\n", CALL]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import ccxt\n", "!ls"]},
        {"cell_type": "code", "source": ["%%bash\n", "rm -rf x"]},
        {"cell_type": "code", "source": "exchange = ccxt.okx()\nexchange?\n" + CALL},
        {"cell_type": "code", "source": ["%%time\n", "# größer\n", CALL + "\n"]},
        {"cell_type": "code", "source": "kept, left = !ls *.csv\nspeed = %timeit -o go()"},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    found = _found("study.ipynb", text.encode())
    lines = text.split("\n")
    assert [CALL in lines[each.line - 1] for each in found] == [True, True]
    assert found[0].message.endswith("(code cell 3, line 3)")
    assert found[1].message.endswith("(code cell 4, line 3)")


@pytest.mark.parametrize("indent", [None, 1])
def test_lines_that_are_alike_in_a_notebook_are_told_and_silenced_one_by_one(
    indent: int | None,
) -> None:
    lines = ["import ccxt\n", "exchange = ccxt.okx()\n", f"{CALL}  # orc: ignore[T11] on paper\n"]
    sources = [
        [*lines, f"{CALL}\n", f"{CALL}\n"],
        [f"%time {CALL}"],
        [f"{CALL}  # orc: ignore[T11] paper"],
    ]
    cells = [{"cell_type": "code", "source": each} for each in sources]
    text = json.dumps({"cells": cells}, indent=indent)
    found = _found("study.ipynb", text.encode())
    assert [each.message.partition(" (")[2] for each in found] == [
        "code cell 1, line 4)",
        "code cell 1, line 5)",
        "code cell 2, line 1)",
    ]
    at = [at for at, line in enumerate(text.split("\n"), 1) if "create" in line]
    assert [each.line for each in found] == (at[1:4] if indent else [1, 1, 1])


def test_what_a_cell_has_printed_is_not_taken_for_its_code() -> None:
    lines = ["import ccxt\n", "exchange = ccxt.okx()\n", CALL]
    printed = [{"name": "stdout", "text": lines}]
    text = json.dumps(
        {"cells": [{"cell_type": "code", "outputs": printed, "source": lines}]}, indent=1
    )
    at = [at for at, line in enumerate(text.split("\n"), 1) if CALL in line]
    assert [each.line for each in _found("study.ipynb", text.encode())] == [at[1]]


def test_a_cell_that_is_no_python_is_told_and_the_others_are_reviewed() -> None:
    sources = ["import ccxt\nexchange = ccxt.okx()", "x = 1\ndef f(:\n", CALL]
    cells = [{"cell_type": "code", "source": each} for each in sources]
    text = json.dumps({"cells": cells}, indent=1)
    broken, order = _found("study.ipynb", text.encode())
    what = "is no valid Python: invalid syntax (code cell 2, line 2): not reviewed"
    assert (broken.rule, broken.message) == ("R01", what)
    assert "def f(:" in text.split("\n")[broken.line - 1]
    assert order.rule == "T11"


@pytest.mark.parametrize("text", ["", "{}", '{"cells": 3}', '{"cells": [1]}', "[" * 9_000])
def test_what_is_no_notebook_says_so(text: str) -> None:
    with pytest.raises(Unreadable, match="is no notebook"):
        source_of("study.ipynb", text.encode())


DOCUMENT = f"""\
---
title: a page
---
# A page

```python
import ccxt
exchange = ccxt.okx()
```

Text with `{CALL}` in it.

- a list

  ```py
  {CALL}
  ```

```yaml
price: 1
```

```python
def sketch(...):
    {CALL}
```

```python
{CALL}
```
"""


@pytest.mark.parametrize("path", ["page.md", "page.txt"])
def test_a_document_is_read_for_its_python_blocks_at_its_own_lines(path: str) -> None:
    found = _found(path, DOCUMENT.encode())
    lines = DOCUMENT.split("\n")
    assert [lines[each.line - 1].strip() for each in found] == [CALL, CALL]
    assert [each.line for each in found] == [16, 29]


def test_a_document_without_python_is_silent() -> None:
    assert _found("page.md", b"# nothing\n\n    indented\n") == []
