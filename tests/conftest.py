"""For every test: no network but loopback, no credentials, one fixed randomness."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgresql import Server

settings.register_profile(
    "house",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")

_LOOPBACK = ("127.", "localhost", "::1", "0.0.0.0")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting anywhere but to this machine fails the test that does it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host and not str(host).startswith(_LOOPBACK):
            pytest.fail(f"a test tried to reach {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests has no say."""
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_BASE_URL",
        "ORC_AUDIT_KEY",
        "ORC_LEDGER_URL",
        "ORC_HOME",
        "ORC_COMMAND",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _counts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where what tests ask of venues is counted, and never where the machine's is."""
    folder = tmp_path_factory.mktemp("pacing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORC_PACING_DIR", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def _own_counts(
    monkeypatch: pytest.MonkeyPatch, _counts: Path, request: pytest.FixtureRequest
) -> None:
    """Each test begins with nothing counted."""
    monkeypatch.setenv("ORC_PACING_DIR", str(_counts / str(id(request.node))))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real server; starting it takes seconds, so what uses it is slow."""
    server = Server()
    try:
        yield server
    finally:
        server.end()
