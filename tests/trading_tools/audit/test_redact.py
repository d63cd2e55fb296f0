"""Planted secrets never survive; hashes, ids, addresses and vectors always do.

Keys are put together here from parts, so that none stands in this file.
"""

import base64
import hashlib
import json
import random
import re
import string
import urllib.parse
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.audit.redact import Redactor, has_mark, is_credential_name

ALNUM = string.ascii_letters + string.digits


def drawn(length: int, alphabet: str = ALNUM, seed: int = 7) -> str:
    """Random text that has a digit, a lower and an upper case letter where it can."""
    chance = random.Random(seed)
    return "aB3"[: 3 if alphabet == ALNUM else 0] + "".join(
        chance.choices(alphabet, k=length - (3 if alphabet == ALNUM else 0))
    )


def pem(kind: str, seed: int = 1) -> str:
    body = base64.b64encode(random.Random(seed).randbytes(120)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


def jwt() -> str:
    parts = ({"alg": "HS256"}, {"sub": "1234567890"})
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*texts, drawn(43)])


SECRETS = {
    "anthropic": "sk-" + "ant-api03-" + drawn(80, ALNUM + "_-") + "AA",
    "openai": "sk-" + drawn(48),
    "openai project": "sk-" + "proj-" + drawn(60) + "_" + drawn(20),
    "openrouter": "sk-" + "or-v1-" + drawn(64, "0123456789abcdef"),
    "aws": "AK" + "IA" + drawn(16, string.ascii_uppercase + string.digits),
    "aws session": "AS" + "IA" + drawn(16, string.ascii_uppercase + string.digits),
    "github": "gh" + "p_" + drawn(36),
    "github server": "gh" + "s_" + drawn(36),
    "github fine": "github" + "_pat_" + drawn(22) + "_" + drawn(59),
    "gitlab": "gl" + "pat-" + drawn(20),
    "slack": "xo" + "xb-" + "123456789012-123456789012-" + drawn(24),
    "telegram": "123456789" + ":AA" + drawn(33),
    "google": "AI" + "za" + drawn(35),
    "stripe": "sk_" + "live_" + drawn(24),
    "npm": "npm" + "_" + drawn(36),
    "hugging face": "hf" + "_" + drawn(34),
    "jwt": jwt(),
    "pem": pem("PRIVATE KEY"),
    "coinbase": pem("EC PRIVATE KEY"),
    "coinbase on one line": pem("EC PRIVATE KEY").replace("\n", "\\n"),
    "encrypted pem": pem("ENCRYPTED PRIVATE KEY"),
    "openssh": pem("OPENSSH PRIVATE KEY"),
    "pgp": pem("PGP PRIVATE KEY BLOCK"),
}

OPAQUE = {
    "sha256": hashlib.sha256(b"x").hexdigest(),
    "sha256 in capitals": hashlib.sha256(b"y").hexdigest().upper(),
    "sha512": hashlib.sha512(b"x").hexdigest(),
    "named blob": "sha256:" + hashlib.sha256(b"z").hexdigest(),
    "git": hashlib.sha1(b"x").hexdigest(),
    "short git": "4f0c1b2",
    "uuid": str(uuid.UUID(int=random.Random(3).getrandbits(128))),
    "address": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
    "transaction": "0x" + hashlib.sha256(b"tx").hexdigest(),
    "tool use": "toolu_01" + drawn(22),
    "message": "msg_01" + drawn(22),
    "request": "req_01" + drawn(22),
    "base64": base64.b64encode(random.Random(5).randbytes(48)).decode(),
    "base64 of RFC 4648": "Zm9vYmFy",
    "long base64": base64.b64encode(random.Random(6).randbytes(900)).decode(),
    "path": "/home/user/projects/trading/src/exchange/binance/v3/websocket_2024_handler.py",
    "certificate": pem("CERTIFICATE"),
    "public key": pem("PUBLIC KEY"),
    "client order id": "x-A6SIDXVS" + drawn(16),
    "token id": "71321045679252212594626385532706912750332728571942532289631379312455583992563",
    "words": "risk-adjusted-position-sizing-with-kelly-2024",
    "number": "1234567890.123456789",
}

redactor = Redactor()


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_each_known_key_shape_is_taken_out(secret: str) -> None:
    result = redactor.text(f"before {secret} after")
    assert result.startswith("before [redacted:")
    assert result.endswith("] after")
    assert has_mark(result)


