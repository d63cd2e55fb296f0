"""The copy of a bot's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trading_tools.drill.seal.copies import copy_folder
from trading_tools.drill.spec import DrillError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "bot"
    (place / "src").mkdir(parents=True)
    (place / "src" / "bot.py").write_text("run()")
    return place


def test_files_links_and_modes_are_kept(tmp_path: Path, folder: Path) -> None:
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "latest").symlink_to("src/bot.py")
    (folder / "gone").symlink_to("/nowhere")
    copied = copy_folder(folder, tmp_path / "copy", tmp_path)
    assert (copied.root / "latest").read_text() == "run()"
    assert (copied.root / "gone").readlink() == Path("/nowhere")
    assert os.access(copied.root / "run.sh", os.X_OK)
    assert (copied.shown, copied.files) == ((), 4)


def test_a_link_to_a_file_elsewhere_becomes_a_file_of_the_copy(
    tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "shared.env").write_text("BINANCE_KEY=mine\n")
    (folder / ".env").symlink_to(tmp_path / "shared.env")
    copied = copy_folder(folder, tmp_path / "copy", tmp_path)
    assert not (copied.root / ".env").is_symlink()
    assert (copied.root / ".env").read_text() == "BINANCE_KEY=mine\n"


@pytest.mark.parametrize(
    "marked", ["node_modules/x/index.js", ".git/HEAD", "env/pyvenv.cfg", "conda/conda-meta/history"]
)
def test_environments_are_shown_instead_of_copied(
    tmp_path: Path, folder: Path, marked: str
) -> None:
    (folder / "sub" / marked).parent.mkdir(parents=True)
    (folder / "sub" / marked).write_text("x")
    copied = copy_folder(folder, tmp_path / "copy", tmp_path)
    (shown,) = copied.shown
    assert shown == Path("sub", marked.partition("/")[0])
    assert list((copied.root / shown).iterdir()) == []


def test_a_very_large_file_is_shown_instead_of_copied(tmp_path: Path, folder: Path) -> None:
    with (folder / "ticks.bin").open("wb") as file:
        file.truncate((256 << 20) + 1)
    copied = copy_folder(folder, tmp_path / "copy", tmp_path)
    assert copied.shown == (Path("ticks.bin"),)
    assert (copied.root / "ticks.bin").stat().st_size == 0


def test_our_own_record_other_drills_and_sockets_are_left_out(folder: Path) -> None:
    (folder / ".orchestrator").mkdir()
    (folder / "orc-drill-1").mkdir()
    os.mkfifo(folder / "pipe")
    copied = copy_folder(folder, folder / "orc-drill-1" / "work", folder.parent)
    assert [path.name for path in copied.root.iterdir()] == ["src"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_left_out(tmp_path: Path, folder: Path) -> None:
    (folder / "secret").write_text("x")
    (folder / "secret").chmod(0)
    copied = copy_folder(folder, tmp_path / "copy", tmp_path)
    assert not (copied.root / "secret").exists()


def test_too_many_files_are_refused_by_name(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading_tools.drill.seal.copies._MOST_FILES", 3)
    for number in range(5):
        (folder / f"log{number}").touch()
    with pytest.raises(DrillError, match=r"more than 3 files.*it got to log3.*move data and logs"):
        copy_folder(folder, tmp_path / "copy", tmp_path)


@pytest.mark.parametrize("whole", ["/", "home"])
def test_a_home_folder_is_refused(tmp_path: Path, whole: str) -> None:
    folder = tmp_path if whole == "home" else Path("/")
    with pytest.raises(DrillError, match="too much to copy"):
        copy_folder(folder, tmp_path / "copy", tmp_path)
