from decimal import Decimal

import pytest

from desk.indicators import simple_average, true_range


def test_the_average_takes_the_last_values() -> None:
    values = [Decimal(n) for n in (1, 2, 3, 4)]
    assert simple_average(values, 2) == Decimal("3.5")


def test_an_average_longer_than_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match="length 3 of 2"):
        simple_average([Decimal(1), Decimal(2)], 3)


def test_a_gap_widens_the_true_range() -> None:
    assert true_range(Decimal(11), Decimal(10), Decimal(8)) == Decimal(3)
