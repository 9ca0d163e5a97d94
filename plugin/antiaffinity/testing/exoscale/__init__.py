"""Exoscale as far as anti-affinity groups need it: zones, groups, instances, operations, IAM."""

from antiaffinity.testing.exoscale.cloud import FakeExoscale
from antiaffinity.testing.exoscale.nouns import InstanceType, Settings

__all__ = ["FakeExoscale", "InstanceType", "Settings"]
