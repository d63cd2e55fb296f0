"""The drill's own certificate authority, by what TLS itself says of it."""

from __future__ import annotations

import datetime as dt
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from trading_tools.drill.seal.authority import JAVA_PASSWORD, Authority, found_authority

_HOSTS = {"api.binance.com", "stream.binance.com"}
_NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return found_authority(tmp_path, _HOSTS, _NOW)


def _shake_hands(authority: Authority, trusted: Path, host: str) -> None:
    """A handshake in memory by a client that checks as strictly as it can."""
    context = ssl.create_default_context(cafile=str(trusted))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(back, there, server_hostname=host)
    server = authority.server_side().wrap_bio(there, back, server_side=True)
    for _turn in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    client.do_handshake()


@pytest.mark.parametrize("host", sorted(_HOSTS))
def test_a_strict_client_that_trusts_it_accepts_each_host(authority: Authority, host: str) -> None:
    _shake_hands(authority, authority.bundle, host)


def test_it_vouches_for_no_other_host(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _shake_hands(authority, authority.bundle, "api.kraken.com")


def test_one_drill_does_not_trust_anothers(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "other").mkdir()
    other = found_authority(tmp_path / "other", _HOSTS, _NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(authority, other.bundle, "api.binance.com")


def test_no_file_holds_the_authoritys_private_key(tmp_path: Path, authority: Authority) -> None:
    keys = [path for path in tmp_path.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == [authority.server]
    assert authority.server.stat().st_mode & 0o077 == 0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("keytool") is None, reason="no Java here")
def test_java_reads_its_store(authority: Authority) -> None:
    listing = subprocess.run(
        ["keytool", "-list", "-keystore", authority.java_store, "-storepass", JAVA_PASSWORD],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "trustedCertEntry" in listing.stdout
