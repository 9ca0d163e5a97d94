"""The demo does the main job with the real library, in seconds, and leaves nothing behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from antiaffinity.cli import demo
from cli.shell import ask


@pytest.fixture
def quiet_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that is empty before."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_it_plans_rolls_out_verifies_and_refuses(quiet_tmp: Path) -> None:
    started, before = time.monotonic(), Path.cwd()
    answer = ask("demo")
    assert answer.code == 0
    assert time.monotonic() - started < 60
    assert Path.cwd() == before
    assert os.listdir(quiet_tmp) == []
    for words in ("$ antiaffinity plan db.yaml", "vm-db-2", "promised", "way out", "saturated: stack"):
        assert words in answer.out


def test_its_machines_really_are_apart(quiet_tmp: Path) -> None:
    steps = ask("demo", "--json").json["steps"]
    rolled = next(step["answer"] for step in steps if "roll-out" in step["command"])
    assert len({machine["domains"]["host"] for machine in rolled["machines"]}) == 3
    assert len({machine["domains"]["zone"] for machine in rolled["machines"]}) == 3


def test_it_shows_a_refusal_with_ways_out_and_then_one_of_them(quiet_tmp: Path) -> None:
    steps = {step["command"]: step for step in ask("demo", "--json").json["steps"]}
    assert steps["antiaffinity plan ten.yaml"]["exit_code"] == 1
    assert steps["antiaffinity plan ten.yaml"]["answer"]["short"][0]["ways_out"]
    assert steps["antiaffinity plan stacked.yaml"]["answer"]["verdict"] == "fits"


def test_a_step_that_ends_otherwise_ends_the_demo(quiet_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "LAUNCH", "#!/bin/sh\nexit 9\n")
    assert ask("demo").code == 3
