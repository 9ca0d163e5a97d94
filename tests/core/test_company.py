"""What a run knows of others: whose launch it still has to wait for."""

from __future__ import annotations

from antiaffinity.company import Company
from antiaffinity.model import Observed

STARTING = Observed("db-0", "vm-1", "starting", holds=True)


def test_a_machine_that_was_waited_for_is_not_waited_for_again_whatever_a_list_says() -> None:
    company = Company()
    assert company.launching([STARTING]) == [STARTING]
    company.settled.add("vm-1")
    assert company.launching([STARTING]) == []
