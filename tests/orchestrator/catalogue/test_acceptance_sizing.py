"""Which changes size positions, and whether they were computed with what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.catalogue.acceptance.sizing import added_lines, sizing_computed
from orchestrator.catalogue.acceptance.sizing_code import sizing_names
from orchestrator.run.setting import Finding
from orchestrator.workspace.workspace import Workspace
from tests.support.cases import Ending, ending
from tests.support.repositories import AT, Repo

CODE = """
WIN = 0.55
PAYOFF = 1.2


def kelly(p, b):
    return p - (1 - p) / b
"""


class Project:
    """A workspace of a tiny repository, and a run in it."""

    def __init__(self, folder: Path, run: Ending, files: dict[str, str]) -> None:
        repo = Repo.at(folder / "p", files)
        self.space = Workspace.create(
            repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
        )
        self.run = run
        run.services[Workspace] = self.space

    def write(self, name: str, content: str) -> None:
        file = self.space.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    async def check(self) -> Finding:
        return await sizing_computed(self.run.case("Done."))


async def test_sizing_code_without_a_receipt_is_sent_back(tmp_path: Path) -> None:
    with ending(tmp_path, "add Kelly sizing", "implement") as run:
        project = Project(tmp_path, run, {"a.py": "A = 1\n"})
        project.write("sizing.py", CODE)
        found = await project.check()
    assert found.met is False
    assert "kelly in sizing.py" in found.detail
    assert "kelly_fraction, validate_sizing, position_size" in found.missing[0]


async def test_a_receipt_with_the_inputs_of_the_change_is_accepted(tmp_path: Path) -> None:
    with ending(tmp_path, "add Kelly sizing", "implement") as run:
        project = Project(tmp_path, run, {"a.py": "A = 1\n"})
        project.write("sizing.py", CODE)
        seq = await run.use("kelly_fraction", win_probability=0.55, win_return="1.20")
        found = await project.check()
    assert found.met is True
    assert f"kelly_fraction [r{seq}] with win_probability=0.55, win_return=1.2" in found.detail


async def test_a_receipt_with_other_inputs_is_not_and_the_words_say_which(tmp_path: Path) -> None:
    with ending(tmp_path, "add Kelly sizing", "implement") as run:
        project = Project(tmp_path, run, {"a.py": "A = 1\n"})
        project.write("sizing.py", CODE)
        seq = await run.use("kelly_fraction", win_probability=0.55, win_return=3.5)
        found = await project.check()
    assert found.met is False
    said = f"of kelly_fraction [r{seq}] (win_probability=0.55, win_return=3.5) the change lacks"
    assert f"{said} win_return=3.5" in found.detail
    assert "win_return=3.5" in found.missing[0]


async def test_inputs_may_stand_in_configuration_and_as_percentages(tmp_path: Path) -> None:
    with ending(tmp_path, "add Kelly sizing", "implement") as run:
        project = Project(tmp_path, run, {"bot.toml": 'win_percent = 55\npayoff = "1.2"\n'})
        project.write("sizing.py", "def kelly(p, b):\n    return p - (1 - p) / b\n")
        await run.use("kelly_fraction", win_probability=0.55, win_return=1.2, loss_return=-1)
        assert (await project.check()).met is True


async def test_a_failed_receipt_does_not_count(tmp_path: Path) -> None:
    with ending(tmp_path, "add Kelly sizing", "implement") as run:
        project = Project(tmp_path, run, {"a.py": "A = 1\n"})
        project.write("sizing.py", CODE)
        given = {"win_probability": 0.55, "win_return": 1.2}
        run.call("kelly_fraction", given, "no", is_error=True)
        assert (await project.check()).met is False


async def test_the_claimed_fraction_in_the_code_is_enough(tmp_path: Path) -> None:
    with ending(tmp_path, "add Kelly sizing", "implement") as run:
        project = Project(tmp_path, run, {"a.py": "A = 1\n"})
        project.write("sizing.py", "KELLY = 0.175\n")
        await run.use(
            "validate_sizing", win_probability=0.55, win_return=1.2, claimed_fraction=0.175
        )
        assert (await project.check()).met is True


async def test_a_change_without_sizing_code_needs_nothing(tmp_path: Path) -> None:
    with ending(tmp_path, "add a feed", "implement") as run:
        project = Project(tmp_path, run, {"sizing.py": CODE})
        project.write("feed.py", "def on_candle(c):\n    return c.close * 2\n")
        project.write("README.md", "Uses the Kelly fraction for the position size.\n")
        project.write("sizing.py", CODE + "\n\nNAME = 'x'\n")
        found = await project.check()
    assert found.met is True
    assert "no sizing code was recognised" in found.detail


async def test_without_a_workspace_sizing_is_unchecked(tmp_path: Path) -> None:
    with ending(tmp_path, "add a feed", "implement") as run:
        assert (await sizing_computed(run.case("Done."))).met is None


def names(path: str, text: str) -> tuple[str, ...]:
    return sizing_names(path, text, frozenset(range(1, text.count("\n") + 2)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "from risk import kelly_fraction\n"),
        ("a.py", "size = fractionalKelly(p)\n"),
        ("a.py", "def position_size(equity, risk):\n    return equity * risk\n"),
        ("a.py", "self.position_size = equity * 0.02 / price\n"),
        ("a.py", "order = Order(bet_size=cash * f)\n"),
        ("a.py", "stake: float = cash / 10\n"),
        ("a.py", "f = p - (1 - p) / b\n"),
        ("a.py", "f = (p * b - q) / b\n"),
        ("a.py", "f = p / a - (Decimal(1) - p) / b\n"),
        ("a.py", "def broken(:\n    position_size = equity * 0.02\n"),
        ("a.ts", "const positionSize = equity * 0.02 / price;\n"),
        ("a.ts", "export function positionSize(e) { return e }\n"),
        ("a.go", "f := kellyFraction(p, b)\n"),
    ],
)
def test_code_that_computes_a_size_is_found(path: str, text: str) -> None:
    assert names(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", '"""The Kelly fraction and the position size."""\n# kelly\n'),
        ("a.py", "position_size = message['size']\n"),
        ("a.py", "def position_size(self):\n    return self._size\n"),
        ("a.py", "MAX_POSITION_SIZE = 10\n"),
        ("a.py", "total = price * size - fee / 2\n"),
        ("a.py", "page_size = width * 2\nbatch_size = n // 3\n"),
        ("tests/test_a.py", "def test_kelly():\n    assert kelly(0.5, 2) == 0.25\n"),
        ("docs/a.md", "kelly = p - (1 - p) / b\n"),
        ("bot.yaml", "kelly_multiplier: 0.5\n"),
        ("a.ts", "// positionSize = equity * 2\nconst x = 1;\n"),
        ("a.ts", "if (positionSize === limit * 2) { stop() }\n"),
    ],
)
def test_code_that_does_not_is_not(path: str, text: str) -> None:
    assert names(path, text) == ()


def test_only_added_lines_count() -> None:
    text = "def kelly(p, b):\n    return p\n\n\nA = 1\n"
    assert sizing_names("a.py", text, frozenset({5})) == ()


def test_added_lines_are_numbered_as_in_the_new_file() -> None:
    diff = (
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n+++ b/no\n-gone\n+c\n"
        "@@ -9 +10 @@\n-x\n+y\n\\ No newline at end of file\n"
        "diff --git a/z b/z\ndeleted file mode 100644\n--- a/z\n+++ /dev/null\n@@ -1 +0,0 @@\n-z\n"
        "diff --git a/y b/y\n--- /dev/null\n+++ b/y\n@@ -0,0 +1,2 @@\n+1\n+2\n"
    )
    assert dict(added_lines(diff)) == {"x": frozenset({2, 3, 10}), "y": frozenset({1, 2})}
