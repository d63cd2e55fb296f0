"""The entry point: which commands there are, and how a failure is told.

A command lives in a module of its family and is imported only when it is called, so that
`orc --help` stays quick.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from orchestrator.cli.output import CommandError, Exit, ReaderGone, say

INTERRUPTED = 130
"""As shells have it: ended by a signal, outside of a run that could tell how it stands."""

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("orchestrator.cli.run", "Turn a request into verified work."),
    "resume": ("orchestrator.cli.run", "Go on with a run that stopped or waits."),
    "replay": ("orchestrator.cli.replay", "Decide a run again against its record."),
    "fork": ("orchestrator.cli.fork", "Go on with a copy of a run from a point of it."),
    "show": ("orchestrator.cli.show", "What a run did: chain, receipts, spend, change."),
    "runs": ("orchestrator.cli.show", "The runs of this project."),
    "stop": ("orchestrator.cli.control", "Stop a run."),
    "approve": ("orchestrator.cli.control", "Decide on a call that waits for a person."),
    "answer": ("orchestrator.cli.control", "Answer the question a run waits for."),
    "route": ("orchestrator.cli.route", "Which agent would take a request."),
    "agents": ("orchestrator.cli.agents", "The specialists; `orc agents lint` checks files."),
    "playbooks": ("orchestrator.cli.playbooks", "What is answered without a model."),
    "schema": (
        "orchestrator.cli.schema",
        "Print a JSON Schema: handoff, golive, agent and others.",
    ),
    "tools": ("orchestrator.cli.tools", "The tools; `orc tools call NAME JSON` runs one."),
    "audit": ("orchestrator.cli.audit", "Verify, show or export the ledger."),
    "review": ("orchestrator.cli.review", "Find in code, or a change, what loses money."),
    "check": ("orchestrator.cli.check", "Find a history that breaks a component of yours."),
    "drill": ("orchestrator.cli.drill", "Let a bot live through the disasters of real venues."),
    "golive": ("orchestrator.cli.golive", "May this bot touch real money? Each check's evidence."),
    "trials": ("orchestrator.cli.trials", "Record and list what was tried, for the gate."),
    "venue": ("orchestrator.cli.venue", "Serve a venue on this machine to develop against."),
    "doctor": ("orchestrator.cli.doctor", "What works on this machine and what does not."),
    "init": ("orchestrator.cli.project", "Write a commented orchestrator.toml."),
    "trust": ("orchestrator.cli.project", "Let a project's configuration take effect."),
    "demo": ("orchestrator.cli.demo", "The main job on a sample project, no key needed."),
}


@contextlib.contextmanager
def _quiet_pipe() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ReaderGone from None


class Lazy(click.Group):
    """A group whose commands are imported when they are used."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """As ever, but without click's own end for a closed pipe, which is exit code 1."""
        with _quiet_pipe():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """As ever, with the same exception."""
        with _quiet_pipe():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which people meet them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done and verified, 1 a negative verdict, 2 usage or configuration, "
    "3 waits for a person, 4 a limit was hit, 70 a fault of ours.",
)
@click.version_option(package_name="trading-orchestrator", message="%(version)s")
def app() -> None:
    """Orchestrator: verified work from specialist agents, for trading developers."""


def entry() -> None:
    """Run the command line; every failure is one clear line and a meaningful exit code."""
    # What imports make stays: to look through it for cycles again and again is a tenth of a run.
    gc.set_threshold(50_000)
    # Half a character, of a file's name for example, is shown as its escape, which JSON has too.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    name = Path(sys.argv[0]).name
    code = _guarded(lambda: app.main(prog_name=name, standalone_mode=False))
    # All goes with the process now: to look through it for cycles first takes 20 ms.
    gc.freeze()
    sys.exit(code)


def _finished(act: Callable[[], object]) -> int:
    """Act and hand all output over; the exit code that the command decided on.

    Raises:
        ReaderGone: nobody reads the output any more and the command decided nothing before.
    """
    try:
        code = act()
    except SystemExit as done:
        code = done.code
    except click.exceptions.Exit as done:
        code = done.exit_code
    with contextlib.suppress(BrokenPipeError):
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else Exit.DONE
    _drop_output()
    return code if isinstance(code, int) else Exit.DONE


def _drop_output() -> None:
    """What is still to be written goes nowhere, so that the interpreter ends quietly."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.__stdout__.fileno() if sys.__stdout__ is not None else 1)


def _guarded(act: Callable[[], object]) -> int:
    try:
        return _finished(act)
    except click.Abort:
        _tell(CommandError("stopped before it was done", "", "start it again"))
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        return Exit.USAGE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "orc"
        return _tell(
            CommandError(error.format_message().rstrip("."), where, f"see `{where} --help`")
        )
    except CommandError as error:
        return _tell(error)
    except (ReaderGone, BrokenPipeError):
        _drop_output()
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the boundary: a fault of ours is one line too
        return _fault(error)


def _tell(error: CommandError) -> int:
    from trading_tools.audit.redact import Redactor

    clean = Redactor.from_environment(os.environ).text
    if "--json" in sys.argv:
        told = {"what": error.what, "where": error.where, "fix": error.fix}
        body = {"error": {name: clean(text) for name, text in told.items()}}
        sys.stdout.write(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    say(f"orc: {clean(str(error))}")
    return int(error.code)


def _fault(error: Exception) -> int:
    """Known errors of the parts as usage, everything else as a fault with its trace on request."""
    from orchestrator.cli.faults import as_command_error

    known = as_command_error(error)
    if known is not None:
        return _tell(known)
    if os.environ.get("ORC_TRACE"):
        raise error
    what = f"a fault of ours: {type(error).__name__}: {error}"
    return _tell(CommandError(what, "", "ORC_TRACE=1 shows where", Exit.FAULT))
