"""No file ends in an error of Python: it is read, or an InvalidRequest says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from antiaffinity.errors import InvalidRequest
from antiaffinity.spec import read_spec
from antiaffinity_pool.inventory import read
from core.fuzzed import INVENTORY, JSON, SPEC, files

READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "spec.yaml": (SPEC, read_spec),
    "hosts.yaml": (INVENTORY, read),
    "hosts.json": (JSON, read),
}


def surprises(file: Path, seed: int, count: int) -> list[str]:
    """The files that ended otherwise than with an answer or the words for what is wrong."""
    text, reader = READERS[file.name]
    found = []
    for data in files(text, seed, count):
        file.write_bytes(data)
        try:
            reader(file)
        except InvalidRequest:
            pass
        except Exception as error:
            found.append(f"{error!r} of {data!r}")
    return found


@pytest.mark.parametrize("name", READERS)
def test_a_changed_file_is_read_or_refused_in_words(name: str, tmp_path: Path) -> None:
    assert surprises(tmp_path / name, 15, 300) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", READERS)
def test_so_are_fifteen_thousand(name: str, tmp_path: Path) -> None:
    assert surprises(tmp_path / name, 16, 5000) == []
