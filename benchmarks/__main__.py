"""`make bench` and `make bench-peers`: measure everything, print it, write `docs/benchmarks.md`.

python -m benchmarks [--peers] [--quick] [--rounds N] [--page FILE]
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import chain, commands, page
from benchmarks.page import Figure, Report
from benchmarks.processes import PEERS, standin, told

CROWD = 100
"""Runs at once."""


def main(given: list[str] | None = None) -> None:
    """Measure, print, and write the page where one is named."""
    options = argparse.ArgumentParser(prog="python -m benchmarks")
    options.add_argument("--peers", action="store_true", help="with the peers of .venv-peers")
    options.add_argument("--quick", action="store_true", help="a few runs: does it work?")
    options.add_argument("--rounds", type=int, default=30, help="of the chain; 30 where not given")
    options.add_argument("--page", type=Path, help="write the figures to this file")
    asked = options.parse_args(given)
    console = Console()
    report = measure(peers=asked.peers and PEERS.exists(), quick=asked.quick, rounds=asked.rounds)
    page.show(console, report)
    if asked.page is not None:
        asked.page.write_text(page.markdown(report), encoding="utf-8")
        console.print(f"written: {asked.page}")


def measure(*, peers: bool, quick: bool, rounds: int = 30) -> Report:
    """Everything; `quick` says little about speed and shows only that all of it runs."""
    machine, busy = _machine(), os.getloadavg()[0] > (os.cpu_count() or 1)
    rounds = 2 if quick else rounds
    names = (chain.FLOOR, *chain.VARIANTS, chain.OURS, *(chain.PEER_CONTENDERS if peers else ()))
    costs = chain.measure(names, rounds)
    return Report(
        date=datetime.now(UTC).strftime("%d %B %Y"),
        machine=machine,
        busy=busy,
        rounds=rounds,
        costs=costs,
        absent=() if peers else chain.PEER_CONTENDERS,
        figures=[
            *_chain(costs),
            *_crowd(20 if quick else 300, 10 if quick else 200),
            *_parts(0.01 if quick else 1.0),
            *_venue(0.01 if quick else 1.0),
            *_drill(1 if quick else 9),
            *_checks(5 if quick else 100),
            *_review(2_000 if quick else 100_000),
            *_gate(2_000 if quick else 5_000_000, 200 if quick else 2_000),
            *_kit(300 if quick else 20_000),
            *_kit_streams(0.5 if quick else 10, 2 if quick else 50),
            *_commands(1 if quick else 7),
        ],
    )


def _machine() -> str:
    cores, load = os.cpu_count(), os.getloadavg()[1]
    python = platform.python_version()
    return f"{cores} cores ({platform.machine()}), load {load:.1f} at the start, Python {python}"


def _chain(costs: list[chain.Cost]) -> list[Figure]:
    by_name = {cost.name: cost for cost in costs}
    floor, ours = by_name[chain.FLOOR], by_name[chain.OURS]
    grown = ours.request_bytes / floor.request_bytes
    return [
        _most("CPU of a run over the bare loop's", ours.ratio, 1.3, "×"),
        _most("request bytes of a run over the bare loop's", grown, 1.1, "×"),
        Figure("requests with cache breakpoints", f"{ours.marked:.0%}", "100%", ours.marked == 1.0),
    ]


def _crowd(runs: int, overloaded_runs: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, standin(latency_ms=100) as url:
        calm: dict[str, Any] = told("benchmarks.crowd", url, folder, str(runs), str(CROWD))
    with tempfile.TemporaryDirectory() as folder, standin(overloaded=0.2) as url:
        rough = told("benchmarks.crowd", url, folder, str(overloaded_runs), str(CROWD))
    share = rough["done"] / rough["runs"]
    what = f"{CROWD} runs at once, 100 ms model latency"
    lost = calm["runs"] - calm["done"]
    return [
        _least(f"{what}: runs a second", calm["runs_a_second"], 50),
        _most(f"{what}: most memory", calm["rss_mb"], 130, " MB"),
        Figure(f"{what}: runs lost", f"{lost} of {calm['runs']}", "0", lost == 0),
        _sound(f"{what}: the ledger verifies", calm["chain_holds"]),
        Figure("20% of calls answered 529: ended well", f"{share:.1%}", "99%", share >= 0.99),
    ]


def _parts(scale: float) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        found = told("benchmarks.parts", folder, str(scale))
    return [
        _most("ledger: append of 1 KB, CPU", found["append_mean_ms"], 0.06, " ms", 3),
        Figure("ledger: the same, median", f"{found['append_median_ms']:.3f} ms"),
        Figure(f"ledger: verify {found['verify_events']} events", f"{found['verify_ms']:.0f} ms"),
        Figure(f"read, fold {found['fold_events']} events of a run", f"{found['fold_ms']:.1f} ms"),
        _most("router by rules: a request, CPU", found["route_ms"], 5, " ms"),
        Figure("router by rules: the slowest seen", f"{found['route_most_ms']:.2f} ms"),
    ]


def _venue(scale: float) -> list[Figure]:
    found = told("benchmarks.venue", str(scale))
    streams = told("benchmarks.venue_streams", str(scale))
    alone, trading, signed = (
        found[name] for name in ("rest_and_cancel_a_s", "half_trade_a_s", "orders_a_s")
    )
    return [
        _least("venue: orders and cancels a second of CPU, exchange alone", alone, 200_000),
        Figure("venue: the same, orders of which half trade", f"{trading:.0f}"),
        _least("venue: signed orders over HTTP a second of CPU", signed, 2_000),
        _most("venue: a reply at 200 orders a second, p99", found["reply_p99_ms"], 5, " ms"),
        _least("venue: book updates streamed a second of CPU", streams["updates_a_s"], 20_000),
        _most("venue: memory with fifty instruments", streams["rss_mb"], 200, " MB", 0),
    ]


def _drill(repeats: int) -> list[Figure]:
    found = told("benchmarks.drill", str(repeats))
    return [
        _most("drill: seal, authority and a venue are up, wall", found["one_venue_s"], 1.5, " s"),
        Figure("drill: the same with all five venues", f"{found['all_venues_s']:.2f} s"),
    ]


def _checks(histories: int) -> list[Figure]:
    found = told("benchmarks.conformance", str(histories))
    return [
        _most(f"check: a {kind}, {histories} histories a law, wall", seconds, 5, " s")
        for kind, seconds in found.items()
    ]


def _review(lines: int) -> list[Figure]:
    found = told("benchmarks.review", str(lines))
    return [
        _most("review: CPU over that of `ast.parse` alone", found["over_parse"], 2, "×"),
        _most(f"review: {lines:,} lines, two processes, wall", found["lines_wall_s"], 3, " s"),
        _most(
            f"review: most memory of a process, {2 * lines:,} lines", found["rss_mb"], 300, " MB"
        ),
        _most("review: three staged files, as a process, wall", found["staged_ms"], 500, " ms", 0),
        *(
            Figure(f"review: CPU of {name} on the same files, over ours", f"{found[key]:.1f} ×")
            for name in ("bandit", "pylint")
            if (key := f"{name}_over_ours") in found
        ),
    ]


def _gate(trades: int, days: int) -> list[Figure]:
    found = told("benchmarks.golive", str(trades), str(days))
    rows = f"gate: {trades:,} trades"
    panel = f"gate: overfitting of 100 strategies, {days:,} days, 12,870 splits, wall"
    return [
        _most(f"{rows} of paper trading, wall", found["paper_s"], 60, " s", 1),
        _most(f"{rows} of paper trading, memory", found["paper_mb"], 2_000, " MB", 0),
        _most(f"{rows} against as many of the backtest, wall", found["parity_s"], 60, " s", 1),
        _most(f"{rows} against as many, memory", found["parity_mb"], 2_000, " MB", 0),
        _most(panel, found["overfitting_s"] * 1000, 20_000, " ms", 0),
    ]


def _kit(count: int) -> list[Figure]:
    found = told("benchmarks.kit", str(count))
    return [
        _most("kit: the pacer lets a request go, p99", found["pacer_us"], 50, " µs", 0),
        _most("kit: the same, shared by processes, p99", found["pacer_shared_us"], 50, " µs", 0),
        _most("kit: an order through guard and manager, p99", found["order_us"], 1_000, " µs", 0),
    ]


def _kit_streams(seconds: float, times: int) -> list[Figure]:
    found = told("benchmarks.kit_streams", str(seconds), str(times))
    rate = f"{found['path_a_s']:.0f} trades a second"
    return [
        _most(f"kit: from a frame to the callback at {rate}, p99", found["path_p99_ms"], 1, " ms"),
        Figure("kit: the same from its sending in another process, p99", _ms(found["sent_p99_ms"])),
        _most("kit: a stream is back after a cut, the slowest seen", found["cut_s"], 2, " s"),
        _most("kit: the same after a silence", found["silence_s"], 5, " s"),
    ]


def _ms(value: float) -> str:
    return f"{value:.2f} ms"


def _commands(repeats: int) -> list[Figure]:
    found = commands.measure(repeats)
    aims = {"orc --help": 200, "orc route": 250, "import orchestrator": 150}
    rows = [
        _most(f"`{name}`, wall", found[name]["wall_ms"], aim, " ms", 0)
        for name, aim in aims.items()
    ]
    whole = found["orc run"]
    return [
        *rows,
        Figure("`python -c pass`, wall, part of each", f"{found['python']['wall_ms']:.0f} ms"),
        Figure(
            "a whole `orc run`: process, git worktree, one model call",
            f"{whole['wall_ms']:.0f} ms, {whole['cpu_ms']:.0f} ms CPU",
        ),
    ]


def _most(what: str, value: float, aim: float, unit: str, digits: int = 2) -> Figure:
    return Figure(what, f"{value:.{digits}f}{unit}", f"at most {aim:g}{unit}", value <= aim)


def _least(what: str, value: float, aim: float) -> Figure:
    return Figure(what, f"{value:.0f}", f"at least {aim:g}", value >= aim)


def _sound(what: str, found: bool) -> Figure:
    return Figure(what, "yes" if found else "no", "yes", found)


if __name__ == "__main__":
    main()
