"""Connecting to Azure: what is given, missing or wrong; every error names the setting or the right."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from azure.identity import ClientSecretCredential, DefaultAzureCredential

import antiaffinity as aa
from antiaffinity.testing.azure import FakeAzure
from antiaffinity.testing.azure.identity import SECRET
from antiaffinity.testing.azure.nouns import GROUP, SUBSCRIPTION
from antiaffinity_azure.connecting import AUTHORITIES, connected
from fakes.azure_deploy import Deploy
from fakes.azure_stage import LOCATION, azure_on, zonal

WHERE = {"resource_group_name": GROUP, "location": LOCATION}
HERE = {"subscription_id": SUBSCRIPTION, **WHERE}


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    with azure_on(zonal()) as azure:
        yield azure


class Credential:
    """One that is never asked."""

    def get_token(self, *scopes: str) -> None: ...


@pytest.mark.parametrize("missing", ["subscription_id", "resource_group_name", "location"])
def test_what_is_missing_is_named(missing: str) -> None:
    for given in ({}, {missing: ""}, {missing: 7}):
        settings: dict[str, Any] = {**HERE, "credential": Credential()}
        del settings[missing]
        with pytest.raises(aa.InvalidRequest) as error:
            aa.connect("azure", **settings, **given)
        assert error.value.path == missing


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"credential": "secret"}, "credential"),
        ({"tenant_id": "t", "client_id": "c"}, "client_secret"),
        ({"client_secret": "s"}, "tenant_id"),
        ({"credential": Credential(), "cloud_setting": "AZURE_MOON_CLOUD"}, "cloud_setting"),
        ({"credential": Credential(), "locaton": "x"}, "locaton"),
        ({"client": "compute"}, "client"),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(aa.InvalidRequest) as error:
        aa.connect("azure", **HERE, **settings)
    assert error.value.path == path


def test_a_client_brings_its_own_settings(azure: FakeAzure) -> None:
    with pytest.raises(aa.InvalidRequest) as error:
        aa.connect("azure", client=azure.client(), **HERE)
    assert error.value.path == "subscription_id"


def test_without_a_word_this_machines_log_in_is_used() -> None:
    (credential,) = [connected(None, HERE).compute._config.credential]
    assert isinstance(credential, DefaultAzureCredential)
    secret = {"tenant_id": "t", "client_id": "c", "client_secret": "s"}
    assert isinstance(connected(None, {**HERE, **secret}).compute._config.credential, ClientSecretCredential)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("AZURE_PUBLIC_CLOUD", "management.azure.com"),
        ("AZURE_CHINA_CLOUD", "management.chinacloudapi.cn"),
        ("AZURE_US_GOVERNMENT", "management.usgovcloudapi.net"),
    ],
)
def test_a_sovereign_cloud_is_a_setting(name: str, url: str) -> None:
    secret = {"tenant_id": "t", "client_id": "c", "client_secret": "s"}
    compute: Any = connected(None, {**HERE, **secret, "cloud_setting": name}).compute
    assert compute._config.base_url.rstrip("/") == f"https://{url}"
    assert compute._config.credential._authority == f"https://{AUTHORITIES[name]}"


def test_azure_stack_is_a_base_url_and_its_scopes(azure: FakeAzure) -> None:
    credential = azure.credential()
    scope = "https://management.stack.local/.default"
    stack = {"base_url": azure.url, "connection_verify": str(azure.ca), "credential_scopes": scope}
    cloud = aa.connect("azure", credential=credential, **stack, **HERE)
    assert cloud.groups() == []
    assert credential.scopes == [scope]


def test_a_clients_secret_is_enough(azure: FakeAzure) -> None:
    group = aa.connect("azure", **azure.plain(LOCATION)).group("db", members=2, rules="anti-affinity")
    assert {placement.domains["region"] for placement in group.plan().placements} == {LOCATION}


def test_another_process_finds_it_by_its_environment(azure: FakeAzure) -> None:
    script = (
        "import json, sys, antiaffinity as aa;"
        "group = aa.connect('azure', **json.loads(sys.argv[1])).group('db', members=2);"
        "print(sorted(placement.member for placement in group.plan().placements))"
    )
    words = {**HERE, "base_url": azure.url, "disable_instance_discovery": True}
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(words)],
        env={**os.environ, **azure.env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['db-0', 'db-1']"


# Refused


def test_a_wrong_secret_is_refused_and_told_nowhere(
    azure: FakeAzure, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = {**azure.plain(LOCATION), "client_secret": "guessed-secret"}
    with pytest.raises(aa.NotAuthorized) as error:
        aa.connect("azure", **wrong).groups()
    assert error.value.path == "credential"
    assert "AADSTS7000215" in str(error.value)
    told = "".join((str(error.value), caplog.text, *capsys.readouterr()))
    assert "guessed-secret" not in told


def test_a_good_secret_is_told_nowhere_either(azure: FakeAzure, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cloud = aa.connect("azure", **azure.plain(LOCATION))
    cloud.groups()
    azure.settings.page_size = 1
    assert caplog.text
    assert SECRET not in caplog.text + repr(cloud) + repr(cloud.clouds[""])
    assert not any(token in caplog.text for token in azure.state.tokens)


def test_a_token_that_azure_refuses_is_not_authorized(azure: FakeAzure) -> None:
    deploy = Deploy(azure)
    azure.state.tokens.clear()
    with pytest.raises(aa.NotAuthorized) as error:
        deploy.group.plan()
    assert error.value.path == "credential"


def test_a_missing_right_is_named_and_nothing_is_made(azure: FakeAzure) -> None:
    compute = "Microsoft.Compute"
    rights = [f"{compute}/skus/read", f"{compute}/locations/usages/read", f"{compute}/virtualMachines/read"]
    deploy = Deploy(azure, rights=[*rights, f"{compute}/virtualMachineScaleSets/read"])
    with pytest.raises(aa.NotAuthorized, match=r"Microsoft\.Compute/virtualMachineScaleSets/write"):
        deploy.roll_out()
    assert (azure.state.sets, azure.world.machines) == ({}, {})


# Not there


def test_what_does_not_exist_yet_is_empty_and_preparing_in_it_names_the_setting(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 2, group="to-be-made")
    assert deploy.group.machines() == []
    assert len(deploy.group.plan().placements) == 2
    assert deploy.cloud.groups() == []
    deploy.group.release()
    with pytest.raises(aa.InvalidRequest) as error:
        deploy.roll_out()
    assert error.value.path == "resource_group_name"
    assert azure.world.machines == {}


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"location": "atlantis"}, "location"),
        ({"size": {"type": "Standard_Huge"}}, "size.type"),
        ({"size": {"type": "Standard_M8ms"}}, "size.type"),
    ],
)
def test_what_azure_does_not_sell_names_the_setting(own: dict[str, Any], path: str, azure: FakeAzure) -> None:
    with pytest.raises(aa.InvalidRequest) as error:
        Deploy(azure, **own).roll_out()
    assert error.value.path == path
    assert (azure.state.sets, azure.world.machines) == ({}, {})


def test_a_zone_that_does_not_exist_is_named_and_nothing_is_made(azure: FakeAzure) -> None:
    with pytest.raises(aa.AntiaffinityError) as error:
        Deploy(azure, 2, only={"zone": ["9"]}).roll_out()
    assert "only" in str([error.value.path, error.value.conflict])
    assert (azure.state.sets, azure.world.machines) == ({}, {})


def test_another_subscription_is_a_wrong_setting(azure: FakeAzure) -> None:
    words = {**azure.plain(LOCATION), "subscription_id": "00000000-0000-4000-8000-000000000000"}
    with pytest.raises(aa.InvalidRequest) as error:
        aa.connect("azure", **words).group("db", members=1).plan()
    assert error.value.path == "subscription_id"


def test_an_address_where_nobody_answers_is_unavailable() -> None:
    words: dict[str, Any] = {**HERE, "base_url": "https://127.0.0.1:9", "credential": FakeToken()}
    with pytest.raises(aa.Unavailable, match="did not answer"):
        aa.connect("azure", **words).groups()


class FakeToken:
    """A token for nobody."""

    def get_token(self, *scopes: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken("none", 2**40)
