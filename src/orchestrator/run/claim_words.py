"""The English and the shapes by which a number in a text shows what it is.

Tables only: what counts as a figure, and what supports one, is `claims`. Each pattern starts at a
place that only one start of a token can have, so that all of them take linear time. Those without
`IGNORECASE` are for lower-case text, which is searched faster.
"""

from __future__ import annotations

import re

_VERSIONED = (
    r"version|python|cpython|py|node(?:\.?js)?|java|go|rust|ccxt|pandas|numpy|pydantic|postgres(?:ql)?"
    r"|sqlite|redis|ubuntu|debian|macos|tls|ssl|http|api|section|chapter|release|§"
)
_NUMBERED = (
    r"lines?|ll\.|steps?|issues?|prs?|ports?|options?|phases?|tables?|figs?\.|eqs?\.|equations?"
    r"|parts?|levels?|rules?|tiers?|rfc|iso|status(?: code)?|error code|exit code|exit status|code"
    r"|exits? with|exited with|items?|seed|epoch|cases?|appendix|pages?|questions?|points?"
    r"|scenarios?|days?|weeks?|hop|turn|utf|sha|base|s&p|bip|eip|no\.|method|approach"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)

_YEAR = r"(?:19|20)\d\d"
_UNITS = r"%|usdt?|eur|usdc|btc|eth|sol"

