"""Whatever is wrong with a source is told in one line: where, what, and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.config.errors import ConfigError
from orchestrator.config.files import MOST_BYTES
from orchestrator.config.load import load

if TYPE_CHECKING:
    from tests.orchestrator.config.conftest import Bench


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    [
        ("[limits]\nhosp = 2\n", 2, "unknown key `limits.hosp`", "did you mean `limits.hops`?"),
        ("# first\n\n[limit]\nhops = 2\n", 4, "unknown key `limit.hops`", "`limits.hops`"),
        ("max_tokens = 2\n", 1, "unknown key `max_tokens`", "did you mean `limits.max_tokens`?"),
        ("[model]\nhops = 2", 2, "unknown key `model.hops`", "did you mean `limits.hops`?"),
        ("limits.hosp = 2\n", 1, "unknown key `limits.hosp`", "`limits.hops`"),
        ("\nlimits = { hosp = 2 }", 2, "unknown key `limits.hosp`", "`limits.hops`"),
        ('["limits"]\n"hosp" = 2', 2, "unknown key `limits.hosp`", "`limits.hops`"),
        ("[wat]\nzzzz = 1", 2, "unknown key `wat.zzzz`", "`orc schema config` lists the keys"),
        ("limits = 3", 1, "`limits` is a table, not a value", "write `[limits]`"),
        ("[[limits]]\nhops = 1", 1, "`limits` is a table", "write `[limits]`"),
        ("[limits]\nhops = 'many'", 2, 'limits.hops = "many": ', "orc schema config"),
        ("[limits]\nhops = true", 2, "limits.hops = true: true and false do not fit", "schema"),
        ("[limits]\nhops = -1", 2, "limits.hops = -1: ", "greater than or equal to 0"),
        ("[limits]\nhops = 1.5", 2, "limits.hops = 1.5: ", "schema"),
        ("[limits]\nusd = nan", 2, "limits.usd = NaN: ", "finite"),
        ("[limits]\nusd = inf", 2, "limits.usd = Infinity: ", "schema"),
        ("[limits]\nusd = 1e400", 2, "limits.usd = 1E+400: ", "less than or equal"),
        ("[limits]\nusd = 1e99999999999999999999", None, "is not valid TOML", "mend"),
        ("[limits]\nusd = 2026-01-01", 2, "limits.usd = 2026-01-01: ", "schema"),
        ("[limits]\nminutes = 07:32:00", 2, "limits.minutes = 07:32:00: ", "schema"),
        ("[limits]\nminutes = [1]", 2, "limits.minutes = a list: ", "schema"),
        ("[limits]\nminutes = 2026-13-45", 2, "is not valid TOML: ", "mend that line"),
        ("[limits]\nhops = 1\nhops = 2\n", 3, "is not valid TOML: Cannot overwrite", "mend"),
        ("[limits\nhops = 1", 1, "is not valid TOML", "mend that line"),
        ('[workspace]\nverify = """x\n', 2, "is not valid TOML", "mend that line"),
        ("[workspace]\nverify = 3", 2, "workspace.verify = 3: ", "valid string"),
        ('[workspace]\nverify = ""', 2, 'workspace.verify = "": ', "at least 1 character"),
        ("[permissions]\ndeny = 'bash'", 2, 'permissions.deny = "bash": ', "schema"),
        ("[permissions]\ndeny = ['a',\n '']", 2, 'permissions.deny.1 = "": ', "schema"),
        ("[model]\neffort = 'hihg'", 2, 'model.effort = "hihg": ', "'high'"),
        (
            "[model.prices.m]\ninput = 1\noutptu = 2\noutput = 2",
            3,
            "unknown key `model.prices.m.outptu`",
            "did you mean `output`?",
        ),
        ("[model.prices.m]\ninput = 1", 1, "`model.prices.m.output` is missing", "set it"),
        ("[model]\nprices = 1", 2, "model.prices = 1: ", "schema"),
        ("a = " + "[" * 3000 + "]" * 3000, None, "is not valid TOML", "mend"),
        ("[limits]\nhops = " + "9" * 5000, None, "is not valid TOML", "mend"),
        ("\x00", 1, "is not valid TOML", "mend"),
    ],
)
def test_a_fault_is_one_line_with_its_place(
    bench: Bench, text: str, line: int | None, what: str, fix: str
) -> None:
    file = bench.in_project(text)
    with pytest.raises(ConfigError) as caught:
        bench.load()
    error = caught.value
    assert what in error.what
    assert fix in f"{error.what}; {error.fix}"
    assert error.where == (str(file) if line is None else f"{file}:{line}")
    assert "\n" not in str(error)
    assert len(str(error)) < 500 + len(str(file))


