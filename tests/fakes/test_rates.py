"""A cloud that takes few changes a minute is waited for as it says, within the patience of its user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import pytest
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, Wire, World, aws, azure, exoscale, openstack, vcenter
from antiaffinity.testing.azure.nouns import GROUP
from antiaffinity.testing.conformance import Deployer
from antiaffinity.testing.gate import Gate, Mishap, Refusal
from antiaffinity.testing.openstack.nouns import QUOTAS
from antiaffinity.testing.rates import Rate
from conformance import aws_harness, azure_harness, exoscale_harness, openstack_harness, vcenter_harness

KEY = aa.GroupKey("shop/prod", "db")
MANY = 25
RULES = {"openstack": "anti-affinity"}


class Stage(Protocol):
    """A fake, and its user's script."""

    world: World

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer: ...


@contextmanager
def on_openstack(clock: Turns, rate: Rate) -> Iterator[Stage]:
    """As many hosts as members, and quotas that are no matter here."""
    settings = openstack.Settings(rate=rate, quota=dict.fromkeys(QUOTAS, 100_000))
    places = [Place(f"h{number}") for number in range(MANY)]
    with openstack.FakeOpenStack(World(places, clock), settings) as cloud:
        yield openstack_harness.OpenStackHarness(cloud)


@contextmanager
def on_aws(clock: Turns, rate: Rate) -> Iterator[Stage]:
    """Instances without a rule: their number is what counts here."""
    places = [aws_harness.place(zone, number) for zone in aws_harness.ZONES for number in range(MANY)]
    with aws.FakeAws(World(places, clock), aws.Settings(rate=rate)) as cloud:
        yield aws_harness.AwsHarness(cloud, "spread")


class Impatient(azure_harness.AzureHarness):
    """Its user's client repeats nothing by itself."""

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        machines: Any = self.azure.client(wire).virtual_machines

        def boot(placement: aa.Placement, arguments: Mapping[str, Any]) -> str:
            name, once = f"vm-{next(self._numbers)}", {"polling": False, "retry_total": 0}
            return str(machines.begin_create_or_update(GROUP, name, dict(arguments), **once).result().id)

        return replace(super().deployer(key, wire), boot=boot)


@contextmanager
def on_azure(clock: Turns, rate: Rate) -> Iterator[Stage]:
    """As on AWS; quotas are no matter here."""
    places = [azure_harness.ZONAL.place(1 + number % 3) for number in range(3)]
    for place in places:
        place.capacity = {}
    with azure.FakeAzure(World(places, clock), azure.Settings(rate=rate)) as cloud:
        yield Impatient(cloud, azure_harness.ZONAL)


@contextmanager
def on_exoscale(clock: Turns, rate: Rate) -> Iterator[Stage]:
    """As on AWS."""
    settings = exoscale.Settings(rate=rate)
    settings.quota = dict.fromkeys(settings.quota, 100000)
    with exoscale.FakeExoscale(World(exoscale_harness.places(), clock), settings) as cloud:
        yield exoscale_harness.ExoscaleHarness(cloud)


@contextmanager
def on_vcenter(clock: Turns, rate: Rate) -> Iterator[Stage]:
    """As on AWS."""
    places = [Place(f"h{number}", zone="c1") for number in range(3)]
    quick: dict[str, Any] = {"cloning": 0.1, "powering": 0.1, "editing": 0.1}
    with vcenter.FakeVCenter(World(places, clock), vcenter.Settings(rate=rate, **quick)) as cloud:
        yield vcenter_harness.VCenterHarness(cloud, "clusters")


CLOUDS: Mapping[str, Callable[[Turns, Rate], AbstractContextManager[Stage]]] = {
    "openstack": on_openstack,
    "aws": on_aws,
    "azure": on_azure,
    "exoscale": on_exoscale,
    "vcenter": on_vcenter,
}


class Run:
    """One deploy script, and what it was told."""

    def __init__(self, kind: str, cloud: Stage) -> None:
        self.kind, self.world, self.words = kind, cloud.world, list[str]()
        self.deployer: Deployer = cloud.deployer(KEY, Wire())

    def roll_out(self, members: int = MANY) -> aa.Report:
        user = self.deployer
        group = user.cloud.group(KEY.name, members=members, rules=RULES.get(self.kind, []))
        return group.roll_out(self._boot, user.discard, user.start, progress=self._told)

    def _boot(self, placement: aa.Placement) -> str:
        return self.deployer.boot(placement, placement.arguments(**self.deployer.own))

    def _told(self, step: aa.Step) -> None:
        self.words.append(step.message)

    @property
    def members(self) -> list[str]:
        """Of every machine that there is."""
        return sorted(machine.member for machine in self.world.machines.values())


@contextmanager
def run_on(kind: str, rate: Rate) -> Iterator[Run]:
    turns = Turns(1)
    with lent(turns), CLOUDS[kind](turns, rate) as cloud:
        yield Run(kind, cloud)


NAMES = sorted(f"db-{number}" for number in range(MANY))


NEVER_TELL = ("aws", "vcenter")
"""No Retry-After comes from there."""
WAYS = [(kind, tells) for kind in CLOUDS for tells in (True, False) if not (tells and kind in NEVER_TELL)]


