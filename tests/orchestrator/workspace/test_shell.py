"""The bash tool: a shell that seems to last, in fresh sealed ones."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator.toolbox.tool import ToolContext, ToolError, ToolResult
from orchestrator.workspace.paths import WorkspaceRoot
from orchestrator.workspace.seal import Seal
from orchestrator.workspace.sessions import forget_session, open_session
from orchestrator.workspace.shell import CommandSettings, bash
from tests.support.sealing import BOTH, HERE, Folder, needs_seal


class Shell:
    """The tool as one run's agents use it."""

    def __init__(self, root: Path, seal: Seal) -> None:
        self.root = root
        self.seal = seal
        self.visible: Sequence[Path] = ()

    async def __call__(
        self, command: str | None = None, *, agent: str = "dev", timeout_s: float = 20, **more: Any
    ) -> ToolResult:
        folder = Folder(self.root)
        folder.visible = self.visible
        services: dict[type, object] = {
            WorkspaceRoot: folder,
            CommandSettings: CommandSettings(timeout_s=timeout_s, seal=self.seal),
        }
        context = ToolContext(run=f"run {self.root}", agent=agent, key="k", services=services)
        arguments = {} if command is None else {"command": command}
        return await bash.call(context, arguments | more)


@pytest.fixture(params=BOTH)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "task.md").write_text("the task\n")
    yield Shell(root, request.param)
    forget_session(root)


async def test_output_comes_as_it_is_and_a_failure_with_its_code(shell: Shell) -> None:
    assert (await shell("echo hi")).text == "hi\n"
    assert (await shell("true")).text == "[no output]"
    assert (await shell("false")).text == "[exit code 1]"
    failed = await shell("printf x; exit 3")
    assert failed.text == "x\n[exit code 3]"
    assert failed.data["exit_code"] == 3
    assert failed.data["seal"] == shell.seal.kind
    assert not failed.is_error


async def test_the_working_directory_and_exports_go_over_to_the_next_command(shell: Shell) -> None:
    await shell("mkdir -p 'a b' && cd 'a b' && export X=$'one\\n\"two\\'' Y=1 && local=no")
    assert (await shell('pwd; echo "$X" $Y "[$local]"')).text == (
        "/workspace/a b\none\n\"two' 1 []\n"
    )
    await shell("cd ..; unset Y; exit 4")
    assert (await shell('pwd; echo "[$Y]"')).text == "/workspace\n[]\n"


async def test_each_agent_has_a_shell_of_its_own(shell: Shell) -> None:
    await shell("export X=1; mkdir d; cd d", agent="one")
    assert (await shell("echo [$X]; pwd", agent="two")).text == "[]\n/workspace\n"
    assert (await shell("echo [$X]; pwd", agent="one")).text == "[1]\n/workspace/d\n"


async def test_temporary_files_go_over_and_restart_clears_them(shell: Shell) -> None:
    place = (await shell("mktemp -d")).text.strip()
    assert place.startswith("/tmp/")
    await shell(f'echo kept > "${{TMPDIR:-/tmp}}/x"; touch {place}/y')
    assert (await shell('cat "${TMPDIR:-/tmp}/x"')).text == "kept\n"
    await shell(restart=True)
    assert "No such file" in (await shell('cat "${TMPDIR:-/tmp}/x"')).text


@pytest.mark.bubblewrap
@needs_seal
async def test_a_link_left_in_tmp_does_not_lead_the_next_seal_astray(tmp_path: Path) -> None:
    if not tmp_path.is_relative_to("/tmp"):
        pytest.skip("this test's folder is not below /tmp")
    root = tmp_path / "tree"
    root.mkdir()
    shell = Shell(root, HERE)
    outside = tmp_path / "outside"
    outside.mkdir()
    environment = tmp_path / "environment"
    environment.mkdir()
    top = tmp_path.relative_to("/tmp").parts[0]
    shell.visible = []
    await shell(f"rm -rf ~; ln -s /oldroot{outside} ~; ln -s /oldroot{outside} /tmp/{top}")
    shell.visible = [environment]
    assert (await shell("ls -d ~/.")).data["exit_code"] == 0
    assert list(outside.iterdir()) == []
    forget_session(root)


