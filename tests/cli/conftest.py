"""Each test of the command line has a folder of its own, and works in it."""

from pathlib import Path

import pytest

from cli.shell import Lab


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.chdir(tmp_path)
    return Lab(tmp_path)
