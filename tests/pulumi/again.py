"""A stack that several tests begin anew: its workspace, with a compiled program in it, is made once."""

from __future__ import annotations

from collections.abc import Iterator

from life import Life, Settings


def afresh(life: Life) -> Iterator[Life]:
    """The life with the first settings and nothing made; afterwards nothing may be left."""
    life.change(**Settings()._asdict())
    yield life
    life.destroy().ok()
    assert life.is_gone()
