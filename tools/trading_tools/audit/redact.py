"""Taking secrets out of text and JSON before they enter a record, a prompt or a page.

Here lives the redactor and what it knows from the environment. The key formats are in
``secret_shapes``. A secret becomes ``[redacted:<what>]``; hashes, UUIDs, addresses, ids and
signatures stay as they are. Nothing here reads the environment itself or imports a database
library.
"""

import base64
import binascii
import json
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from trading_tools.audit.secret_shapes import SHAPES, Shape, beside_names, is_key_name, is_random

# One row a hint: most texts hold none, and this loop runs over every text of a run.
_HINTED = tuple((hint, shape) for shape in SHAPES for hint in shape.hints)
_MARK = re.compile(r"\[redacted:[^\]\s]{1,100}\]")
_LEAST_LENGTH = 8
"""Nothing shorter is taken for a secret, nor is one found in a shorter text."""

_CREDENTIAL_WORDS = frozenset(
    {"KEY", "KEYS", "APIKEY", "SECRET", "SECRETS", "TOKEN", "TOKENS", "PASSWORD", "PASSWD", "PASS"}
    | {"PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "MNEMONIC", "PAT"}
)
_NOT_CREDENTIAL = ("_FILE", "_PATH", "_DIR", "_SOCK")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Fields whose content is a name of something, never a secret, however random it looks.
_OPAQUE_FIELDS = frozenset(
    {"id", "hash", "prev", "head", "key_id", "sha256", "blob", "$blob", "commit", "digest"}
    | {"fingerprint", "signature"}
)
_VERBATIM_BLOCKS = {"thinking": "signature", "redacted_thinking": "data"}


def is_credential_name(name: str) -> bool:
    """Whether an environment variable of this name holds a credential (``X_API_KEY``, ...)."""
    plain = _CAMEL.sub("_", name).upper().replace("-", "_")
    if plain.endswith(_NOT_CREDENTIAL):
        return False
    words = plain.split("_")
    if words[-1] == "PWD" and len(words) > 1:
        return True
    return not _CREDENTIAL_WORDS.isdisjoint(words) or plain.endswith(("APIKEY", "APISECRET"))


def has_mark(value: object) -> bool:
    """Whether a text, or a text anywhere in a JSON value, carries a redaction mark."""
    if isinstance(value, str):
        return "[redacted:" in value and _MARK.search(value) is not None
    if isinstance(value, Mapping):
        return any(has_mark(key) or has_mark(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return any(map(has_mark, value))
    return False


class Redactor:
    """Replaces secrets by marks; the same text always gives the same result.

    ``secrets`` are (what, value) pairs that are taken out wherever they stand, also in their
    base64, percent, hex and JSON-escaped forms.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]] = ()) -> None:
        forms = {form: what for what, value in secrets for form in _forms(value)}
        self._known = sorted(forms.items(), key=lambda pair: (-len(pair[0]), pair[0]))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Redactor":
        """A redactor that knows the values of the credential variables in ``environ``.

        Those are the variables with a credential-like name and a value of at least 8 characters.
        """
        return cls(
            (name, value)
            for name, value in environ.items()
            if len(value.strip()) >= _LEAST_LENGTH and is_credential_name(name)
        )

    def text(self, text: str) -> str:
        """The text without secrets."""
        if len(text) < _LEAST_LENGTH:
            return text
        text = self._without_known(text)
        spans = beside_names(text)
        if spans:
            pieces, done = [], 0
            for start, end in spans:
                if start >= done:
                    pieces += [text[done:start], "[redacted:secret]"]
                    done = end
            text = "".join([*pieces, text[done:]])
        return text

    def value(self, value: Any) -> Any:
        """The JSON value without secrets, keys included; shapes and types stay.

        The signatures and data of thinking blocks stay as they are. In fields that name things
        (``id``, ``hash``, ``..._id``, ...) only texts that are surely secrets are replaced.
        """
        return self._walk(value, "", {})

    def _walk(self, value: Any, field: str, block: Mapping[str, Any]) -> Any:
        if isinstance(value, str):
            return self._leaf(value, field, block)
        if isinstance(value, Mapping):
            return {
                self.text(key) if isinstance(key, str) else key: self._walk(inner, str(key), value)
                for key, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._walk(inner, field, {}) for inner in value]
        return value

    def _leaf(self, text: str, field: str, block: Mapping[str, Any]) -> str:
        if field and _VERBATIM_BLOCKS.get(str(block.get("type"))) == field:
            return text
        if field in _OPAQUE_FIELDS or field.endswith(("_id", "_hash", "Id", "Hash")):
            return self._without_known(text)
        if is_key_name(field):
            cleaned = self._without_known(text)
            return "[redacted:secret]" if is_random(cleaned.strip()) else self.text(cleaned)
        return self.text(text)

    def _without_known(self, text: str) -> str:
        for form, what in self._known:
            if form in text:
                text = text.replace(form, f"[redacted:{what}]")
        for hint, shape in _HINTED:
            if hint in text:
                text = _without_shape(text, shape)
        return text


def _without_shape(text: str, shape: Shape) -> str:
    mark = f"[redacted:{shape.what}]"
    group = "secret" if "secret" in shape.pattern.groupindex else 0

    def replaced(match: re.Match[str]) -> str:
        secret = match[group]
        if shape.mixed and not _is_mixed(secret.removeprefix("sk-")):
            return match[0]
        start, end = match.span(group)
        return match[0][: start - match.start()] + mark + match[0][end - match.start() :]

    return shape.pattern.sub(replaced, text)


def _is_mixed(text: str) -> bool:
    return (
        any(map(str.isdigit, text)) and any(map(str.isupper, text)) and any(map(str.islower, text))
    )


def _forms(value: str) -> Iterable[str]:
    """The value and the forms in which it travels."""
    raw = value.strip()
    content = raw.encode("utf-8", "surrogatepass")
    forms = {
        value,
        raw,
        json.dumps(raw)[1:-1],
        json.dumps(raw, ensure_ascii=False)[1:-1],
        binascii.hexlify(content).decode(),
    }
    if raw.isprintable():
        forms |= {urllib.parse.quote(raw, safe=""), urllib.parse.quote_plus(raw)}
    for offset in range(3):
        # Within a longer text (user:password) base64 begins at one of three offsets; the first
        # and last characters then depend on the neighbours and are left out.
        padded = base64.b64encode(b"\0" * offset + content).decode()
        first = (0, 2, 3)[offset]
        last = len(padded) - (0, 3, 2)[(offset + len(content)) % 3]
        inner = padded[first:last] if last > first else ""
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return (form for form in forms if len(form) >= _LEAST_LENGTH)
