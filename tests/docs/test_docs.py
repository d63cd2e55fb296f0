"""Pages that cannot rot: links, examples, commands and tables are held against what exists.

A fence marked `python run` is run in an empty folder; one marked `json handoff` must be an envelope
that the parser takes without a repair, one marked `json handoff refused` an envelope it refuses.
"""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.catalogue import exchange
from orchestrator.cli.main import COMMANDS
from orchestrator.config.environment import OTHER_VARIABLES, variable_of
from orchestrator.config.files import keys
from orchestrator.config.settings import USER_ONLY, Settings
from orchestrator.protocol.handoff import STATUSES
from orchestrator.protocol.parsing import HandoffError, parse_handoff
from orchestrator.protocol.schema import handoff_schema
from orchestrator.run.events import RunEvent

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("*.md", "docs/**/*.md", ".claude/**/*.md", "agents/*.md", "examples/*/*.md")
PAGES = sorted({path for place in PLACES for path in ROOT.glob(place)})
FACTS = ROOT / "tools/trading_tools/exchange/facts/exchanges.yaml"
# What an agent's file names lies in the project that the agent works on.
ABOUT_US = [page for page in PAGES if page.parent.name != "agents"]
AGENTS = AgentCatalogue.discover(None, None).names

_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(r"(?:^|[\s(&|;/])orc((?:[ \t]+[^\s`|;&]+)+)", re.MULTILINE)
_INDEX = re.compile(r"\b(?:pypi|pythonhosted|npmjs)\.(?:org|io|com)\b")
_MACHINE = re.compile(r"(?<![\w.~-])/(?:work|root|home/\w+|Users/\w+)(?![\w-])")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    info: str
    text: str

    @property
    def id(self) -> str:
        """Where it stands."""
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def _blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text("utf-8")
        for found in _FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page, line, found[1].strip(), found[2])


BLOCKS = tuple(_blocks())
PYTHON = [block for block in BLOCKS if block.info.split()[:1] == ["python"]]
RUNNABLE = [block for block in PYTHON if block.info == "python run"]
ENVELOPES = [block for block in BLOCKS if block.info == "json handoff"]
REFUSED = [block for block in BLOCKS if block.info == "json handoff refused"]
JSON = [block for block in BLOCKS if block.info.split()[:1] == ["json"] and block not in REFUSED]


def _page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _name(value: Block | Path) -> str:
    return value.id if isinstance(value, Block) else value.relative_to(ROOT).as_posix()


def _code(page: Path) -> str:
    """The code of a page, inline and fenced, one piece a line."""
    text = page.read_text("utf-8")
    fenced = [found[2] for found in _FENCE.finditer(text)]
    return "\n".join([*fenced, *_INLINE.findall(_FENCE.sub("", text))])


def _anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text("utf-8"))
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _commands(page: Path) -> Iterator[list[str]]:
    for found in _COMMAND.finditer(_code(page)):
        words = found[1].split()
        while words and words[0].startswith("-"):
            words.pop(0)
        if words:
            yield words


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{_name(page)}: {target} leads nowhere"
        assert there.is_relative_to(ROOT), f"{_name(page)}: {target} leads out of the project"
        if anchor:
            assert anchor in _anchors(there), f"{_name(page)}: no heading {target}"


@pytest.mark.parametrize("page", [*PAGES, FACTS], ids=_name)
def test_no_page_names_a_package_index_or_somebodys_machine(page: Path) -> None:
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        assert not _INDEX.search(line), f"{_name(page)}:{number}: {line}"
        assert not _MACHINE.search(line), f"{_name(page)}:{number}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    for words in _commands(page):
        name = words[0].rstrip(".,:)|…")
        if name.isupper() or name.startswith(("<", "…")):
            continue
        assert name in COMMANDS, f"{_name(page)}: there is no `orc {' '.join(words)}`"
        loaded: Any = getattr(importlib.import_module(COMMANDS[name][0]), f"{name}_command")
        inner = getattr(loaded, "commands", None)
        if inner and len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
            known = {*inner, *(option for param in loaded.params for option in param.opts)}
            assert words[1] in known, f"{_name(page)}: there is no `orc {name} {words[1]}`"


@pytest.mark.parametrize("page", ABOUT_US, ids=_name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", _page("Makefile"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8")))
    assert named <= targets, f"{_name(page)}: the Makefile has no {sorted(named - targets)}"


