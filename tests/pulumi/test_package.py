"""The real engine takes our schema, our plugin's folder, and what its generators make of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml as pyyaml
from schema_text import examples

from antiaffinity import __version__
from pulumi_antiaffinity.servicer import schema
from real import node_env
from real.engine_env import ENV, SOURCE
from real.pulumi_rig import BIN, Workspace, yaml

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugin" / "pulumi_antiaffinity"
PLUGIN = str(BIN / "pulumi-resource-antiaffinity")
HOSTS = "hosts: [{name: h1, zone: z1}, {name: h2, zone: z1}, {name: h3, zone: z2}]\n"


def group(**properties: object) -> str:
    """A YAML program with one group."""
    db = {"type": "antiaffinity:Group", "properties": {"cloud": {"kind": "pool", "inventory": "hosts.yaml"}}}
    resources = {"db": {**db, "properties": {**db["properties"], **properties}}}  # type: ignore[dict-item]
    return pyyaml.safe_dump(
        {"resources": resources, "outputs": {"zone": '${db.placements["db-2"].domains["zone"]}'}}
    )


@pytest.fixture(scope="module")
def bare(pulumi_engine: Path) -> Iterator[Workspace]:
    """An engine whose project does not matter."""
    with Workspace(yaml("")) as space:
        yield space


@pytest.fixture
def pool() -> Iterator[Workspace]:
    """A project with three hosts."""
    with Workspace({**yaml_project(group(members=3)), "hosts.yaml": HOSTS}) as space:
        yield space


def yaml_project(text: str, plugin: str = "") -> dict[str, str]:
    found = f"plugins: {{providers: [{{name: antiaffinity, path: {plugin}}}]}}\n" if plugin else ""
    return {"Pulumi.yaml": f"name: shop\nruntime: yaml\n{found}{text}"}


# The schema


def test_the_schema_is_one_that_pulumi_can_bind(bare: Workspace) -> None:
    bare.run("schema", "check", str(PACKAGE / "schema.json")).ok()


def test_a_schema_that_names_no_type_is_refused(bare: Workspace) -> None:
    wrong = bare.root / "schema.json"
    wrong.write_text(
        schema().replace("#/types/antiaffinity:index:Placement", "#/types/antiaffinity:index:Place")
    )
    assert "antiaffinity:index:Place" in bare.run("schema", "check", str(wrong)).failed().text


def test_the_plugin_tells_pulumi_its_schema(bare: Workspace) -> None:
    told = json.loads(bare.run("package", "get-schema", PLUGIN).ok().out)
    assert told["version"] == __version__
    assert told["resources"].keys() == json.loads(schema())["resources"].keys()


def test_pulumi_lists_what_the_package_has(bare: Workspace) -> None:
    told = bare.run("package", "info", PLUGIN).ok().out
    assert [
        name for name in ("Group", "Attachment", "Verification", "plan", "explain") if name not in told
    ] == []


# Programs in YAML, which the schema alone types


def test_a_yaml_program_reads_a_typed_placement(pool: Workspace) -> None:
    pool.up().ok()
    assert pool.outputs()["zone"] in ("z1", "z2")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"members": 3, "ruels": "anti-affinity"}, "ruels"),
        ({"members": 3, "saturated": "refuze"}, '"refuse"'),
        ({"members": 3, "ha": {"mode": "n-plus-m", "minAlive": 1}}, "min_alive"),
        ({"members": {"a": 1}}, "members"),
        ({"rules": "anti-affinity"}, "members"),
    ],
    ids=["misspelt", "no value of the enum", "camel case", "no list", "missing"],
)
def test_a_mistake_is_told_before_anything_runs(pool: Workspace, wrong: dict[str, object], told: str) -> None:
    pool.write(yaml_project(group(**wrong)))
    assert told in pool.preview().failed().text


@pytest.mark.parametrize("name", examples("yaml"))
def test_an_example_in_yaml_is_a_program(pool: Workspace, name: str) -> None:
    text = examples("yaml")[name].replace(
        "{kind: openstack, cloud: prod}", "{kind: pool, inventory: hosts.yaml}"
    )
    pool.write(yaml_project(text))
    assert pool.preview().ok().changes["create"] >= 1


# How the plugin is found


def test_a_folder_with_the_plugins_program_is_found_by_its_path(pool: Workspace) -> None:
    pool.write(yaml_project(group(members=3), plugin=str(BIN)))
    pool.run("preview", env={"PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}).ok()


def test_the_shipped_folder_is_installed_as_a_plugin(pool: Workspace, tmp_path: Path) -> None:
    install = ("resource", "antiaffinity", __version__, "--file", str(PACKAGE / "plugin"))
    pool.run("plugin", "install", *install, env=offline(wheels(tmp_path))).ok()
    listed = json.loads(pool.run("plugin", "ls", "--json").ok().out)
    assert [(one["name"], one["version"]) for one in listed] == [("antiaffinity", __version__)]
    alone = {"PULUMI_IGNORE_AMBIENT_PLUGINS": "true", "PYTHONPATH": sysconfig.get_path("purelib")}
    assert pool.run("preview", env=alone).ok().changes["create"] == 2


def wheels(folder: Path) -> Path:
    """A folder with our wheel."""
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
    return folder


def offline(wheels: Path) -> dict[str, str]:
    """Settings for a pip that installs our wheel alone."""
    return {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_FIND_LINKS": str(wheels)}


# The SDKs of other languages


@pytest.fixture(scope="module")
def sdks(pulumi_engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make sdks` writes."""
    folder = tmp_path_factory.mktemp("sdks")
    subprocess.run([pulumi_engine / "gensdk", PACKAGE / "schema.json", folder, "nodejs", "go"], check=True)
    return folder


