"""Makes the conformance check that a claim proposes, where that can be done safely.

It imports code that somebody else wrote, so it is made only inside the strong seal, and only of the
very text that was reviewed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from orchestrator.catalogue.specialists.asking import Piece
from orchestrator.workspace.seal import available_seal
from trading_tools.review.claims import Checked, ProposedCheck

MOST: Final = 6
"""So many checks are made in one review."""

TIMEOUT_S: Final = 60.0


async def check_proposed(
    proposed: ProposedCheck,
    piece: Piece,
    project: Path,
    clean: Callable[[str], str],
    *,
    made: int,
) -> Checked:
    """What the check comes to on the file of the claim; `made` were made before.

    `clean` is what the reviewed text went through.
    """
    from trading_tools.conformance.check import check
    from trading_tools.conformance.spec import CheckError, CheckSpec

    file, _, name = proposed.target.removeprefix("/workspace/").partition(":")
    if made >= MOST:
        return Checked(None, f"not made: more than {MOST} were proposed")
    if file != piece.path:
        return Checked(None, f"not made: the claim is about {piece.path}")
    if available_seal().kind != "bubblewrap":
        return Checked(None, "not made: without bubblewrap `orc check` is yours to call")
    if not _is(project / piece.path, piece.text, clean):
        return Checked(None, "not made: the file on disk is not the text that was reviewed")
    target = f"{file}:{name}" if name else file
    spec = CheckSpec(proposed.kind, target, project, proposed.params, timeout_s=TIMEOUT_S)
    try:
        outcome = await check(spec)
    except CheckError as error:
        return Checked(None, f"could not be made: {error.what}")
    if not outcome.broken:
        return Checked(False, f"held in {spec.histories} histories")
    first = outcome.broken[0]
    example = first.counterexample
    came = f" (expected {example.expected}, came {example.came})" if example is not None else ""
    return Checked(True, f"{first.title}{came}")


def _is(file: Path, text: str, clean: Callable[[str], str]) -> bool:
    try:
        return clean(file.read_bytes().decode("utf-8")) == text
    except (OSError, UnicodeDecodeError):
        return False
