"""What users install: the wheel holds the library and every cloud, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from email import message_from_string
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CLOUDS: dict[str, str] = PROJECT["entry-points"]["antiaffinity.clouds"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Built offline, with the build backend that is installed here."""
    pytest.importorskip("hatchling", reason="the wheel is built by hatchling: pip install hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*build, "--wheel-dir", str(folder), str(ROOT)], check=True)
    [file] = folder.iterdir()
    return ZipFile(file)


def contents(wheel: ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if not name.endswith("/")}


def metadata(wheel: ZipFile, file: str) -> str:
    [name] = (name for name in wheel.namelist() if name.endswith(f".dist-info/{file}"))
    return wheel.read(name).decode()


def packages(root: str) -> set[str]:
    return {folder.name for folder in (ROOT / root).iterdir() if (folder / "__init__.py").exists()}


def test_every_package_of_the_tree_is_in_the_wheel(wheel: ZipFile) -> None:
    top = {name.partition("/")[0] for name in contents(wheel) if ".dist-info/" not in name}
    assert top == packages("plugin") | packages("providers")
    assert top >= set(CLOUDS.values())


def test_every_module_is_in_the_wheel(wheel: ZipFile) -> None:
    for root in (ROOT / "plugin", ROOT / "providers"):
        modules = {file.relative_to(root).as_posix() for file in root.glob("*/**/*.py")}
        assert modules <= contents(wheel)


def test_types_are_for_users_too(wheel: ZipFile) -> None:
    assert "antiaffinity/py.typed" in contents(wheel)


def test_the_wheel_holds_no_tests_and_nothing_of_a_workshop(wheel: ZipFile) -> None:
    strange = {".pyc", ".db", ".sqlite", ".log"}
    for name in contents(wheel):
        path = Path(name)
        assert path.parts[0] not in ("tests", "stacks", "docs"), name
        assert "__pycache__" not in path.parts, name
        assert path.suffix not in strange, name


def test_the_licence_travels_along(wheel: ZipFile) -> None:
    assert "Apache License" in metadata(wheel, "licenses/LICENSE")
    assert message_from_string(metadata(wheel, "METADATA"))["License-Expression"] == "Apache-2.0"


def test_every_cloud_is_found_by_an_entry_point(wheel: ZipFile) -> None:
    told = metadata(wheel, "entry_points.txt")
    for kind, package in CLOUDS.items():
        assert f"{kind} = {package}" in told
        assert f"{package}/__init__.py" in contents(wheel)


def test_every_script_runs_what_is_in_the_wheel(wheel: ZipFile) -> None:
    told = metadata(wheel, "entry_points.txt")
    for script, target in PROJECT["scripts"].items():
        module = target.partition(":")[0].replace(".", "/")
        assert f"{script} = {target}" in told
        assert {f"{module}.py", f"{module}/__init__.py"} & contents(wheel)


def test_every_cloud_has_an_extra_of_its_name(wheel: ZipFile) -> None:
    extras = message_from_string(metadata(wheel, "METADATA")).get_all("Provides-Extra") or []
    assert set(CLOUDS) <= set(extras)


def test_the_version_is_the_librarys(wheel: ZipFile) -> None:
    import antiaffinity

    assert message_from_string(metadata(wheel, "METADATA"))["Version"] == antiaffinity.__version__


def test_nothing_but_clouds_lies_in_providers() -> None:
    there = {path.name for path in (ROOT / "providers").iterdir()} - {"README.md", "__pycache__"}
    assert there == set(CLOUDS.values()), "what else lies there imports here and is not in the wheel"


def test_nothing_but_packages_lies_in_plugin() -> None:
    there = {path.name for path in (ROOT / "plugin").iterdir() if path.suffix == ".py"}
    assert there == set()
