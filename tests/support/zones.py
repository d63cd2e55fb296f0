"""What stands in an agent's zone of a session file, and how an agent would fill it."""

from __future__ import annotations


def zone(text: str, agent: str) -> str | None:
    """What stands in an agent's zone, None when it has none."""
    _, start, rest = text.partition(f"<!-- zone: {agent} -->\n")
    return rest.partition(f"<!-- /zone: {agent} -->")[0].strip("\n") if start else None


def filled(text: str, agent: str, content: str) -> str:
    """The session text with an agent's zone holding `content`."""
    before, start, rest = text.partition(f"<!-- zone: {agent} -->\n")
    _, end, after = rest.partition(f"<!-- /zone: {agent} -->")
    assert start
    return f"{before}{start}{content}\n{end}{after}"