async def test_restart_forgets_and_can_come_with_a_command(shell: Shell) -> None:
    await shell("export X=1; mkdir d; cd d")
    assert (await shell(restart=True)).text == "The shell was restarted in /workspace."
    assert (await shell("echo [$X]; pwd")).text == "[]\n/workspace\n"
    await shell("export X=1")
    assert (await shell("echo [$X]", restart=True)).text == "[]\n"


async def test_a_working_directory_that_is_gone_falls_back_to_the_workspace(shell: Shell) -> None:
    await shell("mkdir d; cd d")
    await shell("rmdir /workspace/d", restart=True)
    assert (await shell("pwd")).text == "/workspace\n"


async def test_messages_count_lines_from_the_commands_first(shell: Shell) -> None:
    said = await shell("echo one\nno-such-thing")
    assert said.text == "one\nbash: line 2: no-such-thing: command not found\n[exit code 127]"


async def test_a_syntax_error_is_a_result(shell: Shell) -> None:
    said = await shell("if true; then")
    assert "syntax error" in said.text
    assert said.data["exit_code"] == 2


async def test_the_time_limit_is_said_and_the_output_kept(shell: Shell) -> None:
    said = await shell("echo begun; sleep 320", timeout_s=1)
    assert said.text == "begun\n[timed out after 1 s: everything it started was ended]"
    assert said.is_error


async def test_a_change_of_a_protected_file_is_prevented_or_undone(shell: Shell) -> None:
    said = await shell("echo mine > task.md; rm -f task.md; true")
    assert (shell.root / "task.md").read_text() == "the task\n"
    assert ("Read-only file system" in said.text) or ("task.md was deleted: put back" in said.text)


async def test_here_documents_and_quotes_arrive_unharmed(shell: Shell) -> None:
    await shell("cat > f <<'EOF'\n$x `id` \\n \"q\" 'p'\nEOF")
    assert (shell.root / "f").read_text() == "$x `id` \\n \"q\" 'p'\n"


async def test_no_command_is_an_error_that_says_what_is_needed(shell: Shell) -> None:
    with pytest.raises(ToolError, match="bash needs a command"):
        await shell()
    with pytest.raises(ToolError, match="bash needs a command"):
        await shell("a\0b")


@pytest.mark.bubblewrap
@needs_seal
async def test_a_key_in_the_home_folder_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_rsa").write_text("PRIVATE")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("EXCHANGE_API_SECRET", "PRIVATE")
    root = tmp_path / "tree"
    root.mkdir()
    said = await Shell(root, HERE)(f"cat ~/.ssh/id_rsa {home}/.ssh/id_rsa; env")
    assert said.text.count("No such file or directory") == 2
    assert "PRIVATE" not in said.text


async def test_an_environment_that_has_the_project_by_path_imports_the_workspaces_code(
    shell: Shell, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    packages = project / ".venv/lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (project / ".venv/bin").mkdir()
    (project / ".venv/bin/python").symlink_to(Path(sys.base_prefix) / "bin/python3")
    (project / ".venv/pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    (packages / "project.pth").write_text(f"{project}/lib\n")
    for root, value in ((project, "theirs"), (shell.root, "ours")):
        (root / "lib").mkdir()
        (root / "lib" / "bot.py").write_text(f"WHOSE = {value!r}\n")
    shell.visible = [project / ".venv"]
    said = await shell("python -c 'import bot, sys; print(bot.WHOSE, sys.prefix)'")
    assert said.text == f"ours {project}/.venv\n"


def test_a_session_folder_is_private(tmp_path: Path) -> None:
    folder = open_session(tmp_path, "agent/../x")
    assert folder.stat().st_mode & 0o77 == 0
    assert folder.stat().st_uid == os.geteuid()
    forget_session(tmp_path)
    assert not folder.exists()


def test_the_wire_form_is_the_trained_one_and_rules_see_the_command() -> None:
    assert bash.wire_form() == {"type": "bash_20250124", "name": "bash"}
    assert bash.subject({"command": "rm -rf x"}) == "rm -rf x"
