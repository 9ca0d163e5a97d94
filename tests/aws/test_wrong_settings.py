"""Settings of a session that are no text are named, before anybody logs in."""

from __future__ import annotations

from typing import Any

import pytest

import antiaffinity as aa


@pytest.mark.parametrize("name", ["region_name", "profile_name"])
@pytest.mark.parametrize("value", [3, True, ["eu-1"], {"a": 1}])
def test_a_wrong_setting_is_named(name: str, value: Any) -> None:
    with pytest.raises(aa.InvalidRequest, match="is text") as refused:
        aa.connect("aws", **{name: value})
    assert refused.value.path == name
