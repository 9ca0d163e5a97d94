"""The check against Microsoft's specifications finds what is wrong: mistakes, each in one exchange."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from msgspec import structs

from antiaffinity.testing.azure.nouns import GROUP, Exchange
from fakes.azure_spec import Spec, spec
from fakes.azure_stage import LOCATION, REGIONAL, User, azure_on, beside, into, regional, zonal

Plant = Callable[[Exchange], Exchange]


@pytest.fixture(scope="module")
def microsoft() -> Spec:
    known = spec()
    if known is None:
        pytest.skip("Microsoft's specifications are not here")
    return known


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """One of everything that the fake does."""
    with azure_on([*zonal(), *regional()]) as azure:
        user, elsewhere = User(azure), User(azure, REGIONAL)
        zonal_set, old = user.scale_set(zones=["1", "2", "3"]), elsewhere.availability_set()
        user.boot("db-0", "1", **into(zonal_set))
        elsewhere.boot("db-1", **beside(old))
        user.view("db-0")
        compute = user.compute
        compute.virtual_machines.begin_update(GROUP, "db-0", {"tags": {"a": "b"}}).result()
        members = f"'virtualMachineScaleSet/id' eq '{zonal_set}'"
        list(compute.virtual_machines.list(GROUP, filter=members, expand="instanceView"))
        list(compute.virtual_machine_scale_sets.list(GROUP))
        list(compute.resource_skus.list(filter=f"location eq '{LOCATION}'"))
        list(compute.usage.list(LOCATION))
        compute.availability_sets.get(GROUP, "old")
        compute.virtual_machines.begin_delete(GROUP, "db-0").result()
        compute.virtual_machines.begin_delete(GROUP, "db-0").result()
        assert user.refused("db-2", "9") == (400, "InvalidAvailabilityZone")
        return list(azure.exchanges)


MISTAKES: dict[str, tuple[str, Plant]] = {}


def mistake(of: str) -> Callable[[Plant], Plant]:
    """Lists a mistake, planted in the last exchange whose method and path contain these words in turn."""

    def listed(plant: Plant) -> Plant:
        MISTAKES[plant.__name__] = (of, plant)
        return plant

    return listed


def body(exchange: Exchange, *path: Any, value: Any) -> Exchange:
    return structs.replace(exchange, body=_set(exchange.body, path, value))


def answer(exchange: Exchange, *path: Any, value: Any) -> Exchange:
    return structs.replace(exchange, answer=_set(exchange.answer, path, value))


def _set(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    inner = whole = deepcopy(whole)
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return whole


@mistake("PUT virtualMachines/db-0")
def an_invented_property_is_sent(exchange: Exchange) -> Exchange:
    return body(exchange, "properties", "antiAffinity", value=True)


@mistake("PUT virtualMachines/db-0")
def an_invented_property_deep_inside_is_sent(exchange: Exchange) -> Exchange:
    return body(exchange, "properties", "storageProfile", "osDisk", "speed", value=1)


@mistake("PUT virtualMachines/db-0")
def a_read_only_property_is_sent(exchange: Exchange) -> Exchange:
    return body(exchange, "properties", "provisioningState", value="Succeeded")


@mistake("PUT virtualMachineScaleSets/set")
def a_read_only_name_is_sent(exchange: Exchange) -> Exchange:
    return body(exchange, "etag", value='"1"')


@mistake("PUT virtualMachines/db-0")
def a_text_is_sent_for_a_number(exchange: Exchange) -> Exchange:
    return body(exchange, "properties", "platformFaultDomain", value="1")


@mistake("PUT virtualMachines/db-0")
def a_text_is_sent_for_a_list(exchange: Exchange) -> Exchange:
    return body(exchange, "zones", value="1")


@mistake("PUT virtualMachineScaleSets/set")
def an_unknown_word_is_sent(exchange: Exchange) -> Exchange:
    return body(exchange, "properties", "orchestrationMode", value="Flexibel")


@mistake("PUT virtualMachines/db-0")
def an_open_enum_gets_an_unknown_word(exchange: Exchange) -> Exchange:
    return body(exchange, "properties", "storageProfile", "osDisk", "createOption", value="Fresh")


@mistake("PUT virtualMachines/db-0")
def a_required_property_is_missing(exchange: Exchange) -> Exchange:
    sent = deepcopy(exchange.body)
    del sent["location"]
    return structs.replace(exchange, body=sent)


@mistake("PUT virtualMachines/db-0")
def nothing_is_sent(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, body=None)


@mistake("DELETE virtualMachines/db-0")
def a_body_is_sent_where_none_is_declared(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, body={})


@mistake("GET virtualMachines/db-0")
def a_query_is_invented(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, query={**exchange.query, "zone": "1"})


@mistake("GET virtualMachines/db-0")
def the_version_is_missing(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, query={})


@mistake("GET virtualMachines/db-0")
def a_query_has_an_unknown_word(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, query={**exchange.query, "$expand": "everything"})


@mistake("PUT availabilitySets/old")
def a_condition_is_put_on_an_availability_set(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, headers={**exchange.headers, "If-None-Match": "*"})


@mistake("PUT availabilitySets/old")
def an_availability_set_is_answered_with_created(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, status=201)


@mistake("GET virtualMachines/db-0")
def an_error_has_no_envelope(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, status=404, answer={"code": "NotFound", "message": "gone"})


@mistake("GET virtualMachines/db-0")
def an_answer_has_an_invented_property(exchange: Exchange) -> Exchange:
    return answer(exchange, "properties", "host_name", value="h1")


@mistake("GET virtualMachines/db-0")
def a_view_has_an_invented_field(exchange: Exchange) -> Exchange:
    return answer(exchange, "properties", "instanceView", "zone", value="1")


@mistake("GET virtualMachines/db-0")
def a_view_tells_a_domain_as_text(exchange: Exchange) -> Exchange:
    return answer(exchange, "properties", "instanceView", "platformFaultDomain", value="0")


@mistake("GET virtualMachines/db-0")
def a_secret_is_answered(exchange: Exchange) -> Exchange:
    return answer(exchange, "properties", "osProfile", value={"adminPassword": "hunter2"})


@mistake("GET /virtualMachineScaleSets")
def a_list_has_no_value(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, answer={"items": []})


@mistake("GET Microsoft.Compute/skus")
def a_capability_is_no_text(exchange: Exchange) -> Exchange:
    return answer(exchange, "value", 0, "capabilities", 0, "value", value=3)


@mistake("GET usages")
def a_usage_is_no_number(exchange: Exchange) -> Exchange:
    return answer(exchange, "value", 0, "limit", value="many")


@mistake("DELETE virtualMachines/db-0")
def a_deletion_answers_a_body(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, answer={"id": "x"})


@mistake("PATCH virtualMachines/db-0")
def a_change_sends_what_no_change_takes(exchange: Exchange) -> Exchange:
    return body(exchange, "location", value="elsewhere")


@mistake("GET virtualMachines/db-0")
def a_path_is_invented(exchange: Exchange) -> Exchange:
    return structs.replace(exchange, path=f"{exchange.path}/whereabouts")


@mistake("GET virtualMachineScaleSets/set")
def an_answer_of_today_has_what_no_version_has(exchange: Exchange) -> Exchange:
    return answer(exchange, "properties", "platformFaultDomains", value=1)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found(name: str, exchanges: list[Exchange], microsoft: Spec) -> None:
    of, plant = MISTAKES[name]
    method, words = of.split()
    there = [
        one for one in exchanges if one.method == method and one.path.endswith(words) and one.status < 300
    ]
    assert microsoft.problems(there[-1]) == []
    assert microsoft.problems(plant(there[-1])) != []


def test_what_the_fake_does_is_all_as_specified(exchanges: list[Exchange], microsoft: Spec) -> None:
    checked = [one for one in exchanges if "/operation" not in one.path]
    assert len({(one.method, one.path.rsplit("/", 1)[0]) for one in checked}) > 10
    assert [found for one in checked for found in microsoft.problems(one)] == []
    assert len(MISTAKES) >= 23
