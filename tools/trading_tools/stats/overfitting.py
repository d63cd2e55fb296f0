"""The probability of backtest overfitting, by combinatorially symmetric cross-validation.

Source: Bailey, Borwein, López de Prado and Zhu, "The Probability of Backtest Overfitting", Journal
of Computational Finance 20(4), 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trading_tools.stats.errors import StatsError
from trading_tools.stats.samples import require_finite

_FLAT = 1e-24
"""A variance this small beside the squares is what is left of rounding."""


@dataclass(frozen=True)
class Overfitting:
    """What happened out of sample to the strategy that was best in sample, over all splits."""

    probability: float
    """Share of the splits in which it fell to or below the median: the PBO."""
    loss_probability: float
    """Share of the splits in which its ratio out of sample was below zero."""
    splits: int
    rows_used: int
    """Periods that were used: a multiple of the blocks; the oldest are left out."""
    logits: NDArray[np.float64]
    """ln(w/(1 - w)) for each split, w being the relative rank out of sample, in (0, 1)."""


def overfitting(
    returns: Sequence[Sequence[float]] | NDArray[np.float64], blocks: int = 16
) -> Overfitting:
    """The probability of overfitting of a choice among strategies by their Sharpe ratio.

    The periods are cut into `blocks` blocks of the same length; each way to take half of them is
    one split, in sample against the other half.

    Args:
        returns: periods × strategies, all that were tried, not only the good ones.
        blocks: an even number from 2 to 20; 16 gives 12,870 splits.

    Raises:
        StatsError: fewer than two strategies, fewer than two periods a block, a number that is not
            finite, or a number of blocks that is odd or out of bounds.
    """
    table = np.asarray(returns, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise StatsError(
            "returns: a table of periods × strategies with at least 2 strategies is needed"
        )
    if blocks % 2 or not 2 <= blocks <= 20:
        raise StatsError(f"blocks is {blocks}: give an even number from 2 to 20")
    length = len(table) // blocks
    if length < 2:
        raise StatsError(
            f"{len(table)} periods in {blocks} blocks: a block needs at least 2 periods"
        )
    require_finite(table, "returns")
    table = table[len(table) - length * blocks :]
    halves = _halves(blocks)
    inside = _ratios(table, halves, length)
    # the complement of each half is a half too: what is out of sample for it was reckoned there
    outside = inside[::-1]
    splits = np.arange(len(halves))
    chosen = inside.argmax(axis=1)
    its_ratio = outside[splits, chosen][:, None]
    below = (outside < its_ratio).sum(axis=1)
    level = (outside == its_ratio).sum(axis=1)
    rank = (below + (level + 1) / 2) / (table.shape[1] + 1)
    logits = np.log(rank / (1 - rank))
    return Overfitting(
        probability=float((logits <= 0).mean()),
        loss_probability=float((its_ratio < 0).mean()),
        splits=len(halves),
        rows_used=len(table),
        logits=logits,
    )


def _halves(blocks: int) -> NDArray[np.float64]:
    """Splits × blocks: 1 where the block is in sample. Row i and row -1 - i are complements."""
    taken = np.array(list(combinations(range(blocks), blocks // 2)))
    halves = np.zeros((len(taken), blocks))
    halves[np.arange(len(taken))[:, None], taken] = 1
    return halves


def _ratios(
    table: NDArray[np.float64], halves: NDArray[np.float64], length: int
) -> NDArray[np.float64]:
    """Splits × strategies: the Sharpe ratio in each half, 0 where a strategy did nothing there."""
    middle = table.mean(axis=0)
    apart = (table - middle).reshape(halves.shape[1], length, table.shape[1])
    count = length * halves.shape[1] // 2
    sums = halves @ apart.sum(axis=1)
    squares = halves @ (apart**2).sum(axis=1)
    variance = (squares - sums**2 / count) / (count - 1)
    means = sums / count + middle
    flat = variance <= _FLAT * np.maximum(squares / count, middle**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = means / np.sqrt(np.where(flat, 0.0, variance))
    # a half without any variation: worth nothing where nothing was earned, else without bound
    still = np.abs(means) <= 1e-15 * (1 + np.abs(middle))
    return np.where(flat & still, 0.0, ratios)
