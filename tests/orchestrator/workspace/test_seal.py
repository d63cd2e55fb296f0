"""What a sealed command can see and change, tried with hostile commands."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from orchestrator.workspace.seal import Seal, SealError, run_sealed
from tests.support.sealing import HERE, both_seals, needs_seal, run


@both_seals
async def test_a_command_works_in_the_workspace_and_reports_its_exit_code(
    root: Path, seal: Seal
) -> None:
    done = await run("cat a.txt; echo new > b.txt; echo oops >&2; exit 3", root, seal)
    assert (done.exit_code, done.output, done.timed_out) == (3, "hello\noops\n", False)
    assert (root / "b.txt").read_text() == "new\n"
    assert done.seal == seal


@both_seals
async def test_paths_are_shown_under_workspace_and_understood_there(root: Path, seal: Seal) -> None:
    (root / "sub").mkdir()
    done = await run("pwd; ls /workspace/a.txt; cd /workspace && pwd", root, seal, cwd="sub")
    assert done.output == "/workspace/sub\n/workspace/a.txt\n/workspace\n"
    assert (await run("pwd", root, seal, cwd="/workspace/sub")).output == "/workspace/sub\n"
    assert (await run("pwd", root, seal, cwd=str(root / "sub"))).output == "/workspace/sub\n"


@both_seals
async def test_an_argument_list_runs_without_a_shell_reading_it(root: Path, seal: Seal) -> None:
    done = await run_sealed(
        ["printf", "%s", "$(id) && x"],
        workspace_root=root,
        seal=seal,
        environ=os.environ,
        timeout_s=20,
    )
    assert done.output == "$(id) && x"


@both_seals
async def test_the_environment_holds_no_credential_and_the_same_locale_everywhere(
    root: Path, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINANCE_SECRET", "hush-hush-hush")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    done = await run("env; echo ~", root, seal)
    assert "hush" not in done.output
    assert "TZ=UTC\n" in done.output
    assert "LC_ALL=C.UTF-8\n" in done.output
    assert done.output.endswith("/tmp/home\n")


@pytest.mark.bubblewrap
@needs_seal
async def test_the_home_and_other_files_of_the_host_are_not_there(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("s3cret")
    home = Path.home()
    looks = [
        f"cat {tmp_path}/secret.txt /workspace/../secret.txt",
        f"ls -A {home} ~/.ssh",
        "cat /etc/shadow",
        "cat /proc/1/environ",
        "ls ~/.pyenv/shims",
        "ls /var /opt /srv /mnt",
    ]
    done = await run("; ".join(looks), root)
    assert "s3cret" not in done.output
    assert "root:x:" not in done.output
    assert done.output.count("No such file or directory") >= 8


@pytest.mark.bubblewrap
@needs_seal
async def test_nothing_outside_the_workspace_can_be_written(root: Path) -> None:
    places = ["/x", "/usr/x", "/etc/x", "/etc/passwd", "/bin/x", f"{sys.prefix}/x", "/dev/x"]
    places += ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"]
    tries = "\n".join(f"(echo x >> {place}) 2>/dev/null && echo WROTE {place}" for place in places)
    done = await run(tries, root)
    assert "WROTE" not in done.output.replace("WROTE /dev/x", "")
    assert not Path("/dev/x").exists()


@pytest.mark.bubblewrap
@needs_seal
async def test_no_capability_is_left_and_no_namespace_can_be_made(root: Path) -> None:
    done = await run(
        "grep CapEff /proc/self/status; id -u; mount -o remount,rw /usr; unshare -Ur id -u", root
    )
    lines = done.output.splitlines()
    assert lines[:2] == ["CapEff:\t0000000000000000", "1000"]
    assert "0" not in lines[2:]


@pytest.mark.bubblewrap
@needs_seal
async def test_the_network_cannot_be_reached(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        knock = f"(echo > /dev/tcp/127.0.0.1/{port}) && echo REACHED"
        shut = await run(knock, root)
        opened = await run(knock, root, network=True)
    assert "REACHED" not in shut.output
    assert "refused" in shut.output
    assert "REACHED" in opened.output
    assert "REACHED" not in (await run("(echo > /dev/tcp/1.1.1.1/53) && echo REACHED", root)).output


@both_seals
async def test_git_is_read_only_or_put_back(root: Path, seal: Seal) -> None:
    (root / ".git").write_text("gitdir: /elsewhere\n")
    done = await run("rm -rf .git; mv .git x; mkdir -p .git/hooks; echo y > .git", root, seal)
    assert (root / ".git").read_text() == "gitdir: /elsewhere\n"
    assert bool(done.restored) == (seal.kind == "none")


@both_seals
async def test_a_planted_git_folder_is_removed_and_reported(root: Path, seal: Seal) -> None:
    done = await run("mkdir -p .git/hooks; echo evil > .git/hooks/pre-commit", root, seal)
    assert not (root / ".git").exists()
    assert any(".git was created" in line for line in done.restored)


@both_seals
async def test_protected_files_keep_their_content_whatever_is_tried(root: Path, seal: Seal) -> None:
    board = root / ".claude"
    board.mkdir()
    (board / "task.md").write_text("the task")
    missing = board / "other.md"
    command = (
        "echo x > .claude/task.md; rm -f .claude/task.md; mv .claude moved; mkdir -p .claude;"
        "echo forged > .claude/task.md; ln -sf /etc/passwd .claude/other.md; true"
    )
    done = await run(command, root, seal, read_only=(board / "task.md", missing))
    assert (board / "task.md").read_text() == "the task"
    assert not missing.is_symlink()
    assert done.restored


@both_seals
async def test_a_link_put_over_a_protected_folder_is_not_followed(
    root: Path, tmp_path: Path, seal: Seal
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "zone.md").write_text("not yours")
    done = await run(f"ln -s {outside} notes", root, seal, read_only=(root / "notes/zone.md",))
    assert (outside / "zone.md").read_text() == "not yours"
    assert done.restored == ("notes was replaced: removed",)
    assert not (root / "notes").is_symlink()


@both_seals
async def test_a_project_with_linked_folders_is_protected_behind_them(
    root: Path, tmp_path: Path, seal: Seal
) -> None:
    (root / "real").mkdir()
    (root / "real" / "test_a.py").write_text("assert 1\n")
    (root / "tests").symlink_to(root / "real")
    (root / "loop").symlink_to("loop")
    guarded = (root / "tests/test_a.py", root / "loop/x")
    assert (await run("true", root, seal, read_only=guarded)).restored == ()
    await run(
        "echo 0 > tests/test_a.py; rm -f tests; mkdir tests; echo 0 > tests/test_a.py",
        root,
        seal,
        read_only=guarded,
    )
    assert (root / "tests").is_symlink()
    assert (root / "tests" / "test_a.py").read_text() == "assert 1\n"


@pytest.mark.bubblewrap
@needs_seal
async def test_the_harness_folder_of_a_workspace_is_invisible(root: Path) -> None:
    (root / ".orchestrator").mkdir()
    (root / ".orchestrator" / "ledger.db").write_text("events")
    done = await run("ls -A .orchestrator; echo x > .orchestrator/y", root)
    assert "ledger" not in done.output
    assert [path.name for path in (root / ".orchestrator").iterdir()] == ["ledger.db"]


@pytest.mark.bubblewrap
@needs_seal
async def test_an_environment_of_the_project_is_usable_but_not_writable(
    root: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    venv = project / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    (venv / "bin" / "python").symlink_to(f"{sys.base_prefix}/bin/python3")
    (project / ".orchestrator").mkdir()
    done = await run(
        "python -c 'import sys, ssl; print(sys.prefix)'; touch $(dirname $(which python))/x",
        root,
        extra_ro=(venv,),
    )
    assert done.output.splitlines()[0] == str(venv)
    assert "Read-only file system" in done.output
    assert not (venv / "bin" / "x").exists()


@pytest.mark.bubblewrap
@needs_seal
async def test_the_workspace_can_appear_where_the_project_is_installed_from(
    root: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / ".venv").mkdir(parents=True)
    (project / "a.txt").write_text("the user's own tree\n")
    done = await run(
        f"cat {project}/a.txt", root, also_at=(project,), extra_ro=(project / ".venv",)
    )
    assert done.output == "hello\n"
    assert not (root / ".venv").exists()


@both_seals
async def test_python_and_its_packages_lie_where_results_say(root: Path, seal: Seal) -> None:
    done = await run("head -1 /python/lib/this.py; ls -d /python/site-packages/pytest", root, seal)
    assert done.exit_code == 0
    assert done.output.startswith('s = """')


@both_seals
async def test_a_working_directory_outside_or_missing_is_refused(root: Path, seal: Seal) -> None:
    for cwd in ("..", "/etc", "missing", "/workspace/../.."):
        with pytest.raises(SealError, match="working directory"):
            await run("true", root, seal, cwd=cwd)


@pytest.mark.bubblewrap
@needs_seal
async def test_a_seal_that_cannot_be_made_is_no_result_of_the_command(root: Path) -> None:
    with pytest.raises(SealError, match="the seal could not be made: bwrap: "):
        await run("true", root, also_at=(Path("/usr/bin/bash/x"),))


@both_seals
async def test_a_missing_program_is_exit_code_127(root: Path, seal: Seal) -> None:
    done = await run("no-such-program-here", root, seal)
    assert done.exit_code == 127
    assert "not found" in done.output


def test_the_seal_says_what_it_is_and_why() -> None:
    assert HERE.kind in ("bubblewrap", "none")
    assert HERE.why
    assert (shutil.which("bwrap") is not None) or HERE.kind == "none"
