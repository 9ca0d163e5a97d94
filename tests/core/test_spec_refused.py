"""A SPEC that is wrong is refused with the field, the fix, and never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiaffinity.errors import InvalidRequest
from antiaffinity.spec import Spec, parse_spec, read_spec
from core.good_specs import DESIGN, GOOD, plain, read_text
from core.malformed_specs import DATA, EXTRA, FILES, JSON, WHOLE, Malformed


def refused(wrong: InvalidRequest, path: str, fix: str) -> None:
    """The field, words of the fix, and a message that fits on a line."""
    assert (wrong.path, wrong.exit_code) == (path, 2)
    assert fix in wrong.message
    assert str(wrong).isprintable()
    assert len(str(wrong)) < 400


def test_the_tables_hold_enough() -> None:
    assert len([*WHOLE, *EXTRA, *FILES, *JSON, *DATA]) >= 180


@pytest.mark.parametrize("spec", [*WHOLE, *EXTRA, *FILES], ids=lambda spec: repr(spec.text[-60:]))
def test_a_malformed_file_names_the_field_and_the_fix(
    spec: Malformed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(spec.text, encoding="utf-8")
    with pytest.raises(InvalidRequest) as error:
        read_spec(Path("spec.yaml"))
    refused(error.value, spec.path, spec.fix)


@pytest.mark.parametrize("spec", JSON, ids=lambda spec: repr(spec.text[:60]))
def test_malformed_json_names_the_field_and_the_fix(
    spec: Malformed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.json").write_text(spec.text, encoding="utf-8")
    with pytest.raises(InvalidRequest) as error:
        read_spec(Path("spec.json"))
    refused(error.value, spec.path, spec.fix)


@pytest.mark.parametrize(("data", "path", "fix"), DATA, ids=[path for _, path, _ in DATA])
def test_malformed_data_names_the_field_and_the_fix(
    data: Mapping[object, object], path: str, fix: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_spec(data)
    refused(error.value, path, fix)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no such file") as error:
        read_spec(tmp_path / "sepc.yaml")
    assert error.value.path == str(tmp_path / "sepc.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="is a directory") as error:
        read_spec(tmp_path)
    assert error.value.path == str(tmp_path)


def test_a_file_name_may_not_hold_anything() -> None:
    with pytest.raises(InvalidRequest, match="not a file name"):
        read_spec(Path("a\0b"))


def test_a_file_below_a_file_cannot_be_read(tmp_path: Path) -> None:
    read_text(GOOD, tmp_path)
    with pytest.raises(InvalidRequest, match="cannot be read: Not a directory"):
        read_spec(tmp_path / "spec.yaml" / "spec.yaml")


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(b"group: db\nowner: M\xfcller\n")
    with pytest.raises(InvalidRequest, match="line 2 is not UTF-8"):
        read_spec(tmp_path / "spec.yaml")


def nested_aliases(layers: int) -> str:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, layers))]
    return f"{GOOD}cloud:\n  kind: x\n" + "".join(f"  {line}\n" for line in lines)


def test_nested_aliases_do_not_explode(tmp_path: Path) -> None:
    assert read_text(nested_aliases(20), tmp_path).clouds[""]["a0"] == ["x"]
    with pytest.raises(InvalidRequest, match="stands for more than 10,000,000 values") as error:
        read_text(nested_aliases(60), tmp_path)
    assert error.value.path.startswith("cloud.a")


# Whatever is given

WORDS = ["group", "members", "owner", "rules", "ha", "only", "never", "needs", "size", "saturated", "planned"]
WORDS += [
    "adopt",
    "cloud",
    "clouds",
    "name",
    "stay",
    "kind",
    "level",
    "zone",
    "host",
    "hard",
    "among",
    "mode",
]
WORDS += ["spread", "anti-affinity", "affinity", "survive", "maxSkew", "max_skew", "failures", "lose_at_most"]
words = st.sampled_from(WORDS) | st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.integers(), inner, max_size=4),
    max_leaves=12,
)


def judge(data: object) -> None:
    try:
        assert isinstance(parse_spec(data), Spec)
    except InvalidRequest as error:
        refused(error, error.path, "")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(anything)
def test_anything_at_all_is_a_spec_or_refused(data: object) -> None:
    judge(data)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_a_good_spec_with_something_else_in_it_is_a_spec_or_refused(choices: st.DataObject) -> None:
    spec = plain(DESIGN)
    inside: Any = spec
    while isinstance(inside, dict | list) and inside:
        keys = sorted(inside) if isinstance(inside, dict) else range(len(inside))
        key = choices.draw(st.sampled_from(list(keys)))
        if not isinstance(inside[key], dict | list) or choices.draw(st.booleans()):
            inside[key] = choices.draw(anything)
            break
        inside = inside[key]
    judge(spec)


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=st.text(alphabet="gm:db -[]{}&*!<\"'\\\n\t,#?|>%@0.e", max_size=40),
    suffix=st.sampled_from(["yaml", "json"]),
)
def test_any_text_is_a_spec_or_refused(text: str, suffix: str, tmp_path: Path) -> None:
    try:
        read_text(text, tmp_path, f"spec.{suffix}")
    except InvalidRequest as error:
        refused(error, error.path, "")
