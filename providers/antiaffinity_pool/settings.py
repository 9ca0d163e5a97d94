"""What a pool is connected with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from antiaffinity.errors import NotOffered

File = Annotated[str, Meta(min_length=1, description="a file's name", examples=["hosts.yaml"])]
Seconds = Annotated[float, Meta(gt=0, description="a number of seconds above 0")]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a pool is connected with; relative files lie under ``base``, the folder of SPEC."""

    inventory: File
    ledger: File | None = None
    claim_timeout: Seconds = 600
    base: str = ""


def ledger_file(settings: Settings, inventory: Path) -> Path:
    """The ledger's file: as said, else beside the inventory (hosts.yaml: hosts.ledger.db)."""
    if settings.ledger is None:
        return inventory.with_suffix(".ledger.db")
    if "://" in settings.ledger:
        raise NotOffered("a ledger is a file so far, not a database's URL: give its name", path="ledger")
    return Path(settings.base, settings.ledger)
