"""Where programs look for the authorities they trust: variables, and files to put ours over.

Making the authority is `authority`; the mounts are `view`.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from trading_tools.drill.seal.authority import JAVA_PASSWORD

_BUNDLE_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL, and with it Python, Ruby, PHP, .NET; Go
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "WEBSOCKET_CLIENT_CA_BUNDLE",
    "HTTPLIB2_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "DENO_CERT",
    "NIX_SSL_CERT_FILE",
    "PERL_LWP_SSL_CA_FILE",
)
# The system's bundles, as Go's crypto/x509 lists them for Linux, and OpenSSL's own default.
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/lib/ssl/cert.pem",
)
_PACKAGES = ("site-packages", "dist-packages")
_PACKAGED = ("certifi/cacert.pem", "botocore/cacert.pem", "httplib2/cacerts.txt")
# Where tools keep environments that they find by themselves, below the home folder.
_HOME_ENVIRONMENTS = (
    ".local",
    ".pyenv/versions/*",
    ".cache/pypoetry/virtualenvs/*",
    ".local/share/virtualenvs/*",
    ".local/share/uv/python/*",
    ".local/share/uv/tools/*",
    ".local/pipx/venvs/*",
    ".virtualenvs/*",
    "miniconda3",
    "miniconda3/envs/*",
    "anaconda3",
    "anaconda3/envs/*",
    ".conda/envs/*",
)
_PROGRAM = re.compile(r"(/[\w./+-]+)/bin/\w")
_SCRIPT_BYTES = 1 << 14
_LONGEST_NAME = 255
_SYSTEM_ENVIRONMENTS = ("/usr", "/usr/local", "/opt/venv", "/opt/conda", "/opt/conda/envs/*")


def variables(bundle: str, java_store: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that make programs trust the bundle; what Java was told before is kept."""
    java = (
        f"-Djavax.net.ssl.trustStore={java_store} -Djavax.net.ssl.trustStoreType=PKCS12"
        f" -Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD}"
    )
    told = environ.get("JAVA_TOOL_OPTIONS", "")
    return {
        **dict.fromkeys(_BUNDLE_VARIABLES, bundle),
        "JAVA_TOOL_OPTIONS": f"{told} {java}".strip(),
    }


def bundles(
    command: Sequence[str], folder: Path, home: Path, environ: Mapping[str, str]
) -> list[Path]:
    """Files that exist here and that programs read their trusted authorities from.

    Those of the system, and of each Python environment that the bot may use: the command's own,
    one that its words or its script name, those of PATH, in `folder`, in the home folder and of the
    system.
    """
    packages = [Path(place) for place in environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    for prefix in dict.fromkeys(_prefixes(command, folder, home, environ)):
        for library in _matching(prefix, ["lib*/python3*"]):
            packages += [library / name for name in _PACKAGES]
    candidates = [Path(path) for path in _SYSTEM_BUNDLES]
    candidates += [folder / place / name for place in packages for name in _PACKAGED]
    return list(dict.fromkeys(path.resolve() for path in candidates if _is_file(path)))


def places(command: str, folder: Path, environ: Mapping[str, str]) -> list[Path]:
    """Where the command's program lies: the names that lead to it, and its interpreter's."""
    search = environ.get("PATH", os.defpath)
    program = command if "/" in command else shutil.which(command, path=search) or ""
    found: list[Path] = []
    for place in _links(folder / program):
        found += [place, *_interpreter(place, search)]
    return found


def programs(
    command: Sequence[str], folder: Path, home: Path, environ: Mapping[str, str]
) -> list[Path]:
    """Where the bot's programs and libraries lie, as the command, its scripts and variables say."""
    libraries = [
        Path(entry)
        for name in ("PYTHONPATH", "NODE_PATH", "PATH")
        for entry in environ.get(name, "").split(os.pathsep)
        if entry
    ]
    every = (*places(command[0], folder, environ), *_prefixes(command, folder, home, environ))
    return [path for path in dict.fromkeys((*every, *libraries)) if path.is_absolute()]


def _prefixes(
    command: Sequence[str], folder: Path, home: Path, environ: Mapping[str, str]
) -> Iterator[Path]:
    for place in places(command[0], folder, environ):
        yield place.parent.parent
    for text in _texts(command, folder):
        yield from (Path(found[1]) for found in _PROGRAM.finditer(text))
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(name):
            yield Path(environ[name])
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        yield Path(entry).parent
    yield from (config.parent for config in _matching(folder, ["*/pyvenv.cfg"]))
    yield from _matching(home, _HOME_ENVIRONMENTS)
    yield from _matching(Path("/"), [each[1:] for each in _SYSTEM_ENVIRONMENTS])


def _texts(command: Sequence[str], folder: Path) -> Iterator[str]:
    """The command's words, and what stands at the beginning of the files that they name."""
    for word in command:
        yield word
        if word and len(word) < _LONGEST_NAME and _is_file(folder / word):
            with (folder / word).open("rb") as file:
                yield file.read(_SCRIPT_BYTES).decode("utf-8", "replace")


def _matching(root: Path, patterns: Sequence[str]) -> Iterator[Path]:
    """What matches one of the patterns; folders that are not ours to read have nothing."""
    for pattern in patterns:
        for name in glob.iglob(pattern, root_dir=root):  # noqa: PTH207 - Path.glob raises there
            yield root / name


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # not ours to look at
        return False


def _links(path: Path) -> Iterator[Path]:
    """`path` and each further name that its symbolic links lead through."""
    for _step in range(16):
        yield path
        try:
            path = Path(os.path.normpath(path.parent / path.readlink()))
        except OSError:  # no link, or not ours to follow
            return


def _interpreter(script: Path, search: str) -> Iterator[Path]:
    """The interpreter that a script names in its first line, perhaps by way of `env`."""
    try:
        with script.open("rb") as file:
            first = file.read(256).split(b"\n", 1)[0]
    except OSError:
        return
    if first.startswith(b"#!"):
        words = first[2:].decode("utf-8", "replace").split()
        if words and words[0].endswith("/env"):
            words = [shutil.which(word, path=search) or "" for word in words[1:]]
        for word in words[:1]:
            yield from _links(Path(word))