@pytest.mark.parametrize("opaque", OPAQUE.values(), ids=OPAQUE.keys())
def test_each_opaque_value_survives(opaque: str) -> None:
    for text in (
        opaque,
        f"see {opaque}.",
        f'{{"id": "{opaque}"}}',
        f"commit {opaque}\n",
        f"v={opaque}",
    ):
        assert redactor.text(text) == text
    value = {"id": opaque, "hash": opaque, "content": [opaque, {"note": opaque}], "n": [1, None]}
    assert redactor.value(value) == value


BOUNDARY = st.sampled_from([*" \n\t\"'`=:,;()[]{}<>|&?!/\\", " é", "\u2028", "== "])
AROUND = st.text(max_size=30)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    secret=st.sampled_from(sorted(SECRETS.values())),
    before=AROUND,
    left=BOUNDARY,
    right=BOUNDARY,
    after=AROUND,
)
def test_no_planted_secret_survives_in_any_text(
    secret: str, before: str, left: str, right: str, after: str
) -> None:
    result = redactor.text(f"{before}{left}{secret}{right}{after}")
    assert secret not in result
    assert _core(secret) not in result
    assert redactor.text(result) == result


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    secret=st.sampled_from(sorted(SECRETS.values())), keys=st.lists(st.text(max_size=8), max_size=4)
)
def test_no_planted_secret_survives_in_any_json(secret: str, keys: list[str]) -> None:
    value: Any = [f"x {secret}", 3, None]
    for key in keys:
        value = {key: value, "id": secret, secret: 1}
    assert _core(secret) not in json.dumps(redactor.value(value))
    assert _core(secret) not in redactor.text(json.dumps(value))


def _core(secret: str) -> str:
    """The part that gives a secret away, away from its ends and its line breaks."""
    middle = secret.replace("\\n", "\n").split("\n")[1] if "BEGIN" in secret else secret
    return middle[len(middle) // 3 : -4]


# Beside such a word a value is taken for what it says, and hypothesis draws our own constants.
KEY_WORD = re.compile("key|secret|token|pass|credential|mnemonic", re.IGNORECASE)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    opaque=st.sampled_from(sorted(OPAQUE.values())),
    before=AROUND.filter(lambda text: KEY_WORD.search(text) is None),
    after=AROUND,
)
def test_opaque_values_survive_in_any_text_that_names_no_key(
    opaque: str, before: str, after: str
) -> None:
    text = f"{before} {opaque} {after}"
    assert opaque in redactor.text(text)


