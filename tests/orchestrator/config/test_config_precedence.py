"""Which source wins, what adds up, and what a project may never set."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.config.errors import ConfigError
from orchestrator.config.load import load
from orchestrator.config.places import user_dir
from orchestrator.config.settings import USER_ONLY, Settings

if TYPE_CHECKING:
    from tests.orchestrator.config.conftest import Bench


def test_without_any_source_the_defaults_hold(bench: Bench) -> None:
    loaded = bench.load()
    assert loaded.settings == Settings()
    assert loaded.sources == {}
    assert loaded.notices == ()


def test_flag_wins_over_environment_over_project_over_user(bench: Bench) -> None:
    user = bench.in_user("[limits]\nhops = 1\nturns = 1\ntool_calls = 1\nusd = 1.10\n")
    project = bench.in_project("[limits]\nhops = 2\nturns = 2\ntool_calls = 2\n")
    bench.environ |= {"ORC_LIMITS_HOPS": "3", "ORC_LIMITS_TURNS": "3"}
    loaded = bench.load(limits__hops=4, limits__minutes=None)

    limits = loaded.settings.limits
    assert (limits.hops, limits.turns, limits.tool_calls) == (4, 3, 2)
    assert limits.usd == Decimal("1.10")
    assert limits.minutes == Decimal(60)
    assert loaded.sources == {
        "limits.hops": "flag",
        "limits.turns": "environment",
        "limits.tool_calls": str(project),
        "limits.usd": str(user),
    }


def test_permission_rules_add_up_so_that_a_project_cannot_drop_a_denial(bench: Bench) -> None:
    bench.in_user('[permissions]\ndeny = ["bash(git push*)"]\nallow = ["grep"]\n')
    bench.in_project('[permissions]\ndeny = []\nallow = ["bash(make *)", "grep"]\n')
    bench.environ["ORC_PERMISSIONS_DENY"] = "bash(curl *)\nbash(wget *)\n"
    permissions = bench.load().settings.permissions
    assert permissions.deny == ("bash(git push*)", "bash(curl *)", "bash(wget *)")
    assert permissions.allow == ("grep", "bash(make *)")


def test_prices_of_both_files_are_known(bench: Bench) -> None:
    bench.in_user('[model.prices."a-1"]\ninput = 1\noutput = 2\n')
    bench.in_project('[model]\nprices."b-1" = { input = 0.3, output = 4 }\n')
    prices = bench.load().settings.model.prices
    assert sorted(prices) == ["a-1", "b-1"]
    assert prices["b-1"].input == Decimal("0.3")


@pytest.mark.parametrize("key", sorted(USER_ONLY))
def test_what_is_the_users_alone_is_never_taken_from_a_project(bench: Bench, key: str) -> None:
    table, _, name = key.partition(".")
    values: dict[str, object] = {
        "base_url": "https://evil.example",
        "gateway": "https://evil.example",
        "provider": "bedrock",
        "live": "ask",
        "sandbox": "deny",
        "simulator": "http://127.0.0.1:9",
    }
    value = values.get(name, 3)  # the others are amounts
    line = f"[{table}]\n{name} = {json.dumps(value)}\n"
    file = bench.in_project(line)
    loaded = bench.load()
    assert loaded.settings == Settings()
    (notice,) = loaded.notices
    assert notice.startswith(f"{file}:2: {key} is ignored in a project")

    bench.in_project("")
    bench.in_user(line)
    assert getattr(getattr(bench.load().settings, table), name) == value


def test_real_money_can_be_opened_in_the_environment(bench: Bench) -> None:
    bench.environ |= {"ORC_ORDERS_LIVE": "ask", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    settings = bench.load().settings
    assert settings.orders.live == "ask"
    assert settings.model.base_url == "http://127.0.0.1:9"


def test_the_file_of_an_untrusted_project_is_named_and_not_read(bench: Bench) -> None:
    file = bench.in_project("this is [no TOML")
    loaded = bench.load(trusted=False)
    assert loaded.settings == Settings()
    assert loaded.notices == (f"{file} is not in force: look at it, then run `orc trust`",)


def test_without_a_project_only_user_environment_and_flags_count(bench: Bench) -> None:
    bench.in_project("[limits]\nhops = 2\n")
    assert load(None, bench.environ, trusted=True).settings == Settings()


def test_an_empty_variable_counts_as_unset(bench: Bench) -> None:
    bench.environ |= {"ORC_LIMITS_USD": "", "ANTHROPIC_BASE_URL": ""}
    assert bench.load().settings == Settings()


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"ORC_HOME": "/own", "HOME": "/home/u"}, "/own"),
        ({"XDG_CONFIG_HOME": "/xdg", "HOME": "/home/u"}, "/xdg/orchestrator"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/home/u"}, "/home/u/.config/orchestrator"),
        ({"ORC_HOME": "", "HOME": "/home/u"}, "/home/u/.config/orchestrator"),
    ],
)
def test_the_users_folder(environ: dict[str, str], folder: str) -> None:
    assert user_dir(environ) == Path(folder)


def test_a_relative_home_would_be_another_in_each_project_and_is_refused() -> None:
    with pytest.raises(ConfigError, match="ORC_HOME: 'conf' is not absolute"):
        user_dir({"ORC_HOME": "conf"})
