"""Rules for commands hold against the ways in which a shell can say the same thing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.toolbox.permissions import Rules, decide

RANK = {"deny": 0, "ask": 1, "allow": 2}
READ_ONLY = Rules.parse(
    allow=["Bash(git diff:*)", "bash(npm run test:*)", "bash(ls *)", "bash(sort)", "bash(cd *)"]
)
NO_CURL = Rules.parse(
    allow=["bash"], deny=["bash(curl:*)", "bash(git push *)", "bash(rm -rf /)"]
)  # fmt: skip


def verdict(rules: Rules, command: str) -> str:
    return decide(rules, "bash", {"command": command}, command).verdict


@pytest.mark.parametrize(
    "command",
    [
        "git diff",
        "git diff HEAD~1 -- src/*.py",
        "git  diff\t--stat",
        '"git" diff',
        "git di\\\nff",
        "git diff && ls; ls -l | sort || ls & ls",
        "git diff\nls\n\n# the end",
        "(git diff; { ls; })",
        "! git diff",
        "git diff 2>&1 | sort",
        "git diff > out.txt",
        "git diff > /workspace/out/a.txt 2>/dev/null",
        "(git diff; ls) >out.txt",
        "npm run test",
        "npm run test -- --fast",
        "git diff 'a; curl b' \"x && y\" \\; \\$x",
        "sort <<'END'\n$(curl x)\nEND\nls",
        "sort <<< text",
        "ls # $(curl x)",
    ],
)
def test_a_command_is_allowed_when_every_part_is(command: str) -> None:
    assert verdict(READ_ONLY, command) == "allow"


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf / # git diff",
        "git diff; curl evil",
        "git diff\ncurl evil",
        "git diff | sh",
        "git diff & curl evil",
        "git diff || curl evil",
        "(git diff; curl evil)",
        "git diff $(curl x)",
        "git diff `curl x`",
        'git diff "$(curl x)"',
        'git diff "`curl x`"',
        "git diff <(curl x)",
        "git diff $(ls)",
        "git diff $FILE",
        'git diff "${FILE}"',
        "git diff $((1 + 1))",
        "git diff {a,b}",
        "git diff $'\\x61'",
        "git diff > ~/.bashrc",
        "git diff >> ../x",
        "git diff > /etc/passwd",
        "git diff > /workspace/../etc/passwd",
        "git diff > .git/hooks/pre-commit",
        "git diff > $HOME/x",
        "git diff > *",
        "cd / && git diff > etc/x",
        "sort < /etc/shadow",
        "git diff &> /tmp/x",
        "git diff <> /tmp/x",
        "> important.py",
        "git different",
        "gitdiff",
        "git 'diff x'",
        "'git diff'",
        "git '' diff",
        "PATH=. git diff",
        "PATH=.; git diff",
        "./git diff",
        "/tmp/git diff",
        "env git diff",
        "sudo git diff",
        "bash -c 'git diff'",
        "eval git diff",
        "if true; then git diff; fi",
        "for x in a; do ls; done",
        "ls() { curl x; }; ls",
        "l? x",
        "git diff 'unclosed",
        'git diff "unclosed',
        "git diff $(unclosed",
        "git diff )",
        "sort <<END\n$(curl x)\nEND",
        "sort <<END\nnever closed",
        "git diff \0",
        "ｇit diff",
        "git\u00a0diff",
        "git\u2003diff",
        "gіt diff",
        "git diff\u2028curl x; curl y",
        "",
        "   ",
        "# nothing",
    ],
)
def test_what_is_not_certainly_covered_needs_a_person(command: str) -> None:
    assert verdict(READ_ONLY, command) == "ask"


@pytest.mark.parametrize(
    "command",
    [
        "curl",
        "curl evil",
        "ls; curl evil",
        "ls && curl evil",
        "ls || curl evil",
        "ls | curl evil",
        "ls |& curl evil",
        "ls & curl evil",
        "ls\ncurl evil",
        "(curl evil)",
        "((ls); curl evil)",
        "{ curl evil; }",
        "! curl evil",
        "time curl evil",
        '"curl" evil',
        "c'u'rl evil",
        "c\\url evil",
        "cu\\\nrl evil",
        "$'cur\\x6c' evil",
        "$'\\143url' evil",
        "/usr/bin/curl evil",
        "/usr/bin/cur? evil",
        "{curl,evil}",
        "> out curl evil",
        "2>out curl evil",
        "A=1 B=2 curl evil",
        "curl${IFS}evil",
        "curl$IFS'evil'",
        "C=curl; $C evil",
        "C=cu; ${C}rl evil",
        "cu$@rl evil",
        "cu$()rl evil",
        "${nothing:-curl} evil",
        "echo $(curl evil)",
        "echo `curl evil`",
        'echo "$(curl evil)"',
        'echo "a `curl evil` b"',
        "echo `echo \\`curl evil\\``",
        "echo $(echo $(curl evil))",
        "echo ${x:-$(curl evil)}",
        "echo $((1 + $(curl evil)))",
        "diff <(curl evil) >(ls)",
        "cat <<END\n$(curl evil)\nEND",
        "cat <<END\ntext\nEND\ncurl evil",
        "cat <<-END\n\ttext\n\tEND\ncurl evil",
        "cat <<'E ND'\ntext\nE ND\ncurl evil",
        "bash <<END\ncurl evil\nEND",
        "sh <<< 'curl evil'",
        "echo $((1<<2))\ncurl evil",
        "((x<<2))\ncurl evil",
        '"$\\\n(curl evil)"',
        "env curl evil",
        "env -u X A=b curl evil",
        "env -S 'curl evil'",
        "timeout 5 curl evil",
        "timeout -s KILL 5 curl evil",
        "nice -n 10 curl evil",
        "nohup curl evil &",
        "sudo -u bob curl evil",
        "sudo env timeout 5 curl evil",
        "command curl evil",
        "exec curl evil",
        "xargs -n 1 curl",
        "find . -name x -exec curl {} \\;",
        "bash -c 'curl evil'",
        "bash -lc 'ls; curl evil'",
        "bash -o pipefail -c 'curl evil'",
        "/bin/sh -c \"sh -c 'curl evil'\"",
        "eval 'curl evil'",
        "eval cu'rl' evil",
        "trap 'curl evil' EXIT",
        "if true; then curl evil; fi",
        "if [[ x ]] then curl evil; fi",
        "time { curl evil; }",
        "time -p ! { curl evil; }",
        "{fd}>x curl evil",
        "2\\\n>x curl evil",
        "{\\\n curl evil; }",
        "!\\\n curl evil",
        "unshare -n curl evil",
        "for x in a b; do curl $x; done",
        "while curl evil; do :; done",
        "case x in x) curl evil;; esac",
        "f() { curl evil; }; f",
        "coproc curl evil",
        "$A\\\ndo curl evil",
        "curl$\\\nnothing evil",
        "ls 'unclosed; curl evil",
        "ls ) ; curl evil",
        "git push",
        "git -C /x push",
        "git -c a=b --no-pager push origin",
        "g\\it push",
        "git 'push'",
        "git${IFS}push",
        "rm -rf / # git diff",
        "rm  -rf   /",
    ],
)
def test_what_a_deny_rule_names_is_found_however_it_is_said(command: str) -> None:
    assert verdict(NO_CURL, command) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "echo curl evil",
        "echo 'x; curl evil'",
        "curly x",
        "git pushy",
        "git log --grep push",
        "grep curl README.md",
        "cat <<'END'\ncurl evil\nEND",
        "ls # curl evil",
        "rm -rf /tmp/x",
        "ｃurl evil",
        "for x in curl; do echo $x; done",
        "python -m pytest -k 'curl; curl'",
    ],
)
def test_a_bare_allow_rule_allows_what_is_not_denied(command: str) -> None:
    assert verdict(NO_CURL, command) == "allow"


def test_an_ask_rule_is_found_as_a_deny_rule_is() -> None:
    rules = Rules.parse(allow=["bash"], ask=["bash(git push:*)"])
    for command in ("ls; git push", "sh -c 'git push'", "echo $(git push)", "sudo git push"):
        assert verdict(rules, command) == "ask"
    assert verdict(rules, "git pull") == "allow"


def test_substitution_asks_where_a_rule_forbids_anything_and_is_searched_for_it() -> None:
    rules = Rules.parse(deny=["bash(curl:*)"], defaults={"bash": "allow"})
    for command in ("ls $(git diff)", "$(echo cu)$(echo rl) x", "eval $X"):
        assert verdict(rules, command) == "ask"
    assert verdict(rules, "ls $(curl x)") == "deny"
    nothing_forbidden = Rules.parse(defaults={"bash": "allow"})
    assert verdict(nothing_forbidden, "ls $(git diff)") == "allow"


def test_a_leading_wildcard_does_not_cover_what_runs_something_else() -> None:
    rules = Rules.parse(allow=["bash(* --version)"])
    assert verdict(rules, "node --version") == "allow"
    assert verdict(rules, "sh -c 'curl evil' --version") == "ask"


def test_wildcards_stand_in_the_middle_too() -> None:
    rules = Rules.parse(allow=["bash(git * main)", "bash(make*)"])
    assert verdict(rules, "git log main") == "allow"
    assert verdict(rules, "git main") == "ask"
    assert verdict(rules, "makepkg") == "allow"


def test_quotes_in_a_rule_mean_what_they_mean_in_a_command() -> None:
    rules = Rules.parse(allow=['bash(git commit -m "wip now")'])
    assert verdict(rules, "git commit -m 'wip now'") == "allow"
    assert verdict(rules, "git commit -m wip now") == "ask"


def test_commands_nested_deeper_than_is_looked_need_a_person() -> None:
    assert verdict(NO_CURL, "env " * 40 + "curl evil") == "ask"
    assert verdict(Rules.parse(allow=["bash"]), "env " * 40 + "ls") == "allow"


@pytest.mark.parametrize(
    "unit",
    ["a;", "a|", "(", "$(", '"$(', "`", "'", "${", "$((", "env ", "x=y ", "<<a ", "a b\n", "{,",
     "$'", "\\", ">", "1", "bash -c '", "if ", "$C", "a\n<<b\nb\n", "\u00e9"],
)  # fmt: skip
@pytest.mark.parametrize("size", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_any_length_of_anything_is_decided(unit: str, size: int) -> None:
    command = unit * (size // len(unit))
    assert verdict(READ_ONLY, command) == "ask"
    assert verdict(NO_CURL, f"curl x\n{command}") == "deny"


def test_a_megabyte_of_one_word_is_decided() -> None:
    assert verdict(READ_ONLY, "git diff " + "x" * 1_000_000) == "allow"
    many_stars = Rules.parse(deny=["bash(" + "a*" * 30 + "b)"], allow=["bash"])
    assert verdict(many_stars, "a" * 1_000_000) == "allow"


snippets = st.lists(
    st.sampled_from(
        ["git", "diff", "push", "curl", "ls", "x", "-rf", "/", " ", " ", " ", ";", "|", "&&", "\n",
         "'", '"', "\\", "$", "(", ")", "`", "{", "}", "<<E", "\nE\n", ">", "#", "$(", "${", "A=",
         "env", "sudo", "sh -c", "eval", "if", "then", "fi", "for", "do", "done", "\u00e9"]
    ),
    max_size=24,
).map("".join)  # fmt: skip
rule_texts = st.sampled_from(
    ["bash", "bash(curl:*)", "bash(git *)", "bash(git diff)", "bash(ls)", "bash(*x)", "Bash(sh:*)"]
)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(snippets, st.lists(rule_texts, max_size=3), st.lists(rule_texts, max_size=3), rule_texts)
def test_one_more_deny_rule_never_makes_anything_more_allowed(
    command: str, allow: list[str], deny: list[str], one_more: str
) -> None:
    before = verdict(Rules.parse(allow, deny=deny), command)
    after = verdict(Rules.parse(allow, deny=[*deny, one_more]), command)
    assert RANK[after] <= RANK[before]


@settings(max_examples=600, derandomize=True, deadline=None)
@given(
    st.sampled_from(
        ["curl x", "sh -c 'curl x'", "echo $(curl)", "A=1 curl", "cat <<E\n$(curl)\nE\n"]
    ),
    snippets,
)
def test_what_is_denied_stays_denied_whatever_is_added_behind_it(denied: str, added: str) -> None:
    separator = "" if denied.endswith("\n") else " ; "
    assert verdict(NO_CURL, f"{denied}{separator}{added}") == "deny"


@settings(max_examples=600, derandomize=True, deadline=None)
@given(snippets)
def test_a_denied_command_on_a_line_of_its_own_is_found_unless_it_is_text(added: str) -> None:
    if any(mark in added for mark in ("'", '"', "<<", "\\", "#")):
        return
    assert verdict(NO_CURL, f"{added}\ncurl x") == "deny"
