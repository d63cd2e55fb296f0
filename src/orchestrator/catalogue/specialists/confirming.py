"""Makes the proofs that claims propose, where that can be done safely.

They run code that somebody else wrote, so they are made only inside the strong seal, and only of
the very text that was reviewed. How a test is run is `telling`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from orchestrator.catalogue.specialists.asking import Piece
from orchestrator.catalogue.specialists.telling import Desk, tell_apart
from orchestrator.workspace.seal import available_seal
from trading_tools.review.claims import Claim, ProposedCheck
from trading_tools.review.panel import Checked

MOST: Final = 6
"""So many proofs are made in one review."""

TIMEOUT_S: Final = 60.0


async def prove(
    name: str,
    claim: Claim,
    pieces: Sequence[Piece],
    desk: Desk,
    *,
    made: int,
) -> Checked:
    """What a proof of a claim comes to, by its name; `made` were made before."""
    if made >= MOST:
        return Checked(None, f"not made: more than {MOST} were proposed")
    if available_seal().kind != "bubblewrap":
        return Checked(None, "not made: without bubblewrap it is yours to run")
    if claim.test is not None and name.startswith("test "):
        return await tell_apart(claim.test, pieces, desk)
    piece = next(each for each in pieces if each.shown == claim.path)
    assert claim.check is not None
    return await _checked(claim.check, piece, desk)


async def _checked(proposed: ProposedCheck, piece: Piece, desk: Desk) -> Checked:
    from trading_tools.conformance.check import check
    from trading_tools.conformance.spec import CheckError, CheckSpec, Verdict

    file, _, name = proposed.target.removeprefix("/workspace/").partition(":")
    if file != piece.path:
        return Checked(None, f"not made: the claim is about {piece.path}")
    if not _is(desk.project / piece.path, piece.text, desk.clean):
        return Checked(None, "not made: the file on disk is not the text that was reviewed")
    target = f"{file}:{name}" if name else file
    spec = CheckSpec(proposed.kind, target, desk.project, proposed.params, timeout_s=TIMEOUT_S)
    try:
        outcome = await check(spec)
    except CheckError as error:
        return Checked(None, f"could not be made: {error.what}")
    if not outcome.broken:
        held = sum(each.verdict is Verdict.HELD for each in outcome.findings)
        return Checked(False, f"no counterexample to {held} properties")
    first = outcome.broken[0]
    example = first.counterexample
    came = f" (expected {example.expected}, came {example.came})" if example is not None else ""
    return Checked(True, f"{first.title}{came}")


def _is(file: Path, text: str, clean: Callable[[str], str]) -> bool:
    try:
        return clean(file.read_bytes().decode("utf-8")) == text
    except (OSError, UnicodeDecodeError):
        return False
