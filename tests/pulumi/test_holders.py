"""A deletion asks who holds the group or the member now: other resources, newer ones, other runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import ATTACHMENT, GROUP, Asking, Made, Refused, on_a_pool

from pulumi_antiaffinity.codec import Plain

POOL = {"kind": "pool", "inventory": "hosts.yaml"}
PAIR: Plain = {"cloud": POOL, "members": 2, "rules": "anti-affinity", "name": "db"}


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.chdir(tmp_path)
    with on_a_pool(tmp_path, hosts=3) as provider:
        yield provider


@pytest.fixture
def group(provider: Asking) -> Made:
    return provider.made(GROUP, PAIR)


def attached(provider: Asking, group: Made, name: str = "db-0", instance: str = "i-0") -> Made:
    inputs = {
        "group": group.id,
        "member": "db-0",
        "instance": instance,
        "placement": group.state["placements"]["db-0"],
        "cloud": POOL,
    }
    return provider.made(ATTACHMENT, inputs, name)


def bound() -> list[str]:
    """The machines that the ledger has."""
    with sqlite3.connect("hosts.ledger.db") as ledger:
        rows = ledger.execute("select instance from claims where instance is not null")
        return [instance for (instance,) in rows]


def next_operation(provider: Asking) -> None:
    provider.configure()


# Attachments


def test_an_attachment_whose_machine_another_one_has_bound_gives_up_nothing(
    provider: Asking, group: Made
) -> None:
    old, new = attached(provider, group), attached(provider, group, "renamed")
    provider.delete(old, ATTACHMENT)
    assert bound() == ["i-0"]
    assert any("db-0 keeps its place as i-0" in said for said in provider.said)
    provider.delete(new, ATTACHMENT)
    assert bound() == []


def test_an_attachment_of_an_earlier_version_gives_up_what_no_newer_one_has_bound(
    provider: Asking, group: Made
) -> None:
    old = _earlier(attached(provider, group))
    provider.delete(old, ATTACHMENT)
    assert bound() == ["i-0"], "which one has bound that knows holders"
    _forget_holders()
    provider.delete(old, ATTACHMENT)
    assert bound() == []


def test_an_attachment_that_is_changed_goes_on_holding_its_place(provider: Asking, group: Made) -> None:
    one = attached(provider, group)
    changed = provider.update(one, {**one.inputs, "instance": "i-1"}, ATTACHMENT)
    provider.delete(changed, ATTACHMENT)
    assert bound() == []


def test_a_refreshed_and_an_imported_attachment_may_give_the_place_up(provider: Asking, group: Made) -> None:
    provider.configure(cloud=POOL)
    one = attached(provider, group)
    refreshed = provider.read(one.id, one, ATTACHMENT)
    imported = provider.read(one.id, type_=ATTACHMENT)
    assert refreshed
    assert imported
    assert refreshed.state["holder"] == imported.state["holder"] == one.state["holder"]


def test_what_was_released_and_bound_again_since_is_left(provider: Asking, group: Made) -> None:
    one = attached(provider, group)
    provider.delete(one, ATTACHMENT)
    attached(provider, group)
    provider.delete(one, ATTACHMENT)
    assert bound() == ["i-0"]


def _forget_holders() -> None:
    """The ledger as versions wrote it that knew no holders."""
    with sqlite3.connect("hosts.ledger.db") as ledger:
        ledger.execute("drop table holders")


def _earlier(attachment: Made) -> Made:
    """Its state as versions wrote it that knew no holders."""
    state = {key: value for key, value in attachment.state.items() if key != "holder"}
    return attachment._replace(state=state)


# Groups


def test_a_group_that_another_resource_is_by_now_is_left_as_it_is(provider: Asking, group: Made) -> None:
    attached(provider, group)
    next_operation(provider)
    provider.made(GROUP, PAIR, "data")
    provider.delete_too(group, timeout=0.1)
    assert bound() == ["i-0"]
    assert any("shop/test/db is left as it is" in said for said in provider.said)


def test_a_group_that_stays_is_not_deleted_with_its_predecessor(provider: Asking, group: Made) -> None:
    attached(provider, group)
    for living in (
        lambda: provider.diff(group, group.inputs),
        lambda: provider.update(group, {**group.inputs, "members": 3}),
        lambda: provider.made(GROUP, PAIR),
    ):
        next_operation(provider)
        living()
        provider.delete_too(group, timeout=0.1)


def test_a_group_that_the_program_still_wants_is_deleted_to_be_made_anew(
    provider: Asking, group: Made
) -> None:
    attached(provider, group)
    next_operation(provider)
    provider.check(GROUP, PAIR)
    with pytest.raises(Refused, match="db-0"):
        provider.delete_too(group, timeout=0.1)


def test_an_occupied_group_says_how_to_forget_a_resource_that_another_one_replaced(
    provider: Asking, group: Made
) -> None:
    attached(provider, group)
    with pytest.raises(Refused, match="pulumi state delete 'urn:pulumi:test::shop::"):
        provider.delete(group, timeout=0.1)


def test_a_resource_that_became_another_group_holds_its_former_one_no_more(
    provider: Asking, group: Made
) -> None:
    attached(provider, group)
    next_operation(provider)
    provider.made(GROUP, {**PAIR, "name": "other"})
    with pytest.raises(Refused, match="db-0"):
        provider.delete_too(group, timeout=0.1)


def test_one_name_on_two_clouds_is_two_groups(provider: Asking) -> None:
    provider.accepted(GROUP, PAIR)
    elsewhere = {**PAIR, "cloud": {"kind": "aws", "region_name": "us-east-1"}}
    assert provider.check(GROUP, elsewhere, name="data").failures == []


def test_a_group_that_a_renamed_resource_has_on_another_cloud_is_not_left(
    provider: Asking, group: Made
) -> None:
    next_operation(provider)
    provider.accepted(GROUP, {**PAIR, "cloud": {"kind": "aws", "region_name": "us-east-1"}}, name="data")
    provider.delete(group, timeout=0.1)
    assert not any("is left as it is" in said for said in provider.said)


def test_two_resources_that_would_be_one_group_are_refused(provider: Asking) -> None:
    provider.accepted(GROUP, PAIR)
    failures = provider.check(GROUP, PAIR, name="data").failures
    assert [path for path, _ in failures] == ["name"]
    assert "Group::db is the group shop/test/db already" in failures[0][1]
