"""The cheap look at what playbooks are asked by: it never says no where one takes the request."""

from pathlib import Path

import pytest

from orchestrator.playbooks.asked import any_is_asked
from orchestrator.playbooks.plain import PlainFile, read_plain, shipped_files
from orchestrator.playbooks.reading import playbook_of

SHIPPED = shipped_files()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.path.stem)
def test_each_example_of_a_playbook_holds_what_it_is_asked_by(file: PlainFile) -> None:
    playbook = playbook_of(file).playbook
    assert playbook is not None
    assert all(any_is_asked([example], [file]) for example in playbook.examples)


def test_a_request_for_something_else_holds_none() -> None:
    assert not any_is_asked(["implement a Bybit perp connector", ""], SHIPPED)


@pytest.mark.parametrize(
    "text", ["asks: kelly", "- kelly", "asks: [{a: kelly}]", "asks: [", "\x00", ""]
)
def test_a_file_that_is_no_playbook_is_asked_by_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    files = [read_plain(tmp_path / name, "user") for name in ("broken.yaml", "none.yaml")]
    assert not any_is_asked(["kelly"], files)
