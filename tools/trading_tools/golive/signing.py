"""Who said what: texts signed and checked by `ssh-keygen -Y`, with the keys people already have.

Whose key is whose stands in a file of OpenSSH's form ALLOWED SIGNERS (see ssh-keygen(1)), one line
a person: `ada ssh-ed25519 AAAA…`.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trading_tools.audit.event import canonical_json

NAMESPACE = "orc-golive"
"""What the signatures are for: one made for another purpose does not count."""

_WILD = frozenset("*?!")
"""What makes a pattern of a name in a file of allowed signers."""

_WAIT_S = 120
"""Long enough to type a passphrase or touch a hardware key."""


class SigningError(Exception):
    """A text could not be signed; the message says why."""


def sign(said: Mapping[str, Any], key: Path) -> str:
    """The signature over `said` by the private key in `key` (or the agent's, for a public key).

    Raises:
        SigningError: no ssh-keygen, no such key, or it refuses.
    """
    if not key.is_file():
        raise SigningError(f"{key}: there is no such key")
    words = ["-Y", "sign", "-n", NAMESPACE, "-f", str(key)]
    done = _keygen(words, _text(said))
    if done.returncode != 0:
        raise SigningError(_last(done))
    return done.stdout.decode()


def why_not(said: Mapping[str, Any], by: str, signature: str, signers: Path) -> str | None:
    """Why this is not what `by` signed; None where it is."""
    if not signers.is_file():
        return f"there is no file {signers.name} that says whose key is whose"
    named = _names(signers)
    if by not in named and not any(set(each) & _WILD for each in named):
        return f"{by} is not in {signers.name}; there are {', '.join(named)}"
    with tempfile.TemporaryDirectory(prefix="orc-sign-") as folder:
        file = Path(folder) / "signature"
        file.write_text(signature, encoding="utf-8")
        words = ["-Y", "verify", "-n", NAMESPACE, "-f", str(signers), "-I", by, "-s", str(file)]
        try:
            done = _keygen(words, _text(said))
        except SigningError as error:
            return str(error)
    return None if done.returncode == 0 else f"the signature is not {by}'s: {_last(done)}"


def _names(signers: Path) -> list[str]:
    """Whose keys a file of allowed signers has."""
    lines = signers.read_text(encoding="utf-8", errors="replace").splitlines()
    firsts = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    return [name for first in firsts for name in first.split(",")]


def key_of(signature: str) -> str:
    """The fingerprint of the key that made a signature that holds, as OpenSSH writes it.

    The key stands in the signature itself (OpenSSH's PROTOCOL.sshsig): after the six letters
    SSHSIG and a version of four bytes comes its length in four bytes, then the key.
    """
    lines = signature.strip().splitlines()
    blob = base64.b64decode("".join(lines[1:-1]))
    key = blob[14 : 14 + int.from_bytes(blob[10:14], "big")]
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def _text(said: Mapping[str, Any]) -> bytes:
    return canonical_json(dict(said)).encode()


def _keygen(words: list[str], text: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *words], input=text, capture_output=True, timeout=_WAIT_S, check=False
        )
    except OSError as error:
        raise SigningError(f"ssh-keygen cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise SigningError("ssh-keygen gave no answer") from error


def _last(done: subprocess.CompletedProcess[bytes]) -> str:
    """Its last words, of which it says some on the one and some on the other."""
    for said in (done.stderr, done.stdout):
        lines = said.decode(errors="replace").strip().splitlines()
        if lines:
            return f"ssh-keygen says {lines[-1].rstrip('.')!r}"
    return "ssh-keygen says nothing"
