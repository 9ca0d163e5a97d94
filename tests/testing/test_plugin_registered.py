"""The plugin is there once, however it is named, and costs nothing until a cloud is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from testing.scripts import AT_IMPORT, TWO_WITH_ONE_CLIENT
from testing.users_folder import WORDS, Folder

pytest_plugins = ["pytester"]

USES = """\
def test_uses_it(antiaffinity_openstack, pytestconfig):
    plugins = [plugin for plugin in pytestconfig.pluginmanager.get_plugins()]
    assert sum(getattr(plugin, "__name__", "") == "antiaffinity.testing.plugin" for plugin in plugins) == 1
    assert not antiaffinity_openstack.running()
"""
ENTRY_POINT = "[pytest11]\nantiaffinity = antiaffinity.testing.plugin\n"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Folder:
    return Folder(pytester)


@pytest.fixture
def installed(pytester: pytest.Pytester) -> None:
    """The entry point, as an installed distribution has it."""
    home = pytester.mkdir("users-1.dist-info")
    (home / "METADATA").write_text("Metadata-Version: 2.1\nName: users\nVersion: 1\n")
    (home / "entry_points.txt").write_text(ENTRY_POINT)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("words", [(), ("-p", "antiaffinity.testing"), ("-p", "antiaffinity")])
@pytest.mark.parametrize("conftest", ["", "pytest_plugins = ['antiaffinity.testing']"])
def test_it_is_registered_once(pytester: pytest.Pytester, words: tuple[str, ...], conftest: str) -> None:
    pytester.syspathinsert()
    pytester.makepyfile(test_it=USES, conftest=conftest)
    pytester.runpytest_inprocess("-W", "ignore", *words).assert_outcomes(passed=1)


@pytest.mark.parametrize("by", ["-p", "conftest", "variable"])
def test_it_needs_no_entry_point(folder: Folder, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    if by == "variable":
        monkeypatch.setenv("PYTEST_PLUGINS", "antiaffinity.testing")
    conftest = "pytest_plugins = ['antiaffinity.testing']" if by == "conftest" else ""
    folder.pytester.makepyfile(test_it=USES, conftest=conftest)
    words = WORDS if by == "-p" else WORDS[2:]
    folder.pytester.runpytest_inprocess(*words).assert_outcomes(passed=1)


def test_a_plugin_that_a_conftest_names_begins_clouds_before_the_tests_are_imported(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    conftest = "pytest_plugins = ['antiaffinity.testing']"
    folder.pytester.makepyfile(deploy=AT_IMPORT, test_deploy=TWO_WITH_ONE_CLIENT, conftest=conftest)
    outcome = folder.pytester.runpytest_inprocess(*WORDS[2:], "--antiaffinity-cloud=openstack")
    outcome.assert_outcomes(passed=2)


@pytest.mark.usefixtures("installed")
def test_it_can_be_turned_off(pytester: pytest.Pytester) -> None:
    pytester.syspathinsert()
    pytester.makepyfile(test_it=USES)
    outcome = pytester.runpytest_inprocess("-p", "no:antiaffinity", "-p", "antiaffinity.testing")
    outcome.stdout.fnmatch_lines(["*fixture 'antiaffinity_openstack' not found"])


def test_loading_it_imports_nothing_heavy() -> None:
    program = (
        "import sys, pytest; before = {*sys.modules}; import antiaffinity.testing.plugin;"
        "print(*sorted({*sys.modules} - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {
        "antiaffinity",
        "antiaffinity.errors",
        "antiaffinity.testing",
        "antiaffinity.testing.plugin",
    }


def test_a_run_that_uses_no_cloud_begins_none(folder: Folder) -> None:
    light = "import sys\ndef test_light(): assert not {'werkzeug', 'openstack', 'msgspec'} & {*sys.modules}"
    folder.run_alone(light).assert_outcomes(passed=1)


def test_every_fixture_says_what_it_is(folder: Folder) -> None:
    told = folder.run("", "--fixtures")
    told.stdout.fnmatch_lines(
        [
            f"antiaffinity_{kind} -- *"
            for kind in ("places", "aws", "azure", "exoscale", "openstack", "vcenter")
        ]
    )
    told.stdout.no_fnmatch_line("*no docstring available*antiaffinity*")


# Workers of pytest-xdist

APART = """\
import os, pytest, openstack

conn = openstack.connect()

@pytest.mark.parametrize("number", range(4))
def test_alone(antiaffinity_openstack, number):
    assert os.environ["PYTEST_XDIST_WORKER"]
    assert list(conn.compute.servers()) == []
    conn.compute.create_server_group(name="db", policy="affinity")
    assert len(list(conn.compute.server_groups())) == 1
    with open(f"urls-{number}", "w") as file:
        file.write(conn.auth["auth_url"])
"""


def test_every_worker_has_a_cloud_of_its_own(folder: Folder) -> None:
    outcome = folder.run_alone(APART, "-n2", "--dist=each", "--antiaffinity-cloud=openstack")
    outcome.assert_outcomes(passed=8)


# Words for mistakes


def told(outcome: pytest.RunResult) -> str:
    """The error in one line, without a traceback."""
    errors = [line for line in outcome.errlines if line.startswith("ERROR: ")]
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    assert not [line for line in outcome.errlines + outcome.outlines if "Traceback" in line]
    return errors[0]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        (
            "--antiaffinity-cloud=opnstack",
            "cloud opnstack: no cloud is called 'opnstack': did you mean 'openstack'?",
        ),
        ("--antiaffinity-cloud=openstack,gcp", "cloud gcp: no cloud is called 'gcp': known: aws, azure, "),
        ("--antiaffinity-world=zone=3", "world: a world has no 'zone': did you mean 'zones'?"),
        ("--antiaffinity-world=zones=three", "world: zones is 'three': write a number from 1 on"),
        ("--antiaffinity-world=hosts=0", "world: hosts is '0': write a number from 1 on"),
    ],
)
def test_a_mistake_on_the_command_line_is_told_in_a_line(folder: Folder, word: str, hint: str) -> None:
    assert hint in told(folder.run("", word))


def test_more_zones_than_there_are(folder: Folder) -> None:
    said = told(folder.run("", "--antiaffinity-cloud=openstack", "--antiaffinity-world=zones=10"))
    assert "openstack: 10 zones, but there are only 9: z1, z2" in said


MISSING = "raise ModuleNotFoundError(\"No module named 'openstack'\", name='openstack')"


@pytest.mark.parametrize("missing", ["openstack", "werkzeug"])
def test_a_missing_package_is_named_with_what_brings_it(folder: Folder, missing: str) -> None:
    folder.pytester.makepyfile(**{missing: MISSING.replace("openstack", missing)})
    folder.pytester.syspathinsert()
    extras = f"the fake OpenStack needs {missing}: pip install 'antiaffinity[[]openstack,testing]'"
    outcome = folder.run_alone("def test_it(antiaffinity_openstack): pass")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines([extras])
    outcome.stdout.no_fnmatch_line("*Error*")
    assert extras.replace("[[]", "[") in told(folder.run_alone("", "--antiaffinity-cloud=openstack"))
