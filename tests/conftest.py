"""The real services, where a test asks for them: one of each for the whole session."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from real.services import (
    node_modules,
    nova,
    nova_box,
    nova_python,
    pulumi_engine,
    pulumi_packages,
    sdk_modules,
    vcsim,
    vcsim_program,
)

__all__ = [
    "node_modules",
    "nova",
    "nova_box",
    "nova_python",
    "pulumi_engine",
    "pulumi_packages",
    "sdk_modules",
    "vcsim",
    "vcsim_program",
]

REAL = Path(__file__).parent / "real"
SERVICES = {"nova_python", "pulumi_engine"}


def pytest_configure() -> None:
    """What tests start hears a hang-up, also where the tests themselves were started with nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(REAL) or SERVICES & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.real)
