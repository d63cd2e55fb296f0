"""golive.toml: what it says wrongly is named with its line, all of it at once."""

import re
from pathlib import Path

import pytest

from trading_tools.golive.config.model import template
from trading_tools.golive.config.reading import ConfigFault, read_project

SOUND = """\
[bot]
name = "momentum"

[[venues]]
name = "binance"
symbols = ["BTC/USDT"]

[[venues]]
name = "kraken"
symbols = ["ETH/USD"]

[limits]
max_order_quote = 500.10
"""


def read(folder: Path, text: str) -> list[str]:
    """What is wrong with it, one line each; nothing where it can be used."""
    file = folder / "golive.toml"
    file.write_text(text, encoding="utf-8")
    try:
        read_project(file)
    except ConfigFault as fault:
        return [line.removeprefix(f"{file}:") for line in str(fault).splitlines()]
    return []


def test_amounts_keep_every_digit_that_was_written(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND) == []
    project = read_project(tmp_path / "golive.toml")
    assert str(project.config.limits.max_order_quote) == "500.10"


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("max_order_quote =", "max_order =", "13: unknown key limits.max_order; did you mean"),
        ("500.10", "-5", "13: limits.max_order_quote = '-5' cannot be; greater than 0"),
        ("500.10", "nan", "13: limits.max_order_quote = 'NaN' cannot be"),
        ("500.10", '"much"', "13: limits.max_order_quote = 'much' cannot be"),
        ('name = "kraken"\n', "", "8: venues.name is missing"),
        ('["ETH/USD"]', "[]", "10: venues.symbols cannot be"),
        ("kraken", "binance", "4: venues: binance is there twice; list its symbols in one"),
        ("kraken", "ftx", "9: venues.name = 'ftx': ftx closed"),
        ("[limits]", "[limit]", "12: unknown key limit; did you mean limits?"),
        ("[limits]", "[limits", "12: is no TOML"),
        ('"momentum"', '"../momentum"', "2: bot.name = '../momentum' cannot be"),
        ("[limits]", '[returns]\nfile = "/etc/passwd"\nperiods_a_year = 1\n[limits]',
         "13: returns.file = '/etc/passwd'; give a path below golive.toml"),
        ("[limits]", '[checks]\nnot_required = {G19 = "no"}\n[limits]', "13: checks.not_required"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(tmp_path: Path, before: str, after: str, line: str) -> None:
    assert before in SOUND
    (found,) = read(tmp_path, SOUND.replace(before, after, 1))
    assert found.startswith(line)


def test_an_empty_file_names_the_tables_that_it_needs(tmp_path: Path) -> None:
    assert read(tmp_path, "") == [
        "1: bot is missing; add a table bot; it has to be there",
        "1: venues is missing; add a table venues; it has to be there",
    ]


def test_the_template_loads_and_names_every_key(tmp_path: Path) -> None:
    text = template()
    assert read(tmp_path, text) == []
    whole = re.sub(r"^# ?(?=[a-z\[])", "", text, flags=re.MULTILINE)
    whole = whole.partition("\n\n")[2]
    assert read(tmp_path, whole) == []
    config = read_project(tmp_path / "golive.toml").config
    unset = [
        f"{table}.{key}"
        for table, part in config
        for one in (part if isinstance(part, list) else [part])
        for key in type(one).model_fields
        if key not in one.model_fields_set
    ]
    assert unset == []


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = SOUND.replace("500.10", "0").replace('name = "momentum"', "nam = 1")
    assert [line.split(":")[0] for line in read(tmp_path, text)] == ["1", "2", "13"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"a = '\xff'", "is not UTF-8"), (b"#" * 1_000_001, "is larger than 1,000,000 bytes")],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    file = tmp_path / "golive.toml"
    file.write_bytes(raw)
    with pytest.raises(ConfigFault) as caught:
        read_project(file)
    assert said in str(caught.value)
