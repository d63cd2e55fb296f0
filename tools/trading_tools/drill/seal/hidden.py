"""What of this machine a bot must not see: credentials, sockets that lead out, our own record.

A rule by name, so that a program finds all else where it expects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

EMPTIED = ("/tmp", "/var/tmp", "/run", "/var/run")  # noqa: S108 - they are hidden, not used
"""Places that a bot finds empty: its own scratch space, and sockets of services."""

OWN_RECORD = ".orchestrator"

_IN_HOME = (
    OWN_RECORD,
    # Keys and tokens.
    ".ssh", ".gnupg", ".pki", ".password-store", ".local/share/keyrings", ".config/op",
    ".aws", ".azure", ".boto", ".config/gcloud", ".oci", ".config/doctl", ".config/hcloud", ".fly",
    ".terraform.d", ".vault-token", ".config/sops", ".age", ".kube", ".databrickscfg",
    ".netrc", "_netrc", ".git-credentials", ".config/git/credentials", ".config/gh", ".config/hub",
    ".config/glab-cli", ".npmrc", ".yarnrc.yml", ".pypirc", ".config/pypoetry/auth.toml",
    ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml",
    ".gradle/gradle.properties", ".composer/auth.json", ".pgpass", ".my.cnf", ".mylogin.cnf",
    ".huggingface", ".cache/huggingface/token", ".kaggle", ".config/anthropic", ".claude",
    ".claude.json", ".codex", ".config/rclone", ".s3cfg",
    # Wallets.
    ".bitcoin", ".electrum", ".ethereum", ".config/solana", ".solana", ".near-credentials",
    ".foundry/keystores",
    # Histories and browsers.
    ".bash_history", ".zsh_history", ".python_history", ".node_repl_history", ".psql_history",
    ".local/share/fish", ".mozilla", ".config/google-chrome", ".config/chromium",
    ".config/BraveSoftware",
    # Sockets of container engines: a way out of the network.
    ".docker", ".colima", ".lima", ".rd", ".local/share/containers",
)  # fmt: skip

_OF_THE_SYSTEM = tuple(
    Path("/var", name)
    for name in ("lib/docker", "lib/lxd", "snap/lxd", "lib/incus", "lib/containerd", "lib/libvirt")
)

IN_ETC = (
    "shadow", "shadow-", "gshadow", "gshadow-", "sudoers", "sudoers.d", "ssh", "krb5.keytab",
    "NetworkManager", "wireguard", "openvpn", "letsencrypt", "kubernetes", "rancher", "docker",
)  # fmt: skip
"""Entries of /etc that a bot does not get."""

_POINTING = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "KUBECONFIG",
    "DOCKER_CONFIG",
    "NETRC",
    "PGPASSFILE",
)
LEADING_OUT = frozenset(
    {"SSH_AUTH_SOCK", "DOCKER_HOST", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"}
    | {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "WS_PROXY", "WSS_PROXY", "FTP_PROXY"}
)
"""Variables, in whatever case, that name sockets and proxies which are not there."""


def hidden_paths(folder: Path, homes: Iterable[Path], environ: Mapping[str, str]) -> Iterator[Path]:
    """What exists here and is hidden, links followed; folders and files.

    `folder` is the bot's: what lies above it has our own record hidden, it has itself no part here.
    """
    candidates = [home / name for home in homes for name in _IN_HOME] + [*_OF_THE_SYSTEM]
    candidates += [above / OWN_RECORD for above in folder.parents]
    candidates += [Path(environ[name]) for name in _POINTING if environ.get(name)]
    found: dict[Path, None] = {}
    for path in candidates:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # not there, not ours to see, or a link to itself
            continue
        if not folder.is_relative_to(real):
            found[real] = None
    yield from found
