"""A table of refusals is read by code before words, and its domain is what refused."""

from __future__ import annotations

import pytest

import antiaffinity as aa
from antiaffinity.meanings import Meaning, Said, coded, error_of, meaning, worded, words
from antiaffinity.model import GroupKey

TABLE = (
    Meaning(aa.LimitExceeded, "a quota", ("NotAllowed",), words("exceeding .*quota")),
    Meaning(aa.NoCapacity, "no room for {member}{where} ({said})", ("SkuNotAvailable",), levels=("zone",)),
    Meaning(aa.Conflict, "a race", words=words("another operation is in progress")),
)
PLACEMENT = aa.Placement("db-0", {"region": "r1", "zone": "z1", "host": "h1"}, key=GroupKey("shop", "db"))

READ = {
    "a code, whatever the words": (
        Said(("SkuNotAvailable",), "409: another operation is in progress"),
        aa.NoCapacity,
    ),
    "a code and its words": (Said(("NotAllowed",), "Exceeding approved\n cores quota"), aa.LimitExceeded),
    "a code with words of another row": (
        Said(("NotAllowed",), "another operation is in progress"),
        aa.Conflict,
    ),
    "the second code": (Said(("Outer", "SkuNotAvailable")), aa.NoCapacity),
    "words alone": (Said(words="Another operation is in progress"), aa.Conflict),
    "an HTTP phrase": (Said(words="409 Conflict"), None),
    "words that belong to a code": (Said(words="exceeding approved cores quota"), None),
}


@pytest.mark.parametrize("what", READ)
def test_a_refusal_is_read_by_code_before_words(what: str) -> None:
    said, error = READ[what]
    row = meaning(TABLE, said)
    assert (row and row.error) == error


def test_only_the_domain_that_refused_is_named() -> None:
    error = error_of(TABLE[1], PLACEMENT, said="none left")
    assert (str(error), error.domain) == ("no room for db-0 in r1/z1/h1 (none left)", {"zone": "z1"})


def test_only_a_lack_of_room_has_a_domain() -> None:
    assert error_of(TABLE[0], PLACEMENT).domain == {}
    assert error_of(TABLE[1], None, said="").domain == {}


def test_a_row_is_written_by_its_codes_or_its_words() -> None:
    by_code, by_words = (
        coded(aa.Conflict, "a race", "Busy Taken"),
        worded(aa.Conflict, "a race", "in progress"),
    )
    for said in (Said(("Taken",)), Said(("Busy",), "never mind")):
        assert meaning((by_words, by_code), said) is by_code
    assert meaning((by_code, by_words), Said(("Else",), "still in\nprogress")) is by_words
