"""Prints what the backtest gave: `make report`."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path


def edge(win_probability: Decimal, win_return: Decimal, loss_return: Decimal) -> Decimal:
    """Expected return per trade and unit staked."""
    return win_probability * win_return + (1 - win_probability) * loss_return


def main() -> None:
    figures = tomllib.loads(Path(__file__).with_name("backtest.toml").read_text())["momentum"]
    values = {name: Decimal(value) for name, value in figures.items()}
    for name, value in values.items():
        print(f"{name:16} {value}")
    print(f"{'edge':16} {edge(**values)}")


if __name__ == "__main__":
    main()
