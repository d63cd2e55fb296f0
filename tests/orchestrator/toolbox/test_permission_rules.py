"""Deny, then ask, then allow, then the default; rules for paths and other tools."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.toolbox.permissions import Decision, Rules, decide

EDIT = "str_replace_based_edit_tool"


def edit(rules: Rules, path: str, command: str = "create") -> str:
    return decide(rules, EDIT, {"command": command, "path": path}, f"{command} {path}").verdict


def test_deny_goes_before_ask_before_allow_before_the_default() -> None:
    def verdict(**lists: Any) -> str:
        return decide(Rules.parse(**lists), "kelly", {}, "x").verdict

    assert verdict(allow=["kelly"], ask=["kelly"], deny=["kelly"]) == "deny"
    assert verdict(allow=["kelly"], ask=["kelly"]) == "ask"
    assert verdict(allow=["kelly"], defaults={"kelly": "deny"}) == "allow"
    assert verdict(defaults={"kelly": "allow"}) == "allow"
    assert verdict(defaults={"kelly": "deny"}) == "deny"
    assert verdict() == "ask"


@pytest.mark.parametrize(
    ("lists", "command", "why"),
    [
        ({"deny": ["bash(curl:*)"]}, "curl x", "denied by the rule `bash(curl:*)`"),
        ({}, "git push", "`git push` needs a person: no rule allows it"),
        (
            {"allow": ["bash(git diff)"]},
            "git diff && git push",
            "`git diff && git push` needs a person: no rule allows `git push`",
        ),
        (
            {"ask": ["Bash(git push *)"]},
            "git push",
            "`git push` needs a person: the rule `Bash(git push *)` says to ask",
        ),
        ({"allow": ["bash(ls:*)"]}, "ls -l", "allowed by the rule `bash(ls:*)`"),
        (
            {"allow": ["bash(ls:*)", "bash(wc)"]},
            "ls | wc",
            "allowed by the rules `bash(ls:*)`, `bash(wc)`",
        ),
    ],
)
def test_the_reason_is_a_sentence_for_the_model_or_a_person(
    lists: dict[str, Any], command: str, why: str
) -> None:
    assert decide(Rules.parse(**lists), "bash", {"command": command}, command).why == why


def test_a_long_subject_is_shown_short() -> None:
    decision = decide(Rules(), "bash", {}, "x" * 100_000)
    assert decision.verdict == "ask"
    assert len(decision.why) < 200


def test_the_rule_that_decided_is_named_as_it_was_written() -> None:
    rules = Rules.parse(deny=["  WEIRD_tool( a* ) "], allow=["Bash(ls:*)"])
    assert decide(rules, "bash", {}, "ls").rule == "Bash(ls:*)"
    assert decide(Rules(), "bash", {}, "ls") == Decision(
        "ask", None, "`ls` needs a person: no rule allows it"
    )


@pytest.mark.parametrize(
    "path", ["/workspace/src/a.py", "src/a.py", "./src//a.py", "x/../src/a.py"]
)
def test_a_path_means_the_same_in_all_its_spellings(path: str) -> None:
    for written in ("src/a.py", "./src/a.py", "/workspace/src/a.py", "/src/a.py", "src/", "src/**"):
        assert edit(Rules.parse(allow=[f"Edit({written})"]), path) == "allow", written
        assert edit(Rules.parse(deny=[f"Edit({written})"]), path) == "deny", written


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("src/**", "src/../secrets/key", False),
        ("src/**", "/workspace/../src/a.py", False),
        ("src/**", "../src/a.py", False),
        ("src/**", "/etc/passwd", False),
        ("src/**", "/workspace2/src/a.py", False),
        ("src/**", "other/src/a.py", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/*.py", "src/deep/er/a.py", True),
        ("src/**/*.py", "src/a.py", True),
        ("**/test_*.py", "tests/a/test_b.py", True),
        (".env", "config/.env", True),
        ("*.env", "prod.env", True),
        ("/.env", "config/.env", False),
        ("docs", "docs/a/b.md", True),
        ("docs", "docs2/a.md", False),
        ("a?c.py", "abc.py", True),
        ("[ab].py", "c.py", False),
        ("SRC/**", "src/a.py", False),
        ("src/**", "ѕrc/a.py", False),
    ],
)
def test_path_patterns_are_those_of_gitignore_and_stay_in_the_workspace(
    pattern: str, path: str, covered: bool
) -> None:
    assert edit(Rules.parse(allow=[f"Edit({pattern})"]), path) == ("allow" if covered else "ask")
    assert edit(Rules.parse(deny=[f"Edit({pattern})"]), path) == ("deny" if covered else "ask")


@pytest.mark.parametrize("command", ["create", "str_replace", "insert"])
def test_rules_for_edit_speak_of_changes_and_rules_for_read_of_viewing(command: str) -> None:
    allowed = Rules.parse(allow=["Read", "Write(src/**)"])
    assert edit(allowed, "src/a.py", command) == "allow"
    assert edit(allowed, "b.py", command) == "ask"
    assert edit(allowed, "b.py", "view") == "allow"
    denied = Rules.parse(deny=["Read(.env)"], defaults={EDIT: "allow"})
    assert edit(denied, ".env", "view") == "deny"
    assert edit(denied, ".env", command) == "allow"
    assert edit(Rules.parse(allow=[f"{EDIT}(src/**)"]), "src/a.py", command) == "allow"


def test_a_command_of_the_edit_tool_that_is_not_known_gets_the_stricter_reading() -> None:
    assert edit(Rules.parse(allow=["Edit", "Read"]), "a.py", "undo") == "ask"
    assert edit(Rules.parse(deny=["Read(a.py)"]), "a.py", "undo") == "deny"


def test_what_may_not_be_read_may_not_be_searched_either() -> None:
    rules = Rules.parse(deny=["Read(secrets/**)"], allow=["Read"], defaults={"grep": "allow"})
    path = "/workspace/secrets/key"
    assert decide(rules, "grep", {"pattern": "x", "path": path}, path).verdict == "deny"
    assert decide(rules, "grep", {"pattern": "x"}, "/workspace").verdict == "allow"
    assert decide(rules, "list_files", {"path": "src"}, "src").verdict == "ask"


def test_a_specifier_of_any_other_tool_is_a_glob_over_its_subject() -> None:
    rules = Rules.parse(allow=["place_order(sandbox:*)"], deny=["place_order(*BTC*USDT)"])
    assert decide(rules, "place_order", {}, "sandbox:ETH").verdict == "allow"
    assert decide(rules, "place_order", {}, "live:ETH").verdict == "ask"
    assert decide(rules, "place_order", {}, "sandbox:BTC/USDT").verdict == "deny"


@pytest.mark.parametrize(
    "rule", ["mcp__github", "mcp__github__*", "mcp__github__create_issue", "*"]
)
def test_rules_can_name_all_tools_of_a_server(rule: str) -> None:
    rules = Rules.parse(deny=[rule], defaults={"mcp__githubber__x": "allow"})
    assert decide(rules, "mcp__github__create_issue", {}, "").verdict == "deny"
    if rule != "*":
        assert decide(rules, "mcp__githubber__x", {}, "").verdict == "allow"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("bash(curl", "not of the form"),
        ("", "not of the form"),
        ("bash()", "nothing between the parentheses"),
        ("Edit(../x)", "out of the workspace"),
        ("Read(~/.ssh/**)", "out of the workspace"),
        ("Edit(!a.py)", "negated"),
        ("bash(git diff && rm:*)", "one simple command"),
        ("WebFetch(domain:x)", "no tool WebFetch"),
        ("bsh(ls)", "no tool bsh"),
    ],
)
def test_a_rule_that_cannot_work_is_named(rule: str, said: str) -> None:
    (problem,) = Rules.parse(deny=[rule], defaults={"kelly": "allow"}).problems
    assert f"deny rule `{rule}`" in problem
    assert said in problem


def test_sound_rules_have_no_problems() -> None:
    rules = ["Bash", "bash(ls *)", "Edit(src/**)", "kelly", "mcp__x", "LS", "Task(a)", "read_file"]
    assert Rules.parse(rules, rules, rules, defaults={"kelly": "allow"}).problems == ()
    assert Rules.parse(["a && b", "anything_goes"], deny=[]).problems == (
        "allow rule `a && b`: not of the form `Tool` or `Tool(specifier)`",
    )


def test_one_exact_compound_command_can_be_allowed() -> None:
    rules = Rules.parse(allow=["bash(make lint && make test > /tmp/log)"])
    assert rules.problems == ()
    command = "make lint && make test > /tmp/log"
    assert decide(rules, "bash", {}, command).verdict == "allow"
    assert decide(rules, "bash", {}, f"{command} 2>&1").verdict == "ask"