def test_a_key_in_a_long_text_is_not_taken_for_the_key_itself(bench: Bench) -> None:
    file = bench.in_project(
        '[workspace]\nverify = """\nverify_timeout_s = 3\n"""\nverify_timeout_s = -1\n'
    )
    with pytest.raises(ConfigError) as caught:
        bench.load()
    assert caught.value.where == f"{file}:5"


def test_a_bad_value_is_found_even_where_a_flag_overrides_it(bench: Bench) -> None:
    file = bench.in_user("[limits]\nhops = -3\n")
    with pytest.raises(ConfigError, match=r"config\.toml:2: limits\.hops = -3"):
        bench.load(limits__hops=3)
    assert file.exists()


def test_a_byte_order_mark_and_windows_line_ends_are_read(bench: Bench) -> None:
    file = bench.project / "orchestrator.toml"
    file.write_bytes(b"\xef\xbb\xbf[limits]\r\nhops = 3\r\n")
    assert bench.load().settings.limits.hops == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[limits]\n# caf\xe9\n", r"orchestrator\.toml:2: byte 0xe9 is not UTF-8"),
        (b"#" * (MOST_BYTES + 1), "is larger than 1,000,000 bytes"),
        ("[limits]\nhops = 1".encode("utf-16"), "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_refused(bench: Bench, content: bytes, said: str) -> None:
    (bench.project / "orchestrator.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        bench.load()


def test_a_folder_a_pipe_and_a_device_are_refused_without_waiting(bench: Bench) -> None:
    file = bench.project / "orchestrator.toml"
    made: tuple[Callable[[], None], ...] = (
        lambda: file.mkdir(),
        lambda: os.mkfifo(file),
        lambda: file.symlink_to("/dev/zero"),
    )
    for make in made:
        make()
        with pytest.raises(ConfigError, match="is not a regular file"):
            bench.load()
        file.rmdir() if file.is_dir() else file.unlink()


def test_a_link_to_itself_is_refused(bench: Bench) -> None:
    file = bench.project / "orchestrator.toml"
    file.symlink_to(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        bench.load()


def test_a_bad_variable_is_named(bench: Bench) -> None:
    bench.environ["ORC_LIMITS_USD"] = "a lot"
    with pytest.raises(ConfigError) as caught:
        bench.load()
    assert caught.value.where == "ORC_LIMITS_USD"
    assert 'limits.usd = "a lot"' in caught.value.what


def test_prices_cannot_be_put_into_a_variable(bench: Bench) -> None:
    bench.environ["ORC_MODEL_PRICES"] = "{}"
    with pytest.raises(ConfigError, match=r"ORC_MODEL_PRICES: `model\.prices` is a table"):
        bench.load()


def test_a_password_in_an_address_is_not_repeated(bench: Bench) -> None:
    bench.environ["ANTHROPIC_BASE_URL"] = "ftp://me:hunter2hunter2@host"
    with pytest.raises(ConfigError) as caught:
        bench.load()
    assert "hunter2" not in str(caught.value)
    assert "ANTHROPIC_BASE_URL" in caught.value.where


def test_a_mistyped_variable_is_noticed_and_those_of_others_are_not(bench: Bench) -> None:
    bench.environ |= {
        "ORC_LIMIT_USD": "3",
        "ORC_CODE": "backup",
        "ORC_RUN": "r1",
        "ORC_AUDIT_KEY": "k",
    }
    assert bench.load().notices == ("ORC_LIMIT_USD sets nothing; did you mean ORC_LIMITS_USD?",)


def test_a_bad_flag_says_that_it_came_from_the_command_line(bench: Bench) -> None:
    with pytest.raises(ConfigError, match=r"command line: limits\.usd"):
        bench.load(limits__usd="-1")


TOKENS = (
    *("[limits]", "[model.prices.x]", "hops", "=", "1", '"', "'''", "{", "]", "nan", "[", "\n"),
    *("#", "permissions.deny", "1979-05-27", "true", ".", "é", "1e9"),
)


@settings(
    derandomize=True,
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(TOKENS),
            max_size=25,
        ).map(lambda parts: " ".join(parts).encode()),
    )
)
def test_no_content_whatever_ends_in_anything_but_settings_or_one_line(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "orchestrator.toml").write_bytes(content)
    said = ""
    try:
        load(tmp_path, {"ORC_HOME": str(tmp_path / "user")}, trusted=True)
    except ConfigError as error:
        said = str(error)
    assert "\n" not in said