@pytest.mark.parametrize(("kind", "tells"), WAYS)
def test_many_members_under_ten_changes_a_minute_are_one_run(kind: str, tells: bool) -> None:
    with run_on(kind, Rate(10, tells=tells)) as run:
        report = run.roll_out()
        assert not report.missing
        assert len(report.launched) == MANY
        assert run.members == NAMES


@pytest.mark.parametrize("kind", CLOUDS)
def test_where_the_patience_ends_the_error_says_what_to_set_and_a_run_later_completes(kind: str) -> None:
    with run_on(kind, Rate(8, seconds=900)) as run:
        with pytest.raises(aa.Unavailable, match="retry_timeout of its cloud is 120 s") as ended:
            run.roll_out(9)
        assert ended.value.exit_code == 3
        run.world.clock.sleep(900)
        assert not run.roll_out(9).missing
        assert run.members == sorted(NAMES, key=len)[:9]


def test_the_user_is_told_of_the_wait() -> None:
    with run_on("openstack", Rate(10)) as run:
        run.roll_out(12)
        assert [words for words in run.words if words.startswith("the cloud asks to wait")]


# Answers that say later, on OpenStack

NOW = "Tue, 01 Dec 2026 03:00:00 GMT"
LATER = {
    "429": Refusal(429, "{}", {"Retry-After": "30"}),
    "413": Refusal(413, '{"overLimit": {"code": 413, "message": "slow down", "retryAfter": "30"}}'),
    "502": Refusal(502, "<html>Bad Gateway</html>"),
    "503": Refusal(503, "{}", {"Retry-After": "Tue, 01 Dec 2026 03:00:30 GMT", "Date": NOW}),
    "504": Refusal(504, "<html>Gateway Timeout</html>"),
}
LOST = [name for name in LATER if name in ("502", "504")]
SERVER_GROUPS, SERVERS = "/compute/v2.1/os-server-groups", "/compute/v2.1/servers"


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def nova(gate: Gate) -> Iterator[openstack.FakeOpenStack]:
    turns = Turns(1)
    with lent(turns), openstack.FakeOpenStack(World([Place(f"h{n}") for n in range(3)], turns)) as cloud:
        cloud.behind(gate.before)
        yield cloud


def rolled_out(nova: openstack.FakeOpenStack, **settings: Any) -> aa.Report:
    connection = nova.connection(Wire())
    cloud = aa.connect("openstack", client=connection, **settings)

    def boot(placement: aa.Placement) -> str:
        return str(connection.compute.create_server(**placement.arguments(**nova.machine)).id)

    def kill(machine: aa.Machine) -> None:
        if machine.id:
            connection.compute.delete_server(machine.id)

    return cloud.group("db", members=2, rules="anti-affinity").roll_out(boot, kill)


@pytest.mark.parametrize("status", LATER)
@pytest.mark.parametrize(
    "what",
    [f"GET {SERVERS}/*", f"GET {SERVER_GROUPS}", "GET /compute/v2.1/limits", "POST /identity/v3/auth/tokens"],
)
def test_a_read_is_repeated(nova: openstack.FakeOpenStack, gate: Gate, status: str, what: str) -> None:
    gate.expect(Mishap(times=3, matching=what, refusal=LATER[status]))
    assert rolled_out(nova).verdict == "held"
    assert len(nova.world.machines) == 2


@pytest.mark.parametrize("status", LATER)
@pytest.mark.parametrize("what", [f"POST {SERVERS}", f"POST {SERVER_GROUPS}"])
def test_a_change_that_was_not_made_is_made_later(
    nova: openstack.FakeOpenStack, gate: Gate, status: str, what: str
) -> None:
    gate.expect(Mishap(times=2, matching=what, refusal=LATER[status]))
    assert len(rolled_out(nova).launched) == 2
    assert (len(nova.world.machines), len(nova.state.groups)) == (2, 1)


@pytest.mark.parametrize("status", LOST)
@pytest.mark.parametrize("what", [f"POST {SERVERS}", f"POST {SERVER_GROUPS}"])
def test_a_change_whose_answer_a_gateway_lost_is_not_made_twice(
    nova: openstack.FakeOpenStack, gate: Gate, status: str, what: str
) -> None:
    gate.expect(Mishap(matching=what, late=True, refusal=LATER[status]))
    report = rolled_out(nova)
    assert (len(report.launched), report.discarded, report.findings) == (2, (), ())
    assert (len(nova.world.machines), len(nova.state.groups)) == (2, 1)


def test_the_patience_is_the_users_to_set(nova: openstack.FakeOpenStack, gate: Gate) -> None:
    gate.expect(Mishap(matching=f"POST {SERVERS}", refusal=LATER["429"]))
    with pytest.raises(aa.Unavailable, match="wants 30 s of rest: retry_timeout of its cloud is 20 s"):
        rolled_out(nova, retry_timeout=20)
    assert rolled_out(nova, retry_timeout=20).verdict == "held"


def test_a_read_that_never_comes_ends_with_the_patience(nova: openstack.FakeOpenStack, gate: Gate) -> None:
    gate.expect(Mishap(times=1000, matching=f"GET {SERVERS}/*", refusal=LATER["504"]))
    with pytest.raises(aa.Unavailable, match=r"answers 504 to GET .*retry_timeout"):
        rolled_out(nova)


@pytest.mark.filterwarnings("error::UserWarning")
def test_the_sdk_warns_of_nothing(nova: openstack.FakeOpenStack) -> None:
    assert rolled_out(nova).verdict == "held"
