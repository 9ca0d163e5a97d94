"""What Pulumi finds after pip: a plugin on the PATH, its schema, and a folder that Pulumi can install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

import grpc
import pytest
import yaml
from google.protobuf.empty_pb2 import Empty
from packaging.requirements import Requirement

import antiaffinity
from antiaffinity.registry import kinds, record
from pulumi_antiaffinity.messages import provider_pb2, provider_pb2_grpc

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugin" / "pulumi_antiaffinity"
FOLDER = PACKAGE / "plugin"
OFFLINE = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built offline, with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", *OFFLINE]
    subprocess.run([*build, "--wheel-dir", str(folder), str(ROOT)], check=True)
    [file] = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The bin folder of an environment that has our wheel alone."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=False)
    pip = [sys.executable, "-m", "pip", f"--python={home / 'bin' / 'python'}", "install", *OFFLINE]
    subprocess.run([*pip, str(wheel)], check=True)
    return home / "bin"


def borrowing() -> dict[str, str]:
    """An environment whose programs find what we depend on here, but not us: we are installed editable."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": sysconfig.get_path("purelib")}


@contextmanager
def started(command: str) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """The plugin as the engine starts it."""
    process = subprocess.Popen([command], env=borrowing(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_wheel_has_all_that_pulumi_reads(wheel: Path) -> None:
    own = {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    ours = {name for name in own if "__pycache__" not in name}
    assert ours <= set(ZipFile(wheel).namelist())
    assert {"schema.json", "pulumi-plugin.json", "py.typed"} <= {name.partition("/")[2] for name in ours}


def test_pip_puts_the_plugin_on_the_path(fresh: Path) -> None:
    told = subprocess.run(
        ["pulumi-resource-antiaffinity", "--version"],
        env={"PATH": f"{fresh}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert told.stdout == f"{antiaffinity.__version__}\n"


def test_the_installed_plugin_answers_with_the_schema_of_its_version(fresh: Path) -> None:
    with started(str(fresh / "pulumi-resource-antiaffinity")) as plugin:
        schema = json.loads(plugin.GetSchema(provider_pb2.GetSchemaRequest()).schema)
        assert plugin.GetPluginInfo(Empty()).version == schema["version"] == antiaffinity.__version__
    shipped = files("pulumi_antiaffinity").joinpath("schema.json").read_text(encoding="utf-8")
    assert schema == json.loads(shipped)


def test_without_pulumis_extra_the_plugin_says_what_to_install(fresh: Path) -> None:
    bare = subprocess.run(
        [fresh / "pulumi-resource-antiaffinity"], env={}, stderr=subprocess.PIPE, text=True, check=False
    )
    assert bare.returncode == 1
    assert "pip install 'antiaffinity[pulumi]'" in bare.stderr
    assert "Traceback" not in bare.stderr


def test_pulumi_is_told_which_plugin_the_package_needs() -> None:
    told = json.loads((PACKAGE / "pulumi-plugin.json").read_text())
    assert told == {"resource": True, "name": "antiaffinity", "version": antiaffinity.__version__}


def test_the_folder_requires_this_version_with_pulumi_and_every_cloud_that_connects() -> None:
    lines = (FOLDER / "requirements.txt").read_text().splitlines()
    [wanted] = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert (wanted.name, str(wanted.specifier)) == ("antiaffinity", f"=={antiaffinity.__version__}")
    assert wanted.extras == {"pulumi", *(kind for kind in kinds() if record(kind).connect_from)}


def test_the_folder_has_an_environment_of_its_own() -> None:
    project = yaml.safe_load((FOLDER / "PulumiPlugin.yaml").read_text())
    options = {"toolchain": "pip", "virtualenv": "venv"}
    assert project == {"runtime": {"name": "python", "options": options}}
