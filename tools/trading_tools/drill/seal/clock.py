"""A clock that runs faster, for the bot and its venues alike, by libfaketime where it is installed.

Programs that ask the kernel without the C library (Go's, static ones) keep the real clock.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from trading_tools.drill.spec import DrillError

HOW_TO_GET: Final = "install libfaketime (Debian and Ubuntu: apt install libfaketime)"
_LIBRARY: Final = "faketime/libfaketimeMT.so.1"
_FOLDERS: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


def faster_clock(rate: float) -> dict[str, str]:
    """Variables under which a program's clock runs `rate` times as fast from its start on.

    Raises:
        DrillError: libfaketime is not installed.
    """
    found = [
        library
        for folder in map(Path, _FOLDERS)
        for library in (folder / _LIBRARY, *folder.glob(f"*/{_LIBRARY}"))
        if library.is_file()
    ]
    if not found:
        raise DrillError(f"--clock-rate {rate:g}: there is no libfaketime here; {HOW_TO_GET}")
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": f"+0 x{rate:g}", "NO_FAKE_STAT": "1"}


def handed_on(variables: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """The variables for a program that begins now, so that its clock begins where ours is."""
    kept = {name: value for name, value in variables.items() if name != "FAKETIME_SHARED"}
    if "FAKETIME" in variables:
        touched = scratch / "clock"
        touched.touch()  # the kernel writes the real time, which nothing else tells here
        ahead = time.time() - touched.stat().st_mtime
        kept["FAKETIME"] = f"+{ahead:.3f} {variables['FAKETIME'].split()[-1]}"
    return kept