NAMES = ["api_key", "apiKey", "API_SECRET", "secret", "SecretKey", "private_key", "PRIVATE_KEY"]
NAMES += ["X-MBX-APIKEY", "OK-ACCESS-KEY", "passphrase", "auth_token", "client_secret", "password"]
VALUES = {
    "binance": drawn(64),
    "hex": hashlib.sha256(b"k").hexdigest(),
    "evm": "0x" + hashlib.sha256(b"k").hexdigest(),
    "evm of one digit pair": "0x" + "4f" * 32,
    "okx": hashlib.md5(b"k").hexdigest().upper(),
    "aws": drawn(40, ALNUM + "/+"),
    "kraken": base64.b64encode(random.Random(9).randbytes(64)).decode(),
    "short": drawn(20),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("secret", VALUES.values(), ids=VALUES.keys())
def test_random_values_beside_key_like_names_are_taken_out(name: str, secret: str) -> None:
    for text in (
        f'{name} = "{secret}"',
        f"{name}={secret}",
        f"export {name}='{secret}'",
        f"{name}: {secret}",
        f'{{"{name}": "{secret}"}}',
        json.dumps(json.dumps({name: secret})),
        f"client({name}='{secret}', timeout=3)",
        f'{name}: str = "{secret}"',
        f'headers["{name}"] = "{secret}"',
        f"--{name} {secret}",
        f"my {name} is {secret}, use it",
        f'{name} = SecretStr("{secret}")',
        f"| {name} | {secret} |",
    ):
        result = redactor.text(text)
        assert secret.rstrip("=") not in result, text
        assert "[redacted:secret]" in result
        assert redactor.text(result) == result
    assert redactor.value({name: secret}) == {name: "[redacted:secret]"}
    assert redactor.value({name: [secret]}) == {name: ["[redacted:secret]"]}


@pytest.mark.parametrize(
    "text",
    [
        'api_key = os.environ["BINANCE_API_KEY_2"]',
        "api_key=config.exchanges[0].api_key",
        "api_key = get_secret_from_vault_v2(name)",
        "max_tokens: 16000, tokens=123456",
        'token = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"',
        "secret: /run/secrets/binance/key_2024.pem",
        "next_token=" + drawn(30),
        "public_key = " + drawn(44),
        'secret = "your-api-secret-here-123"',
        "api_key = client.getApiKey2(name)",
        "the keyboard 1234567890123abc",
        "Bearer authentication is required",
        "password: correct horse battery staple",
        "git commit -m 'Rotate tokens' 4f0c1b2a",
        '"-----BEGIN PRIVATE KEY-----" in text',
        "https://example.com:8443/path@v2",
    ],
)
def test_code_and_prose_about_keys_survive(text: str) -> None:
    assert redactor.text(text) == text


def test_credentials_in_headers_and_addresses_are_taken_out() -> None:
    secret = drawn(20)
    for text, kept in (
        (f"Authorization: Bearer {secret}", "Authorization: Bearer "),
        (f'"authorization": "Basic {secret}=="', '"authorization": "Basic '),
        (f"bearer {secret}", "bearer "),
        (f"postgresql://bot:{secret}@db:5432/x", "postgresql://bot:"),
        (f"https://hooks.slack.com/services/T0/B0/{secret}", "https://hooks.slack.com/services/"),
    ):
        result = redactor.text(text)
        assert secret not in result
        assert result.startswith(kept + "[redacted:")


ENVIRONMENT = {
    "BINANCE_API_SECRET": "low entropy value",
    "DB_PWD": 'quo"te\\d ümlaut',
    "PWD": "/home/user/project",
    "SHORT_KEY": "1234567",
    "GOOGLE_APPLICATION_CREDENTIALS_FILE": "/home/user/credentials.json",
    "EDITOR": "ordinary-editor",
}


def test_values_of_credential_variables_are_taken_out_in_all_their_forms() -> None:
    known = Redactor.from_environment(ENVIRONMENT)
    for name in ("BINANCE_API_SECRET", "DB_PWD"):
        secret = ENVIRONMENT[name]
        for form in (
            secret,
            urllib.parse.quote(secret),
            urllib.parse.quote_plus(secret),
            json.dumps(secret)[1:-1],
            secret.encode().hex(),
            base64.b64encode(secret.encode()).decode(),
            base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
        ):
            assert form not in known.text(f"x{form}y")
            assert f"[redacted:{name}]" in known.text(f"x{form}y")
        for user in ("", "a", "me", "bot"):
            pair = base64.b64encode(f"{user}:{secret}:x".encode()).decode()
            assert "[redacted:" in known.text(f"Basic {pair}")
    kept = "/home/user/project 1234567 /home/user/credentials.json ordinary-editor"
    assert known.text(kept) == kept


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("ORC_AUDIT_KEY", True),
        ("binanceApiSecret", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("KEY_FOR_BYBIT", True),
        ("GH_TOKEN", True),
        ("MYSQL_PWD", True),
        ("PWD", False),
        ("KEYBOARD", False),
        ("TOKENIZERS_PARALLELISM", False),
        ("SSH_AUTH_SOCK", False),
        ("PATH", False),
    ],
)
def test_credential_variables_are_known_by_their_names(name: str, held: bool) -> None:
    assert is_credential_name(name) is held


def test_thinking_blocks_stay_verbatim() -> None:
    signature = "Er" + drawn(300) + "sk-" + "ant-" + drawn(20)
    blocks = [
        {"type": "thinking", "thinking": "plain", "signature": signature},
        {"type": "redacted_thinking", "data": signature},
        {"type": "tool_use", "id": "toolu_01" + drawn(20), "name": "t", "input": {"n": 1.5}},
    ]
    assert redactor.value(blocks) == blocks


def test_marks_are_seen_anywhere_in_a_value() -> None:
    mark = redactor.text(SECRETS["github"])
    marked: list[object] = [mark, [mark], {"a": {"b": ["x", f"y {mark} z"]}}, {mark: 1}]
    clean: list[object] = ["redacted", "[redacted:", {"a": ["[redacted]", 3, None]}, 1.5]
    assert all(map(has_mark, marked))
    assert not any(map(has_mark, clean))


def test_a_cut_private_key_is_taken_out_too() -> None:
    cut = SECRETS["pem"].rpartition("-----END")[0]
    assert _core(SECRETS["pem"]) not in redactor.text(cut)


HOSTILE = ["secret", "eyJ", ".eyJ", "sk-", "a", "api_key=", "api_key: ", "://a:", "xoxb-", "1"]
HOSTILE += ["-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----a", "Bearer ", "ghp_a"]
HOSTILE += ["authorization: ", "[redacted:", "private_key ", "secret=a_b.c1-", "sk-a1B-", "0x"]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_repetitions_are_read_in_linear_time(unit: str) -> None:
    # Were any of these quadratic, a megabyte would take minutes.
    text = unit * (1_000_000 // len(unit))
    assert redactor.text(text)
