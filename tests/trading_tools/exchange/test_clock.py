"""The venue's clock: the truth is always within the error, whatever way the requests took."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.exchange.clock import UnknownClock, VenueClock


class World:
    """Our clocks and the venue's, and a network between them."""

    def __init__(self, ahead_ms: float, seed: int = 1, grain_ms: int = 1) -> None:
        self.seconds = 1_000.0
        self.step_ms = 0.0
        self.ahead_ms = ahead_ms
        self.draw = random.Random(seed)
        self.grain_ms = grain_ms
        self.clock = VenueClock(
            self.ask, grain_ms=grain_ms, wall_ms=self.wall_ms, monotonic=lambda: self.seconds
        )

    def wall_ms(self) -> float:
        return 1_800_000_000_000 + self.seconds * 1_000 + self.step_ms

    def venue_ms(self) -> float:
        return 1_800_000_000_000 + self.seconds * 1_000 + self.ahead_ms

    async def ask(self) -> int:
        self.seconds += self.draw.random() ** 3
        told = int(self.venue_ms()) // self.grain_ms * self.grain_ms
        self.seconds += self.draw.random() ** 3
        return told


@given(
    st.floats(-5_000, 5_000), st.integers(0, 2**32), st.integers(1, 20), st.sampled_from([1, 1_000])
)
async def test_the_truth_lies_within_the_error(
    ahead_ms: float, seed: int, readings: int, grain_ms: int
) -> None:
    world = World(ahead_ms, seed, grain_ms)
    errors = []
    for _ in range(readings):
        found = await world.clock.read()
        assert abs(found.ms - ahead_ms) <= found.error_ms + 1e-3
        errors.append(found.error_ms)
        world.seconds += world.draw.random()
    earliest, latest = world.clock.venue_ms()
    assert earliest - 1e-3 <= world.venue_ms() <= latest + 1e-3


async def test_a_quick_reading_is_kept_over_a_slow_one_and_ages() -> None:
    world = World(250)
    for _ in range(8):
        await world.clock.read()
    best = world.clock.offset()
    world.seconds += 3_600
    assert world.clock.offset().ms == best.ms
    assert world.clock.offset().error_ms == pytest.approx(best.error_ms + 720)


async def test_a_step_of_our_wall_clock_changes_no_reading_and_is_told() -> None:
    world = World(0)
    before = await world.clock.read()
    world.step_ms = -3_600_000
    assert world.clock.offset().ms == before.ms
    assert world.clock.stepped_ms == pytest.approx(-3_600_000)


async def test_a_venue_that_sets_its_clock_is_believed_at_the_next_reading() -> None:
    world = World(0)
    for _ in range(8):
        await world.clock.read()
    world.ahead_ms = 5_000
    found = await world.clock.read()
    assert abs(found.ms - 5_000) <= found.error_ms


@pytest.mark.parametrize(
    ("ahead_ms", "fits"), [(0, True), (4_000, True), (5_100, False), (-900, True), (-1_100, False)]
)
async def test_a_stamp_fits_where_it_would_be_taken_for_sure(ahead_ms: float, fits: bool) -> None:
    world = World(ahead_ms)

    async def at_once() -> int:
        return int(world.venue_ms())

    world.clock._ask = at_once
    await world.clock.read()
    assert world.clock.fits(window_ms=5_000) is fits


def test_a_clock_that_was_never_read_is_not_guessed() -> None:
    with pytest.raises(UnknownClock, match="call read"):
        World(0).clock.offset()
