"""Figures and citations in what an agent says, and whether anything recorded supports them.

A figure is *supported* when the same number, at the precision it is stated with, occurs in the
request or in a tool's result. Numbers that a call was given by the model itself do not count as
that call's result, so that an `echo 0.42` proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

CITATION = re.compile(r"\[r(\d{1,9})\]")

_NUMBER = re.compile(
    r"(?<![\w./-])(?P<sign>[-−+]?)(?P<currency>[$€£]?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<exponent>e[+-]?\d{1,3})?"
    r"(?P<unit>\s?%|\s?(?:bps?|basis points|USDT|USDC|USD|EUR|BTC|ETH|SOL|ms|µs|seconds?|s|x)\b)?"
    r"(?![\w/-]|\.\d|:\d)",
    re.IGNORECASE,
)
_NOT_FIGURES = re.compile(
    r"\[r\d+\]|`[^`\n]*`|\b(?:lines?|ll?\.|step|section|§|issue|PR|#|version|v|python|py|ccxt|port)"
    r"\s?#?\d+(?:[.\-–]\d+)*|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?"
    r"|^\s*\d+[.)]\s|\b\d+(?:\.\d+){2,}\b",
    re.IGNORECASE | re.MULTILINE,
)
_CLAIM_WORDS = re.compile(
    r"calculat|comput|measur|equals?\b|comes? to|amounts? to|kelly|fraction|edge\b|sharpe|sortino"
    r"|drawdown|ruin|probabilit|growth|return|volatil|variance|average|mean\b|median|correlat"
    r"|percentile|expect|pnl|profit|loss|win rate|hit rate|payoff|size\b|sizing|notional|stake"
    r"|price|bid\b|ask\b|spread|volume|funding|ticker|last trade|mark\b|fees?\b|tick\b|lot\b|depth"
    r"|balance|equity|position|margin|holding|leverage|latency|took|throughput|coverage|slippage"
    r"|tests?\b|passed|failed|backtest|[=≈]",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it stands in a text. `claims`: it reads like a result, not like a choice."""

    text: str
    value: Decimal
    decimals: int
    percent: bool
    claims: bool
    sentence: str


def cited_receipts(*texts: str) -> tuple[int, ...]:
    """The receipts that the texts cite, each once, in order of their first mention."""
    return tuple(dict.fromkeys(int(n) for text in texts for n in CITATION.findall(text)))


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of `text`; code, versions, dates, line numbers and citations are none."""
    found: list[Figure] = []
    for sentence in _SENTENCE.split(text):
        plain = _NOT_FIGURES.sub(lambda match: " " * len(match[0]), sentence)
        claims = bool(_CLAIM_WORDS.search(plain))
        for match in _NUMBER.finditer(plain):
            unit = (match["unit"] or "").strip()
            found.append(
                Figure(
                    text=match[0].strip(),
                    value=abs(_decimal(match)),
                    decimals=len(match["digits"].partition(".")[2]),
                    percent=unit == "%",
                    claims=claims or bool(unit) or bool(match["currency"]),
                    sentence=" ".join(sentence.split())[:160],
                )
            )
    return tuple(found)


def numbers(text: str) -> frozenset[Decimal]:
    """Every number in a text, without sign, whatever it stands for."""
    return frozenset(abs(Decimal(token)) for token in re.findall(r"\d+(?:\.\d+)?", text))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers that may support a figure."""

    values: frozenset[Decimal]

    @classmethod
    def gather(cls, given: Iterable[str], results: Iterable[tuple[str, str]]) -> Evidence:
        """From texts that count whole, and from (arguments, result) of calls."""
        values: set[Decimal] = set()
        for text in given:
            values |= numbers(_thousands(text))
        for arguments, result in results:
            values |= numbers(_thousands(result)) - numbers(_thousands(arguments))
        return cls(frozenset(values))

    def supports(self, figure: Figure) -> bool:
        """Whether some recorded number is `figure`, rounded as it is stated."""
        half = Decimal(1).scaleb(-figure.decimals) / 2
        for value in self.values:
            if abs(value - figure.value) <= half:
                return True
            if figure.percent and abs(value * 100 - figure.value) <= half:
                return True
            if not figure.percent and value == figure.value * 100:
                return True
        return False


def _decimal(match: re.Match[str]) -> Decimal:
    return Decimal(match["digits"].replace(",", "") + (match["exponent"] or ""))


def _thousands(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