def test_go_takes_the_sdk_and_every_example(sdks: Path, tmp_path: Path) -> None:
    from_examples(tmp_path, "go", "main.go")
    shutil.copytree(sdks / "go" / "antiaffinity", tmp_path / "sdk" / "go" / "antiaffinity")
    for name in ("go.mod", "go.sum"):  # the modules that the engine was built from are all there is offline
        text = (SOURCE / name).read_text()
        (tmp_path / name).write_text(
            text.replace("module antiaffinity/tools", "module pulumi-antiaffinity", 1)
        )
    flags = "-mod=mod -modcacherw -trimpath"  # as the engine was built: what is compiled is used again
    offline = {**os.environ, **ENV, "CGO_ENABLED": "0", "GOPROXY": "off", "GOFLAGS": flags}
    vet = subprocess.run(
        ["go", "vet", "./..."], cwd=tmp_path, env=offline, stderr=subprocess.PIPE, text=True, check=False
    )
    assert vet.returncode == 0, f"{vet.stderr}\nmodules gone? rm -r .cache/engine .cache/go; make test"
    assert vet.stderr == ""


def from_examples(folder: Path, language: str, file: str) -> None:
    """Write each example as a program in a folder of its own."""
    for name, text in examples(language).items():
        (folder / name).mkdir()
        (folder / name / file).write_text(text)


PROGRAM = """
import * as pulumi from "@pulumi/pulumi";
import * as antiaffinity from "pulumi-antiaffinity";
import { enums, input, output } from "pulumi-antiaffinity/bin/types";

async function program(password: pulumi.Output<string>) {
    const eu = { kind: "openstack", username: "deployer", password };
    const provider = new antiaffinity.Provider("estate", {
        owner: "shop/prod", clouds: { dc: { kind: "pool", inventory: "hosts.yaml" }, eu },
    });
    const ha: input.HaArgs = { mode: enums.HaMode.NPlusM, needed: 1, buffer: 1 };
    const planned = await antiaffinity.plan({ members: 3, rules: "anti-affinity" }, { provider });
    const first: output.Placement = planned.placements["plan-0"];
    const group = new antiaffinity.Group("web", {
        members: [{ name: "web-0", only: { provider: [first.cloud] } }, "web-1"],
        rules: ["anti-affinity", { survive: { level: "zone", failures: 1, lose_at_most: 1 } }],
        ha, size: { vcpus: 2, type: "m6i.large" }, saturated: "stack", needs: { networks: ["prod"] },
    }, { provider });
    const zone: pulumi.Output<string> = group.placements["web-0"].domains["zone"];
    const fits: pulumi.Output<boolean> = group.verdict.apply(verdict => verdict === enums.PlanVerdict.Fits);
    return { zone, fits, id: group.nativeGroups[0].id, left: group.survives[0].left };
}
export const done = program(pulumi.secret("x"));
"""
MISTAKES = {
    "enum": ('"stack"', '"stak"'),
    "input": ("members: 3", "members: {}"),
    "result": ("planned.placements", "planned.places"),
    "nested": ("{ networks", "{ network"),
    "output": ("Output<boolean>", "Output<string>"),
}


def test_typescript_takes_the_sdk_and_every_example(sdk_modules: Path, tmp_path: Path) -> None:
    assert complaints({**examples("typescript"), "Program": PROGRAM}, sdk_modules, tmp_path) == {}


def test_typescript_finds_mistakes(sdk_modules: Path, tmp_path: Path) -> None:
    wrong = {name: PROGRAM.replace(*mistake) for name, mistake in MISTAKES.items()}
    found = complaints({**wrong, "right": PROGRAM}, sdk_modules, tmp_path)
    assert found == {"enum": 1, "input": 1, "result": 1, "nested": 1, "output": 1}


def complaints(programs: dict[str, str], modules: Path, folder: Path) -> dict[str, int]:
    """How many errors the compiler finds in each program."""
    for name, text in programs.items():
        (folder / f"{name}.ts").write_text(text)
    shutil.copy(node_env.SOURCE / "tsconfig.json", folder)
    (folder / "node_modules").symlink_to(modules)
    check = [*node_env.tsc(modules.parent), "--noEmit", "--project", "."]
    told = subprocess.run(check, cwd=folder, stdout=subprocess.PIPE, text=True, check=False).stdout
    print(told)
    return dict(Counter(re.findall(r"^(.+)\.ts\(\d+,\d+\): error", told, re.MULTILINE)))
