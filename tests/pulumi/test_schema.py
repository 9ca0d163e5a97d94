"""The schema says what the library and the Python classes say, in every language's words."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from schema_text import ANY, FUNCTIONS, RESOURCES, SCHEMA, TYPES, Json, enum, examples, objects

import antiaffinity
import pulumi_antiaffinity
from antiaffinity import model, policy
from antiaffinity.planner.answer import Plan, RuleOutlook, Survival
from antiaffinity.registry import kinds
from antiaffinity.report import RuleVerdict
from antiaffinity.schema import MemberKeys, NeedsKeys, RuleKeys, SpecKeys
from antiaffinity.spec import Saturated
from pulumi_antiaffinity.shapes import camel

GROUP, ATTACHMENT = RESOURCES["Group"], RESOURCES["Attachment"]
LIBRARYS: dict[str, Any] = {
    "Level": model.Level,
    "State": model.State,
    "Evidence": model.Evidence,
    "Verdict": model.Verdict,
    "HaMode": policy.HaMode,
    "Saturated": Saturated,
    "PlanVerdict": inspect.get_annotations(Plan.verdict.fget, eval_str=True)["return"],  # type: ignore[attr-defined]
}
STRUCTS: dict[str, Any] = {
    "Ha": policy.Ha,
    "Needs": NeedsKeys,
    "RuleOutlook": RuleOutlook,
    "RuleVerdict": RuleVerdict,
    "Survival": Survival,
}


# What it says by itself


def test_its_version_is_the_librarys() -> None:
    assert SCHEMA["version"] == antiaffinity.__version__


def test_everything_is_described_in_whole_sentences() -> None:
    texts = {path: one.get("description", "") for path, one in _described(SCHEMA, "")}
    told = {path: text.partition("\n\n{{%")[0] for path, text in texts.items()}
    assert [path for path, text in told.items() if not re.search(r"^[`A-Z].*\.$", text, re.DOTALL)] == []


def _described(node: Json, path: str) -> Iterator[tuple[str, Json]]:
    """Every property, type, value, resource and function."""
    for key, value in node.items():
        if key in ("properties", "inputProperties", "variables", "types", "resources", "functions"):
            yield from ((f"{path}/{key}/{name}", one) for name, one in value.items())
        if key == "enum":
            yield from ((f"{path}/{one['value']}", one) for one in value)
        if isinstance(value, dict) and key != "language":
            yield from _described(value, f"{path}/{key}")


def test_what_is_required_is_there() -> None:
    assert {
        (name, key) for name, properties, required in objects() for key in required if key not in properties
    } == set()


def test_every_type_is_used() -> None:
    assert {ref for ref in _refs(SCHEMA) if ref != ANY} == {
        f"#/types/antiaffinity:index:{name}" for name in TYPES
    }


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        node = list(node.values())
    for one in node if isinstance(node, list) else []:
        yield from _refs(one)


def test_the_configuration_is_the_providers() -> None:
    assert SCHEMA["config"]["variables"] == SCHEMA["provider"]["inputProperties"]


def test_what_may_hold_credentials_is_secret_in_the_configuration() -> None:
    assert {key for key, one in SCHEMA["config"]["variables"].items() if one.get("secret")} == {
        "cloud",
        "clouds",
    }


@pytest.mark.parametrize("name", RESOURCES)
def test_inputs_are_outputs_too(name: str) -> None:
    inputs, outputs = RESOURCES[name]["inputProperties"], RESOURCES[name]["properties"]
    assert {key: _in_place(one) for key, one in inputs.items()} == {key: outputs[key] for key in inputs}


def test_plan_takes_and_tells_what_a_group_does() -> None:
    inputs, outputs = FUNCTIONS["plan"]["inputs"]["properties"], FUNCTIONS["plan"]["outputs"]["properties"]
    own = ("name", "owner")
    assert list(inputs) == list(GROUP["inputProperties"])
    assert [key for key in inputs if key not in own and inputs[key] != GROUP["properties"][key]] == []
    assert [key for key in outputs if outputs[key] != GROUP["properties"][key]] == []
    assert GROUP["properties"].keys() - inputs.keys() - outputs.keys() == {"spec", "nativeGroups", "unread"}


def _in_place(one: Json) -> Json:
    return {key: value for key, value in one.items() if key != "willReplaceOnChanges"}


def test_another_identity_is_another_resource() -> None:
    replacing = {
        (name, key)
        for name, one in RESOURCES.items()
        for key, words in one["inputProperties"].items()
        if words.get("willReplaceOnChanges")
    }
    assert replacing == {
        ("Group", "name"),
        ("Group", "owner"),
        ("Attachment", "group"),
        ("Attachment", "member"),
    }


# Beside the library


@pytest.mark.parametrize("name", LIBRARYS)
def test_an_enum_has_the_librarys_values(name: str) -> None:
    assert enum(name) == list(get_args(LIBRARYS[name]))


def test_every_enum_is_the_librarys() -> None:
    assert {name for name, one in TYPES.items() if "enum" in one} == LIBRARYS.keys()


def test_a_group_takes_every_key_of_a_spec() -> None:
    keys = {"name" if key == "group" else key for key in SpecKeys.__struct_fields__}
    assert GROUP["inputProperties"].keys() == keys


@pytest.mark.parametrize("name", STRUCTS)
def test_an_object_has_the_keys_of_the_librarys(name: str) -> None:
    assert [*TYPES[name]["properties"]] == [*STRUCTS[name].__struct_fields__]


def test_the_native_groups_are_the_librarys_with_their_id() -> None:
    assert TYPES["NativeGroup"]["properties"].keys() == {"id", *map(camel, model.Native.__struct_fields__)}


def test_what_is_free_is_told_with_every_key() -> None:
    members, rules = (GROUP["inputProperties"][key]["description"] for key in ("members", "rules"))
    assert [key for key in MemberKeys.__struct_fields__ if key not in members] == []
    assert [key for key in RuleKeys.__struct_encode_fields__ if key not in rules] == []
    assert [word for word in policy.SHORTHANDS if f"`{word}`" not in rules] == []
    keys = {key for rule in get_args(policy.Rule) for key in rule.__struct_fields__}
    assert {key for key in keys if key not in rules} == set()


def test_every_kind_of_cloud_is_told() -> None:
    told = [SCHEMA["config"]["variables"], GROUP["properties"], ATTACHMENT["properties"]]
    assert [kind for kind in kinds() for one in told if f"`{kind}`" not in one["cloud"]["description"]] == []


# Beside the Python classes

RENAMED = {"Group": {"name": "group_name"}}
"""A resource's own name is the first argument of its class."""


