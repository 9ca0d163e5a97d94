"""The reader of published Pulumi packages, on packages small enough to see through."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pulumi_arguments
import pytest

MODULE = """
class Server:
    def __init__(__self__, resource_name, args, opts=None): ...
    def _internal_init(__self__, resource_name: str, opts=None,
                       tags: 'Input[dict]' = None,
                       disk: Union['DiskArgs', 'DiskArgsDict'] = None,
                       __props__=None): ...
"""
INPUTS = """
class DiskArgsDict(TypedDict):
    size: NotRequired[int]
    name: str
class OtherArgsDict(TypedDict):
    name: str
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    file = tmp_path / "pulumi_tiny-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("pulumi_tiny/server.py", MODULE)
        archive.writestr("pulumi_tiny/_inputs.py", INPUTS)
    return file


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    folder = tmp_path / "pulumi_tiny"
    folder.mkdir()
    (folder / "server.py").write_text(MODULE)
    (folder / "_inputs.py").write_text(INPUTS)
    file = tmp_path / "pulumi_tiny-1.2.3.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder, "pulumi_tiny-1.2.3/pulumi_tiny")
    return file


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_names_that_a_resource_takes_are_read_from_its_file(
    kind: str, request: pytest.FixtureRequest
) -> None:
    file: Path = request.getfixturevalue(kind)
    found = pulumi_arguments.read(file, "pulumi_tiny/server.py", "Server")
    assert (found["package"], found["version"], found["class"]) == ("pulumi-tiny", "1.2.3", "Server")
    assert found["arguments"] == ["disk", "tags"]
    assert found["dicts"] == {"DiskArgsDict": ["name", "size"]}


def test_a_file_that_is_there_is_not_downloaded(wheel: Path, tmp_path: Path) -> None:
    assert pulumi_arguments.published(str(wheel), tmp_path / "nowhere") == wheel
