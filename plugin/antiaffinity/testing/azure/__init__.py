"""A fake Azure Resource Manager that enforces what the real one does."""

from antiaffinity.testing.azure.cloud import FakeAzure
from antiaffinity.testing.azure.credential import FakeCredential
from antiaffinity.testing.azure.nouns import SIZES, Settings, Size

__all__ = ["SIZES", "FakeAzure", "FakeCredential", "Settings", "Size"]
