"""What the inside process is given to do, as one line of JSON on its standard input."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from trading_tools.drill.recording import SealKind
from trading_tools.drill.spec import DrillSpec


@dataclass(frozen=True, kw_only=True)
class Order:
    """A spec and what was prepared for it outside. `uid` and `gid` are the user's own."""

    spec: DrillSpec
    seal: SealKind
    scratch: Path
    copy: Path
    shown: tuple[Path, ...]
    home: Path
    uid: int
    gid: int
    bwrap: str

    def to_line(self) -> str:
        """One line of JSON."""
        body = {**asdict(self), "spec": self.spec.to_json()}
        return json.dumps(body, default=str) + "\n"

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """What `to_line` wrote."""
        body: dict[str, Any] = json.loads(line)
        return cls(
            spec=DrillSpec.from_json(body["spec"]),
            seal=SealKind(body["seal"]),
            scratch=Path(body["scratch"]),
            copy=Path(body["copy"]),
            shown=tuple(map(Path, body["shown"])),
            home=Path(body["home"]),
            uid=body["uid"],
            gid=body["gid"],
            bwrap=body["bwrap"],
        )
