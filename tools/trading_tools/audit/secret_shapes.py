"""What a secret looks like by itself, and what makes a value one beside a name.

Here live the known key shapes and the rule for values next to key-like names. Both work in time
linear in the text: each pattern starts at a fixed text, and where two of its parts could match
the same characters the first takes them for good. Walking JSON and environments is in
``redact``.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Shape:
    """A key format: ``hints`` are texts one of which is in every match, to skip a search.

    The part that goes is the group ``secret``, or the whole match where there is none.
    ``mixed`` asks for a digit, an upper and a lower case letter in it.
    """

    what: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    mixed: bool = False


def _shape(what: str, hints: str, pattern: str, *, mixed: bool = False) -> Shape:
    return Shape(what, tuple(hints.split()), re.compile(pattern, re.ASCII), mixed)


_WORD = r"[A-Za-z0-9_-]"

# Formats as their issuers document them (Anthropic, OpenAI, AWS, GitHub, GitLab, Slack, Telegram,
# Google, Stripe, npm, PyPI, Hugging Face), JWT of RFC 7519, PEM of RFC 7468, headers of RFC 6750.
SHAPES: tuple[Shape, ...] = (
    _shape(
        "private-key",
        "-----BEGIN",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]++(?:-(?!----)[^-]*+)*+-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        # A cut one: the lines of base64 that are left of it.
        r"|(?:[^A-Za-z0-9/=-]{1,8}+n?[A-Za-z0-9+/=]{16,}+)++)",
    ),
    _shape("anthropic-key", "sk-ant-", rf"sk-ant-{_WORD}{{16,}}+"),
    _shape(
        "openai-key",
        "sk-",
        rf"(?<![A-Za-z0-9])sk-(?:or-v1-[0-9a-f]{{32,}}+|{_WORD}{{20,}}+)",
        mixed=True,
    ),
    _shape("openrouter-key", "sk-or-v1-", r"sk-or-v1-[0-9a-f]{32,}+"),
    _shape("aws-key", "AKIA ASIA", r"A[KS]IA[0-9A-Z]{16,}+"),
    _shape("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{30,}+"),
    _shape("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}+"),
    _shape("gitlab-token", "glpat-", rf"glpat-{_WORD}{{20,}}+"),
    _shape("slack-token", "xox", r"xox[abceoprs]-[A-Za-z0-9-]{10,}+"),
    _shape("slack-token", "xapp-", r"xapp-[0-9A-Z]-[A-Za-z0-9-]{10,}+"),
    _shape(
        "slack-webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services|workflows)/(?P<secret>[A-Za-z0-9/]{20,}+)",
    ),
    _shape("telegram-token", ":AA", rf"[0-9]{{6,12}}:AA{_WORD}{{30,}}+"),
    _shape("google-key", "AIza", rf"AIza{_WORD}{{35,}}+"),
    _shape("stripe-key", "_live_ _test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}+"),
    _shape("npm-token", "npm_", r"npm_[A-Za-z0-9]{36,}+"),
    _shape("pypi-token", "pypi-AgE", rf"pypi-AgE{_WORD}{{40,}}+"),
    _shape("huggingface-token", "hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}+", mixed=True),
    _shape(
        "jwt",
        ".eyJ",
        rf"(?<![\w-])(?={_WORD}*eyJ){_WORD}++\.eyJ{_WORD}{{8,}}+\.{_WORD}{{8,}}+",
    ),
    _shape(
        "authorization",
        "uthorization UTHORIZATION",
        r"(?:[Aa]uthorization|AUTHORIZATION)[\\\"'\]]{0,3}[ \t]{0,4}[:=][ \t]{0,4}[\\\"']{0,2}"
        r"(?:[A-Za-z-]{1,16}[ \t]{1,4})?(?P<secret>[A-Za-z0-9+/=_.~-]{8,}+)",
    ),
    _shape(
        "bearer-token",
        "earer EARER",
        r"(?:[Bb]earer|BEARER)[ \t]{1,4}(?P<secret>(?=[A-Za-z+/=_.~-]{0,80}[0-9])"
        r"[A-Za-z0-9+/=_.~-]{12,}+)",
    ),
    _shape(
        "url-password",
        "://",
        r"://[^\s/:@\"'<>]{0,80}:(?P<secret>[^\s/@\"'<>\[]{3,160}+)@",
    ),
)

# Names end in one of these, perhaps with one of the tails; the value stands right after.
_WORDS = ("key", "secret", "token", "password", "passwd", "passphrase", "credential", "mnemonic")
_KEY_OF = re.compile(
    r"(?:api|secret|private|priv|access|signing|sign|auth|encryption|hmac|master|wallet|audit"
    r"|deploy|service|account|shared|session|client|webhook|trading|app)[_. -]?\Z"
)
_NOT_TOKEN = re.compile(r"(?:next|page|continuation|sync|cancel(?:lation)?|max)[_-]?\Z")
_BESIDE = re.compile(
    r"(?:s|[_-]?[0-9]{1,2}|[_-]?(?:[Kk]ey|KEY|value|VALUE|string|hex|b64|base64|env|live|LIVE|prod"
    r"|PROD|test|TEST|main|MAIN|testnet|TESTNET|mainnet|MAINNET))?"
    r"(?P<close>[\\\"'`\])]{0,4})"
    r"(?:[ \t]{0,8}(?::[ \t]{0,4}(?:str|bytes|String|string|SecretStr)[ \t]{0,4})?"
    r"(?:=>|:=|==|[:=,(|])\s{0,8}|[ \t]{1,4}(?:is[ \t:]{1,4}|was[ \t:]{1,4})?)"
    r"(?:(?:SecretStr|String|str|bytes)\(|[brfu](?=[\"']))?"
    r"[\\\"'`(\[{<]{0,4}"
    # No sign that separates a name from its value may be in a value: that keeps it linear.
    r"(?P<secret>[A-Za-z0-9+/_.~%-]{12,}+={0,3})",
    re.ASCII,
)
_PUBLIC = re.compile(
    r"0x[0-9a-fA-F]{40}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?:toolu|msg|req|srvtoolu|call)_[A-Za-z0-9]+|sha256:[0-9a-f]{64}"
)
# Private keys of EVM chains and keys of Binance's length: beside a name no randomness is asked.
_KEY_LENGTH = re.compile(r"(?:0x)?[0-9a-fA-F]{64}|[A-Za-z0-9]{64}")
# Names and placeholders, as people write them: words and small numbers with signs between.
_PART = r"(?:(?:[A-Z]+|[A-Za-z][a-z]*(?:[A-Z][a-z]+)*)[0-9]{0,2}|[0-9]{1,4})"
_WRITTEN = re.compile(rf"_*{_PART}(?:[._-]+{_PART})+_*")
_MARK_OPENING = "[redacted:"
_LEAST_LENGTH = 12
_LEAST_BITS = 2.8
_LEAST_BITS_HEX = 2.0  # of at most 4: sixteen drawn digits are seldom below
_HEX = re.compile(r"[0-9a-f]{16,}|[0-9A-F]{16,}")


def is_random(value: str) -> bool:
    """Whether a value beside a key-like name looks drawn rather than written.

    Digits and letters mixed, and at least 2.8 bits a character: hex, base64 and alphanumeric
    keys are, words, names, paths and expressions are not, and neither is the rare key without a
    digit. Public things of a known form (addresses, UUIDs, the model service's ids) never are.
    """
    core = value.strip("=.-")
    if len(core) < _LEAST_LENGTH or _PUBLIC.fullmatch(core):
        return False
    if _KEY_LENGTH.fullmatch(core):
        return True
    digits = sum(map(core.count, "0123456789"))
    if not digits or digits + core.count(".") == len(core):  # a number
        return False
    if _is_path(core) or _WRITTEN.fullmatch(core):
        return False
    counts = Counter(core[:256])
    total = sum(counts.values())
    bits = -sum(count / total * math.log2(count / total) for count in counts.values())
    return bits >= (_LEAST_BITS_HEX if _HEX.fullmatch(core) else _LEAST_BITS)


def _is_path(value: str) -> bool:
    # Keys in base64 have slashes too, but not a row of short lower-case names between them.
    parts = [part for part in value.split("/") if part]
    return value.count("/") >= 2 and all(
        len(part) < 24 and (part.islower() or part.isdigit()) for part in parts
    )


@lru_cache(maxsize=1024)
def is_key_name(name: str) -> bool:
    """Whether a field or variable of this name holds a secret."""
    lowered = name.lower()
    return any(
        position + len(word) + len(tail) >= len(lowered)
        for word, position in _named(lowered)
        for tail in (lowered[position + len(word) :],)
        if _TAIL.fullmatch(tail)
    )


_TAIL = re.compile(
    r"(?:s|[_-]?[0-9]{1,2}|[_-]?(?:key|value|string|hex|b64|base64|env|live|prod|test|main"
    r"|testnet|mainnet))?"
)


def _named(lowered: str) -> Iterator[tuple[str, int]]:
    for word in _WORDS:
        position = lowered.find(word)
        while position >= 0:
            before = lowered[max(0, position - 16) : position]
            if word == "key":
                fits = _KEY_OF.search(before) is not None
            else:
                fits = word != "token" or _NOT_TOKEN.search(before) is None
            if fits:
                yield word, position
            position = lowered.find(word, position + len(word))


def beside_names(text: str) -> list[tuple[int, int]]:
    """Where in the text random values stand right after a key-like name, in order."""
    lowered = text.lower()
    if len(lowered) != len(text):
        # A letter whose lower case is longer would shift every position after it.
        lowered = text.translate({code: code + 32 for code in range(65, 91)})
    found = set()
    for word, position in _named(lowered):
        match = _BESIDE.match(text, position + len(word))
        if match is None or _in_mark(text, position):
            continue
        if is_random(match["secret"]):
            found.add(match.span("secret"))
    return sorted(found)


def _in_mark(text: str, position: int) -> bool:
    opening = text.rfind(_MARK_OPENING, max(0, position - 100), position)
    return opening >= 0 and text.find("]", opening, position) < 0
