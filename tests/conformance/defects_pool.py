"""Mistakes in the pool, or in any ledger."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.model import GroupKey
from antiaffinity.testing.conformance import drift, faults, launch_ids, launches, members, races, strangers
from antiaffinity_pool import cloud as a_pool
from antiaffinity_pool import ledger, waiting
from antiaffinity_pool.backend import PoolBackend
from antiaffinity_pool.ledger import Ledger
from antiaffinity_pool.store import Store
from conformance.defects import on


@on("pool", races.two_deployers_of_one_group_end_with_one_group)
def claims_no_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PoolBackend, "prepare", lambda self, key, plan, adopt: {})


@on("pool", races.two_deployers_of_one_group_end_with_one_group)
def takes_every_unbound_claim_for_dead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PoolBackend, "_in_doubt", lambda self, claim: True)


@on("pool", faults.a_roll_out_survives_any_lost_request)
def never_asks_what_became_of_a_launch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PoolBackend, "resolve", lambda self, key, find: None)
    patch.setattr(PoolBackend, "drop_reservations", lambda self, key, members: None)


@on("pool", faults.a_roll_out_survives_any_lost_request)
def lets_the_databases_own_error_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Store, "_fault", lambda self, error: error.orig)


@on("pool", members.a_group_with_machines_is_not_released)
def releases_a_group_with_machines(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_refuse_occupied", lambda key, claims: None)


@on("pool", strangers.a_group_of_the_same_name_belongs_to_its_owner)
def forgets_the_owner_of_a_claim(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_of", lambda key: ledger._claims.c.group == key.name)


@on("pool", members.a_replacement_may_come_before_its_predecessor_goes)
def lets_a_second_machine_take_a_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_refuse_other", lambda group, member, instance: None)


@on("pool", drift.a_machine_that_was_moved_onto_another_is_found)
def declares_evidence_that_it_has_not(patch: pytest.MonkeyPatch) -> None:
    told = tuple(replace(promise, evidence="DOMAIN") for promise in a_pool.guarantees)
    patch.setattr(PoolBackend, "cloud", replace(a_pool, guarantees=told))


@on("pool", launches.the_mark_travels_in_the_launch)
def leaves_the_mark_out(patch: pytest.MonkeyPatch) -> None:
    def merge(placement: Any, own: Any) -> dict[str, Any]:
        return {**own, "host": placement.domains["host"], "labels": {}}

    patch.setattr(PoolBackend, "cloud", replace(a_pool, merges={"sdk": merge, "pulumi": merge}))


@on("pool", launches.own_arguments_that_name_another_place_are_refused)
def overwrites_the_users_own_host(patch: pytest.MonkeyPatch) -> None:
    merge = a_pool.merges["sdk"]

    def silent(placement: Any, own: Any) -> dict[str, Any]:
        return merge(placement, {key: value for key, value in own.items() if key != "host"})

    patch.setattr(PoolBackend, "cloud", replace(a_pool, merges={"sdk": silent, "pulumi": silent}))


@on("pool", members.binding_twice_is_binding_once)
def a_second_bind_makes_a_claim_younger(patch: pytest.MonkeyPatch) -> None:
    bind = Ledger.bind

    def anew(self: Ledger, key: GroupKey, member: str, *rest: Any) -> Any:
        self.release(key, [member])
        return bind(self, key, member, *rest)

    patch.setattr(Ledger, "bind", anew)


@on("pool", launch_ids.an_id_of_another_group_from_launch_stops_the_run_at_once)
def never_asks_the_ledger_whose_an_id_is(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PoolBackend, "_refuse_anothers", lambda self, placement, id_: None)


@on("pool", faults.a_roll_out_survives_any_lost_request)
def takes_every_run_for_one_that_goes_on(patch: pytest.MonkeyPatch) -> None:
    """What a killed run had claimed is nobody's to launch, for ever."""
    patch.setattr(waiting, "is_alive", lambda who, run: True)
