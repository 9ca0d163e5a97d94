"""OpenStack as far as groups of servers need it: Keystone, Nova, and a little of Glance and Neutron."""

from antiaffinity.testing.openstack.cloud import FakeOpenStack
from antiaffinity.testing.openstack.nouns import Flavor, Settings

__all__ = ["FakeOpenStack", "Flavor", "Settings"]
