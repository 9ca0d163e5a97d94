"""Progress: a live line on a terminal, plain lines elsewhere, nothing with --quiet."""

from __future__ import annotations

import io

import pexpect

from antiaffinity.cli.progress import Progress
from antiaffinity.steps import Step
from cli.shell import Lab, command


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_every_step_is_a_plain_line_with_a_count(lab: Lab) -> None:
    err = lab.roll_out().err
    lines = err.splitlines()
    assert any(line.startswith("[1/3] launching db-0 in ") for line in lines)
    assert any(line.startswith("[3/3] db-2 is vm-db-2-") for line in lines)
    assert "\x1b" not in err


def test_quiet_leaves_only_what_the_commands_say(lab: Lab) -> None:
    assert lab.roll_out("--quiet").err == "booting db-0\nbooting db-1\nbooting db-2\n"


def test_on_a_terminal_the_line_is_live_and_what_happened_stays(lab: Lab) -> None:
    program, *words = command("roll-out", "db.json", "--launch", "./boot.sh")
    terminal = pexpect.spawn(program, words, cwd=str(lab.folder), timeout=20, encoding="utf-8")
    for number, member in enumerate(("db-0", "db-1", "db-2"), 1):
        terminal.expect_exact(f"\r\x1b[K[{number}/3] launching {member}")
        terminal.expect_exact(f"\r\nbooting {member}\r\n")
        terminal.expect_exact(f"[{number}/3] {member} is vm-{member}-")
    terminal.expect_exact("group db of shop: promised")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_what_a_command_says_does_not_run_into_the_live_line() -> None:
    screen = Terminal()
    progress = Progress(screen)
    progress(Step("launch", "launching db-0 in z1/h1", "db-0", 0, 3))
    progress.pause()
    screen.write("booting\n")
    progress(Step("placed", "db-0 is vm-1", "db-0", 1, 3))
    shown = screen.getvalue().replace("\r\x1b[K", "")
    assert shown.splitlines() == ["[1/3] launching db-0 in z1/h1", "booting", "[1/3] db-0 is vm-1"]


def test_a_step_about_nobody_has_no_count() -> None:
    screen = io.StringIO()
    Progress(screen)(Step("look", "looking at shop/db", "", 3, 3))
    assert screen.getvalue() == "looking at shop/db\n"


def test_the_live_line_is_cleared_at_the_end() -> None:
    screen = Terminal()
    progress = Progress(screen)
    progress(Step("verify", "verifying shop/db", "", 3, 3))
    progress.close()
    assert screen.getvalue().endswith("\r\x1b[K")
