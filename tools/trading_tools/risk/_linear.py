"""Linear equations in Decimal, for covariances and Newton steps."""

from collections.abc import Sequence
from decimal import Decimal

from trading_tools.risk.errors import RiskError


def solve_definite(
    matrix: Sequence[Sequence[Decimal]], right: Sequence[Decimal]
) -> tuple[Decimal, ...]:
    """Solve a symmetric positive definite system in the current context.

    Elimination pivots on the largest diagonal entry left, which keeps the rest symmetric, so that a
    pivot that is not clearly above 0 shows that the matrix is not definite.

    Raises:
        RiskError: it is not positive definite.
    """
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    scale = max((abs(rows[i][i]) for i in range(size)), default=Decimal(0))
    left = list(range(size))
    order: list[int] = []
    while left:
        pivot = max(left, key=lambda i: rows[i][i])
        if rows[pivot][pivot] <= scale * Decimal("1e-30"):
            raise RiskError(
                "the covariance matrix is not positive definite: some combination of the "
                "assets has no variance of its own; drop a redundant one"
            )
        left.remove(pivot)
        order.append(pivot)
        for i in left:
            factor = rows[i][pivot] / rows[pivot][pivot]
            for j in (*left, size):
                rows[i][j] -= factor * rows[pivot][j]
    solution = [Decimal(0)] * size
    for step in range(size - 1, -1, -1):
        pivot = order[step]
        known = sum((rows[pivot][j] * solution[j] for j in order[step + 1 :]), Decimal(0))
        solution[pivot] = (rows[pivot][size] - known) / rows[pivot][pivot]
    return tuple(solution)
