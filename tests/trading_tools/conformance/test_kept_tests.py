"""A kept test stands alone: it fails on the faulty code and passes once that is mended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.trading_tools.conformance.checking import SAMPLES, checked
from trading_tools.conformance.kept_test import kept_test
from trading_tools.conformance.spec import CheckSpec

PAIRS: list[tuple[str, str, str, str, dict[str, str]]] = [
    ("limiter", "limiters.py", "OnWallClock", "Bucket", {}),
    ("breaker", "breakers.py", "ManyProbes", "Sound", {}),
    ("kelly", "figures.py", "by_ratio", "kit_kelly", {}),
    ("sizing", "figures.py", "rounded_size", "kit_size", {}),
    ("order-guard", "guards.py", "TrustingBot", "KitBot", {}),
    ("backoff", "backoffs.py", "recursive_retry", "bounded_retry", {}),
]


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """pytest over a folder, which sees nothing of this repository's tests."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    return subprocess.run(
        [*command, "-W", "ignore", "--rootdir", str(folder), str(folder)],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=folder,
        check=False,
    )


def kept(folder: Path, kind: str, source: str, name: str, params: dict[str, str]) -> Path:
    """The code in a folder of its own, and the test that a check of it keeps."""
    (folder / source).write_text((SAMPLES / source).read_text("utf-8"), "utf-8")
    outcome = checked(kind, f"{source}:{name}", params, folder=folder)
    spec = CheckSpec(kind, f"{source}:{name}", folder, params)
    file = folder / "tests" / "test_kept.py"
    file.parent.mkdir()
    file.write_text(kept_test(spec, outcome, file), "utf-8")
    return file


@pytest.mark.slow
def test_a_kept_test_fails_on_the_fault_and_passes_once_it_is_mended(tmp_path: Path) -> None:
    file = kept(tmp_path, "breaker", "breakers.py", "ManyProbes", {})

    assert "trading_tools.conformance" not in file.read_text("utf-8")
    before = run(file.parent)
    assert "1 failed" in before.stdout, before.stdout
    code = (tmp_path / "breakers.py").read_text("utf-8")
    mended = code.replace("class ManyProbes(Sound)", "class Mended(Sound)")
    (tmp_path / "breakers.py").write_text(f"{mended}\n\nManyProbes = Sound\n", "utf-8")
    after = run(file.parent)
    assert "1 passed" in after.stdout, after.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "source", "bad", "good", "params"), PAIRS)
def test_each_kind_keeps_tests_that_tell_bad_from_good(
    tmp_path: Path, kind: str, source: str, bad: str, good: str, params: dict[str, str]
) -> None:
    file = kept(tmp_path, kind, source, bad, params)

    before = run(file.parent)
    assert before.returncode == 1, before.stdout
    assert " passed" not in before.stdout.splitlines()[-1]
    if kind in ("kelly", "sizing", "order-guard"):
        return  # the sound one is called by other names
    with (tmp_path / source).open("a", encoding="utf-8") as code:
        code.write(f"\n\n{bad} = {good}\n")
    after = run(file.parent)
    assert after.returncode == 0, after.stdout


def test_nothing_is_kept_where_nothing_is_broken(tmp_path: Path) -> None:
    outcome = checked("backoff", "backoffs.py:full_jitter", histories=5)
    spec = CheckSpec("backoff", "backoffs.py:full_jitter", SAMPLES)

    assert kept_test(spec, outcome, tmp_path / "test_kept.py") == ""
