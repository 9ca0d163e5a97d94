"""What goes wrong on Exoscale is a typed error that names the setting or the permission; nothing is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exoscale.api.exceptions import ExoscaleAPIClientException, ExoscaleAPIServerException
from exoscale.api.v2 import Client
from requests import Response
from requests.adapters import HTTPAdapter

import antiaffinity as aa
from antiaffinity.testing import Trouble, Wire
from antiaffinity.testing.exoscale import Settings
from antiaffinity.testing.exoscale.cloud import OWNER
from antiaffinity_exoscale.natives import Mark
from fakes.exoscale_stage import FRANKFURT, GENEVA, Stage, hypervisors, stage


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=4, de_fra_1=2)) as there:
        yield there


@pytest.fixture(autouse=True)
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds the tester's own account."""
    for name in ("KEY", "SECRET", "ENDPOINT"):
        monkeypatch.delenv(f"EXOSCALE_API_{name}", raising=False)


def assert_nothing_made(there: Stage) -> None:
    assert (there.groups, there.world.machines) == ({}, {})


# Connecting


@pytest.mark.parametrize(
    ("settings", "path", "said"),
    [
        ({}, "key", "EXOSCALE_API_KEY"),
        ({"key": "EXOabc"}, "secret", "EXOSCALE_API_SECRET"),
        ({"key": 7, "secret": "x"}, "key", "text"),
        ({"key": "EXOabc", "secret": "x", "zones": "ch-gva-2"}, "zones", "list"),
        ({"key": "EXOabc", "secret": "x", "zones": [GENEVA], "zone": GENEVA}, "zone", "one or the other"),
        ({"key": "EXOabc", "secret": "x", "regions": []}, "regions", "known: key"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(aa.InvalidRequest, match=said) as error:
        aa.connect("exoscale", **settings)
    assert error.value.path == path


def test_a_client_of_something_else_is_refused() -> None:
    with pytest.raises(aa.InvalidRequest, match=r"exoscale\.api\.v2\.Client") as error:
        aa.connect("exoscale", client=object())
    assert error.value.path == "client"


def test_a_client_brings_its_own_key(there: Stage) -> None:
    with pytest.raises(aa.InvalidRequest) as error:
        there.connect(key="EXOabc")
    assert error.value.path == "key"


@pytest.mark.parametrize(
    ("settings", "path"), [({"zones": ["ch-gva-3"]}, "zones"), ({"zone": "ch-gva-3"}, "zone")]
)
def test_a_zone_that_does_not_exist_is_named(settings: dict[str, Any], path: str, there: Stage) -> None:
    with pytest.raises(aa.InvalidRequest, match=f"did you mean '{GENEVA}'") as error:
        there.roll_out(2, **settings)
    assert error.value.path == path
    assert_nothing_made(there)


def test_the_environment_says_who_connects(there: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in there.exo.env.items():
        monkeypatch.setenv(name, value)
    assert aa.connect("exoscale").groups() == []
    there.roll_out(2)
    assert len(aa.connect("exoscale").groups()) == 1


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("shape", ["message", "problem"])
@pytest.mark.parametrize("credentials", [("EXOnobody", OWNER.secret), (OWNER.id, "a-wrong-secret")])
def test_a_refused_key_names_the_setting_and_no_secret(
    status: Any, shape: Any, credentials: tuple[str, str]
) -> None:
    with stage(hypervisors(ch_gva_2=2), Settings(unauthenticated=status, error_shape=shape)) as there:
        key, secret = credentials
        group = aa.connect("exoscale", key=key, secret=secret, url=there.exo.url()).group("db", members=2)
        with pytest.raises(aa.NotAuthorized, match=r"Invalid request signature") as error:
            group.plan()
        assert error.value.path == "key"
        assert "{" not in error.value.message
        assert secret not in f"{error.value!r} {error.value.__cause__!r}"
        assert_nothing_made(there)


def test_a_cloud_that_is_not_there_is_not_available() -> None:
    with stage(hypervisors(ch_gva_2=2)) as there:
        group, gone = there.group(2), there.exo.url()
    with stage(hypervisors(ch_gva_2=1)) as other:
        assert other.exo.url() != gone
        with pytest.raises(aa.Unavailable, match="did not answer, repeat"):
            group.plan()


def test_a_read_that_fails_is_repeated_and_a_change_is_not(there: Stage) -> None:
    there.wire = Wire(Trouble(at=2))
    assert there.group(2).machines() == []
    there.wire = Wire()
    there.group(2, "web").prepare()
    asked = [request.split(" ")[0] for request in there.wire.requests]
    there.wire = Wire(Trouble(at=asked.index("POST") + 1, late=True))
    with pytest.raises(aa.Unavailable, match="create-anti-affinity-group: Exoscale did not answer"):
        there.group(2).prepare()
    assert there.wire.requests[-1].startswith("POST ")
    assert len(there.groups) == 2


class Timed(HTTPAdapter):
    """Notes how long each request would wait."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[object] = []

    def send(self, *args: Any, **kwargs: Any) -> Response:
        self.timeouts.append(kwargs["timeout"])
        return super().send(*args, **kwargs)


def test_no_request_waits_for_ever(there: Stage) -> None:
    client, timed = there.exo.client(), Timed()
    client.http_client.mount("http://", timed)
    aa.connect("exoscale", client=client).group("db", members=2, rules="anti-affinity").prepare()
    assert len(timed.timeouts) > 5
    assert None not in timed.timeouts


# Groups of others


def test_an_adopted_group_that_is_not_there_is_named(there: Stage) -> None:
    for adopt in ("not-there", "7d3c2d05-1a0e-4b1e-9a5c-0123456789ab", "../instance"):
        with pytest.raises(aa.InvalidRequest, match=adopt) as error:
            there.roll_out(2, adopt={"host": adopt})
        assert error.value.path == "adopt.host"
    assert_nothing_made(there)


def test_an_adopted_group_keeps_ours_apart_from_theirs(there: Stage) -> None:
    theirs = there.theirs()
    occupants = [there.occupant(theirs) for _ in range(2)]
    there.roll_out(2, adopt={"host": theirs})
    hosts = {machine.domain("host") for machine in there.world.running()}
    assert (len(hosts), there.groups) == (4, {theirs: 4})
    group = there.group(2, adopt={"host": theirs})
    seen = group.look().machines
    assert sorted(one.instance for one in seen if not one.member) == sorted(occupants)
    assert sorted(one.member for one in group.machines()) == ["db-0", "db-1"], "none is theirs"


def test_a_group_of_our_name_that_is_not_ours_stops_us(there: Stage) -> None:
    theirs = there.theirs(Mark("shop/prod", "db").name)
    with pytest.raises(aa.InvalidRequest, match=theirs) as error:
        there.roll_out(2)
    assert error.value.path == "adopt.host"
    assert (there.groups, there.world.machines) == ({theirs: 0}, {})


@pytest.mark.parametrize("description", [None, "antiaffinity", "antiaffinity {", 'antiaffinity {"owner": 1}'])
def test_a_group_whose_description_is_not_ours_is_nobodys(description: str | None, there: Stage) -> None:
    theirs = there.theirs(description=description)
    there.roll_out(2)
    assert there.groups[theirs] == 0
    assert theirs not in there.connect().groups()[0][1].natives


def test_an_owner_that_a_description_cannot_hold_is_named(there: Stage) -> None:
    with pytest.raises(aa.InvalidRequest, match="255") as error:
        there.roll_out(2, owner="shop/" + "x" * 250)
    assert error.value.path == "owner"
    assert_nothing_made(there)


# Launches


def test_a_launch_in_another_zone_is_named(there: Stage) -> None:
    def boot(placement: aa.Placement) -> str:
        elsewhere = FRANKFURT if placement.domains["zone"] == GENEVA else GENEVA
        arguments = placement.arguments(**there.exo.machine)
        return str(there.exo.client(elsewhere).create_instance(**arguments)["reference"]["id"])

    with pytest.raises(aa.InvalidRequest, match=r"placement\.domains\['zone'\]") as error:
        there.group(2).roll_out(boot, there.kill)
    assert error.value.path == "launch"
    there.wait()
    assert len(there.world.running()) == 1


def test_a_launch_of_a_template_that_is_not_there_is_the_users_own_to_mend(there: Stage) -> None:
    there.exo.state.types.clear()
    there.exo.state.types.update({})
    with pytest.raises(ExoscaleAPIClientException, match="Instance type not found"):
        there.group(2).roll_out(_with_unknown_type(there), there.kill)
    assert there.world.machines == {}


def _with_unknown_type(there: Stage) -> Any:
    machine = {"instance_type": {"id": there.theirs()}, "template": {"id": there.theirs()}, "disk_size": 10}

    def boot(placement: aa.Placement) -> str:
        client = there.exo.client(placement.domains["zone"])
        return str(client.create_instance(**placement.arguments(**machine))["id"])

    return boot


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (ExoscaleAPIServerException("Operation error: failure, unavailable"), aa.NoCapacity),
        (ExoscaleAPIServerException("Operation error: failure, busy"), aa.Unavailable),
        (ExoscaleAPIServerException("Operation error: failure, forbidden"), aa.NotAuthorized),
        (ExoscaleAPIServerException("Operation error: failure, not-found"), aa.Conflict),
        (ExoscaleAPIServerException("Operation error: timeout, unknown"), aa.Unavailable),
        (ExoscaleAPIServerException("Server error while polling operation"), aa.Unavailable),
    ],
    ids=str,
)
def test_what_the_sdks_wait_leaves_of_a_failure_is_understood(
    outcome: Exception, error: type[Exception], there: Stage
) -> None:
    placement = there.group(2).prepare().placements[0]
    with pytest.raises(error) as raised:
        there.backend().settle(placement, outcome)
    assert raised.value.__cause__ is outcome


def test_a_group_that_was_deleted_before_the_launch_is_a_conflict(there: Stage) -> None:
    placement = there.group(2).prepare().placements[0]
    there.exo.client().delete_anti_affinity_group(id=placement.native_ids[0])
    there.wait()
    with pytest.raises(ExoscaleAPIClientException) as refused:
        there.boot(placement)
    with pytest.raises(aa.Conflict, match="prepare the group again"):
        there.backend().settle(placement, refused.value)


def test_a_full_account_says_how_many_are_left(there: Stage) -> None:
    there.exo.settings.quota["instance"] = 1
    with pytest.raises(aa.LimitExceeded, match="quota leaves 1"):
        there.roll_out(2)
    assert_nothing_made(there)


def test_a_machine_outside_the_group_cannot_be_bound(there: Stage) -> None:
    there.roll_out(2)
    outside = there.occupant()
    placement = there.group(3).prepare().new()[0]
    with pytest.raises(aa.InvalidRequest, match="cannot add one later") as error:
        there.backend().bind(placement, outside)
    assert error.value.path == "instance"


def test_no_error_holds_a_secret(there: Stage) -> None:
    client = Client(OWNER.id, OWNER.secret, url=there.exo.url())
    cloud = aa.connect("exoscale", client=client)
    said = [repr(client), repr(vars(cloud.clouds[""]))]
    for act in (lambda: cloud.group("db", members=2, adopt={"host": "x"}).prepare(), lambda: cloud.groups()):
        try:
            act()
        except aa.AntiaffinityError as error:
            said += [repr(error), str(error.__cause__)]
    assert OWNER.secret not in " ".join(said)
