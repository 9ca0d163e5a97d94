"""For tests of deploy scripts, and of clouds: a World that really keeps machines apart, or does not.

``-p antiaffinity.testing`` is the pytest plugin, which installing this package also brings. The names below
are imported when first used: pytest loads this wherever the package is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from antiaffinity.testing.sandbox import Sandbox as Sandbox
    from antiaffinity.testing.turns import Turns as Turns
    from antiaffinity.testing.wire import Killed as Killed
    from antiaffinity.testing.wire import Lost as Lost
    from antiaffinity.testing.wire import Trouble as Trouble
    from antiaffinity.testing.wire import Wire as Wire
    from antiaffinity.testing.world import Machine as Machine
    from antiaffinity.testing.world import NoRoom as NoRoom
    from antiaffinity.testing.world import Place as Place
    from antiaffinity.testing.world import World as World

_HOMES = {
    "antiaffinity.testing.sandbox": "Sandbox",
    "antiaffinity.testing.turns": "Turns",
    "antiaffinity.testing.wire": "Killed Lost Trouble Wire",
    "antiaffinity.testing.world": "Machine NoRoom Place World",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'antiaffinity.testing' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the plugin once, whether or not its entry point was found before."""
    if not pluginmanager.has_plugin("antiaffinity"):
        pluginmanager.register(import_module("antiaffinity.testing.plugin"), "antiaffinity")
