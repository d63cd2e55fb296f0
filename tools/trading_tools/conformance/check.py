"""The door: `check(spec)` has a component attacked in a sealed process and gives the outcome."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trading_tools.conformance.containment import contain
from trading_tools.conformance.spec import KINDS, CheckError, CheckSpec, Finding, Outcome

_INSIDE = (sys.executable, "-P", "-m", "trading_tools.conformance.inside")
_LONGEST_LINE = 1 << 24
_CHUNK = 1 << 20
_SHOWN = 2_000
_GRACE_S = 5.0
_MIB = 1 << 20

OnFinding = Callable[[Finding], None]


async def check(spec: CheckSpec, on_finding: OnFinding = lambda _found: None) -> Outcome:
    """Check one component. Cancelling ends the sealed process and all that it started.

    Raises:
        CheckError: there is nothing to check, it cannot be loaded or made, or it ended the process.
    """
    if spec.kind not in KINDS:
        raise CheckError(f"there is no check of a {spec.kind!r}", f"kinds are {', '.join(KINDS)}")
    if importlib.util.find_spec("hypothesis") is None:
        raise CheckError(
            "hypothesis is not installed, which makes the histories",
            "pip install 'trading-orchestrator[check]'",
        )
    spec = replace(spec, folder=spec.folder.resolve())
    within = _within(spec)
    with tempfile.TemporaryDirectory(prefix="orc-check-") as scratch:
        held = contain(_INSIDE, within.folder, Path(scratch))
        process = await asyncio.create_subprocess_exec(
            *held.argv,
            env=held.env,
            cwd=within.folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,
        )
        told = _Told(on_finding, secrets.token_hex(16))
        try:
            async with asyncio.timeout(spec.timeout_s):
                await asyncio.gather(
                    _give(process, within, told.mark), told.hear(process), told.drain(process)
                )
        except TimeoutError:
            told.over = f"it did not end within {spec.timeout_s:g} s, and was ended"
        finally:
            code = await _end(process)
    return told.outcome(spec, held.words, code)


def _within(spec: CheckSpec) -> CheckSpec:
    """The same for the sealed process, which sees one folder: for a file elsewhere, its own."""
    where, colon, name = spec.target.partition(":")
    path = Path(where)
    if not path.is_absolute() or path.is_relative_to(spec.folder):
        return spec
    return replace(spec, folder=path.parent.resolve(), target=f"{path.name}{colon}{name}")


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def _end(process: asyncio.subprocess.Process) -> int:
    """End it and let go of its pipes, with what is left in them: asyncio waits for that too."""
    _kill(process)
    assert process.stdin is not None
    process.stdin.close()
    with suppress(TimeoutError):  # whoever got away may hold an end of a pipe
        async with asyncio.timeout(_GRACE_S):
            await process.communicate()
    return -signal.SIGKILL if process.returncode is None else process.returncode


async def _give(process: asyncio.subprocess.Process, spec: CheckSpec, mark: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{mark}\n{json.dumps(spec.to_dict())}\n".encode())
    with suppress(ConnectionError):  # it has ended: what it told says why
        await process.stdin.drain()


@dataclass
class _Told:
    """What the sealed process says, and what the code in it prints."""

    on_finding: OnFinding
    mark: str
    """What each line of ours begins with, and nobody knows who found our channel."""
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shape: str = ""
    name: str = ""
    doing: str = "it starts"
    refused: CheckError | None = None
    ended: bool = False
    over: str = ""
    printed: int = 0
    last: bytes = b""

    async def hear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                before, ours, said = line.partition(self.mark.encode())
                if before or not ours:
                    raise ValueError("a line of somebody else")
                self._take(_printable(json.loads(said)))
        except (ValueError, KeyError, TypeError):  # the code found our channel
            self.over = "it wrote into what is not its own output"
            _kill(process)

    async def drain(self, process: asyncio.subprocess.Process) -> None:
        """Take what the code prints, however much, and keep its end."""
        assert process.stderr is not None
        while data := await process.stderr.read(_CHUNK):
            self.printed += len(data)
            self.last = (self.last + data)[-_SHOWN:]

    def _take(self, told: dict[str, Any]) -> None:
        kind = told.pop("kind")
        if kind == "finding":
            found = Finding.from_dict(told)
            self.findings.append(found)
            self.on_finding(found)
        elif kind == "doing":
            self.doing = told["what"]
        elif kind == "shape":
            self.shape, self.name = told["shape"], told["name"]
        elif kind == "refused":
            self.refused = CheckError(told["what"], told["fix"])
        elif kind == "fault" and told["theirs"]:
            self.refused = CheckError(
                f"the code raised {told['what']} while {self.doing}",
                "mend it, or name a function of yours around it",
            )
        elif kind == "fault":
            self.refused = CheckError(
                f"the check itself failed: {told['what']}",
                "report it, unless the code changes modules of Python that the check stands on",
            )
        elif kind == "end":
            self.ended, self.notes = True, told["notes"]

    def outcome(self, spec: CheckSpec, containment: str, code: int) -> Outcome:
        """What is said in the end.

        Raises:
            CheckError: there is no answer.
        """
        if self.refused is not None:
            raise self.refused
        if not self.ended:
            how = self.over or f"the code ended its process ({_ending(code)})"
            last = self.last.decode("utf-8", "replace").strip().rpartition("\n")[2][-100:]
            said = f"; it printed {self.printed} bytes, the last: {last}" if last else ""
            said = _printable(said)
            raise CheckError(
                f"{spec.target}: {how}, while {self.doing}{said}",
                "a component must come back; --timeout gives it longer",
            )
        notes = list(self.notes)
        if self.printed > _MIB:
            notes.append(f"the code printed {self.printed / _MIB:.1f} MiB, which is not shown")
        return Outcome(
            spec.kind,
            spec.target if ":" in spec.target else f"{spec.target}:{self.name}",
            spec.seed,
            containment,
            self.shape,
            tuple(self.findings),
            tuple(notes),
        )


def _printable(told: Any) -> Any:
    """What the code has made up, without what would move a terminal or begin a line."""
    if isinstance(told, str):
        return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in told)
    if isinstance(told, list):
        return [_printable(each) for each in told]
    if isinstance(told, dict):
        return {name: _printable(each) for name, each in told.items()}
    return told


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
