"""The ledger's key, as the environment has it."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

KEY_VARIABLE: Final = "ORC_AUDIT_KEY"
LEAST_KEY_BYTES: Final = 16
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){16,}")


def audit_key(environ: Mapping[str, str]) -> bytes | None:
    """The ledger's key from `ORC_AUDIT_KEY`, which is read from the environment alone.

    At least 32 hex digits are read as hex, what decodes to at least 16 bytes of base64 as that,
    anything else as the text's own bytes. None where the variable is unset or empty.
    """
    text = environ.get(KEY_VARIABLE, "").strip()
    if not text:
        return None
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) >= LEAST_KEY_BYTES:
        return decoded
    return text.encode("utf-8", "surrogateescape")
