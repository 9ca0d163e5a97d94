"""Exoscale's zones are cities of several countries: where nothing says which to use, that is said."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.exoscale_stage import FRANKFURT, GENEVA, hypervisors, stage

ZONE = [{"anti-affinity": {"level": "zone"}}]


def asked(places: dict[str, int], **words: Any) -> list[str]:
    """What a plan and a verification say of zones that nobody named."""
    with stage(hypervisors(**places)) as there:
        group = there.group(2, **words)
        looks = group.plan().findings, group.verify().findings
        first, again = ([one.message for one in found if one.kind == "scope"] for found in looks)
        assert first == again
        return first


def test_zones_that_nobody_named_are_told() -> None:
    [words] = asked({"ch_gva_2": 2, "de_fra_1": 2}, rules="anti-affinity")
    assert f"any of {GENEVA}, {FRANKFURT}" in words
    assert "only: {zone: [...]}" in words


@pytest.mark.parametrize(
    "words",
    [
        {"zones": [GENEVA, FRANKFURT]},
        {"zone": GENEVA},
        {"rules": ZONE},
        {"only": {"zone": [GENEVA]}},
        {"never": {"zone": [FRANKFURT]}},
    ],
    ids=str,
)
def test_what_speaks_of_zones_is_asked_nothing(words: dict[str, Any]) -> None:
    assert asked({"ch_gva_2": 2, "de_fra_1": 2}, **{"rules": "anti-affinity", **words}) == []


def test_one_zone_is_no_question() -> None:
    assert asked({"ch_gva_2": 2}, rules="anti-affinity") == []
