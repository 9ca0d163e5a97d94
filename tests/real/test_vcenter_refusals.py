# mypy: untyped-calls-exclude=pyVmomi
"""What is wrong is said by name, and nothing is half done."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

import antiaffinity as aa
from antiaffinity.errors import AntiaffinityError, InvalidRequest, NotAuthorized, NotOffered, Unavailable
from antiaffinity.model import Placement
from real.vcsim_box import User, VCSim, done

# Connecting


def refusal(**settings: Any) -> AntiaffinityError:
    with pytest.raises(AntiaffinityError) as refused:
        aa.connect("vcenter", **settings)
    return refused.value


def thumbprint(box: VCSim) -> str:
    shown = ssl.get_server_certificate(("127.0.0.1", box.port))
    return sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest()


def test_a_certificate_that_nobody_vouches_for_is_refused(vcsim: VCSim) -> None:
    error = refusal(**vcsim.settings)
    assert (type(error), error.path) == (InvalidRequest, "thumbprint")
    assert "not trusted" in error.message


def test_its_thumbprint_vouches_for_it(vcsim: VCSim) -> None:
    told = ":".join(thumbprint(vcsim).upper()[n : n + 2] for n in range(0, 64, 2))
    estate = aa.connect("vcenter", **vcsim.settings, thumbprint=told)
    assert estate.group("db", members=3, rules="anti-affinity").plan().verdict == "fits"


def test_another_thumbprint_does_not(vcsim: VCSim) -> None:
    error = refusal(**vcsim.settings, thumbprint="0" * 64)
    assert (type(error), error.path) == (InvalidRequest, "thumbprint")
    assert thumbprint(vcsim) in error.message


def test_a_thumbprint_is_hex(vcsim: VCSim) -> None:
    assert refusal(**vcsim.settings, thumbprint="nonsense").path == "thumbprint"


def test_whoever_asks_for_no_check_gets_none(vcsim: VCSim) -> None:
    aa.connect("vcenter", **vcsim.settings, disableSslCertValidation=True)


def test_the_environment_says_what_settings_do_not(vcsim: VCSim, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, setting in (("SERVER", "host"), ("USER", "user"), ("PASSWORD", "pwd")):
        monkeypatch.setenv(f"VSPHERE_{name}", vcsim.settings[setting])
    monkeypatch.setenv("VSPHERE_ALLOW_UNVERIFIED_SSL", "true")
    aa.connect("vcenter", port=vcsim.port)


def test_a_wrong_password_is_refused_and_not_repeated_aloud(vcsim: VCSim) -> None:
    error = refusal(**{**vcsim.settings, "pwd": "hunter2"}, disableSslCertValidation=True)
    assert (type(error), error.path) == (NotAuthorized, "pwd")
    assert "hunter2" not in str(error)


def test_an_unknown_host_is_named(vcsim: VCSim) -> None:
    error = refusal(**{**vcsim.settings, "host": "vcenter.invalid"})
    assert (type(error), error.path) == (InvalidRequest, "host")
    assert "vcenter.invalid" in error.message


def test_nobody_there_is_worth_another_try() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error = refusal(host="127.0.0.1", port=closed.getsockname()[1], user="u", pwd="p")
    assert (type(error), error.path) == (Unavailable, "host")


@pytest.mark.parametrize("missing", ["host", "user", "pwd"])
def test_what_is_missing_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SERVER", "USER", "PASSWORD"):
        monkeypatch.delenv(f"VSPHERE_{name}", raising=False)
    settings = {"host": "127.0.0.1", "user": "u", "pwd": "p"}
    del settings[missing]
    assert refusal(**settings).path == missing


@pytest.mark.parametrize("settings", [{"zone": "rack"}, {"port": "443"}, {"disableSslCertValidation": "no"}])
def test_a_setting_that_makes_no_sense_is_named(settings: dict[str, Any]) -> None:
    error = refusal(**{"host": "127.0.0.1", "user": "u", "pwd": "p", **settings})
    assert (type(error), [error.path]) == (InvalidRequest, [*settings])


def test_a_client_is_a_service_instance(vcsim: VCSim) -> None:
    assert refusal(client=object()).path == "client"
    assert refusal(client=vcsim.session(), host="elsewhere").path == "host"


# Clusters and hosts


@pytest.fixture
def two(vcsim_program: Path, tmp_path: Path) -> Iterator[VCSim]:
    """Two data centres with a cluster each."""
    with VCSim(vcsim_program, tmp_path, "-dc", "2", hosts=3, machines=0) as box:
        yield box


def refused(user: User, **more: Any) -> InvalidRequest:
    """The error of a roll-out, which made nothing."""
    with pytest.raises(InvalidRequest) as error:
        user.roll_out(2, **more)
    assert user.members() == {}
    return error.value


def test_an_unknown_cluster_is_named_with_the_nearest(two: VCSim) -> None:
    error = refused(two.user(), only={"zone": ["DC0_CO"]})
    assert error.path == "only.zone"
    assert "did you mean 'DC0_C0'" in error.message


@pytest.mark.parametrize("word", ["only", "never"])
def test_two_clusters_of_one_name_are_told_apart_by_their_ids(two: VCSim, word: str) -> None:
    user = two.user()
    done(user.named(vim.ClusterComputeResource, "DC1_C0").Rename_Task("DC0_C0"))
    error = refused(user, **{word: {"zone": ["DC0_C0"]}})
    ids = sorted(cluster._GetMoId() for cluster in user.every(vim.ClusterComputeResource))
    assert (error.path, f"name one by its id, {' or '.join(ids)}" in error.message) == (f"{word}.zone", True)
    plan = user.group(2, only={"zone": [ids[0]]}).plan()
    assert {placement.ids["zone"] for placement in plan.placements} == {ids[0]}


def test_a_host_outside_the_cluster_is_named_with_its_own(two: VCSim) -> None:
    error = refused(two.user(), only={"zone": ["DC0_C0"], "host": ["DC1_C0_H0"]})
    assert error.path == "only.host"
    assert "'DC1_C0_H0' is in the cluster DC1_C0" in error.message


def test_a_machine_in_another_cluster_is_named_and_left_alone(two: VCSim) -> None:
    user = two.user()
    group = user.group(2, only={"zone": ["DC0_C0"]})

    def elsewhere(placement: Placement) -> str:
        there = user.named(vim.HostSystem, "DC1_C0_H0")
        pool = there.parent.resourcePool
        config = placement.arguments(config=vim.vm.ConfigSpec(name=placement.member))["config"]
        config.files = vim.vm.FileInfo(vmPathName="[LocalDS_0]")
        folder = user.content.rootFolder.childEntity[1].vmFolder
        return str(done(folder.CreateVM_Task(config=config, pool=pool, host=there))._GetMoId())

    with pytest.raises(InvalidRequest, match="is in zone DC1_C0, but goes to DC0_C0"):
        group.roll_out(elsewhere, user.kill, user.start)
    assert [*user.hosts().values()] == ["DC1_C0_H0"]
    assert user.rules() == {}


def test_a_machine_without_the_mark_is_named_and_left_alone(vcsim: VCSim) -> None:
    user = vcsim.user()
    [first, *_] = user.every(vim.VirtualMachine)
    with pytest.raises(InvalidRequest, match="bears no mark"):
        user.group(2).roll_out(lambda placement: first._GetMoId(), user.kill, user.start)
    assert first.name
    assert user.rules() == {}


def test_a_name_that_something_else_has_is_said_at_once(vcsim: VCSim) -> None:
    user = vcsim.user()
    [stranger, *_] = user.every(vim.VirtualMachine)

    def clone(placement: Placement) -> str:
        spec = placement.arguments(spec=vim.vm.CloneSpec(powerOn=False, template=False))["spec"]
        return str(done(stranger.CloneVM_Task(folder=user.folder, name=stranger.name, spec=spec))._GetMoId())

    with pytest.raises(InvalidRequest, match=f"has the name '{stranger.name}'"):
        user.group(2).roll_out(clone, user.kill, user.start)
    assert user.rules() == {}


def test_a_rule_of_somebody_elses_is_not_adopted(vcsim: VCSim) -> None:
    with pytest.raises(NotOffered) as error:
        vcsim.user().roll_out(2, adopt={"host": "theirs"})
    assert error.value.path == "adopt.host"
