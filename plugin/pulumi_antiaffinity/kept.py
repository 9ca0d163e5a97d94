"""What of a Group's state stays as it was: other words for the same place are no change."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.ask import Ask, Made
from pulumi_antiaffinity.codec import Plain, same


def kept(ask: Ask, fresh: dict[str, Plain]) -> dict[str, Any]:
    """The placements, each with the reason it was made for while it stays what it was."""
    old = ask.state.get("placements") or {}
    return {name: _settled(old.get(name), placement) for name, placement in fresh.items()}


def _settled(old: Any, new: Plain) -> Any:
    return old if old and same({**old, "reason": ""}, {**new, "reason": ""}) else new


def old_outputs(ask: Ask) -> Plain:
    """What the state has besides the inputs."""
    return {key: value for key, value in ask.state.items() if key not in given.KEYS}


def unchanged(ask: Ask, made: Made) -> Made:
    """The state as it was, where no place and no verdict is another: words alone are no drift."""
    places = {**(ask.state.get("placements") or {}), **made.state["placements"]}
    state = {**made.state, "placements": places}
    if (
        ask.state
        and same(places, ask.state.get("placements"))
        and state["verdict"] == ask.state.get("verdict")
    ):
        state = {**state, **old_outputs(ask)}
    return replace(made, state=state)
