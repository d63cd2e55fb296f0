"""The options that many commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path

import click

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The project; default: the one around the current folder.",
)
