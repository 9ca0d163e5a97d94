"""Any mess of inputs is refused in words, or works: never a crash, never Python's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from asking import ATTACHMENT, GROUP, VERIFICATION, Asking, Made, Refused, on_a_pool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiaffinity.model import LEVELS
from pulumi_antiaffinity.codec import UNKNOWN, Plain, Secret, known, reveal
from pulumi_antiaffinity.inputs import KEYS

POOL = {"kind": "pool", "inventory": "hosts.yaml"}
NOVA = {"kind": "openstack", "cloud": "prod"}
GOOD: Plain = {"cloud": POOL, "members": 3}
ATTACHED = {"cloud": POOL, "group": "a/b", "member": "m", "instance": "i", "placement": {"member": "m"}}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch, on_a_pool(folder) as provider:
        patch.chdir(folder)
        yield provider


@pytest.fixture(scope="module")
def made(provider: Asking) -> Made:
    return provider.made(GROUP, {**GOOD, "rules": "anti-affinity"}, name="made")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["host", "zone", "pool", "openstack", "anti-affinity", "hosts.yaml", "db-*", "active-standby", "z1", "*"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.floats()
    | TEXTS
    | st.just(UNKNOWN)
    | st.just(Secret(UNKNOWN))
    | st.builds(Secret, TEXTS)
)
WORDS = st.sampled_from(
    [*LEVELS, "kind", "inventory", "name", "level", "spread", "affinity", "mode", "hard", "members", "", "ü"]
)
MESS = st.recursive(
    LEAVES, lambda one: st.lists(one, max_size=3) | st.dictionaries(WORDS, one, max_size=3), max_leaves=6
)


def never_a_crash(provider: Asking, type_: str, inputs: Plain, olds: Plain | None = None) -> None:
    """Failures in words, or a preview that works, or a refusal in words."""
    checked = provider.check(type_, inputs, olds)
    for path, reason in checked.failures:
        refused_in_words(f"{path}: {reason}")
    if not checked.failures:
        well_ended(lambda: provider.create(type_, checked.inputs, preview=True))


def well_ended(call: Callable[[], object]) -> None:
    refusal = None
    try:
        call()
    except Refused as refused:
        refusal = refused
    if refusal:
        assert refusal.code.name not in ("INTERNAL", "UNKNOWN"), refusal
        refused_in_words(refusal.text)


def refused_in_words(text: str) -> None:
    for word in ("Traceback", "Error:", "object at 0x", "<class", "NoneType", "fault in antiaffinity"):
        assert word not in text, text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wrong=st.dictionaries(st.sampled_from(KEYS), MESS, min_size=1, max_size=4))
def test_a_mess_among_good_inputs_is_refused_or_works(provider: Asking, wrong: Plain) -> None:
    never_a_crash(provider, GROUP, {**GOOD, "rules": "anti-affinity", **wrong})


@settings(max_examples=60, deadline=None)
@given(cloud=st.dictionaries(st.sampled_from(["kind", "inventory", "ledger", "claim_timeout", "base"]), MESS))
def test_a_mess_of_settings_is_refused_or_works(provider: Asking, cloud: Plain) -> None:
    never_a_crash(provider, GROUP, {"members": 2, "cloud": {**POOL, **cloud}})
    never_a_crash(provider, GROUP, {"members": 2, "clouds": {"dc": {**POOL, **cloud}, "": cloud}})


@settings(max_examples=60, deadline=None)
@given(
    mess=st.dictionaries(
        st.sampled_from(["group", "member", "instance", "placement", "cloud", "spec", "instances"]), MESS
    ),
    spec=st.dictionaries(st.sampled_from([*KEYS, "group"]), MESS),
)
def test_a_mess_given_to_the_others_is_refused_or_works(provider: Asking, mess: Plain, spec: Plain) -> None:
    never_a_crash(provider, ATTACHMENT, {**ATTACHED, **mess})
    never_a_crash(provider, VERIFICATION, {"spec": {**GOOD, "group": "db", **spec}, "instances": {}, **mess})


@settings(max_examples=60, deadline=None)
@given(mess=st.dictionaries(st.sampled_from([*KEYS, "group", "spec", "member", "error"]), MESS))
def test_a_mess_of_arguments_is_refused_or_works(provider: Asking, mess: Plain) -> None:
    arguments = reveal(mess)
    if not known(arguments):
        return  # the engine does not call with these
    spec = {**GOOD, "group": "db"}
    well_ended(lambda: asked(provider, "plan", {**GOOD, **arguments}))
    well_ended(lambda: asked(provider, "explain", {"spec": spec, "member": "db-0", **arguments}))


def asked(provider: Asking, function: str, arguments: Plain) -> None:
    for path, reason in provider.invoke(function, **arguments)[1]:
        refused_in_words(f"{path}: {reason}")


@settings(max_examples=60, deadline=None)
@given(wrong=st.dictionaries(st.sampled_from(KEYS), MESS, max_size=4))
def test_a_mess_that_passed_its_check_can_be_compared_with_what_is_there(
    provider: Asking, made: Made, wrong: Plain
) -> None:
    checked = provider.check(GROUP, {**made.inputs, **wrong}, made.inputs)
    if checked.failures:
        return
    answer = provider.diff(made, checked.inputs)
    assert {*answer.replaces} <= {*answer.diffs} == {*answer.detailedDiff}
    well_ended(lambda: provider.update(made, checked.inputs, preview=True))
