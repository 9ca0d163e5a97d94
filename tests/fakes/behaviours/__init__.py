"""How Nova behaves, one function for each thing that a group of servers meets; each tells it in lines.

They run on a cloud with the hosts host1 to host4, as Nova comes out of the box: on a real Nova
(tests/real/test_behaviours.py), and on the fake (test_openstack_fake.py). Both must tell the same.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from fakes.behaviours import asking, operating, placing, seeing
from fakes.stage import Lines, Stage

Behaviour = Callable[[Stage], Lines]


def _told(module: ModuleType) -> dict[str, Behaviour]:
    made = {name: one for name, one in vars(module).items() if callable(one) and not name.startswith("_")}
    return {name: one for name, one in made.items() if getattr(one, "__module__", "") == module.__name__}


BEHAVIOURS: dict[str, Behaviour] = {
    name: behaviour
    for module in (asking, placing, operating, seeing)
    for name, behaviour in _told(module).items()
}
"""All of them, by name, in their order."""
