"""What is kept of a bot's output."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trading_tools.drill.inside.output import Output

_PARTS = st.lists(st.tuples(st.binary(max_size=50), st.integers(0, 4_000)), max_size=8)


@given(_PARTS)
def test_it_is_bounded_counts_all_bytes_and_keeps_head_and_tail(
    parts: list[tuple[bytes, int]],
) -> None:
    output, whole = Output(), b""
    for piece, times in parts:
        output.add(piece * times)
        whole += piece * times
    text = output.text()
    assert output.size_bytes == len(whole)
    assert text.startswith(whole[:24_000].decode("utf-8", "replace")[:20_000])
    assert text.endswith(whole[-48_000:].decode("utf-8", "replace")[-10_000:])
    if len(whole) <= 72_000:
        assert text == whole.decode("utf-8", "replace")
    else:
        assert f"[... {len(whole) - 72_000:,} bytes left out ...]" in text
