"""The README is true: its example prints what it shows, its table is what the records say."""

from __future__ import annotations

import ast
import re

import pytest
from readme import README, example, guarantees

import antiaffinity
import pulumi_antiaffinity

TEXT = README.read_text()
OURS = {"aa": antiaffinity, "paa": pulumi_antiaffinity}


def made(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", TEXT, flags=re.S)
    assert found, f"README has no part {name!r}"
    return found[1].strip()


def test_the_guarantee_table_is_what_the_records_say() -> None:
    assert made("guarantees") == guarantees().strip(), "run: python tests/packaging/readme.py"


def test_the_example_prints_what_the_readme_shows() -> None:
    assert made("example") == example().strip(), "run: python tests/packaging/readme.py"


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", TEXT, flags=re.S))
def test_its_python_uses_names_that_exist(code: str) -> None:
    tree = ast.parse(code)
    used = {
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in OURS
    }
    assert used or "antiaffinity" not in code
    assert used <= {(short, name) for short, module in OURS.items() for name in module.__all__}
