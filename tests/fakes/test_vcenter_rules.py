# mypy: untyped-calls-exclude=pyVmomi
"""DRS rules of the fake vCenter: how they are written, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim, vmodl

from fakes.vcenter_stage import APART, TOGETHER, Stage, hosts, stage

Refused = vmodl.fault.InvalidArgument


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hosts(3)) as there:
        yield there


def test_a_rule_is_told_as_it_was_made_with_a_key_of_its_own(there: Stage) -> None:
    one, two = there.clone("one"), there.clone("two")
    rule = there.add("apart", [one, two])
    assert isinstance(rule, APART)
    assert (rule.name, rule.enabled, rule.mandatory, list(rule.vm)) == ("apart", True, True, [one, two])
    other = there.add("other", [one, two])
    assert len({rule.key, other.key}) == len({rule.ruleUuid, other.ruleUuid}) == 2


def test_a_rule_that_nobody_enabled_is_not_enabled_and_refuses_nothing(there: Stage) -> None:
    one, two = there.running("one", "c1-h1"), there.clone("two", "c1-h1")
    there.override(two, enabled=False, behavior="manual")
    rule = there.add("apart", [one, two], enabled=None)
    assert (rule.enabled, rule.mandatory) == (False, True)
    assert not there.add("other", [one, two], enabled=False, mandatory=None).mandatory
    there.start(two)
    assert there.where(one, two) == ["c1-h1", "c1-h1"]


def test_a_mandatory_rule_refuses_a_power_on_and_a_relocation(there: Stage) -> None:
    there.center.settings.by_hand = "refused"
    one, two = there.running("one", "c1-h1"), there.clone("two", "c1-h1")
    there.override(two, enabled=False, behavior="manual")
    there.add("apart", [one, two])
    with pytest.raises(vim.fault.RuleViolation) as refused:
        there.start(two)
    assert refused.value.rule.name == "apart"
    assert there.states(one, two) == ["running", "stopped"]
    there.relocate(two, "c1-h2")
    there.start(two)
    with pytest.raises(vim.fault.RuleViolation):
        there.relocate(two, "c1-h1")
    assert there.where(one, two) == ["c1-h1", "c1-h2"]


def test_who_is_powered_off_breaks_no_rule(there: Stage) -> None:
    one, two = there.running("one", "c1-h1"), there.clone("two", "c1-h2")
    there.add("apart", [one, two])
    there.relocate(two, "c1-h1")
    assert there.where(one, two) == ["c1-h1", "c1-h1"]


def test_a_rule_to_be_together_refuses_another_host(there: Stage) -> None:
    one, two = there.running("one", "c1-h1"), there.clone("two", "c1-h2")
    there.override(two, enabled=False, behavior="manual")
    there.add("together", [one, two], TOGETHER)
    with pytest.raises(vim.fault.RuleViolation):
        there.start(two)
    there.relocate(two, "c1-h1")
    there.start(two)


def test_a_soft_rule_refuses_nothing_by_hand(there: Stage) -> None:
    one, two = there.running("one", "c1-h1"), there.running("two", "c1-h2")
    there.add("apart", [one, two], mandatory=False)
    there.relocate(two, "c1-h1")
    assert there.where(one, two) == ["c1-h1", "c1-h1"]
    assert there.rule("apart").status == "red"
    assert there.rule("apart").inCompliance


def test_an_edit_by_key_sets_what_is_given_and_replaces_the_machines(there: Stage) -> None:
    there.center.settings.unset = "kept"
    one, two, three = (there.clone(name) for name in ("one", "two", "three"))
    rule = there.add("apart", [one, two])
    there.edit(key=rule.key, name="parted", vm=[two, three])
    (edited,) = there.rules()
    assert (edited.key, edited.ruleUuid, edited.name) == (rule.key, rule.ruleUuid, "parted")
    assert (list(edited.vm), edited.enabled, edited.mandatory) == ([two, three], True, True)


def test_the_last_of_two_writers_wins(there: Stage) -> None:
    there.center.settings.at_once = "in turn"
    one, two, three, four = (there.clone(name) for name in ("one", "two", "three", "four"))
    rule = there.add("apart", [one, two])
    infos = [APART(key=rule.key, name="apart", vm=[one, two, more]) for more in (three, four)]
    edits = [vim.cluster.RuleSpec(operation="edit", info=info) for info in infos]
    for task in [there.begin(rulesSpec=[edit]) for edit in edits]:
        there.done(task)
    assert list(there.rule("apart").vm) == [one, two, four]


def test_what_does_not_fit_is_refused_and_named(there: Stage) -> None:
    one, two = there.clone("one"), there.clone("two")
    rule = there.add("apart", [one, two])
    there.add("other", [one, two])
    for words in ({"key": 99, "name": "apart"}, {"name": "apart"}, {"key": rule.key, "name": "other"}):
        with pytest.raises(Refused):
            there.edit(vm=[one, two], **words)
    with pytest.raises(Refused) as taken:
        there.add("apart", [one, two])
    assert taken.value.invalidProperty == "rulesSpec.info.name"
    with pytest.raises(Refused):
        there.remove(99)
    with pytest.raises(Refused):
        there.edit(TOGETHER, key=rule.key, vm=[one, two])
    assert [(one.name, len(one.vm)) for one in there.rules()] == [("apart", 2), ("other", 2)]


def test_machines_of_another_cluster_are_in_no_rule() -> None:
    with stage([*hosts(2), *hosts(2, "c2")]) as there:
        one, two = there.clone("one"), there.clone("two", cluster="c2")
        with pytest.raises(Refused):
            there.add("apart", [one, two])
        three = there.clone("three")
        there.add("apart", [one, three])
        there.relocate(three, "c2-h1", pool=there.cluster("c2").resourcePool)
        assert list(there.rule("apart").vm) == [one]


def test_of_two_rules_that_contradict_each_other_the_newer_is_disabled(there: Stage) -> None:
    one, two, three = (there.clone(name) for name in ("one", "two", "three"))
    there.add("apart", [one, two])
    assert not there.add("together", [one, two], TOGETHER).enabled
    assert there.rule("apart").enabled
    assert there.add("others", [two, three], TOGETHER).enabled


def test_a_destroyed_machine_drops_out_and_the_rule_stays(there: Stage) -> None:
    one, two = there.clone("one"), there.clone("two")
    there.add("apart", [one, two])
    there.destroy(two)
    assert list(there.rule("apart").vm) == [one]
    there.destroy(one)
    assert list(there.rule("apart").vm) == []
    assert there.clone("two") not in there.rule("apart").vm


def test_two_vcenters_that_are_told_the_same_do_not_share_it() -> None:
    for _ in range(2):
        with stage(hosts(1)) as there:
            one, two, three = (there.clone(name) for name in ("one", "two", "three"))
            rule = there.add("apart", [one, two])
            there.edit(key=rule.key, name="apart", vm=[one, two, three])
            assert list(there.rule("apart").vm) == [one, two, three]
            there.destroy(three)


def test_without_modify_everything_else_is_reset(there: Stage) -> None:
    one, two = there.clone("one"), there.clone("two")
    there.add("apart", [one, two])
    there.change(modify=False, dasConfig=vim.cluster.DasConfigInfo(enabled=True))
    configuration = there.cluster().configurationEx
    assert list(configuration.rule) == []
    assert (configuration.drsConfig.enabled, configuration.dasConfig.enabled) == (False, True)


def test_groups_tie_machines_to_hosts(there: Stage) -> None:
    there.center.settings.by_hand = "refused"
    vm = there.clone("one", "c1-h1")
    groups = [
        vim.cluster.VmGroup(name="vms", vm=[vm]),
        vim.cluster.HostGroup(name="good", host=[there.host("c1-h3")]),
    ]
    there.change(groupSpec=[vim.cluster.GroupSpec(operation="add", info=one) for one in groups])
    tie = vim.cluster.VmHostRuleInfo(
        name="tie", enabled=True, mandatory=True, vmGroupName="vms", affineHostGroupName="good"
    )
    there.change(rulesSpec=[vim.cluster.RuleSpec(operation="add", info=tie)])
    there.start(vm)
    assert there.where(vm) == ["c1-h3"]
    with pytest.raises(vim.fault.RuleViolation):
        there.relocate(vm, "c1-h1")
    with pytest.raises(Refused):
        there.change(groupSpec=[vim.cluster.GroupSpec(operation="add", info=groups[0])])


def test_what_is_not_played_says_so(there: Stage) -> None:
    with pytest.raises(vmodl.fault.NotSupported, match="dpmConfig is not played here"):
        there.change(dpmConfig=vim.cluster.DpmConfigInfo(enabled=True))
    with pytest.raises(vmodl.fault.NotSupported, match="RefreshRecommendation is not played here"):
        there.cluster().RefreshRecommendation()