@pytest.mark.parametrize("page", ABOUT_US, ids=_name)
def test_every_file_of_ours_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:src|tools|tests|agents|docs|examples)/[\w./-]+)`", page.read_text())
    for path in named:
        assert (ROOT / path).exists(), f"{_name(page)}: there is no {path}"


@pytest.mark.parametrize("block", PYTHON, ids=_name)
def test_every_python_example_compiles(block: Block) -> None:
    compile(block.text, block.id, "exec")


@pytest.mark.parametrize("block", RUNNABLE, ids=_name)
def test_every_runnable_example_runs(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, block.id, "exec"), {"__name__": "example"})


@pytest.mark.parametrize("block", JSON, ids=_name)
def test_every_json_example_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", ENVELOPES, ids=_name)
def test_every_envelope_shown_is_sound_as_it_stands(block: Block) -> None:
    jsonschema.validate(json.loads(block.text), handoff_schema())
    assert parse_handoff(block.text, AGENTS).repairs == ()


@pytest.mark.parametrize("block", REFUSED, ids=_name)
def test_every_envelope_shown_as_refused_is_refused(block: Block) -> None:
    with pytest.raises(HandoffError):
        parse_handoff(block.text, AGENTS)


def test_the_examples_are_there() -> None:
    assert RUNNABLE
    assert {json.loads(block.text)["status"] for block in ENVELOPES} == set(STATUSES)
    assert REFUSED


def test_every_repair_in_the_handoff_page_is_made() -> None:
    rows = re.findall(r"^\| `(\{.*?\})` \| (.+?) \|$", _page("docs/handoff.md"), re.MULTILINE)
    assert rows
    for written, repair in rows:
        found = parse_handoff(written.replace(r"\|", "|"), AGENTS).repairs
        assert found == (repair.replace("`", ""),), written


def test_every_key_stands_in_the_configuration_page_as_it_is() -> None:
    text = _page("docs/configuration.md")
    missing = [row for key in keys() if (row := _row(key)) not in text]
    assert not missing, "docs/configuration.md lacks these lines:\n" + "\n".join(missing)
    assert set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", text, re.MULTILINE)) == set(keys())
    assert all(f"`{name}`" in text for name in OTHER_VARIABLES)


def _row(key: str) -> str:
    table, _, name = key.partition(".")
    kind = Settings.model_fields[table].annotation
    assert isinstance(kind, type)
    assert issubclass(kind, BaseModel)
    info = kind.model_fields[name]
    default = info.get_default(call_default_factory=True)
    shown = _shown(default)
    own = "user" if key in USER_ONLY else "any"
    variable = "" if key == "model.prices" else f"`{variable_of(key)}`"
    return f"| `{key}` | {shown} | {own} | {variable} | {info.description} |"


def _shown(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, Decimal | int):
        return f"`{default}`"
    return f"`{json.dumps(default)}`"


def test_every_event_of_a_run_stands_in_the_architecture_page() -> None:
    text = _page("docs/architecture.md")
    kinds = {event.KIND for event in RunEvent.__args__}
    assert kinds == set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", text, re.MULTILINE))


def test_decisions_are_numbered_without_a_gap_and_all_in_the_index() -> None:
    numbers = [int(page.name[:4]) for page in _decisions()]
    assert numbers == list(range(1, len(numbers) + 1))
    index = _page("docs/decisions/README.md")
    assert [page.name for page in _decisions() if f"]({page.name})" not in index] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("0*.md")), ids=_name)
def test_a_decision_says_what_why_and_what_it_costs(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.match(rf"# {page.name[:4]} .+\n", text)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Decision", "Why", "Cost"]


def _decisions() -> list[Path]:
    return sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))


def test_every_problem_that_verification_names_stands_in_the_ledger_page() -> None:
    table = _page("docs/ledger.md").partition("| problem |")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `([a-z ]+)` \|", table, re.MULTILINE))
    source = _page("tools/trading_tools/audit/verify.py") + _page(
        "tools/trading_tools/audit/links.py"
    )
    named = set(re.findall(r'f?"([a-z ]+?): ', source))
    assert named == listed


def test_the_licence_of_each_direct_dependency_is_the_one_it_declares() -> None:
    pages = "\n".join(page.read_text("utf-8") for page in _decisions())
    for name in _dependencies():
        assert f"`{name}` {_licence(name)}" in " ".join(pages.split()), name


def _dependencies() -> list[str]:
    project = tomllib.loads(_page("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return sorted({re.split(r"[\[<>=!~ ]", line)[0].lower() for line in lines})


def _licence(name: str) -> str:
    declared = metadata(name).json
    said = declared.get("license_expression") or declared.get("license")
    if not said or said == "UNKNOWN" or "\n" in said:
        # nothing, or the whole text of the licence
        (said,) = (text for text in declared["classifier"] if text.startswith("License ::"))
    return str(said).rpartition(":: ")[2].removesuffix(" License")


def test_every_market_data_tool_stands_in_its_page_with_its_arguments() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", _page("docs/market-data.md"), re.MULTILINE)
    listed = {name: re.findall(r"`(\w+)`", arguments) for name, arguments in rows}
    assert listed == {tool.name: list(tool.arguments.model_fields) for tool in exchange.TOOLS}