def snake(name: str) -> str:
    """``rules_outlook`` of ``rulesOutlook``."""
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


@pytest.mark.parametrize("name", [*RESOURCES, "Provider"])
def test_every_input_is_an_argument_in_python(name: str) -> None:
    inputs = (
        RESOURCES[name]["inputProperties"] if name in RESOURCES else SCHEMA["provider"]["inputProperties"]
    )
    arguments = inspect.signature(getattr(pulumi_antiaffinity, name).__init__).parameters
    renamed = {RENAMED.get(name, {}).get(key, snake(key)) for key in inputs}
    assert renamed == arguments.keys() - {"self", "resource_name", "opts"}


@pytest.mark.parametrize("name", RESOURCES)
def test_every_output_is_a_property_in_python(name: str) -> None:
    own = RESOURCES[name]["properties"].keys() - RESOURCES[name]["inputProperties"].keys()
    properties = dict(
        inspect.getmembers(getattr(pulumi_antiaffinity, name), lambda one: isinstance(one, property))
    )
    assert {snake(key) for key in own} - properties.keys() == set()
    assert [key for key in own if not properties[snake(key)].__doc__] == []


@pytest.mark.parametrize("name", [*RESOURCES, "Provider", "plan"])
def test_python_has_it_with_a_docstring(name: str) -> None:
    assert getattr(pulumi_antiaffinity, name).__doc__  # its own, not one that it inherits


# Its examples


@pytest.mark.parametrize("language", ["typescript", "python", "yaml", "go"])
def test_everything_has_an_example_in(language: str) -> None:
    assert examples(language).keys() == RESOURCES.keys() | FUNCTIONS.keys()


@pytest.mark.parametrize("text", examples("python").values(), ids=examples("python"))
def test_a_python_example_uses_what_there_is(text: str) -> None:
    used = {node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    ours = {node.attr for node in used if isinstance(node.value, ast.Name) and node.value.id == "paa"}
    assert ours <= set(pulumi_antiaffinity.__all__)
    assert ours
