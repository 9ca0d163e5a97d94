"""The rights that the record names are enough for each verb, and none of them can be left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

import antiaffinity as aa
from antiaffinity.backend import Backend, Need
from antiaffinity.model import GroupKey
from antiaffinity_aws import cloud
from aws.deploying import OWNER, SIZE, A, B, Script, racks, script

KEY = GroupKey(OWNER, "db")
RACKS = aa.AntiAffinity("rack")

Verb = Callable[[Script, Backend], object]


def topology(deploy: Script, backend: Backend) -> object:
    named = aa.Needs(networks=[deploy.aws.state.moto.describe_subnets()[0].id])
    need = Need(KEY, sizes=(SIZE,), needs=named, chosen=("rack",), adopt={"rack": "parts"})
    return backend.topology(need)


def observe(deploy: Script, backend: Backend) -> object:
    return backend.observe(KEY, {"rack": "theirs"})


def prepare(deploy: Script, backend: Backend) -> object:
    return backend.prepare(GroupKey(OWNER, "new"), PLANS["db"], {})


def settle(deploy: Script, backend: Backend) -> object:
    """Of a launch that went well, and of one that failed for some limit."""
    error = ClientError({"Error": {"Code": "InstanceLimitExceeded", "Message": ""}}, "RunInstances")
    with suppress(aa.LimitExceeded):
        backend.settle(PLANS["db"].placements[1], error)
    return backend.settle(PLANS["db"].placements[0], IDS["db-0"])


def bind(deploy: Script, backend: Backend) -> object:
    return backend.bind(PLANS["db"].placements[1], IDS["by hand"])


def release(deploy: Script, backend: Backend) -> None:
    backend.release(GroupKey(OWNER, "empty"), None, {})


def groups(deploy: Script, backend: Backend) -> object:
    return backend.groups(OWNER)


def launch(deploy: Script, backend: Backend) -> object:
    return deploy.boot(PLANS["db"].placements[1])


def discard(deploy: Script, backend: Backend) -> object:
    return deploy.ec2.terminate_instances(InstanceIds=[IDS["db-0"]])


def unmark(deploy: Script, backend: Backend) -> object:
    backend.unmark(KEY, IDS["db-0"])
    return None


VERBS: tuple[Verb, ...] = (topology, observe, prepare, settle, bind, unmark, release, groups, launch, discard)
NAMES = [verb.__name__ for verb in VERBS]

PLANS: dict[str, aa.Plan] = {}
IDS: dict[str, str] = {}


def staged(deploy: Script) -> Backend:
    """A group with one of two members, an empty group of ours, two of others, and a stopped instance."""
    PLANS["db"] = deploy.group(2, RACKS).prepare()
    deploy.group(1, RACKS, name="empty").prepare()
    IDS["db-0"] = deploy.boot(PLANS["db"].placements[0])
    deploy.ec2.create_placement_group(GroupName="parts", Strategy="partition", PartitionCount=7)
    deploy.ec2.create_placement_group(GroupName="theirs", Strategy="spread")
    made = deploy.ec2.run_instances(**deploy.aws.machine, MinCount=1, MaxCount=1)["Instances"][0]
    IDS["by hand"] = made["InstanceId"]
    deploy.wait()
    deploy.ec2.stop_instances(InstanceIds=[IDS["by hand"]])
    deploy.wait()
    (backend,) = deploy.cloud.clouds.values()
    return backend


def rights(verb: Verb) -> tuple[str, ...]:
    record: Mapping[str, tuple[str, ...]] = cloud.rights
    return record[verb.__name__]


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_a_verb_needs_no_more_than_the_record_says(verb: Verb) -> None:
    with script(racks({A: 3, B: 3})) as deploy:
        backend = staged(deploy)
        deploy.aws.settings.allowed = frozenset(rights(verb))
        verb(deploy, backend)


OPTIONAL = "ec2:DescribeHosts"
"""Only with the setting ``tenancy: host``."""


@pytest.mark.parametrize(
    ("verb", "right"), [(verb, right) for verb in VERBS for right in rights(verb) if right != OPTIONAL]
)
def test_a_right_that_is_missing_is_named(verb: Verb, right: str) -> None:
    with script(racks({A: 3, B: 3})) as deploy:
        backend = staged(deploy)
        deploy.aws.settings.allowed = frozenset(rights(verb)) - {right}
        with pytest.raises(aa.NotAuthorized if verb not in (launch, discard) else Exception) as error:
            verb(deploy, backend)
        assert right in str(error.value)


def test_every_verb_of_the_contract_has_its_rights() -> None:
    assert list(cloud.rights) == NAMES


def test_dedicated_hosts_need_their_own_right() -> None:
    with script(racks({A: 2}), tenancy="host") as deploy:
        deploy.aws.settings.allowed = frozenset(cloud.rights["topology"]) - {OPTIONAL}
        (backend,) = deploy.cloud.clouds.values()
        with pytest.raises(aa.NotAuthorized, match=OPTIONAL):
            backend.topology(Need(KEY))


def test_who_may_not_read_the_default_subnets_plans_all_the_same() -> None:
    with script(racks({A: 3, B: 3})) as deploy:
        every = frozenset(right for verb in VERBS for right in rights(verb))
        deploy.aws.settings.allowed = every - {"ec2:DescribeSubnets"}
        assert deploy.group(2, RACKS).plan().verdict == "fits"