NOT_FIGURES = re.compile(
    "|".join(
        (
            r"\[r\d+\]",
            r"\b(?:https?|wss?|ftp|file|redis|postgres(?:ql)?)://\S+",
            # 2024-01-31T12:30, 12:30:05, ratios 1:3, 31.1.2024, 12/26/9, 24/7
            r"(?<![\w.])\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d)?)?(?:\.\d+)?Z?(?![\w%])",
            r"(?<![\w.])\d+(?::\d+)+(?![\w.%])",
            r"(?<![\w.])\d{1,2}([./])\d{1,2}\1\d{1,4}(?![\w%])",
            r"(?<![\w.])24/7(?!\w)",
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}\b\.?(?:,?\s\d{{4}}\b)?",
            rf"\b{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b(?![%.]\d)(?:,?\s\d{{4}}\b)?",
            # years: in 2024, Thorp (2006), from 2019 to 2023, the 2008 crisis, the 2010s
            rf"\b(?:in|since|until|till|during|years?|q[1-4]|{_MONTH}|(?-i:[A-Z][a-z]+),?)\s\(?"
            rf"{_YEAR}(?:\s?[-–]\s?(?:{_YEAR}|\d\d))?(?![\w%]|[.,]\d|\s?(?:{_UNITS})\b)",
            rf"(?:\b(?:from|between|period|over)\s|\(){_YEAR}\s?(?:[-–—]|to|until|through|and)\s?"
            rf"{_YEAR}\b(?!\s?(?:{_UNITS})\b)",
            rf"\({_YEAR}[a-z]?\)|\bthe\s{_YEAR}\s(?=[a-z])|\b(?:19|20)\d0s\b",
            # 1.2.3, v2, BTC-27JUN25, sha256-ab12, a/b2/c.py, engine.py:120, list numbers
            r"(?<![\w.])v?\d+(?:\.\d+){2,}(?![\w%])",
            r"(?<![\w.])v\d+(?:\.\d+)*",
            r"(?<![\w-])[A-Za-z][\w-]*-\d[\w.-]*\w",
            r"(?<![\w.~/-])(?:[A-Za-z~.][\w.~-]*)?(?:/[\w.~-]*[\w~-])+(?::\d+)*",
            r"(?<![\w.-])[A-Za-z_][\w-]*\.[A-Za-z]\w*(?::\d+)+",
            r"^\s{0,12}(?:[-*>]\s)?\(?\d{1,3}[.)]\s",
            r"(?<!\w)\(\d{1,2}\)(?!\w)",
            rf"(?<!\w)(?:{_VERSIONED})\s?v?\d+(?:\.\d+)*(?!\w|\s?%)",
            rf"(?<!\w)(?:{_NUMBERED}|#)\s?[#:]?\s?-?\d+(?:\s?(?:[-–,]|to|and)\s?\d+)*"
            r"(?!\w|\.\d|\s?%)",
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)
"""Numbers that name or date a thing."""

CLAIMING = re.compile(
    r"calculat|comput|measur|\bequals?\b|comes? (?:out )?(?:to|at)\b|amounts? to|works? out|kelly"
    r"|fraction|\bedge\b(?! case)|sharpe|sortino|calmar|drawdown|\bruin\b|probabilit|\bodds\b"
    r"|\bchance|likel(?:y|ihood)|growth|volatil|variance|deviation|\baverage|\bmean\b|median"
    r"|correlat|percentile|quantile|\bexpected\b|expectancy|expectation|\bp&l|\bpnl\b|profit"
    r"|\bloss(?:es)?\b|win[- _]?rate|hit[- _]?rate|pay-?off|\bsiz(?:e|es|ing)\b|notional|\bstake"
    r"|\bbet(?:s|ting)?\b|bankroll|\bprices?\b|\btrad(?:es|ed|ing) at\b|\bbid\b|\bask\b(?! for| the"
    r"| a| you| me)|spread|volume|funding|ticker|last trade|\bfees?\b|tick size|lot size|liquidity"
    r"|open interest|market cap|balance|equity|\bpositions?\b|margin|holdings?\b|leverag|latenc"
    r"|\btook\b|\btakes?\b.{0,20}\d\s?(?:ms|s)\b|throughput|coverage|slippage|\btests?\b|\bpassed\b"
    r"|\bfailed\b|back-?test|annuali[sz]ed|\byields?\b|\bp-?values?\b|\bp\d\d\b|\bz-?score"
    r"|\breturns? (?:of|is|are|was|were|on|per)\b|(?:total|annual|mean|net|daily|monthly|excess"
    r"|win|loss|cumulative)[ _]returns?\b|[=≈≃]|\bapprox",
)
"""What speaks of a calculation, a measurement, a market or an account."""

ANSWERING = re.compile(
    r"(?:\b(?:answer|result|value|total|sum|it|that|this|number|figure)\b.{0,15}?\b(?:is|was|are|be)"
    r"|\b(?:answer|result|value|total|sum)\s*:|\bgives|\bgiving|\bmakes|\bget|→|⇒|=>)\W{0,6}$",
    re.IGNORECASE,
)
"""What stands right before a number that is the answer."""

STATED = re.compile(
    r"(?:\b(?:is|was|are|were|be|of|to|at|by|as|gives|gave|yields|makes|got|equals|about"
    r"|approximately|exactly|only|nearly|roughly)"
    r"|[=:≈~|(]|sharpe|sortino|calmar|drawdown|leverage|ratio|kelly|edge|price|balance|pnl|profit"
    r"|loss|fees?|spread|latency)[\s*_`\"“]*$",
    re.IGNORECASE,
)
"""What stands right before a small number that is the value of something."""

HEDGED = re.compile(
    r"estimat|\bassum|\bsuppos|for (?:example|instance)|\be\.g\.|hypothetical|illustrat|\bimagine"
    r"|rule of thumb|placeholder|made[- ]up|\bguess|\bsay,|\btypical(?:ly)?\b|commonly|textbook"
    r"|\b(?:own|a|my) choice|arbitrar|convention|starting point"
    r"|unverified|not (?:measured|calculated|computed|verified|checked)",
)
"""A number that says of itself that it is none of these."""

GIVEN = re.compile(r"\b(?:at|with|for|if|when|given|cases?)\b", re.IGNORECASE)
"""What stands in a clause before a number that a calculation was given: "at a price of"."""

RESULTING = re.compile(
    r"\b(?:is|are|was|were|be|equals?|gives?|gave|yields?|yielded|returned|makes?|got|get|comes?"
    r"|came|amounts?|works?|trad(?:es|ed|ing)|quoted?|stands?|stood|closed?|opened?|costs?"
    r"|calculated|computed|measured|results?|total|now|currently)\b",
    re.IGNORECASE,
)
"""A clause with one of these speaks of a result or of the market all the same."""

TESTED = re.compile(
    rf"\b(?:tested|tried|suppos(?:e|ing)|inputs?)\b(?!.*{RESULTING.pattern})", re.IGNORECASE
)
"""What stands in a clause before such a number, whatever else does: "it was tested at"."""

GIVEN_AFTER = re.compile(
    r"[\s,(]{1,3}(?:(?:is|was|were|are)\s)?(?:tested|tried|given|assumed)\b", re.IGNORECASE
)
"""What stands after such a number: "0.55 was tested"."""

DECLARED_AFTER = re.compile(
    r"[\s,(–—-]{1,3}(?:(?:is|was|are|were|as)\s)?(?:(?:an?|my|our|the|own|test|chosen)\s){0,3}inputs?\b",
    re.IGNORECASE,
)
"""What says of the number before it that it is no result: "0.55, an input"."""

DECLARED_BEFORE = re.compile(
    r"\b(?:my|our|own|chosen|test|tested|an)\s(?:own\s|chosen\s|test\s)?inputs?(?:\s(?:I|we)\schose)?"
    r"(?:\s(?:p|b|of|is|was|are|were|value))?[\s:=,(]{1,3}$",
    re.IGNORECASE,
)
"""What says so before it: "my input of 0.55"."""

CHOOSING = re.compile(
    r"\b(?:should|recommend\w*|suggest\w*|advis\w*|set|sets|use|using|choose|pick|keep|limit\w*"
    r"|at most|at least|no more than|up to|capp?\w*|start with|try|consider|prefer\w*|defaults?"
    r"|timeouts?|thresholds?|retr(?:y|ies)|wait\w*|every|allow\w*|within|target\w*|configur\w*|want"
    r"|require\w*|reject\w*|refuse\w*|if|when|whenever|more than|less than|above|below|over)\b"
    r"(?!.*\b(?:is|are|was|were|equals|measured|calculated|computed|gives|yields|returned)\b)",
)
"""A number that is a choice or a condition, where nothing else in the clause claims."""

DOWNWARD = re.compile(
    r"\blos[est]|\bfall|\bfell\b|drop|drawdown|declin|\bdown\b|below|negativ|minus|short|slippage"
    r"|decreas|\bless\b|\bcosts?\b|\bfees?\b|\bunder|worse|advers|\bstop|deficit|shrink|reduc"
    r"|discount|magnitude|absolute|\|",
)
"""Words that carry the minus sign, so that a figure may go without it."""

MEASURED = re.compile(
    r"\s(?:tests?|passed|failed|failures?|errors?|warnings?|trades?|orders?|fills?|wins?|won|lost"
    r"|loss(?:es)?|contracts?|shares?|coins?|units?|lots?|points?|pips?|ticks?|sigmas?|standard|times"
    r"|dollars?|euros?)\b"
)
"""What follows a small number that was measured: "3 tests"."""

COUNTED = re.compile(
    r"\s(?!(?:and|or|to|of|in|at|on|by|for|with|is|was|as|per|when|if|because|since|than|from|but|so"
    r"|which|after|before|given)\b)[a-z][a-z-]*"
)
"""What follows a small number that merely counts things: "2 ways", not "5 of"."""

APPROXIMATE = re.compile(
    r"(?:\b(?:about|around|roughly|nearly|almost|approx\w*\.?|some|close to)|[~≈])\s?[$€£]?$",
    re.IGNORECASE,
)
"""What makes the zeros at the end of a round number a matter of rounding."""

PERIOD = re.compile(
    r"\b(?:over|for|within|in|last|past|per|every|each|after|next|previous|first)\s(?:the\s)?"
    r"(?:last\s|past\s)?$",
    re.IGNORECASE,
)
"""What stands before a span of time that was looked at: "over 2 years", not "it took 2 days"."""
