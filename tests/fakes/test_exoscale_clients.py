"""Who may ask the fake Exoscale what, and how its clients are disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from exoscale.api.exceptions import ExoscaleAPIAuthException
from exoscale.api.v2 import Client

from antiaffinity.testing import Killed, Place, Trouble, Turns, Wire, World
from antiaffinity.testing.exoscale import FakeExoscale
from antiaffinity.testing.exoscale.cloud import OWNER
from fakes.exoscale_stage import FRANKFURT, GENEVA, Stage, hypervisors, stage


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=3, de_fra_1=2)) as there:
        yield there


# Who asks


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_signature_is_refused(status: Any, there: Stage) -> None:
    there.exo.settings.unauthenticated = status
    for key, secret in ((OWNER.id, "guess"), ("EXOnobody", OWNER.secret)):
        with pytest.raises(Exception, match=f"{status}.*Invalid request signature"):
            Client(key, secret, url=there.exo.url()).list_instances()
    assert requests.get(f"{there.exo.url()}/instance", timeout=10).status_code == status


def test_a_signature_holds_for_its_own_request_only(there: Stage) -> None:
    signed = Client(OWNER.id, OWNER.secret, url=there.exo.url()).http_client
    good = signed.prepare_request(requests.Request("GET", f"{there.exo.url()}/instance"))
    assert signed.send(good, timeout=10).status_code == 200
    for part, other in (("method", "POST"), ("url", f"{there.exo.url()}/quota"), ("body", b"{}")):
        wrong = good.copy()
        setattr(wrong, part, other)
        assert signed.send(wrong, timeout=10).status_code == 403


def test_zones_are_told_to_everybody(there: Stage) -> None:
    zones = requests.get(f"{there.exo.url()}/zone", timeout=10).json()["zones"]
    assert [zone["name"] for zone in zones] == [GENEVA, FRANKFURT]
    assert [zone["api-endpoint"] for zone in zones] == [there.exo.url(GENEVA), there.exo.url(FRANKFURT)]


def test_a_role_allows_what_it_names(there: Stage) -> None:
    client = there.exo.client(allowed=["compute.list-instances"])
    assert client.list_instances() == {"instances": []}
    with pytest.raises(ExoscaleAPIAuthException, match="does not allow list-quotas"):
        client.list_quotas()


@pytest.mark.parametrize("shape", ["message", "problem"])
def test_errors_have_two_shapes(shape: Any, there: Stage) -> None:
    there.exo.settings.error_shape = shape
    told = requests.get(f"{there.exo.url()}/instance", timeout=10).json()
    assert ("message" in told, "detail" in told) == (shape == "message", shape == "problem")


def test_a_world_needs_exoscales_zones() -> None:
    with pytest.raises(ValueError, match=r"no zone 'z1'.*ch-gva-2"):
        FakeExoscale(World([Place("h1", zone="z1")], Turns()))


# Its clients


def test_a_wire_loses_a_request_before_or_after_its_effect(there: Stage) -> None:
    for late in (False, True):
        client = there.exo.client(wire=Wire(Trouble(at=1, late=late)))
        with pytest.raises(requests.ConnectionError, match="lost at POST /ch-gva-2/v2/anti-affinity-group"):
            client.create_anti_affinity_group(name="db")
        assert len(there.groups) == late


def test_a_wire_ends_a_deployer_at_any_request(there: Stage) -> None:
    client = there.exo.client(wire=Wire(Trouble(at=1, kind="killed")))
    for _ in range(2):
        with pytest.raises(Killed):
            client.create_anti_affinity_group(name="db")
    assert there.groups == {}


def test_another_process_finds_it_by_its_environment(there: Stage) -> None:
    script = "import antiaffinity as aa; print(aa.connect('exoscale').groups())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **there.exo.env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_it_begins_anew_on_another_world(there: Stage) -> None:
    client = there.exo.client()
    there.occupant(there.theirs())
    there.exo.reset(World(hypervisors(ch_gva_2=1), Turns()))
    assert client.list_instances() == {"instances": []}
    assert client.list_anti_affinity_groups() == {"anti-affinity-groups": []}


def test_a_seed_gives_the_same_again() -> None:
    def told(seed: int) -> list[str]:
        with FakeExoscale(World(hypervisors(ch_gva_2=8), Turns(), seed)) as exo:
            there = Stage(exo)
            ids = [there.occupant() for _ in range(3)]
            return ids + [machine.domain("host") for machine in there.world.running()]

    assert told(3) == told(3) != told(4)
