"""A user's folder with a deploy script and its test, and what pytest says of it."""

from __future__ import annotations

import pytest

WORDS = ("-p", "antiaffinity.testing", "-p", "no:cacheprovider", "-W", "ignore")


class Folder:
    """Runs pytest as a user does; by default in this process, which has the SDKs loaded."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        pytester.syspathinsert()

    def run(self, test: str, *words: str, deploy: str = "", conftest: str = "") -> pytest.RunResult:
        self._write(test, deploy, conftest)
        return self.pytester.runpytest_inprocess(*WORDS, *words)

    def run_alone(self, test: str, *words: str, deploy: str = "", conftest: str = "") -> pytest.RunResult:
        """The same in a process of its own."""
        self._write(test, deploy, conftest)
        return self.pytester.runpytest_subprocess(*WORDS, *words)

    def _write(self, test: str, deploy: str, conftest: str) -> None:
        self.pytester.makepyfile(deploy=deploy, test_deploy=test, conftest=conftest)
