"""The options that many commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The project; default: the one around the current folder.",
)


class VenueChoice(click.Choice[str]):
    """A choice of venues; one that is gone is answered with what became of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """One of the choices, or a usage error."""
        if value not in self.choices:
            from trading_tools.exchange.facts.book import ended

            gone = ended(str(value))
            if gone is not None:
                self.fail(f"{gone}; use {', '.join(self.choices)}", param, ctx)
        return super().convert(value, param, ctx)
