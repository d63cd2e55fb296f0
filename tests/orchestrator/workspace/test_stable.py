"""Results that are the same on every machine, and figures that stay what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.workspace.stable import Stabiliser

ROOT = Path("/home/u/project/.orchestrator/worktrees/r1")
STABLE = Stabiliser(ROOT)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (f"{ROOT}/src/a.py:3: in {ROOT}.", "/workspace/src/a.py:3: in /workspace."),
        (f"{ROOT}2/x", f"{ROOT}2/x"),
        ("3 passed in 0.12s", "3 passed in [time]"),
        (
            "====== 1 failed, 2 passed, 1 warning in 65.10s (0:01:05) ======",
            "1 failed, 2 passed, 1 warning in [time]",
        ),
        ("=== no tests ran in 0.00s ===", "no tests ran in [time]"),
        ("0.51s call     tests/test_a.py::test_x", "[time] call     tests/test_a.py::test_x"),
        ("platform linux -- Python 3.11.7, pytest-9.2.0", "platform [...]"),
        ("Ran 3 tests in 0.001s", "Ran 3 tests in [time]"),
        ("real\t0m0.018s\nuser\t0m0.003s", "real [time]\nuser [time]"),
        ("ok  \tproj/pkg\t0.012s", "ok  \tproj/pkg\t[time]"),
        ("--- PASS: TestX (0.00s)", "--- PASS: TestX ([time])"),
        ("Resolved 12 packages in 3ms", "Resolved 12 packages in [time]"),
        ("Time:        1.234 s, estimated 2 s", "Time: [time]"),
        (
            "   Start at  12:00:01\n   Duration  1.20s (setup 30ms)",
            "   Start at  [time]\n   Duration  [time]",
        ),
        ("real 1.20\nuser 0.10\nsys 0.02", "real [time]\nuser [time]\nsys [time]"),
        ("Done in 1.3 seconds", "Done in [time]"),
        ("<A object at 0x7f3c2a1b9d50>", "<A object at 0x[...]>"),
        ("/tmp/tmpab3_x9zq/f.txt", "/tmp/tmp[...]/f.txt"),
        ("/tmp/tmp.Xy12AbCd90", "/tmp/tmp[...]"),
        (
            "/tmp/pytest-of-alice/pytest-17/test_x0/f",
            "/tmp/pytest-of-user/pytest-0/test_x0/f",
        ),
        ("server pid 4711 and pid=4712", "server pid [...] and pid=[...]"),
        (
            '  File "/home/dev/.pyenv/versions/3.11.7/lib/python3.11/asyncio/runners.py", line 1',
            '  File "/python/lib/asyncio/runners.py", line 1',
        ),
        (
            "../../p/.venv/lib/python3.12/site-packages/ccxt/base.py:10: E",
            "/python/site-packages/ccxt/base.py:10: E",
        ),
        (
            "total 8\ndrwxr-xr-x  2 u  users 4096 Nov 20 18:49 src\n"
            "-rw-r--r-- 1 root root   12 Jan  3  2024 a.py",
            "drwxr-xr-x [date] src\n-rw-r--r-- 12 [date] a.py",
        ),
        ("\x1b[1;32mok\x1b[0m \x1b]0;title\x07x", "ok x"),
        ("10%\r50%\r100% done\r\nnext", "100% done\nnext"),
    ],
)
def test_what_a_machine_or_a_moment_adds_is_gone(given_text: str, expected: str) -> None:
    assert STABLE.text(given_text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "BTC/USDT 64250.10 -0.125 1e-8 sized in 0.12 lots",
        "retry after 30 s, Retry-After: 5, timeout 1.5s",
        "the order was filled in 1.5 seconds at 64250.5",
        "latency p50 in 0.12s, candles every 30s",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "usdt at 0xdAC17F958D2ee523a2206206994597C13D831ec7",
        "usdt at 0xdac17f958d2ee523a2206206994597c13d831ec7",
        "order 1234567890123 id 0x12ab at 2026-11-20T18:49:05.123456Z",
        "toolu_01AbCdEf 550e8400-e29b-41d4-a716-446655440000",
        "total 8 orders\ntotal 8",
        "Kp=0.5 pid gains 1.0 2.0; 3 passed in review",
        "     7\tx = 1  # 3 passed in 0.12s",
        f"     1\t{ROOT}/a at 0x7f3c2a1b9d50 /tmp/tmpab3_x9zq\r",
        "Time: 5 bars\nDuration: 30 candles\nreal 5.20",
        "1 MiB of 4096 in 1h, real 5, user 3",
    ],
)
def test_figures_that_matter_stay(text: str) -> None:
    assert STABLE.text(text) == text


def test_further_folders_get_their_names() -> None:
    stable = Stabiliser(ROOT, {"/home/u/project/.venv": "/venv"})
    assert stable.text(f"{ROOT}/a /home/u/project/.venv/bin/x") == "/workspace/a /venv/bin/x"


def test_a_workspace_that_lies_below_the_shown_name_is_not_mixed_up_with_it() -> None:
    text = "/workspace/x/a.py /workspace/x"
    assert Stabiliser(Path("/workspace/x")).text(text) == text
    assert Stabiliser(Path("/")).text("/ /a") == "/ /a"


def test_a_linked_root_is_shown_as_the_workspace_under_both_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    stable = Stabiliser(tmp_path / "link")
    assert stable.text(f"{tmp_path}/link/a {tmp_path}/real/b") == "/workspace/a /workspace/b"


PIECES = st.sampled_from(
    [
        str(ROOT), "/tmp/tmp", "tmpabcdefgh", "/pytest-of-u/pytest-3", " at 0x7f12345678", "0x",
        "3 passed", " in 0.1s", "=== ", " ===", "\n", "\r", "\x1b", "[0m", "\x1b[31m", "\t", "12",
        "real\t0m1.2s", "Done in 1.5s", "total 4\n", "drwxr-xr-x 2 u g 40 Nov 20 18:49 x", "/",
        "/a/lib/python3.11/", "lib/", "site-packages/", "pid 33", " ", "pid ",
        "platform a -- Python",
        "-rw-r--r-- 1 u g 4 Nov 20 18:49 ", "[time]", "[...]", "[date]", "Time: 3 s", "ok  \ta\t1s",
    ]
)  # fmt: skip


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=14).map("".join))
def test_a_stable_text_stays_as_it_is(text: str) -> None:
    once = STABLE.text(text)
    assert STABLE.text(once) == once


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    price=st.decimals(0, 10**6, places=8),
    size=st.floats(0, 1e6),
    digest=st.binary(min_size=16, max_size=32).map(bytes.hex),
)
def test_no_price_size_or_hash_changes(price: object, size: float, digest: str) -> None:
    text = f"buy {size} at {price} ({digest}) id {digest[:12]}, filled in {size}s"
    assert STABLE.text(text) == text
