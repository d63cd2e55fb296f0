"""The English by which a request shows its kind: verbs of demands, and telling turns of phrase.

Tables only; how they are weighed against each other is `kinds`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["implement", "review", "validate", "golive", "answer", "act"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Cue:
    """A pattern that speaks for `kind` with `weight` wherever it stands in a sentence."""

    kind: Kind
    weight: float
    pattern: re.Pattern[str]


def _one_of(phrases: str) -> str:
    """A pattern for any of the phrases, which are separated by commas, as whole words."""
    ways = sorted((phrase.strip() for phrase in phrases.split(",")), key=len, reverse=True)
    return rf"\b(?:{'|'.join(ways)})\b"


def _cue(kind: Kind, weight: float, pattern: str) -> Cue:
    return Cue(kind, weight, re.compile(pattern))


_BUILD = _one_of(
    "implement, add, build, fix, write, create, make, code(?! reviews?\\b), develop, program,"
    "refactor, port,"
    "migrate, convert, generate, extend, split, rename, replace, remove, delete, set up, wire,"
    "integrate, connect, install, configure, deploy, draw, design, draft, clean, clean up, repair,"
    "rewrite, update, upgrade, change, move, merge, speed up, optimi[sz]e, improve, reduce, rework,"
    "parse, fetch, download, save, store, export, import, plot, render, produce, prepare, patch,"
    "compute, calculate, simulate, schedule, automate, document, test, track, handle, support,"
    "fill, finish, complete, correct, enforce, measure, structure"
)

# A verb at the start of a sentence or clause that demands a kind of work.
DEMANDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("implement", re.compile(_BUILD)),
    (
        "review",
        re.compile(
            _one_of(
                "review, audit, inspect, critique, assess, look over, look through, look at,"
                "have a look, take a look, examine, go over, go through, read through, scan,"
                "pentest, judge"
            )
        ),
    ),
    (
        "validate",
        re.compile(
            _one_of(
                "validate, verify, double-check, double check, cross-check, sanity-check, prove,"
                "confirm, recalculate, recompute"
            )
        ),
    ),
    ("golive", re.compile(_one_of("go live, go-live, launch, cut over, roll out"))),
    (
        "answer",
        re.compile(
            _one_of(
                "explain, compare, recommend, suggest, advise, describe, tell me, tell us, clarify,"
                "summari[sz]e, outline, discuss, give me an overview"
            )
        ),
    ),
)

# What may stand before the verb of a demand without changing it.
POLITE = re.compile(
    r"[\W\d_]*(?:(?:please|pls|kindly|hi|hello|hey|ok|okay|so|now|then|and|also|just|first|next|"
    r"finally|quickly|today|only|i need you to|i(?:'d| would) like (?:you )?to|i want (?:you )?to|"
    r"we (?:need|have|want) to|(?:can|could|would|will) you|you (?:should|must|can)|let(?:'s| us)|"
    r"help (?:me|us)(?: to)?|your (?:job|task) is to|the task is to|task)\b[\s,:!]*)+"
)

# "no need to review", "don't build": a verb that is not wanted.
REFUSED = re.compile(
    r"\b(?:no need (?:to|for)|(?:do not|don't|dont|never|not|without)\s+(?:to\s+)?)\s*[a-z-]+"
)

# Words that open a question on their own, and those that also open other sentences; of the latter
# some do so even without a question mark, where people type in haste.
ASKING = re.compile(_one_of("what, why, how, where, which, who, whose"))
PERHAPS_ASKING = re.compile(
    _one_of(
        "when, is, are, was, were, does, do, did, should, shall, can, could, may, might, has, have,"
        "will, would, any, anything, anyone, anybody"
    )
)

HASTY = re.compile(_one_of("is, are, was, were, does, did, should, can, could, will, would"))

_RIGHT = (
    r"\b(?:incorrect|correct|wrong|valid|sound|plausible|realistic|accurate|sane|credible|"
    r"believ(?:e)?able|trustworthy|true|too good to be true|(?<!, )right)\b"
)
_RECKONING = _one_of(
    "formulas?, calculations?, computations?, maths?, arithmetic, equations?, numbers?, figures?,"
    "sums?, logic, results?, statistics?, derivations?, proofs?, units?, rounding"
)
_CODE_THING = (
    r"\b(?:code|pr|pull request|diff|patch|commit|branch|module|repo|repository|class|function|"
    r"implementation|design|architecture|config|schema|docs?|document|files?|"
    r"[\w/-]+\.(?:py|js|ts|tsx|go|rs|java|sql|md|ya?ml|toml|json|txt|sh|tf|ini|cfg|html|css))\b"
)

# A judgement outweighs the form of a question ("is this formula right?" is no wish for advice).
CUES: tuple[Cue, ...] = (
    _cue("golive", 4.0, r"\b(?:go|goes|going)[- ]live\b|\bgo(?:/| or )no[- ]?go\b"),
    _cue(
        "golive",
        4.0,
        r"\bready (?:for (?:production|prod|launch|release)|to (?:launch|ship|release|go into))\b",
    ),
    _cue(
        "golive",
        4.0,
        r"\b(?:launch|release|production|go-live) (?:plan|checklist|readiness|gate)\b|"
        r"\b(?:roll-?out|cut-?over) plan\b",
    ),
    _cue("golive", 3.5, r"\b(?:switch|move|go|going) (?:over )?to (?:real|live) (?:money|funds)\b"),
    _cue(
        "golive",
        3.5,
        r"\b(?:phased|staged|gradual|canary) (?:roll-?out|release|launch|deployment)\b",
    ),
    _cue("golive", 2.5, r"\bbefore (?:we |i |it |they )?(?:launch|release|go to production)\b"),
    _cue("golive", 3.0, r"\b(?:go|goes|going|get|gets|put) into production\b"),
    _cue("golive", 3.0, r"\bopens? (?:up )?(?:to|for) (?:customers|clients|users|partners)\b"),
    _cue("golive", 3.0, r"\breal (?:money|funds|flow|orders)\b"),
    _cue("golive", 3.0, r"\bfinal (?:gate|approval|sign-?off)\b|\bsign-?off\b"),
    _cue("golive", 2.0, r"\bwhat (?:must|has to) be (?:ready|proven|done)\b"),
    _cue("golive", 2.0, r"\bphase .{1,20}\bin\b"),
    _cue("validate", 3.5, rf"\bcheck(?:ing)?\b.{{0,40}}{_RECKONING}"),
    _cue("validate", 3.0, r"\bcheck (?:whether|if)\b"),
    _cue("validate", 4.0, rf"\b(?:is|are|was|were)\b.{{0,60}}{_RIGHT}"),
    _cue("validate", 4.0, rf"\b(?:can|could|does|do)\b.{{0,60}}\bbe {_RIGHT}"),
    _cue(
        "validate", 4.0, rf"\b(?:does|do)\b.{{0,40}}{_RECKONING}.{{0,40}}\b(?:hold|add up|work)\b"
    ),
    _cue("validate", 4.0, r"(?<!, )\b(?:true|correct|right|wrong|too good|plausible) ?\?"),
    _cue(
        "validate",
        4.0,
        r"\b(?:can|could|do|does|may) .{0,40}"
        r"\b(?:stand|hold up|be trusted|be believed|(?:still )?believe|support (?:this|that|it))\b",
    ),
    _cue("validate", 1.0, r"\b(?:verify|validate|verification|validation|double-check)\b"),
    _cue("review", 3.0, rf"\bcheck(?:ing)?\b.{{0,30}}{_CODE_THING}"),
    _cue(
        "review",
        2.5,
        r"\b(?:find|look for) (?:the |any )?(?:bugs|holes|gaps|weaknesses|mistakes)\b",
    ),
    _cue(
        "review",
        3.5,
        r"\b(?:assessment|report|findings|review) only\b|"
        r"\bonly (?:report|an? (?:assessment|review)|findings)\b",
    ),
    _cue("review", 4.0, r"\b(?:holes|gaps|weaknesses|weak spots|objections|mistakes) ?\?"),
    _cue("review", 2.0, r"\b(?:code|security|design|peer) (?:review|audit)\b|\bthreat model\b"),
    _cue("review", 1.0, r"\b(?:review|assess|assessment|pentest|vulnerabilit(?:y|ies))\b"),
    _cue(
        "implement",
        2.0,
        r"\b(?:i|we) (?:only |just |still )?(?:need|want|require|lack) (?:an?|the|some|one|two)\b",
    ),
    _cue(
        "implement",
        4.0,
        r"\bwhat (?:(?:i|we) (?:only |still )?(?:need|want|lack) is|is missing is)\b|"
        r"\bwhat's missing is\b",
    ),
    _cue(
        "implement", 1.5, r"\b(?:must|has to|have to) (?:be|get|not|never|stop|run|work|return)\b"
    ),
    _cue("implement", 1.0, rf"{_BUILD}"),
    _cue("answer", 1.5, r"^(?:[\w./-]+ ){1,3}(?:or|vs\.?|versus) "),
    _cue(
        "answer",
        1.0,
        r"\b(?:pros and cons|trade-?offs?|difference between|best practice|advice|opinion)\b",
    ),
)

# A sentence that says of something that it is there and well tells the setting, not the job.
SETTLED = re.compile(
    r"\b(?:is|are|was|looks?|works?|runs?|all|that's|it's|they're) "
    r"(?:\w+ )?(?:ok|okay|fine|good|right|stable|stably|healthy|done|up|perfect|there|in place|"
    r"final|calculated|synced|sound)\b|"
    r"\b(?:ok|exists?)\b|\bno (?:problem|need)\b|\bleave (?:it|its|the|that|this|them)\b|"
    r"\b(?:isn't|is not|not) (?:yours|mine|your part|my question|the (?:point|problem|question))\b|"
    r"\b(?:don't|do not) (?:touch|change|bother|worry)\b|\bnothing to do with\b"
)

_TRADE = r"(?:buy|sell|short|long|go long|go short|market[- ](?:buy|sell))\b"
_MANAGE = (
    r"(?:close|cancel|place|submit|send|withdraw|deposit|transfer|flatten|liquidate|exit)\b.{0,60}"
)
_HOLDING = _one_of(
    "orders?, positions?, trades?, balance, funds, holdings, stake, shares, contracts, coins,"
    "everything, usd[tc]?, eur, dollars?, euros?, btc, eth"
)

# An order to be given now, at the start of a sentence.
ACTS: tuple[re.Pattern[str], ...] = (
    re.compile(rf"{_TRADE}.*?(?:\d|\b(?:now|immediately|at market|everything|all|half)\b)"),
    re.compile(rf"{_MANAGE}{_HOLDING}"),
)
# With one of these the sentence speaks of a program or a rule instead.
NO_ACT = re.compile(
    _one_of(
        "bots?, scripts?, functions?, class, modules?, code, endpoint, strategy, strategies,"
        "algorithms?, signals?, backtests?, when, whenever, if, every, each, should, how, why,"
        "tests?, implement, build, write, fix, automatically, unattended, rules?, logic"
    )
)
