"""A certificate authority for one drill: it vouches for the venues' names and dies with it.

Where a bot is told to trust it is `trust`.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

JAVA_PASSWORD = "changeit"  # noqa: S105 - Java's own default; the store holds a public certificate
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """The authority's files: its certificate in the forms that clients read, the server's side."""

    bundle: Path
    """PEM, what a certifi file or a system's bundle is."""
    java_store: Path
    server: Path
    """PEM: the server's key, its certificate and the authority's."""

    def server_side(self) -> ssl.SSLContext:
        """TLS as the venues' servers speak it."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.server)
        return context


def found_authority(folder: Path, hosts: Collection[str], now: dt.datetime) -> Authority:
    """Make an authority and one server certificate for all `hosts`; the files go into `folder`.

    Its private key is never written: nobody can make another certificate.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Orchestrator drill authority")])
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    root = (
        _certificate(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )
    server_key = ec.generate_private_key(ec.SECP256R1())
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "drill venue")])
    leaf = (
        _certificate(server_name, name, server_key.public_key(), now)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host) for host in sorted(hosts)]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(server_key.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    made = Authority(folder / "ca.pem", folder / "truststore.p12", folder / "server.pem")
    made.bundle.write_bytes(root.public_bytes(Encoding.PEM))
    made.java_store.write_bytes(
        pkcs12.serialize_java_truststore(
            [pkcs12.PKCS12Certificate(root, b"drill")],
            BestAvailableEncryption(JAVA_PASSWORD.encode()),
        )
    )
    private = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made.server.touch(mode=0o600)
    made.server.write_bytes(
        private + leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    )
    return made


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime
) -> x509.CertificateBuilder:
    """Valid from yesterday, since a bot's clock may be wrong, for a month."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
