"""Clouds are found by their entry points, read without their SDK, and say plainly what is missing."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

import antiaffinity as aa
from antiaffinity import registry
from antiaffinity.errors import InvalidRequest

ROOT = Path(__file__).parents[2]


def test_the_kinds_are_those_of_the_entry_points() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["entry-points"]["antiaffinity.clouds"]
    assert declared.items() <= registry.kinds().items()
    assert set(declared) == {"aws", "azure", "exoscale", "openstack", "pool", "vcenter"}


def test_a_record_is_that_of_its_kind() -> None:
    assert [cloud.kind for cloud in registry.records()] == sorted(registry.kinds())


@pytest.mark.parametrize(
    ("typed", "meant"), [("opnstack", "openstack"), ("AWS", "aws"), ("vsphere", "vcenter")]
)
def test_an_unknown_kind_names_the_known_ones(typed: str, meant: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        registry.record(typed)
    assert meant in refused.value.message
    assert (refused.value.path, refused.value.exit_code) == ("kind", 2)


def test_a_slip_of_the_pen_names_the_nearest_kind() -> None:
    with pytest.raises(InvalidRequest, match="did you mean 'openstack'"):
        aa.connect("openstak")
    with pytest.raises(InvalidRequest) as refused:
        aa.connect("mainframe")
    assert "did you mean" not in refused.value.message


def test_a_setting_that_a_cloud_does_not_know_names_the_nearest() -> None:
    with pytest.raises(InvalidRequest, match="did you mean 'inventory'") as refused:
        aa.connect("pool", inventry="hosts.yaml")
    assert refused.value.path == "inventry"


def test_a_cloud_whose_settings_are_fine_is_connected(tmp_path: Path) -> None:
    estate = aa.connect("pool", inventory=str(tmp_path / "hosts.yaml"))
    assert list(estate.clouds) == [""]


# What is missing here


HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {sdk!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""


def told(code: str, *, hidden: str = "", path: Path | None = None) -> str:
    """What a fresh interpreter prints, without a package that is hidden from it."""
    start = HIDE.format(sdk=hidden) if hidden else ""
    add = f"import sys; sys.path.insert(0, {str(path)!r})\n" if path else ""
    run = [sys.executable, "-c", add + start + textwrap.dedent(code)]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()


def test_a_missing_sdk_names_the_extra_to_install() -> None:
    message = told(
        """
        import antiaffinity as aa
        try:
            aa.connect("openstack", cloud="prod")
        except aa.InvalidRequest as error:
            print(error.path, "|", error, "|", type(error.__cause__).__name__)
        """,
        hidden="openstack",
    )
    assert message.startswith("kind | ")
    assert "pip install 'antiaffinity[openstack]'" in message
    assert "openstacksdk" in message
    assert message.endswith("ModuleNotFoundError")


@pytest.mark.parametrize("sdk", ["openstack", "boto3", "azure", "pyVmomi", "exoscale", "sqlalchemy", "yaml"])
def test_no_record_needs_an_sdk(sdk: str) -> None:
    kinds = told("from antiaffinity import registry; print(len(registry.records()))", hidden=sdk)
    assert int(kinds) == len(registry.kinds())


def test_finding_the_kinds_does_not_import_the_clouds() -> None:
    code = """
    import sys
    from antiaffinity import registry
    print(registry.kinds() and [name for name in sys.modules if name.startswith("antiaffinity_")])
    """
    assert told(code) == "[]"


# Clouds that others wrote


RECORD = """
from antiaffinity.guarantee import Cloud
cloud = Cloud(
    kind="acme", title="Acme", sdk="acme-sdk", call="launch", words={}, chosen=(), guarantees=(),
    merges={}, keys={}, connect_from="antiaffinity_acme.backend",
)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder on the path with a distribution of its own, as ``pip install`` leaves it."""
    dist = tmp_path / "antiaffinity_acme-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: antiaffinity-acme\nVersion: 1.0\n")
    (dist / "entry_points.txt").write_text(
        "[console_scripts]\nrun = acme:main\n\n[antiaffinity.clouds]\nacme = antiaffinity_acme\n\n[x]\na=b\n"
    )
    package = tmp_path / "antiaffinity_acme"
    package.mkdir()
    (package / "__init__.py").write_text(RECORD)
    (package / "backend.py").write_text("import acme_sdk\n")
    return tmp_path


def test_somebody_elses_cloud_is_found_and_read(site: Path) -> None:
    code = """
    from antiaffinity import registry
    print(sorted(registry.kinds()), registry.record("acme").title)
    """
    kinds = sorted([*registry.kinds(), "acme"])
    assert told(code, path=site) == f"{kinds} Acme"


def test_nothing_of_another_entry_point_group_is_a_kind(site: Path) -> None:
    code = "from antiaffinity import registry; print('a' in registry.kinds())"
    assert told(code, path=site) == "False"


def test_somebody_elses_missing_sdk_is_no_extra_of_ours(site: Path) -> None:
    code = """
    import antiaffinity as aa
    try:
        aa.connect("acme")
    except aa.InvalidRequest as error:
        print(error)
    """
    message = told(code, path=site)
    assert "pip install acme-sdk" in message
    assert "acme_sdk" in message
    assert "antiaffinity[acme]" not in message


def test_a_cloud_without_calls_says_so_before_any_call(site: Path) -> None:
    file = site / "antiaffinity_acme" / "__init__.py"
    file.write_text(RECORD.replace("antiaffinity_acme.backend", ""))
    code = """
    import antiaffinity as aa
    try:
        aa.connect("acme", no_such_setting=1)
    except aa.NotOffered as error:
        print(error.exit_code, error.path, error)
    """
    message = told(code, path=site)
    assert message.startswith("1 kind ")
    assert "not written yet" in message
    assert "`antiaffinity clouds`" in message


def test_a_cloud_whose_package_is_gone_says_so(site: Path) -> None:
    (site / "antiaffinity_acme" / "__init__.py").unlink()
    (site / "antiaffinity_acme").rename(site / "removed")
    code = """
    import antiaffinity as aa
    try:
        aa.connect("acme")
    except aa.InvalidRequest as error:
        print(error.path, error)
    """
    message = told(code, path=site)
    assert message.startswith("kind ")
    assert "antiaffinity_acme, which cannot be imported" in message


def test_the_first_on_the_path_wins(site: Path) -> None:
    (site / "antiaffinity_acme-1.0.dist-info" / "entry_points.txt").write_text(
        "[antiaffinity.clouds]\npool = antiaffinity_acme\n"
    )
    code = "from antiaffinity import registry; print(registry.kinds()['pool'])"
    assert told(code, path=site) == "antiaffinity_acme"
