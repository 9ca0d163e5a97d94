"""EC2 as far as groups of instances need it: moto, and on a World what moto does not enforce."""

from antiaffinity.testing.aws.cloud import FakeAws
from antiaffinity.testing.aws.nouns import Settings

__all__ = ["FakeAws", "Settings"]
