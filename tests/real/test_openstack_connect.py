"""Connecting to a real cloud: by name, by settings, by the user's own connection, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antiaffinity.backend import Need
from antiaffinity.errors import AntiaffinityError, InvalidRequest, NotAuthorized, Unavailable
from antiaffinity_openstack.backend import connect
from real.nova import Nova
from real.openstack_hands import KEY


@pytest.fixture(autouse=True)
def clouds_yaml(nova_box: Nova, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(nova_box.clouds_yaml))
    monkeypatch.delenv("OS_CLOUD", raising=False)


def zones(settings: dict[str, Any], client: object = None) -> list[tuple[str | None, str | None]]:
    return [(domain.region, domain.zone) for domain in connect(client, settings).topology(Need(KEY)).domains]


def failed(settings: dict[str, Any]) -> AntiaffinityError:
    with pytest.raises(AntiaffinityError) as error:
        zones(settings)
    return error.value


@pytest.fixture
def by_address(nova: Nova) -> dict[str, Any]:
    """Settings that need no clouds.yaml."""
    return {
        "auth_url": f"{nova.url}/identity/v3",
        "username": "demo",
        "password": "secret",
        "project_name": "demo",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


def test_a_cloud_is_reached_by_its_name_by_its_address_and_by_an_own_connection(
    nova: Nova, by_address: dict[str, Any]
) -> None:
    assert zones({"cloud": "novabox-demo"}) == [("RegionOne", "nova")]
    assert zones(by_address) == [("RegionOne", "nova")]
    assert zones({}, nova.connect("demo")) == [("RegionOne", "nova")]


def test_the_environment_names_the_cloud_where_nothing_else_does(
    nova: Nova, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "novabox-demo")
    assert zones({}) == [("RegionOne", "nova")]


def test_a_region_is_a_domain_where_it_is_asked_for(nova: Nova) -> None:
    settings = {"cloud": "novabox-demo", "region_name": "RegionOne"}
    assert zones(settings) == [("RegionOne", "nova")]


def test_an_unknown_cloud_or_none_at_all_lists_the_known_ones() -> None:
    for settings in ({"cloud": "prod"}, {}):
        error = failed(settings)
        assert (type(error), error.path) == (InvalidRequest, "cloud")
        assert "novabox-admin, novabox-demo" in error.message


def test_a_clouds_yaml_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "clouds.yaml"
    broken.write_text("clouds: {prod: [")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(broken))
    for settings in ({"cloud": "prod"}, {}):
        message = failed(settings).message
        assert message.endswith(
            "no clouds.yaml could be read: write one and give its cloud, or set OS_AUTH_URL and its kin"
        )


def test_an_unknown_region_is_named(by_address: dict[str, Any]) -> None:
    assert failed({"cloud": "novabox-demo", "region_name": "Mars"}).path == "region_name"
    error = failed({**by_address, "region_name": "Mars"})
    assert type(error) is InvalidRequest
    assert "Mars" in error.message


def test_a_wrong_password_is_not_authorized(by_address: dict[str, Any]) -> None:
    assert type(failed({**by_address, "password": "wrong"})) is NotAuthorized


def test_an_address_is_not_overruled_by_the_environment(
    by_address: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "novabox-demo")
    assert type(failed({**by_address, "password": "wrong"})) is NotAuthorized


def test_a_cloud_that_does_not_answer_is_unavailable(by_address: dict[str, Any]) -> None:
    assert type(failed({**by_address, "auth_url": "http://127.0.0.1:9/identity"})) is Unavailable


def test_a_plugin_that_is_not_there_is_the_users_to_fix() -> None:
    assert type(failed({"cloud": "novabox-demo", "auth_type": "v9magic"})) is InvalidRequest


def test_a_client_of_another_kind_and_a_client_with_settings_are_refused(nova: Nova) -> None:
    with pytest.raises(InvalidRequest) as error:
        connect("prod", {})
    assert error.value.path == "client"
    with pytest.raises(InvalidRequest) as error:
        connect(nova.connect("demo"), {"cloud": "novabox-demo"})
    assert error.value.path == "cloud"
