"""The verbs of EC2 through boto3.

Reading a group costs one list of its instances and one of the account's placement groups, whatever their
number. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ says what each request does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from antiaffinity.backend import Found, Need, cannot_move, id_of, settled
from antiaffinity.colocation import Identity
from antiaffinity.errors import AntiaffinityError, InvalidRequest, StillOccupied
from antiaffinity.guarantee import Cloud
from antiaffinity.marks import check_mark, check_ours
from antiaffinity.model import MARKS, Domain, GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.retry import USUAL, retry_timeout
from antiaffinity.telling import causes
from antiaffinity.topology import Topology
from antiaffinity.waiting import build_timeout
from antiaffinity_aws import (
    default_subnets,
    faults,
    joining,
    launched,
    natives,
    on_dedicated_hosts,
    on_shared_hosts,
    reading,
)
from antiaffinity_aws.connecting import service, tenancy
from antiaffinity_aws.faults import answered
from antiaffinity_aws.instances import Instances, pages
from antiaffinity_aws.natives import PlacementGroup, all_groups
from antiaffinity_aws.reading import Shown, marked, observed


def connect(client: object, settings: Mapping[str, object]) -> AwsBackend:
    """The backend for a ``boto3.Session``, or for settings in boto3's words.

    With neither, boto3 looks where it always does (environment, ~/.aws). Calls nothing yet.
    """
    patience, settings = build_timeout(settings, launched.PATIENCE)
    retries, settings = retry_timeout(settings)
    return AwsBackend(service("ec2", client, settings, retries), tenancy(settings), patience, retries)


class AwsBackend:
    """One account in one region."""

    def __init__(
        self,
        ec2: Any,
        tenancy: str = "default",
        patience: float = launched.PATIENCE,
        retry_timeout: float = USUAL,
    ) -> None:
        self.retry_timeout = retry_timeout
        self._ec2, self._tenancy, self._instances = ec2, tenancy, Instances(ec2, patience)
        self._around: dict[Level, str] = {"region": ec2.meta.region_name}
        self._identity: Identity | None = None

    @property
    def cloud(self) -> Cloud:
        """The record of AWS, for shared or for Dedicated Hosts: a placement group takes none of those."""
        return on_dedicated_hosts if self._tenancy == "host" else on_shared_hosts

    # Places

    @answered()
    def topology(self, need: Need) -> Topology:
        """The zones, and inside them partitions or Dedicated Hosts where a rule has us choose those."""
        zones = self._zones(need)
        found = default_subnets.lacking(self._ec2, need, zones)
        if self._tenancy == "host":
            hosts = pages(self._ec2, "describe_hosts", "Hosts")
            return Topology(
                reading.dedicated(zones, hosts, _types(need)), words=self.cloud.words, findings=found
            )
        if "rack" in need.chosen:
            return Topology(
                reading.partitions(zones, self._partitions(need)), words=self.cloud.words, findings=found
            )
        return Topology(zones, words=self.cloud.words, findings=found)

    def _zones(self, need: Need) -> list[Domain]:
        shown = self._ec2.describe_availability_zones()["AvailabilityZones"]
        names = [zone["ZoneName"] for zone in shown]
        missing, subnets = self._not_offered(need, names), self._subnets(need)
        return reading.zones(shown, self._around["region"], missing, subnets)

    def _not_offered(self, need: Need, zones: Sequence[str]) -> dict[str, str]:
        """Why a zone is none for instances of these types."""
        types = _types(need)
        if not types:
            return {}
        offers: dict[str, set[str]] = {type_: set() for type_ in types}
        for offer in pages(
            self._ec2,
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": types}],
        ):
            offers.setdefault(offer["InstanceType"], set()).add(offer["Location"])
        return launched.not_offered(offers, zones, self._around["region"])

    def _subnets(self, need: Need) -> dict[str, Shown] | None:
        if not need.needs.networks:
            return None
        return reading.subnets_by_zone(pages(self._ec2, "describe_subnets", "Subnets"), need.needs.networks)

    def _partitions(self, need: Need) -> int:
        """How many partitions there are in each zone."""
        if "rack" not in need.adopt:
            return natives.PARTITIONS
        return natives.adopted(all_groups(self._ec2), need.adopt["rack"]).partitions

    @answered()
    def identity(self) -> Identity:
        """Regions and zone ids are AWS's own; zones are named anew in every account, Dedicated Hosts nowhere.

        https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html: us-east-1a of one account
        may be us-east-1c of another, and both are use1-az2. Asked for once: an account's names stay.
        """
        if self._identity is None:
            zones = self._ec2.describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
            partition = str(self._ec2.meta.partition)
            self._identity = reading.identity(partition, self._around, zones, self._tenancy == "host")
        return self._identity

    # What is there

    @answered()
    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every instance with the group's mark, terminated ones too, and who else is in its groups."""
        groups = all_groups(self._ec2)
        members = [observed(one, name, groups, self._around) for name, one in self._instances.of(key)]
        return members + self._strangers(key, groups, adopt)

    def _strangers(
        self, key: GroupKey, groups: Mapping[str, PlacementGroup], adopt: Mapping[Level, str]
    ) -> list[Observed]:
        ours = [group for group in groups.values() if group.key == key]
        named = [natives.adopted(groups, adopt["rack"])] if "rack" in adopt else ours
        theirs = [one for one in self._instances.inside(*named) if _key_of(one) != key]
        return [observed(one, "", groups, self._around) for one in theirs]

    @answered()
    def instance(self, key: GroupKey, seen: Observed) -> Observed | None:
        """An instance by its id: one that ended is shown as terminated for about an hour.

        Not found before that is said of one that a Describe has not heard of yet.
        """
        shown = self._instances.shown_within(launched.VISIBLE_AFTER, seen.instance)
        return observed(shown, seen.member, all_groups(self._ec2), self._around) if shown else None

    @answered()
    def groups(self, owner: str | None) -> list[Found]:
        """Every group of ours, by the marks of its instances and of its placement groups."""
        groups = all_groups(self._ec2)
        machines: dict[GroupKey, list[Observed]] = {}
        for key, member, shown in self._instances.of_owner(owner):
            machines.setdefault(key, []).append(observed(shown, member, groups, self._around))
        return launched.found(machines, groups.values(), owner)

    # Making and removing

    @answered()
    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """Make, find or adopt one placement group for each that the plan needs."""
        if not plan.natives:
            return {}
        if "rack" in adopt:
            return natives.adopt(self._ec2, adopt["rack"], plan.natives)
        return natives.make(self._ec2, key, plan.natives)

    @answered()
    def release(self, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]) -> None:
        """Delete our placement groups once nothing is in them; of single members EC2 keeps nothing."""
        left = [
            f"{member} ({shown['InstanceId']})"
            for member, shown in self._instances.of(key)
            if shown["State"]["Name"] != "terminated" and (members is None or member in members)
        ]
        if left:
            raise StillOccupied(f"{key} still has {', '.join(left)}: terminate these instances first")
        if members is None:
            self._delete_groups(key, adopt)

    def _delete_groups(self, key: GroupKey, adopt: Mapping[Level, str]) -> None:
        groups = [group for group in all_groups(self._ec2).values() if group.key == key]
        ours = [group for group in groups if not {group.id, group.name} & {*adopt.values()}]
        for group in ours:
            if not natives.is_deleted(self._ec2, group):
                inside = ", ".join(one["InstanceId"] for one in self._instances.inside(group))
                raise StillOccupied(
                    f"placement group {group.name} ({group.id}) still has {inside or 'instances'} in it, "
                    f"without our mark: terminate these instances, or move them out of it"
                )

    @answered()
    def unmark(self, key: GroupKey, instance: str) -> None:
        """Delete our tags from an instance."""
        shown = self._instances.one(instance)
        if shown is None:
            raise InvalidRequest(f"this account and region has no instance {instance!r}", path="instance")
        check_ours(key, marked(shown), f"instance {instance}")
        self._ec2.delete_tags(Resources=[instance], Tags=[{"Key": mark} for mark in MARKS])

    def move(self, placement: Placement, instance: str) -> Observed:
        """Not offered: EC2 keeps an instance where it is while it runs."""
        raise cannot_move(self.cloud, instance)

    def resolve(self, key: GroupKey, find: Callable[[str], str | None]) -> None:
        """Nothing to do: whatever was launched bears our mark."""

    def give_back(self, key: GroupKey, members: Sequence[str]) -> None:
        """Nothing to do: EC2 promises no place before the launch."""

    # After a launch

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch, once the instance runs or has ended.

        An instance that ended for lack of hardware is NoCapacity; one that ended otherwise is a dead answer
        to a repeated launch, a Conflict that names it. An exception that EC2's codes do not explain is raised
        again as it is.
        """
        if isinstance(outcome, str):
            return self._settled(placement, outcome)
        error = self._full(placement, outcome) or faults.of_launch(outcome, placement)
        if error is None:
            raise outcome
        raise error from outcome

    @answered()
    def _full(self, placement: Placement, outcome: Exception) -> AntiaffinityError | None:
        """NoCapacity where EC2 speaks of some limit and the spread group is as full as it can be.

        EC2 publishes no code for a launch into a full spread group.
        """
        told = next(filter(faults.is_limit, map(faults.said, causes(outcome))), None)
        if isinstance(outcome, AntiaffinityError) or told is None:
            return None
        group = natives.of(placement, all_groups(self._ec2))
        if group is None or group.strategy != "spread":
            return None
        return launched.full_group(placement, group, self._instances.inside(group), faults.shown(told))

    @answered()
    def _settled(self, placement: Placement, id_: str) -> Observed:
        shown = self._instances.when_visible(placement, id_)
        check_mark(placement, marked(shown), f"instance {id_}")
        shown = self._instances.when_decided(placement, shown)
        if error := launched.ended(placement, shown):
            raise error
        return observed(shown, placement.member, self._groups(placement, shown), self._around)

    def _groups(self, placement: Placement, shown: Shown) -> dict[str, PlacementGroup]:
        """Placement groups by id: all, unless an instance is in just those that it was launched for."""
        place = shown.get("Placement", {})
        known = natives.told(placement, place)
        alone = not (place.get("GroupName") or placement.native_ids or placement.natives)
        return known if known or alone else all_groups(self._ec2)

    @answered()
    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check mark and placement group; a *stopped* instance is moved into the group and marked.

        InvalidRequest where it runs outside the group: EC2 moves stopped instances alone.
        """
        if seen := settled(placement, instance):
            return seen
        id_ = id_of(instance)
        shown = self._instances.shown_within(launched.BINDABLE_AFTER, id_)
        if shown is None or shown["State"]["Name"] == "terminated":
            raise InvalidRequest(f"this account and region has no instance {id_!r}", path="instance")
        groups = self._groups(placement, shown)
        if joining.join(self._ec2, placement, shown, groups):
            shown = self._instances.one(id_) or shown
        return observed(shown, placement.member, groups, self._around)


def _types(need: Need) -> list[str]:
    """The instance types that the group's members ask for."""
    return sorted({str(size["type"]) for size in need.sizes if "type" in size})


def _key_of(shown: Shown) -> GroupKey | None:
    whose = marked(shown)
    return whose[0] if whose else None
