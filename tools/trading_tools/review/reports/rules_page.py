"""The page of all rules, drawn from the rules themselves; `make rules` writes `docs/rules.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from trading_tools.review.registry import all_rules
from trading_tools.review.rule import Rule, Topic

_HEAD = """\
# Review rules

Drawn from the rules by `make rules`; do not edit. What they are for and how to write one is
[review](review.md). A line that is found ends in `# <-`.
"""


def page(rules: Iterable[Rule]) -> str:
    """The page as Markdown."""
    known = tuple(rules)
    parts = [_HEAD, "\n".join(_table(known)), *(_section(each) for each in known)]
    return "\n".join(parts).rstrip("\n") + "\n"


def _table(rules: tuple[Rule, ...]) -> Iterator[str]:
    for topic in Topic:
        own = [each for each in rules if each.topic is topic]
        if own:
            yield f"\n**{topic.capitalize()}**\n"
            yield "| rule | finds | severity | |\n|---|---|---|---|"
            for each in own:
                mark = "" if each.on else "off by default"
                row = (f"[{each.id}](#{each.id.lower()})", each.title, each.severity, mark)
                yield "| " + " | ".join(row) + " |"
    yield ""


def _section(rule: Rule) -> str:
    lines = [
        f"## {rule.id}\n",
        f"**{rule.title[0].upper()}{rule.title[1:]}** ({rule.severity}).",
        rule.why,
    ]
    if rule.link:
        lines.append(f"Seen in [{rule.link.removeprefix('https://')}]({rule.link}).")
    lines.append(f"\nDo: {rule.fix}.\n")
    if rule.off:
        lines.append(f"Off by default: {rule.off}.\n")
    for title, texts in (("Bad", rule.bad), ("Good", rule.good)):
        for text in texts:
            lines.append(f"{title}:\n\n```python\n{text.strip()}\n```\n")
    return "\n".join(lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(all_rules()), "utf-8")
