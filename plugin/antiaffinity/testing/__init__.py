"""For tests of deploy scripts, and of clouds: a World that really keeps machines apart, or does not."""

from antiaffinity.testing.turns import Turns
from antiaffinity.testing.wire import Killed, Lost, Trouble, Wire
from antiaffinity.testing.world import Machine, NoRoom, Place, World

__all__ = ["Killed", "Lost", "Machine", "NoRoom", "Place", "Trouble", "Turns", "Wire", "World"]
