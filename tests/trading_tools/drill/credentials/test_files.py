"""Drill credentials in configuration files: only the values change."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.drill.credentials.files import Replaced, replace_in_files, replaced_in
from trading_tools.drill.credentials.names import Keys
from trading_tools.venue.wire.credentials import Credentials

_PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nAwEHoUQD\n-----END EC PRIVATE KEY-----\n"
_OTHER_PEM = _PEM.replace("MHcCAQEE", "b3RoZXI=")
_KEYS = Keys(
    {
        "binance": Credentials("binance-key", "binance-secret", "drill"),
        "kraken": Credentials("kraken-key", "kraken-secret", "drill"),
        "coinbase": Credentials("organizations/o/apiKeys/k", _PEM, "drill"),
    }
)
_MINE = "zq81Hs0dkWn27dhaPl20sd8fQx"


def test_variables_are_replaced_and_comments_stay() -> None:
    text = (
        "# my keys\n"
        f"export BINANCE_KEY={_MINE}  # live\n"
        f"KRAKEN_API_SECRET='{_MINE}=='\n"
        "API_SECRET=\n"
        "PAIR=BTC/USDT\n"
        "COINBASE_API_SECRET=${FROM_ELSEWHERE}\n"
    )
    changed, names = replaced_in(text, _KEYS, env_style=True)
    assert changed == (
        "# my keys\n"
        "export BINANCE_KEY=binance-key  # live\n"
        "KRAKEN_API_SECRET='kraken-secret'\n"
        "API_SECRET=binance-secret\n"
        "PAIR=BTC/USDT\n"
        "COINBASE_API_SECRET=${FROM_ELSEWHERE}\n"
    )
    assert names == ["BINANCE_KEY", "KRAKEN_API_SECRET", "API_SECRET"]


@pytest.mark.parametrize("value", ["", "your_key_here", "<key>", "xxxxxxxx", _MINE])
def test_a_key_beside_a_secret_is_the_venues_that_is_named_there(value: str) -> None:
    text = json.dumps({"exchange": {"name": "kraken", "key": value, "secret": value}})
    changed, _names = replaced_in(text, _KEYS, env_style=False)
    exchange = {"name": "kraken", "key": "kraken-key", "secret": "kraken-secret"}
    assert json.loads(changed) == {"exchange": exchange}


def test_each_section_of_yaml_has_its_own_venues_keys() -> None:
    text = (
        f"binance:\n  apiKey: {_MINE}\n  secret: {_MINE}\n"
        f"kraken:  # second\n  api_key: '{_MINE}'\n  private_key: \"{_MINE}\"\n"
        f"okx:\n  api_key: {_MINE}\n"
    )
    changed, _names = replaced_in(text, _KEYS, env_style=False)
    loaded = yaml.safe_load(changed)
    assert loaded["binance"] == {"apiKey": "binance-key", "secret": "binance-secret"}
    assert loaded["kraken"] == {"api_key": "kraken-key", "private_key": "kraken-secret"}
    assert loaded["okx"]["api_key"] not in {_MINE, "binance-key", "kraken-key"}


def test_sections_of_toml_and_keys_of_several_lines_are_understood() -> None:
    text = (
        f'[kraken]\nkey = "{_MINE}"\nsecret = "{_MINE}"\n'
        f'[coinbase]\nname = "organizations/mine/apiKeys/one"\nsecret = """\n{_OTHER_PEM}"""\n'
    )
    changed, names = replaced_in(text, _KEYS, env_style=False)
    loaded = tomllib.loads(changed)
    assert loaded["kraken"] == {"key": "kraken-key", "secret": "kraken-secret"}
    assert loaded["coinbase"] == {"name": "organizations/o/apiKeys/k", "secret": _PEM}
    assert names == ["private key", "key name", "key", "secret"]


def test_the_file_that_coinbase_gives_out_is_understood() -> None:
    text = json.dumps({"name": "organizations/mine/apiKeys/1", "privateKey": _OTHER_PEM})
    changed, _names = replaced_in(text, _KEYS, env_style=False)
    loaded = json.loads(changed)
    assert loaded["name"] == "organizations/o/apiKeys/k"
    assert loaded["privateKey"].strip() == _PEM.strip()


def test_a_key_in_a_block_of_yaml_keeps_its_indentation() -> None:
    block = "".join(f"    {line}\n" for line in _OTHER_PEM.strip().split("\n"))
    changed, _names = replaced_in(f"coinbase:\n  secret: |\n{block}", _KEYS, env_style=False)
    assert yaml.safe_load(changed)["coinbase"]["secret"] == _PEM


@pytest.mark.parametrize(
    "text",
    [
        '{"key": "title.of.the.page", "primaryKey": "id"}',
        "secret: !env SECRET\napi_key: ${KEY}\n",
        '{"apiKey": null, "secret": false}',
        "tokens: 4000\n",
        'key_variable = "BINANCE_API_KEY"\nsecret_variable = "BINANCE_API_SECRET"\n',
    ],
)
def test_what_holds_no_credential_stays_as_it_is(text: str) -> None:
    assert replaced_in(text, _KEYS, env_style=False) == (text, [])


def test_a_secret_in_place_of_a_variables_name_is_replaced() -> None:
    secret = "".join(Random(3).choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=40))
    text = f'key_variable = "BINANCE_API_KEY"\nsecret_variable = "{secret}"\n'
    changed, names = replaced_in(text, _KEYS, env_style=False)
    assert (secret in changed, names) == (False, ["secret_variable"])


@given(st.text(), st.booleans())
def test_text_without_a_credentials_name_never_changes(text: str, env_style: bool) -> None:
    for word in ("key", "secret", "token", "pass", "pwd", "credential", "mnemonic", "pat"):
        text = text.replace(word, "").replace(word.upper(), "").replace(word.title(), "")
    assert replaced_in(text.lower(), _KEYS, env_style=env_style)[0] == text.lower()


def test_configuration_files_are_found_wherever_they_lie(tmp_path: Path) -> None:
    inside = tmp_path / "config" / "live"
    inside.mkdir(parents=True)
    (tmp_path / "shown").mkdir()
    for path in (tmp_path / ".env.live", inside / "keys.env", tmp_path / "shown" / ".env"):
        path.write_text(f"BINANCE_KEY={_MINE}\n")
    (tmp_path / "bot.py").write_text(f"BINANCE_KEY = '{_MINE}'\n")
    (tmp_path / "link.env").symlink_to(tmp_path / "bot.py")
    (inside / "keys.env").chmod(0o400)
    (tmp_path / "picture.json").write_bytes(b"\xff\xfe\x00 key")
    found = replace_in_files(tmp_path, _KEYS, frozenset({Path("shown")}))
    assert found == [
        Replaced(Path(".env.live"), "BINANCE_KEY"),
        Replaced(Path("config/live/keys.env"), "BINANCE_KEY"),
    ]
    assert (inside / "keys.env").read_text() == "BINANCE_KEY=binance-key\n"
    assert _MINE in (tmp_path / "bot.py").read_text()
    assert _MINE in (tmp_path / "shown" / ".env").read_text()
