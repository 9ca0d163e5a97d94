"""Connected clouds under one root: one alone, or several under one rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from antiaffinity import given, registry
from antiaffinity.backend import Backend, Found
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.group import Group
from antiaffinity.spec import make_spec

if TYPE_CHECKING:
    from antiaffinity.model import Level, Lists, Member, Needs, Size
    from antiaffinity.policy import Ha, Rule
    from antiaffinity.sight import Clouds
    from antiaffinity.spec import Saturated, Spec


class Estate:
    """Clouds that one rule can span; ``group`` is where everything begins."""

    def __init__(self, clouds: Clouds, owner: str) -> None:
        self.clouds = dict(clouds)
        self.owner = owner

    def group(
        self,
        name: str,
        *,
        members: int | Sequence[str | Mapping[str, object] | Member],
        rules: str | Rule | Sequence[str | Mapping[str, object] | Rule] = (),
        ha: Ha | Mapping[str, object] | None = None,
        size: Size | None = None,
        only: Lists | None = None,
        never: Lists | None = None,
        needs: Needs | Mapping[str, object] | None = None,
        saturated: Saturated = "refuse",
        planned: int | None = None,
        adopt: Mapping[Level, str] | None = None,
    ) -> Group:
        """A group by SPEC's keys; nothing is called yet. InvalidRequest names the wrong field."""
        spec = make_spec(
            name,
            self.owner,
            members=members,
            rules=rules,
            ha=ha,
            size=size,
            only=only,
            never=never,
            needs=needs,
            saturated=saturated,
            planned=planned,
            adopt=adopt,
        )
        return Group(spec, self.clouds)

    def of(self, spec: Spec) -> Group:
        """A group as a SPEC describes it."""
        return Group(spec, self.clouds)

    def groups(self, owner: str | None = None) -> list[tuple[str, Found]]:
        """Every group of ours on these clouds, each with the key of its cloud."""
        found = ((key, backend.groups(owner)) for key, backend in self.clouds.items())
        return [(key, group) for key, groups in found for group in groups]


def connect(kind: str, *, owner: str = "default", client: object = None, **settings: object) -> Estate:
    """Connect to one cloud, by the SDK's own object or its own words.

    Kinds: pool, openstack, aws, azure, vcenter, exoscale, and what else is installed. Raises
    InvalidRequest for an unknown kind, a wrong setting or a missing SDK (with the extra to
    install), NotAuthorized, Unavailable, or NotOffered for a cloud whose calls are not written yet.
    """
    given.check({"kind": kind, "owner": owner}, given.Connected)
    return Estate({"": registry.backend(kind, client, settings)}, owner)


def estate(clouds: Mapping[str, Estate]) -> Estate:
    """Several connected clouds under one root; each key names a domain of the level provider."""
    owners = {one.owner for one in clouds.values()}
    if len(owners) != 1:
        found = ", ".join(sorted(owners)) or "none"
        raise InvalidRequest(f"the clouds of an estate need one owner, found: {found}", path="owner")
    for key, one in clouds.items():
        if list(one.clouds) != [""]:
            raise InvalidRequest("an estate is made of single clouds, not of estates", path=f"clouds.{key}")
    return Estate({key: one.clouds[""] for key, one in clouds.items()}, owners.pop())


def open_spec(spec: Spec) -> Group:
    """Connect to the clouds that a SPEC names, and give its group."""
    if not spec.clouds:
        raise InvalidRequest("name the cloud, e.g. cloud: {kind: pool, inventory: hosts.yaml}", path="cloud")
    return Group(spec, {key: _connected(key, settings, spec) for key, settings in spec.clouds.items()})


def _connected(key: str, settings: Mapping[str, object], spec: Spec) -> Backend:
    words = dict(settings)
    kind = str(words.pop("kind"))
    path = f"clouds.{key}" if key else "cloud"
    try:
        if spec.base and "base" in registry.record(kind).settings:
            words.setdefault("base", str(spec.base))  # relative paths start from SPEC's folder
        return registry.backend(kind, None, words)
    except AntiaffinityError as error:
        error.path = f"{path}.{error.path}" if error.path else path
        raise
