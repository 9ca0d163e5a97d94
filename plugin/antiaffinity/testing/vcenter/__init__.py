"""vCenter as far as placing machines needs it: inventory, power, DRS rules, custom attributes, rights."""

from antiaffinity.testing.vcenter.cloud import FakeVCenter
from antiaffinity.testing.vcenter.nouns import Settings

__all__ = ["FakeVCenter", "Settings"]
