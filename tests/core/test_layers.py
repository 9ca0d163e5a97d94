"""Who may import whom, and what the library never says: read from the source."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from antiaffinity.registry import kinds
from core.source_tree import at_module_level, files, function_lengths, imports, modules, words

LAYERS: tuple[set[str], ...] = (
    {"errors", "model", "clock", "telling", "marks", "settings", "meanings", "secrets", "odd_answers"},
    {"policy", "nodes", "topology", "guarantee", "evidence", "decode", "merging", "tables", "steps"}
    | {"ties", "colocation", "shared_topology", "terminal", "written", "files", "given"},
    {"planner", "explain", "scene", "verdict", "report", "text", "check", "document", "schema"}
    | {"lines", "naming"},
    {"backend", "registry", "audit", "retry", "waiting", "whole"},
    {"several_clouds", "spec", "sight", "standing", "looks", "keeping", "membership", "placed", "company"}
    | {
        "leftovers",
        "joining",
        "binding",
        "preflight",
        "lost",
        "left_open",
        "other_levels",
        "prospect",
        "resources",
    }
    | {"resources", "refusals", "run", "repairing", "rollout", "estates", "group"}
    | {"later", "launch_ids", "reservations", "looked"},
    {"cli", "testing"},
)
"""Each layer imports itself and those above it in this list."""

FOR_CLOUDS = {
    "colocation",
    "model",
    "errors",
    "files",
    "clock",
    "topology",
    "nodes",
    "backend",
    "guarantee",
    "merging",
    "decode",
    "document",
    "telling",
    "marks",
    "meanings",
    "odd_answers",
    "retry",
    "settings",
    "waiting",
    "whole",
}
"""What a cloud package may use of the library, besides what a plan answers."""

SDKS: dict[str, set[str]] = {
    "aws": {"boto3", "botocore"},
    "azure": {"azure"},
    "exoscale": {"exoscale", "requests"},
    "openstack": {"openstack", "keystoneauth1", "requests", "yaml"},
    "pool": {"sqlalchemy", "yaml"},
    "vcenter": {"pyVmomi", "pyVim", "vmware"},
}
"""The packages that belong to one cloud."""

LIBRARY = {
    name.partition(".")[2]: tree for name, tree in modules().items() if name.startswith("antiaffinity.")
}
CLOUDS = {
    name: tree
    for name, tree in modules().items()
    if name.startswith(tuple(f"antiaffinity_{k}" for k in SDKS))
}


def layer(module: str) -> int:
    """The number of a module's layer, by the longest name that covers it."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        for number, names in enumerate(LAYERS):
            if ".".join(parts[:length]) in names:
                return number
    raise AssertionError(f"antiaffinity.{module} is in no layer: say in LAYERS where it belongs")


def ours(tree: ast.Module) -> set[str]:
    """The modules of the library that are imported, each as ``planner.answer``."""
    found = set()
    for name in imports(tree):
        if name.startswith("antiaffinity."):
            parts = name.split(".")[1:]
            module = next((m for m in (".".join(parts[:n]) for n in (3, 2, 1)) if m in LIBRARY), "")
            found.add(module)
    return found - {""}


@pytest.mark.parametrize("module", LIBRARY)
def test_a_module_imports_its_own_layer_and_those_below(module: str) -> None:
    upwards = {other for other in ours(LIBRARY[module]) if layer(other) > layer(module)}
    assert upwards == set()


def test_every_cloud_is_looked_at() -> None:
    assert {package.removeprefix("antiaffinity_") for package in kinds().values()} <= set(SDKS)
    assert {name.partition(".")[0] for name in CLOUDS} == {f"antiaffinity_{kind}" for kind in SDKS}


@pytest.mark.parametrize("module", CLOUDS)
def test_a_cloud_uses_the_nouns_and_the_contract_only(module: str) -> None:
    used = ours(CLOUDS[module])
    assert {name for name in used if name != "planner.answer" and name not in FOR_CLOUDS} == set()


@pytest.mark.parametrize("module", CLOUDS)
def test_a_cloud_knows_no_other_cloud(module: str) -> None:
    package = module.partition(".")[0]
    own = SDKS[package.removeprefix("antiaffinity_")]
    others = set().union(*SDKS.values()) - own
    imported = {name.partition(".")[0] for name in imports(CLOUDS[module])}
    assert imported & others == set()
    assert {name for name in imported if name.startswith("antiaffinity_")} <= {package}


def test_pulumi_is_imported_by_its_own_package_only() -> None:
    users = [name for name, tree in modules().items() if any(_is_pulumi(i) for i in imports(tree))]
    assert [name for name in users if not name.startswith("pulumi_antiaffinity")] == []


PLUGIN = {
    name: tree
    for name, tree in modules().items()
    if name.startswith("pulumi_antiaffinity.") and ".program" not in name
}


@pytest.mark.parametrize("module", PLUGIN)
def test_the_plugins_process_needs_nothing_of_a_program(module: str) -> None:
    used = imports(PLUGIN[module])
    assert [name for name in used if name.startswith("pulumi_antiaffinity.program")] == []
    assert module.endswith(".messages") or not [name for name in used if name.split(".")[0] == "pulumi"]


def _is_pulumi(name: str) -> bool:
    return name.partition(".")[0].startswith("pulumi")


@pytest.mark.parametrize("module", [name for name in LIBRARY if not name.startswith("testing")])
def test_the_library_imports_no_sdk_and_nothing_heavy_at_once(module: str) -> None:
    everywhere = {name.partition(".")[0] for name in imports(LIBRARY[module])}
    assert everywhere & set().union(*(SDKS[kind] - {"yaml"} for kind in SDKS)) == set()
    assert everywhere.isdisjoint(name.partition(".")[0] for name in CLOUDS)
    light = {"msgspec", "click"} if module.startswith("cli") else {"msgspec"}
    assert at_module_level(LIBRARY[module]) - light - {"antiaffinity"} <= STANDARD


STANDARD = sys.stdlib_module_names

NAMES = {"openstack", "nova", "aws", "ec2", "boto3", "azure", "vcenter", "vsphere", "exoscale", "pyvmomi"}


@pytest.mark.parametrize("module", [name for name in LIBRARY if not name.startswith("testing")])
def test_the_library_names_no_cloud(module: str) -> None:
    texts = [text for text in words(LIBRARY[module]) if not (module.startswith("cli") and " " in text)]
    told = {word for text in texts for word in re.findall(r"[a-z0-9]+", text.lower())}
    assert told & NAMES == set(), "only the command line's help may, in whole sentences"


@pytest.mark.parametrize("module", [*LIBRARY, *CLOUDS])
def test_only_the_command_line_prints(module: str) -> None:
    tree = LIBRARY.get(module) or CLOUDS[module]
    if not module.startswith(("cli", "testing")):
        assert {"print", "stdout"} & set(words(tree)) == set()


def test_files_are_short_enough_to_read() -> None:
    lengths = {str(file): len(file.read_text().splitlines()) for file in files()}
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}


def test_functions_are_short() -> None:
    lengths = function_lengths()
    ninth = lengths[len(lengths) * 9 // 10][0]
    assert lengths[len(lengths) // 2][0] <= 8
    assert ninth <= 30, lengths[-10:]
