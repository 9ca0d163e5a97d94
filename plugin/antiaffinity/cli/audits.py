"""One audit: each SPEC judged, each of their clouds searched once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from antiaffinity.audit import Unnamed, unnamed, worst
from antiaffinity.backend import Backend
from antiaffinity.cli.common import connected, looking
from antiaffinity.cli.failures import fields_of
from antiaffinity.cli.jsonout import found_json, report_json, settings_text
from antiaffinity.document import read
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.group import Group
from antiaffinity.lines import told_of
from antiaffinity.model import GroupKey
from antiaffinity.report import Report
from antiaffinity.schema import SpecKeys
from antiaffinity.spec import Spec, spec_in
from antiaffinity.tables import help_lines
from antiaffinity.text import listed


class Judged(Struct, frozen=True):
    """One SPEC's group as it stands, or why it could not be judged."""

    spec: str
    answer: Report | AntiaffinityError

    @property
    def exit_code(self) -> int:
        return self.answer.exit_code


class Searched:
    """One cloud of the SPECs, and the groups that they name on it."""

    def __init__(self, name: str, backend: Backend) -> None:
        self.name, self.backend = name, backend
        self.named: set[GroupKey] = set()


class Audit:
    """What the SPECs ask for against what their clouds hold; reads everything when it is made."""

    def __init__(self, specs: Sequence[str], look: str | None = None) -> None:
        self.look = look
        self.clouds: dict[str, Searched] = {}
        self.skipped: list[str] = []
        self.judged = [one for spec in specs if (one := self._judge(spec))]
        if self.skipped and not self.judged:
            raise InvalidRequest(f"{', '.join(self.skipped)}: no SPEC, but inventories of pools; name a SPEC")
        self.errors: dict[str, AntiaffinityError] = {}
        self.unnamed = [one for cloud in self.clouds.values() for one in self._search(cloud)]

    @property
    def exit_code(self) -> int:
        """The worst of all; machines or groups that nobody names are unproven business (4)."""
        codes = [one.exit_code for one in self.judged]
        codes += [error.exit_code for error in self.errors.values()]
        return worst([*codes, 4 if self.unnamed else 0])

    def _judge(self, path: str) -> Judged | None:
        """A glob of SPECs has their inventories in it: those are skipped."""
        try:
            with told_of(Path(path)):
                return self._as_spec(path)
        except AntiaffinityError as error:
            return Judged(path, error)

    def _as_spec(self, path: str) -> Judged | None:
        data = read(Path(path), SpecKeys)
        if _is_inventory(data):
            self.skipped.append(path)
            return None
        group = connected(spec_in(data, Path(path)))
        self._note_clouds(group)
        return Judged(path, self._verified(group))

    def _verified(self, group: Group) -> Report:
        """By --look on those that are on a pool; other clouds tell themselves."""
        pool = any(backend.cloud.reported for backend in group.clouds.values())
        return group.verify(look=looking(self.look, group.key) if self.look and pool else None)

    def _note_clouds(self, group: Group) -> None:
        for key, backend in group.clouds.items():
            which = _identity(group.spec, key)
            cloud = self.clouds.setdefault(which, Searched(key or backend.cloud.kind, backend))
            cloud.named.add(group.key)

    def _search(self, cloud: Searched) -> list[Unnamed]:
        try:
            return unnamed(cloud.name, cloud.backend.groups(None), cloud.named)
        except AntiaffinityError as error:
            self.errors[cloud.name] = error
            return []

    def json(self) -> dict[str, Any]:
        """The answer of ``audit --json``."""
        return {
            "groups": [_judged_json(one) for one in self.judged],
            "skipped": self.skipped,
            "unnamed": [found_json(one.cloud, one.found) for one in self.unnamed],
            "errors": [{"cloud": name, **fields_of(error)} for name, error in self.errors.items()],
        }

    def text(self) -> Iterator[str]:
        """The same for people."""
        for one in self.judged:
            yield f"== {one.spec}"
            yield from _judged_lines(one)
            yield ""
        for path in self.skipped:
            yield f"skipped {path}: an inventory, no SPEC"
        for name, error in self.errors.items():
            yield f"error: {name}: {error}"
        yield from self._unnamed_lines()

    def _unnamed_lines(self) -> Iterator[str]:
        if not self.unnamed and not self.errors:
            yield "every marked machine and group on these clouds is named by a SPEC"
        for one in self.unnamed:
            name = f"{one.found.key}" if one.found.key else one.found.title or "a native group"
            natives = f"; native groups: {', '.join(one.found.natives)}" if one.found.natives else ""
            machines = listed(one.found.instances) or "none"
            yield f"no SPEC names {name} on {one.cloud}: machines: {machines}{natives}"


def _is_inventory(data: object) -> bool:
    return isinstance(data, Mapping) and "hosts" in data and data.keys().isdisjoint(("group", "members"))


def _identity(spec: Spec, key: str) -> str:
    """The same settings, read from the same folder, are the same cloud."""
    return settings_text({**spec.clouds[key], "base": str(spec.base.resolve()) if spec.base else ""})


def _judged_json(one: Judged) -> dict[str, Any]:
    if isinstance(one.answer, AntiaffinityError):
        return {"spec": one.spec, "error": fields_of(one.answer)}
    return {"spec": one.spec, **report_json(one.answer)}


def _judged_lines(one: Judged) -> Iterator[str]:
    if isinstance(one.answer, AntiaffinityError):
        yield f"error: {one.answer}"
        yield from help_lines(one.answer.conflict, one.answer.ways_out)
    else:
        yield str(one.answer)
