"""No exchange with the fake passes that Exoscale's OpenAPI document does not describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from antiaffinity.testing.exoscale import app, views
from antiaffinity.testing.exoscale.document import document, find, operations
from fakes.exoscale_stage import Stage, hypervisors, stage

ID = "7d3c2d05-1a0e-4b1e-9a5c-0123456789ab"
TYPED = {"instance-type": {"id": ID}, "template": {"id": ID}, "disk-size": 10}


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=2)) as there:
        yield there


def asked(there: Stage, method: str, path: str, **more: Any) -> tuple[int, str]:
    """A request past the SDK's own methods, but signed by it."""
    client = there.exo.client()
    answer = client.http_client.request(method, f"{client.endpoint}{path}", timeout=10, **more)
    return answer.status_code, answer.json().get("message", "")


MISTAKES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "an unknown field": ("POST", "/anti-affinity-group", {"json": {"name": "a", "kind": "hard"}}, "kind"),
    "a field that is missing": ("POST", "/anti-affinity-group", {"json": {"description": "a"}}, "name"),
    "no body at all": ("POST", "/anti-affinity-group", {}, "name"),
    "a name that is empty": ("POST", "/anti-affinity-group", {"json": {"name": ""}}, "''"),
    "a description too long": (
        "POST",
        "/anti-affinity-group",
        {"json": {"name": "a", "description": "x" * 256}},
        "too long",
    ),
    "a body where none is": ("DELETE", f"/anti-affinity-group/{ID}", {"json": {"force": True}}, "no body"),
    "an id that is none": ("GET", "/anti-affinity-group/db", {}, "uuid"),
    "an unknown query": ("GET", "/instance", {"params": {"zone": "ch-gva-2"}}, "zone"),
    "a wrong word in a query": ("GET", "/instance", {"params": {"manager-type": "me"}}, "manager-type"),
    "a group by its name": ("POST", "/instance", {"json": {**TYPED, "anti-affinity-groups": ["db"]}}, "db"),
    "a group misspelt": ("POST", "/instance", {"json": {**TYPED, "anti-affinity-group": []}}, "unexpected"),
    "a group twice": (
        "POST",
        "/instance",
        {"json": {**TYPED, "anti-affinity-groups": [{"id": ID}, {"id": ID}]}},
        "non-unique",
    ),
    "a label that is a number": ("POST", "/instance", {"json": {**TYPED, "labels": {"a": 1}}}, "labels"),
    "a disk too small": ("POST", "/instance", {"json": {**TYPED, "disk-size": 1}}, "minimum"),
    "no type": ("POST", "/instance", {"json": {"template": {"id": ID}, "disk-size": 10}}, "instance-type"),
    "groups given later": (
        "PUT",
        f"/instance/{ID}",
        {"json": {"anti-affinity-groups": [{"id": ID}]}},
        "anti-affinity-groups",
    ),
    "no JSON": ("POST", "/anti-affinity-group", {"data": b"{"}, "JSON"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_request_is_refused(mistake: str, there: Stage) -> None:
    method, path, more, said = MISTAKES[mistake]
    for _ in range(2):
        status, message = asked(there, method, path, **more)
        assert status == 400
        assert said in message
    assert (there.groups, there.world.machines) == ({}, {})


WRONG_ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "a member's groups in a list": ("listed", {"anti-affinity-groups": [{"id": ID}]}),
    "where it runs": ("listed", {"hypervisor": "h1"}),
    "a state that there is not": ("listed", {"state": "active"}),
    "labels that are no texts": ("listed", {"labels": {"a": 1}}),
    "an id that is none": ("listed", {"id": "i-1"}),
    "a zone that there is not": ("zone", {"name": "z1"}),
    "an operation that is done": ("operation", {"state": "done"}),
    "a reason that there is not": ("operation", {"reason": "no-capacity"}),
    "a group with its zone": ("group", {"zone": "ch-gva-2"}),
    "a group's members by their ids": ("group", {"instances": [ID]}),
    "a type of a family that there is not": ("instance_type", {"family": "tiny"}),
}


@pytest.mark.parametrize("mistake", WRONG_ANSWERS)
def test_a_mistake_in_an_answer_of_the_fakes_is_found(
    mistake: str, there: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, wrong = WRONG_ANSWERS[mistake]
    there.occupant(there.theirs())
    right = getattr(views, view)
    monkeypatch.setattr(views, view, lambda *given: {**right(*given), **wrong})
    told = [
        asked(there, method, path)
        for method, path in (
            ("GET", "/zone"),
            ("GET", "/instance"),
            ("GET", "/anti-affinity-group"),
            ("GET", "/instance-type"),
            ("GET", f"/operation/{next(iter(there.exo.state.operations))}"),
        )
    ]
    (found,) = [message for status, message in told if status != 200]
    assert "against the document" in found


def test_every_operation_that_is_played_is_declared() -> None:
    assert set(app.PLAYED) < {operation.id for operation in operations()}


def test_a_path_leads_to_its_own_operation() -> None:
    """Where parts are alike: an instance, and what is done to it."""
    for path, methods in document()["paths"].items():
        for method, declared in methods.items():
            found = find(method.upper(), path.replace("{", "").replace("}", ""))
            assert found
            assert found[0].id == declared["operationId"]


def test_what_is_declared_and_not_played_says_so(there: Stage) -> None:
    assert asked(there, "GET", "/ssh-key") == (501, "list-ssh-keys is not played here")
    assert asked(there, "GET", "/instance", params={"labels": "{}"})[0] == 501
    assert asked(there, "GET", "/hypervisor")[0] == 404
