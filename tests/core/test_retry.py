"""How long a cloud asks to wait, however it says so, and how long its user lets it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from antiaffinity.clock import lent
from antiaffinity.errors import Busy, InvalidRequest, Unavailable
from antiaffinity.retry import Tries, heard_by, repeated, retry_timeout, told_in, wait_told
from antiaffinity.testing import Turns

NOW = "Tue, 01 Dec 2026 03:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "30"}, "", 30),
        ({"retry-after": "Tue, 01 Dec 2026 03:01:00 GMT", "date": NOW}, "", 60),
        ({"retry-after": "Tue, 01 Dec 2026 02:00:00 GMT", "date": NOW}, "", 0),
        ({"retry-after": "soon"}, "", None),
        ({}, '{"overLimit": {"code": 413, "retryAfter": "7"}}', 7),
        ({}, "HTTP 429\nRetry-After: 12\n", 12),
        ({}, "slow down", None),
    ],
)
def test_the_seconds_are_read_as_they_are_written(
    headers: dict[str, str], body: str, seconds: float | None
) -> None:
    assert told_in(headers, body) == seconds


class Refused(Exception):
    """As an SDK raises it, with the answer."""

    def __init__(self, response: object) -> None:
        super().__init__("refused")
        self.response = response


@pytest.mark.parametrize(
    "response",
    [
        SimpleNamespace(headers={"Retry-After": "9"}),
        {"ResponseMetadata": {"HTTPHeaders": {"retry-after": "9"}}},
    ],
    ids=["requests and azure-core", "botocore"],
)
def test_an_exception_tells_by_its_answer_or_its_causes(response: object) -> None:
    error = Busy("later")
    error.__cause__ = Refused(response)
    assert wait_told(error) == 9


def test_pauses_grow_and_end_with_the_patience() -> None:
    turns, words, tries = Turns(1), list[str](), Tries(10.0)
    with lent(turns), heard_by(words.append):
        began = turns.now()
        while tries.rest(None):
            pass
        assert 5 < turns.now() - began <= 10
    assert len(words) > 2
    assert all("the cloud takes no more requests now" in one for one in words)


def test_a_wait_that_is_longer_than_the_patience_is_not_begun() -> None:
    turns = Turns(1)
    with lent(turns):
        began = turns.now()
        assert not Tries(10.0).rest(11.0)
        assert turns.now() == began


def test_what_is_no_refusal_for_now_is_raised_at_once() -> None:
    with pytest.raises(StopIteration), lent(Turns(1)):
        repeated(lambda: next(iter(())), 10.0, lambda error: False)


def test_the_last_refusal_is_the_cause_of_the_end() -> None:
    def refused() -> None:
        raise Busy("the cloud answered 429")

    with (
        pytest.raises(Unavailable, match=r"the cloud answered 429.*set it to more seconds") as ended,
        lent(Turns(1)),
    ):
        repeated(refused, 10.0, lambda error: isinstance(error, Busy))
    assert isinstance(ended.value.__cause__, Busy)
    assert not isinstance(ended.value, Busy)


def test_the_setting_is_a_number_of_seconds() -> None:
    assert retry_timeout({"zone": "a"}) == (120.0, {"zone": "a"})
    assert retry_timeout({"retry_timeout": "300"}) == (300.0, {})
    with pytest.raises(InvalidRequest) as wrong:
        retry_timeout({"retry_timeout": "soon"})
    assert wrong.value.path == "retry_timeout"
