"""The resource Verification: the rules of a group, judged by where its machines are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity.decode import under
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.model import Observed
from antiaffinity.report import Report
from antiaffinity.sight import Sight
from antiaffinity.spec import Spec
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.ask import Ask, Diff, Failure, HalfMade, Made, changed
from pulumi_antiaffinity.codec import Plain, known, reveal, same
from pulumi_antiaffinity.failures import told
from pulumi_antiaffinity.identity import group_id
from pulumi_antiaffinity.shapes import amiss, report_state

if TYPE_CHECKING:
    from pulumi_antiaffinity.provider import Provider

KEYS = ("spec", "instances")


class Verifications:
    """Verification for one provider instance."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def check(self, ask: Ask) -> tuple[Plain, list[Failure]]:
        """The inputs as they are."""
        found = [
            Failure(key, f"a Verification has no input {key!r}") for key in ask.inputs if key not in KEYS
        ]
        for key, what in (("spec", "the Group's spec"), ("instances", "the machines' ids by member")):
            value = reveal(ask.inputs.get(key))
            if known(value) and not isinstance(value, dict):
                found.append(Failure(key, f"give {what}"))
        found += _wrong_inside(ask.inputs)
        spec = ask.inputs.get("spec")
        return {**ask.inputs, "spec": given.with_secrets(spec)} if isinstance(
            spec, dict
        ) else ask.inputs, found

    def diff(self, ask: Ask) -> Diff:
        """Another SPEC, or other machines, are judged anew."""
        old, new = ask.old_inputs, ask.inputs
        keys = [key for key in KEYS if not same(old.get(key), new.get(key))]
        return Diff({key: changed(old.get(key), new.get(key)) for key in keys})

    def create(self, ask: Ask) -> Made:
        """Judge the group as this update leaves it."""
        if ask.preview or not known(ask.inputs):
            return Made(ask.id, ask.inputs, ask.inputs)
        made = self._judged(ask, whole=False)
        if made.reasons:
            raise HalfMade(made)
        return made

    def update(self, ask: Ask) -> Made:
        """Judge it again."""
        return self.create(ask)

    def read(self, ask: Ask) -> Made | None:
        """Judge everything that is there, also what no program names."""
        if not ask.inputs:
            raise InvalidRequest(
                "a Verification cannot be imported: it is made by the next update", path="id"
            )
        made = self._judged(ask, whole=True)
        return replace(made, state={**made.state, **_words_kept(ask.state, made.state)})

    def delete(self, ask: Ask) -> None:
        """Nothing to do: a judgement holds nothing."""

    def _judged(self, ask: Ask, whole: bool) -> Made:
        spec = given.parse(ask.inputs["spec"])
        with self.provider.connections.group(spec) as group:
            seen = group.standing()
            counted = seen if whole else _attached(seen, reveal(ask.inputs["instances"]))
            report = group.judged(counted)
        known = {*_instances(ask.inputs), *_instances(ask.old_inputs)}
        unknown = [one for one in seen.machines if one.member and one.instance not in known]
        self._tell(ask, report, [one for one in unknown if whole or _stays(one, spec)])
        reasons = tuple(_broken(report, hard=True))
        state = {**ask.inputs, **report_state(report)}
        return Made(f"{group_id(spec.key)}/verification", state, ask.inputs, reasons)

    def _tell(self, ask: Ask, report: Report, unknown: list[Observed]) -> None:
        """What is no failure, but must be known: machines that this update deletes are no news."""
        for text in _broken(report, hard=False):
            self.provider.log.warning(text, ask.urn)
        for text in amiss(report.findings):
            self.provider.log.warning(text, ask.urn)
        if report.missing:
            self.provider.log.warning(f"no machine of {', '.join(report.missing)} is there", ask.urn)
        for seen in unknown:
            self.provider.log.warning(
                f"{seen.instance or seen.state} bears the mark of {seen.member}, and no Attachment names it: "
                f"a run that was killed may have left it. Delete it, or take it over with pulumi import",
                ask.urn,
            )


def _wrong_inside(inputs: Plain) -> Iterator[Failure]:
    spec, instances = reveal(inputs.get("spec")), reveal(inputs.get("instances"))
    if isinstance(spec, dict) and known(spec):
        try:
            given.parse_output(spec)
        except AntiaffinityError as error:
            yield Failure(error.path, told(error))
    for member, instance in instances.items() if isinstance(instances, dict) else ():
        if known(instance) and not (isinstance(instance, str) and instance):
            yield Failure(under("instances", member), "give the machine's id")


def _instances(inputs: Plain) -> Iterable[str]:
    instances = reveal(inputs.get("instances"))
    return instances.values() if isinstance(instances, dict) else ()


def _attached(seen: Sight, instances: dict[str, str]) -> Sight:
    """What is there, without machines that this update is about to delete."""
    ids = set(instances.values())
    return replace(seen, machines=tuple(one for one in seen.machines if one.instance in ids))


def _stays(seen: Observed, spec: Spec) -> bool:
    """An update deletes machines of dropped members, and failed ones, only after the judgement."""
    return seen.member in {member.name for member in spec.members} and seen.state != "failed"


def _broken(report: Report, *, hard: bool) -> list[str]:
    return [
        f"{rule.rule} is broken: {rule.note}"
        for rule in report.rules
        if rule.verdict == "broken" and rule.hard is hard
    ]


def _words_kept(old: Plain, new: Plain) -> Plain:
    """The words of the state, where the judgement is the same: words alone are no drift."""
    judged = ("verdict", "skew", "surplus", "missing")
    if old and all(same(old.get(key), new[key]) for key in judged):
        return {key: old[key] for key in ("rules", "findings", "summary") if key in old}
    return {}
