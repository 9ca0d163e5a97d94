"""The real engine and the real Nova, where a test asks for them, and the stacks as a reader copies them."""

from __future__ import annotations

import pytest

from real.conftest import nova, nova_box, nova_python, pulumi_engine

__all__ = ["nova", "nova_box", "nova_python", "pulumi_engine"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "pulumi_engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)
