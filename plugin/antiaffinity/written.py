"""Names in YAML as they were written: ``010``, ``12:30``, ``1.10`` and ``on`` are no numbers where a name is.

YAML 1.1 reads them as 8, 750, 1.1 and true (https://yaml.org/type/int.html, /float.html, /bool.html): two
racks "010" and "8" would be one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from msgspec.structs import fields

from antiaffinity.decode import is_struct, unfold

if TYPE_CHECKING:
    from yaml.nodes import Node

YAML = "tag:yaml.org,2002:"
TEXT = f"{YAML}str"
MERGE = f"{YAML}merge"
LOOKS = {f"{YAML}{kind}" for kind in ("int", "float", "bool", "timestamp")}
"""The tags that YAML gives a plain scalar by its looks."""


def keep_written(node: Node, hint: Any) -> None:
    """Make text of every plain scalar below a node where its type asks for text, and not for what YAML reads.

    An alias is the node that it names: it is text where one of its places asks for text.
    """
    _keep(node, hint, {})


def _keep(node: Node, hint: Any, seen: dict[tuple[int, int], Any]) -> None:
    """``seen`` holds the types alive, so that their ids stay theirs: a few aliases can name many nodes."""
    if (id(node), id(hint)) in seen:
        return
    seen[id(node), id(hint)] = hint
    options = [option for option, _ in unfold(hint)]
    if isinstance(node.value, str):
        node.tag = TEXT if _is_text(node, options) else node.tag
        return
    for each, its_hint in _inside(node, hint, options):
        _keep(each, its_hint, seen)


def _is_text(node: Node, options: list[Any]) -> bool:
    if getattr(node, "style", None) or node.tag not in LOOKS or {int, float}.intersection(options):
        return False
    asked = str in options or any(get_origin(option) is Literal for option in options)
    return asked and not (bool in options and node.tag == f"{YAML}bool")


def _inside(node: Node, hint: Any, options: list[Any]) -> Iterator[tuple[Node, Any]]:
    """What a list or a mapping holds, each with its type."""
    structs = [option for option in options if is_struct(option)]
    known = {field.encode_name: field.type for struct in structs for field in fields(struct)}
    items, keys, values = (
        _argument(options, 0, list),
        _argument(options, 0, dict),
        _argument(options, 1, dict),
    )
    for one in node.value:
        if not isinstance(one, tuple):
            yield one, items
            continue
        key, value = one
        if key.tag == MERGE:
            yield from ((each, hint) for each in _merged(value))
        elif isinstance(key.value, str) and key.value in known:
            yield value, known[key.value]
        elif values is not None:
            yield from ((key, keys), (value, values))


def _merged(value: Node) -> list[Node]:
    """The mappings that ``<<`` merges: one, or a list of them."""
    is_list = value.tag == f"{YAML}seq"
    return list(value.value) if is_list else [value]


def _argument(options: list[Any], number: int, *origins: type) -> Any:
    found = (get_args(option) for option in options if get_origin(option) in origins)
    return next((arguments[number] for arguments in found), None)
