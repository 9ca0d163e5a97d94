"""Deploy scripts tested as users test them: one that keeps the rule passes, one that breaks it is caught."""

from __future__ import annotations

import os

import pytest

import antiaffinity.testing.openstack  # noqa: F401 (once here, so that no run inside loads the SDK again)
from testing import scripts
from testing.scripts import RULE
from testing.users_folder import Folder

pytest_plugins = ["pytester"]

CLOUD = "--antiaffinity-cloud=openstack"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Folder:
    return Folder(pytester)


# The rule


def test_a_script_that_obeys_passes_and_shows_nothing(folder: Folder) -> None:
    outcome = folder.run(RULE, "-rP", deploy=scripts.OBEYS)
    outcome.assert_outcomes(passed=1)
    outcome.stdout.no_fnmatch_line("*MACHINE*")


def test_a_script_that_asks_nobody_is_caught(folder: Folder) -> None:
    outcome = folder.run(RULE, deploy=scripts.ASKS_NOBODY)
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*assert 3 == 1"])


def test_a_script_that_leaves_out_the_zone_is_caught(folder: Folder) -> None:
    outcome = folder.run(RULE, deploy=scripts.FORGETS_THE_ZONE)
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["*launch did not use placement.arguments: * is in zone z1, but *"])


def test_a_failed_test_shows_where_the_machines_are(folder: Folder) -> None:
    folder.run(RULE, deploy=scripts.ASKS_NOBODY).stdout.fnmatch_lines(
        [
            "*- antiaffinity_openstack -*",
            "MACHINE * NAME *STATE *ZONE *RACK *HOST",
            "*-*-*-*-*  db-?  running  z1    z1/r1  z1-r1-h1",
            "share a zone: z1 (3)",
            "share a rack: z1/r1 (3)",
            "share a host: z1-r1-h1 (3)",
        ]
    )


def test_a_failed_test_whose_client_went_elsewhere_is_told_so(folder: Folder) -> None:
    outcome = folder.run("def test_lost(antiaffinity_openstack): assert antiaffinity_openstack.running()")
    outcome.stdout.fnmatch_lines(["no request reached it*--antiaffinity-cloud openstack"])


def test_a_failed_test_shows_what_befell_the_hosts(folder: Folder) -> None:
    folder.run(scripts.IN_TROUBLE).stdout.fnmatch_lines(
        ["no machine is there", "down: z1-r1-h1", "full: z2-r1-h1, z2-r1-h2"], consecutive=True
    )


def test_a_mistake_ends_the_traceback_in_the_test(folder: Folder) -> None:
    outcome = folder.run(scripts.IN_TROUBLE)
    outcome.stdout.fnmatch_lines(
        ["E*there is no host 'z1-r1-h7': did you mean *", "test_deploy.py:8: InvalidReq*"]
    )
    outcome.stdout.no_fnmatch_line("*sandbox.py*")


def test_a_failed_test_that_uses_no_cloud_is_told_nothing_of_it(folder: Folder) -> None:
    outcome = folder.run("def test_other(): assert 1 == 2", CLOUD)
    outcome.assert_outcomes(failed=1)
    outcome.stdout.no_fnmatch_line("*antiaffinity_openstack*")


# Whose client is made where


def test_a_deploy_in_a_process_of_its_own(folder: Folder) -> None:
    folder.run(scripts.BY_ITSELF, deploy=scripts.OBEYS).assert_outcomes(passed=1)


@pytest.mark.parametrize("home", ["deploy", "conftest"])
def test_a_client_made_at_import_asks_the_fake(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "http://192.0.2.1:5000/v3")
    monkeypatch.setenv("OS_CLOUD", "the-real-one")
    conftest = "import deploy" if home == "conftest" else ""
    outcome = folder.run(scripts.TWO_WITH_ONE_CLIENT, CLOUD, deploy=scripts.AT_IMPORT, conftest=conftest)
    outcome.assert_outcomes(passed=2)


def test_without_the_option_a_client_made_at_import_finds_no_fake(folder: Folder) -> None:
    outcome = folder.run(scripts.TWO_WITH_ONE_CLIENT, deploy=scripts.AT_IMPORT)
    outcome.assert_outcomes(errors=1)


def test_a_user_who_needs_no_fixture_has_an_empty_cloud_too(folder: Folder) -> None:
    two = "from deploy import boot, conn\n" + "".join(
        f"def test_{name}():\n    boot({name!r})\n    assert len(list(conn.compute.servers())) == 1\n"
        for name in ("one", "another")
    )
    folder.run(two, CLOUD, deploy=scripts.AT_IMPORT).assert_outcomes(passed=2)


# What is left


ENVIRONMENT = """\
import os

def test_inside(antiaffinity_openstack):
    assert os.environ["OS_CLOUD"] == "demo"
    assert "OS_AUTH_URL" not in os.environ

def test_after():
    assert os.environ["OS_AUTH_URL"] == "http://192.0.2.1:5000/v3"
    assert "OS_CLOUD" not in os.environ
"""


@pytest.mark.parametrize("words", [(), (CLOUD,)])
def test_the_environment_is_what_it_was_after_the_run(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "http://192.0.2.1:5000/v3")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "mine.yaml")
    before = {name: value for name, value in os.environ.items() if name.startswith("OS_")}
    folder.run("def test_cloud(antiaffinity_openstack): pass", *words).assert_outcomes(passed=1)
    assert {name: value for name, value in os.environ.items() if name.startswith("OS_")} == before


def test_the_environment_is_what_it_was_after_the_test(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "http://192.0.2.1:5000/v3")
    folder.run(ENVIRONMENT).assert_outcomes(passed=2)


QUOTAS = """\
import pytest

@pytest.mark.parametrize("number", range(2))
def test_settings(antiaffinity_openstack, number):
    assert antiaffinity_openstack.cloud.settings.max_attempts == 3
    assert antiaffinity_openstack.world.places["z1-r1-h1"].open
    antiaffinity_openstack.cloud.settings.max_attempts = 1
    antiaffinity_openstack.fill("z1")
"""


def test_trouble_of_one_test_does_not_reach_the_next(folder: Folder) -> None:
    folder.run(QUOTAS).assert_outcomes(passed=2)


# What it stands on


WORLD = """\
def test_places(antiaffinity_openstack):
    assert sorted(antiaffinity_openstack.world.places) == {hosts}
"""


def test_a_world_of_three_zones_unless_told_otherwise(folder: Folder) -> None:
    hosts = [f"z{zone}-r{rack}-h{host}" for zone in (1, 2, 3) for rack in (1, 2) for host in (1, 2)]
    folder.run(WORLD.format(hosts=hosts)).assert_outcomes(passed=1)


def test_a_world_of_another_shape(folder: Folder) -> None:
    hosts = ["z1-r1-h1", "z1-r2-h1", "z2-r1-h1", "z2-r2-h1"]
    words = "--antiaffinity-world=zones=2, hosts=1"
    folder.run(WORLD.format(hosts=hosts), words).assert_outcomes(passed=1)


PLACES = """\
import pytest
from antiaffinity.testing import Place

@pytest.fixture
def antiaffinity_places():
    return [Place("big", zone="north"), Place("small", zone="south", capacity={"vcpus": 1})]
"""


@pytest.mark.parametrize("words", [(), (CLOUD,)])
def test_a_world_of_a_users_own(folder: Folder, words: tuple[str, ...]) -> None:
    outcome = folder.run(WORLD.format(hosts=["big", "small"]), *words, conftest=PLACES)
    outcome.assert_outcomes(passed=1)
