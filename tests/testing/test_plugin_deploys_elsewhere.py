"""Deploy scripts for the other clouds, tested as their users test them; boto3's client is made at import."""

from __future__ import annotations

import pytest

import antiaffinity.testing.aws
import antiaffinity.testing.azure
import antiaffinity.testing.exoscale
import antiaffinity.testing.vcenter  # noqa: F401 (once here, so that no run inside loads SDKs again)
from testing import scripts
from testing.scripts import RULE_ON_AWS, RULE_ON_AZURE, RULE_ON_EXOSCALE, RULE_ON_VCENTER
from testing.users_folder import Folder

pytest_plugins = ["pytester"]


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Folder:
    return Folder(pytester)


@pytest.mark.parametrize(
    ("kind", "deploy", "rule"),
    [
        ("aws", scripts.ON_AWS, RULE_ON_AWS),
        ("azure", scripts.ON_AZURE, RULE_ON_AZURE),
        ("exoscale", scripts.ON_EXOSCALE, RULE_ON_EXOSCALE),
        ("vcenter", scripts.ON_VCENTER, RULE_ON_VCENTER),
    ],
)
def test_a_script_that_obeys_passes(folder: Folder, kind: str, deploy: str, rule: str) -> None:
    folder.run(rule, f"--antiaffinity-cloud={kind}", deploy=deploy).assert_outcomes(passed=1)


def test_hosts_of_one_cluster_are_kept_apart_by_its_drs(folder: Folder) -> None:
    words = ("--antiaffinity-cloud=vcenter", "--antiaffinity-world=zones=1,racks=1,hosts=3")
    outcome = folder.run(scripts.ON_HOSTS_OF_ONE_CLUSTER, *words, deploy=scripts.ON_VCENTER)
    outcome.assert_outcomes(passed=1)


def test_two_clouds_for_one_run(folder: Folder) -> None:
    folder.pytester.makepyfile(test_aws=RULE_ON_AWS.replace("import deploy", "import on_aws as deploy"))
    folder.pytester.makepyfile(on_aws=scripts.ON_AWS)
    words = ("--antiaffinity-cloud=aws,exoscale", "--antiaffinity-cloud", "openstack")
    folder.run(RULE_ON_EXOSCALE, *words, deploy=scripts.ON_EXOSCALE).assert_outcomes(passed=2)


@pytest.fixture
def real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a tester's shell may have in it."""
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://192.0.2.1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")


@pytest.mark.usefixtures("real_account")
def test_a_script_that_asks_nobody_is_caught_with_its_client_made_at_import(folder: Folder) -> None:
    outcome = folder.run(RULE_ON_AWS, "--antiaffinity-cloud=aws", deploy=scripts.ASKS_NOBODY_ON_AWS)
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        ["E*assert 3 == 1", "*- antiaffinity_aws -*", "share a zone: us-east-1a (3)"]
    )
