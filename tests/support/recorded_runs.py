"""Runs as they stand in a ledger, built by appending the real events under a fixed clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator.run import events as ev
from orchestrator.run.journal import Journal, Listener
from orchestrator.run.state import State
from trading_tools.audit.ledger import Ledger

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BASE = "4f2a91c0b1d27788990011223344556677889900"


class Ticking:
    """A clock that moves on by the same step at each reading."""

    def __init__(self, step_s: float = 4.0) -> None:
        self._now, self._step = START, timedelta(seconds=step_s)

    def __call__(self) -> datetime:
        self._now += self._step
        return self._now


class RecordedRun:
    """Writes one run. Each method appends what the engine would append for it."""

    def __init__(self, ledger: Ledger, run: str, listener: Listener | None = None) -> None:
        self.run = run
        self.journal = Journal(ledger, run, listener)
        self._calls = 0

    @property
    def state(self) -> State:
        return self.journal.state

    @property
    def frame(self) -> int:
        assert self.state.stack is not None
        return self.state.stack.top.id

    def open(
        self,
        request: str,
        agent: str,
        job: str = "implement",
        *,
        workspace: Mapping[str, Any] | None = None,
    ) -> None:
        given = {
            "kind": "git",
            "base": BASE,
            "branch": f"orc/{self.run}",
            "root": "/home/user/bot/.orchestrator/runs/files",
            "notes": [],
        }
        limits = {"hops": 12, "turns": 40, "tool_calls": 300, "minutes": "60", "usd": "10"}
        self.journal.append(
            ev.RunOpened(
                request=request,
                agent=None,
                kind=None,
                model=None,
                settings={},
                limits={**limits, "max_tokens": 16_000},
                workspace=given if workspace is None else workspace,
                definitions="{}",
                version="0.1.0",
            )
        )
        self.journal.append(ev.RunTaken(1, 4711, "desk"))
        self.journal.append(
            ev.RouteChosen(agent, job, True, "its words fit", f"# Request\n{request}")
        )

    def start_turn(self) -> None:
        """The model is asked; what the agent hears is what waits in its queue."""
        frame = self.state.frames[self.frame]
        new = tuple(item.record() for item in frame.queue)
        self.journal.append(
            ev.TurnStarted(self.frame, frame.turns + 1, "claude-opus-5-5", 16_000, new)
        )

    def reply(
        self,
        *content: Mapping[str, Any],
        cost: str | None = "0.0412",
        stop_reason: str = "tool_use",
        output: int = 820,
    ) -> None:
        self.start_turn()
        turn = self.state.frames[self.frame].turns
        usage = {"input_tokens": 1_200, "output_tokens": output}
        usage |= {"cache_read_tokens": 9_400, "cache_write_tokens": 300}
        self.journal.append(
            ev.ModelReplied(
                self.frame, turn, content, stop_reason, "claude-opus-5-5", usage, 1, cost
            )
        )

    def block(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._calls += 1
        return {
            "type": "tool_use",
            "id": f"toolu_{self._calls:04}",
            "name": tool,
            "input": dict(arguments),
        }

    def call(
        self, tool: str, arguments: Mapping[str, Any], text: str, *, is_error: bool = False
    ) -> int:
        """A reply with one call that is made; the number of its receipt."""
        block = self.block(tool, arguments)
        self.reply(block)
        self.intend(block)
        return self.finish(block, text, is_error=is_error)

    def intend(self, block: Mapping[str, Any], approval: str | None = None) -> None:
        self.journal.append(
            ev.ToolIntended(
                self.frame,
                block["id"],
                block["name"],
                block["input"],
                "read",
                1,
                f"{self.run}:{block['id']}",
                None,
                approval,
            )
        )

    def finish(
        self,
        block: Mapping[str, Any],
        text: str,
        *,
        is_error: bool = False,
        whole: str | None = None,
    ) -> int:
        finished = ev.ToolFinished(
            self.frame, block["id"], block["name"], text, None, is_error, whole
        )
        return self.journal.append(finished).seq

    def refuse(self, tool: str, arguments: Mapping[str, Any], why: str) -> None:
        block = self.block(tool, arguments)
        self.reply(block)
        self.journal.append(ev.ToolRefused(self.frame, block["id"], tool, why))

    def commit(self) -> None:
        frame = self.state.frames[self.frame]
        turn = self.state.spend.model_calls
        self.journal.append(ev.WorkCommitted(self.frame, turn, frame.frame.agent, "9" * 40))

    def envelope(
        self,
        status: str,
        result: str,
        *,
        to: str | None = None,
        confidence: float = 0.9,
        reasoning: str = "the part is done",
    ) -> dict[str, Any]:
        return {
            "status": status,
            "result": result,
            "next_agent": to,
            "context_forward": {},
            "confidence": confidence,
            "reasoning": reasoning,
        }

    def offer(self, handoff: Mapping[str, Any]) -> str:
        """A reply that hands off; the id of the call."""
        block = self.block("hand_off", handoff)
        self.reply(block)
        return str(block["id"])

    def accept(self, handoff: Mapping[str, Any], call: str, *, helper: str | None = None) -> None:
        goes_on = handoff["next_agent"] is not None or helper is not None
        opening = "# Request\nas it was" if goes_on else None
        self.journal.append(ev.HandoffReturned(self.frame, handoff, (), call, helper, opening))

    def hand_off(self, status: str, result: str, **more: Any) -> None:
        """An envelope that is accepted without a check."""
        helper = more.pop("helper", None)
        handoff = self.envelope(status, result, **more)
        self.accept(handoff, self.offer(handoff), helper=helper)

    def check(
        self,
        handoff: Mapping[str, Any],
        call: str,
        checks: tuple[Mapping[str, Any], ...],
        *,
        unmet: tuple[str, ...] = (),
        unverified: tuple[str, ...] = (),
    ) -> None:
        unchecked = tuple(f"{c['check']}: {c['detail']}" for c in checks if c["met"] is None)
        message = "The run cannot end yet." if unmet else ""
        self.journal.append(
            ev.AcceptanceChecked(
                self.frame, handoff, call, checks, unmet, unchecked, unverified, message
            )
        )

    def end(
        self,
        status: str,
        result: str,
        checks: tuple[Mapping[str, Any], ...],
        *,
        unverified: tuple[str, ...] = (),
        confidence: float = 0.92,
    ) -> None:
        """An envelope whose checks are met ends the run."""
        handoff = self.envelope(status, result, confidence=confidence)
        call = self.offer(handoff)
        self.check(handoff, call, checks, unverified=unverified)
        self.accept(handoff, call)
        self.close(status, result)

    def close(self, status: str, result: str, *, resumable: bool = False) -> None:
        self.journal.append(ev.RunClosed(status, result, resumable))

    def ask_approval(
        self, tool: str, arguments: Mapping[str, Any], why: str, *, id: str = "a1"
    ) -> dict[str, Any]:
        """A reply with one call that waits for a person; the call."""
        block = self.block(tool, arguments)
        self.reply(block)
        until = (START + timedelta(days=1)).isoformat()
        self.journal.append(
            ev.ApprovalRequested(id, self.frame, block["id"], tool, arguments, "d" * 64, why, until)
        )
        return block


def open_ledger(folder: Path) -> Ledger:
    """A new ledger under a ticking clock."""
    return Ledger.open(folder / "ledger.sqlite", clock=Ticking())


def normal_run(
    ledger: Ledger, run: str = "260302-7f3a2c", listener: Listener | None = None
) -> RecordedRun:
    """An implementation that passes through three agents and is accepted."""
    made = RecordedRun(ledger, run, listener)
    made.open(
        "implement a Bybit perp connector with 30 s candles and fractional Kelly sizing",
        "exchange-integration-specialist",
    )
    made.call("list_files", {"path": "src/bot"}, "src/bot/__init__.py\nsrc/bot/feed.py")
    made.call("read_file", {"path": "src/bot/feed.py"}, "class Feed:\n    pass")
    made.call("write_file", {"path": "src/bot/bybit.py"}, "src/bot/bybit.py: 184 lines written")
    made.commit()
    tests = made.call("run_command", {"command": "pytest -q"}, "14 passed in [time]")
    made.hand_off(
        "success",
        f"The connector streams and builds 30 s candles; 14 tests pass [r{tests}].",
        to="risk-engine-architect",
        confidence=0.86,
    )
    kelly = made.call(
        "kelly_fraction", {"win_rate": "0.54", "payoff": "1.2"}, "full 0.1567, half 0.0783"
    )
    made.call("edit_file", {"path": "src/bot/sizing.py"}, "src/bot/sizing.py: 2 edits")
    made.commit()
    made.hand_off(
        "needs_help",
        f"Half Kelly is 0.0783 [r{kelly}]; the cap needs a second pair of eyes.",
        to="trading-logic-validator",
        confidence=0.7,
    )
    lint = made.call("review_change", {"path": "src/bot"}, "0 errors, 1 warning")
    made.hand_off("success", f"The cap binds before Kelly does [r{lint}].", confidence=0.93)
    again = made.call("run_command", {"command": "pytest -q"}, "17 passed in [time]")
    made.end(
        "complete",
        "Bybit linear perpetuals stream over one public socket with resubscription, and are "
        f"folded into 30 s candles that close on the venue's clock. Sizing is half Kelly, "
        f"0.0783 of equity [r{kelly}], capped at 5 %. All 17 tests pass [r{again}].",
        (
            {"check": "workspace changed", "met": True, "detail": "3 files, 246 lines added"},
            {"check": "verify", "met": True, "detail": "pytest -q: 17 passed, none newly failing"},
            {"check": "review", "met": True, "detail": "no new error, 1 warning"},
            {"check": "kelly receipt", "met": True, "detail": f"r{kelly}, inputs in sizing.py"},
        ),
    )
    return made


def blocked_run(ledger: Ledger, run: str = "260302-b10c4e") -> RecordedRun:
    """An implementation whose verification still fails when nothing more is gained."""
    made = RecordedRun(ledger, run)
    made.open("make the order manager survive a lost acknowledgement", "trading-bot-specialist")
    made.call("edit_file", {"path": "src/bot/orders.py"}, "src/bot/orders.py: 3 edits")
    made.commit()
    made.refuse("run_command", {"command": "curl api.binance.com"}, "no network in the seal")
    failed = made.call(
        "run_command",
        {"command": "pytest -q tests/test_orders.py"},
        "2 failed, 9 passed\nFAILED tests/test_orders.py::test_timeout",
        is_error=True,
    )
    checks = (
        {"check": "workspace changed", "met": True, "detail": "1 file, 41 lines added"},
        {"check": "verify", "met": False, "detail": "pytest -q: 2 newly failing"},
        {"check": "review", "met": None, "detail": "the rule engine is not installed"},
    )
    result = f"Reconciliation by client order id is in; two tests still fail [r{failed}]."
    unmet = (
        "make tests/test_orders.py::test_timeout pass",
        "make tests/test_orders.py::test_retry pass",
    )
    for _ in range(3):
        handoff = made.envelope("success", result, confidence=0.55)
        made.check(handoff, made.offer(handoff), checks, unmet=unmet, unverified=("about 40 ms",))
    made.close("blocked", f"{result}\n\nNot accepted: {'; '.join(unmet)}")
    return made


def waiting_run(ledger: Ledger, run: str = "260302-0a11ce") -> RecordedRun:
    """A run that waits for a person to allow an order in a venue's sandbox."""
    made = RecordedRun(ledger, run)
    made.open("buy 0.01 BTC on the Binance testnet", "trading-bot-specialist", "act")
    made.call("ticker", {"symbol": "BTC/USDT"}, "bid 64,210.10, ask 64,210.20")
    made.ask_approval(
        "place_order",
        {"venue": "binance-testnet", "symbol": "BTC/USDT", "side": "buy", "size_base": "0.01"},
        "orders to a venue's sandbox are asked for",
    )
    return made


def limited_run(ledger: Ledger, run: str = "260302-11317d") -> RecordedRun:
    """A run that spent its money while a helper was at work."""
    made = RecordedRun(ledger, run)
    made.open("port the backtester to the new candle type", "python-trading-expert")
    made.call("read_file", {"path": "src/backtest.py"}, "import pandas as pd")
    made.hand_off(
        "needs_help", "Which fills does the venue report?", to="api-expert", confidence=0.5
    )
    made.call("read_file", {"path": "docs/fills.md"}, "# Fills")
    left = "api-expert was at work and python-trading-expert waited"
    made.journal.append(ev.LimitHit("money", "0.15 USD", "0.1236 USD and one more reply", left))
    text = "stopped at the limit of money (0.15 USD): 0.1236 USD and one more reply; " + left
    made.close("limited", text, resumable=True)
    return made
