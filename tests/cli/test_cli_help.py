"""Help teaches: an example, the exit codes, and where a SPEC is described."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from antiaffinity import __version__
from antiaffinity.cli.app import COMMANDS
from antiaffinity.cli.example import SPEC
from antiaffinity.schema import SpecKeys
from antiaffinity.spec import read_spec
from cli.shell import ask


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command: str) -> None:
    text = ask(command, "--help").out
    assert re.search(rf"Examples?\b.*:\n +antiaffinity {command}", text)


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command not in ("help-spec", "demo", "clouds")]
)
def test_every_command_that_judges_says_its_exit_codes(command: str) -> None:
    text = ask(command, "--help").out
    assert "Exit codes:" in text
    assert "SPEC: `antiaffinity help-spec`" in " ".join(text.split()) or command == "groups"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_speaks_json(command: str) -> None:
    assert "--json" in ask(command, "--help").out


def test_the_overview_names_every_command_in_full_sentences() -> None:
    text = ask("--help").out
    for command in COMMANDS:
        [line] = re.findall(rf"^  {command} .*$", text, re.MULTILINE)
        assert line.endswith(".")
        assert not line.endswith("...")


def test_the_version() -> None:
    assert ask("--version").out == f"antiaffinity {__version__}\n"


def test_an_unknown_command_names_the_nearest() -> None:
    assert "did you mean 'verify'?" in ask("verfy").err


def test_the_example_spec_is_a_spec(tmp_path: Path) -> None:
    file = tmp_path / "db.yaml"
    file.write_text(ask("help-spec").out)
    spec = read_spec(file)
    assert (spec.key.name, len(spec.members), len(spec.rules)) == ("db", 3, 2)


def test_the_example_explains_every_key() -> None:
    for key in SpecKeys.__struct_fields__:
        assert re.search(rf"^(# )?{key}:|[#] {key}:", SPEC, re.MULTILINE), key


def test_the_schema_admits_the_example_and_refuses_a_slip() -> None:
    schema = json.loads(ask("help-spec", "--json").out)["schema"]
    validator = Draft202012Validator(schema)
    spec = yaml.safe_load(SPEC)
    assert validator.is_valid(spec)
    assert not validator.is_valid({**spec, "membres": 3})
