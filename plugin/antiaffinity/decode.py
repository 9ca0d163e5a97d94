"""Plain data into typed Structs; what does not fit is named by its path, with the fix.

msgspec finds *where* the data goes wrong; the words come from looking at that place again, together
with the type it should have. A type's ``Meta`` may give its ``description`` and ``examples``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from threading import RLock
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, TypeVar, Union, get_args, get_origin

from msgspec import Meta, Struct, ValidationError, convert

from antiaffinity.errors import InvalidRequest

T = TypeVar("T")

Words = Mapping[str, str]
"""Other people's words for our keys, told where our key is known: ``{"maxSkew": "write max_skew"}``."""

_ALONE = RLock()
"""msgspec 0.22 learns a type when it is used first, and crashes where two threads do that at once."""

_STEP = re.compile(r"\.([^.\[]+)|\[(\d{1,9}|\.\.\.)\]")
_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def decode(data: object, schema: type[T], words: Words | None = None) -> T:
    """The data as the schema's type.

    Raises InvalidRequest with the path of what does not fit. For a large JSON text it is quicker to
    let ``msgspec.json.decode`` try first, and to come here for the words when it fails.
    """
    try:
        return typed(data, schema)
    except ValidationError as error:
        raise _explained(_locate(_Spot("", data, schema), str(error)), words or {}) from error
    except UnicodeEncodeError as error:
        raise InvalidRequest("a key holds half a character (a lone surrogate); type it again") from error
    except RecursionError as error:
        raise InvalidRequest("the data is nested too deeply, or contains itself") from error


def typed(data: object, schema: type[T]) -> T:
    """msgspec's ``convert``, with its own errors, for any number of threads."""
    with _ALONE:
        return convert(data, schema)


def fail(path: str, message: str) -> NoReturn:
    """Refuse what is written at this path; the message says the fix."""
    raise InvalidRequest(message, path=path)


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, and all of them."""
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(word.lower(), names, n=1)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return f"{guess}known: {', '.join(names)}"


def under(path: str, key: object) -> str:
    """The path of a key: ``only.zone``, ``members[2]``, ``size["a b"]``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not re.fullmatch(r"[\w-]{1,40}", str(key)):
        return f"{path}[{show(str(key))}]"
    return f"{path}.{key}" if path else str(key)


def show(value: object) -> str:
    """A value as a short phrase on one line, for a message."""
    if isinstance(value, str):
        short = value if len(value) <= 40 else f"{value[:37]}..."
        return ascii(short) if not short.isprintable() else repr(short)
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set | frozenset):
        return "a list" if value else "an empty list"
    return "nothing" if value is None else _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a huge number"
    plain = isinstance(value, int | float) or _is_date(value)
    return str(value) if plain else f"a Python {type(value).__name__}"


def _is_date(value: object) -> bool:
    return hasattr(value, "isoformat")


class _Spot(NamedTuple):
    """A place in the data, and the type it should have."""

    path: str
    value: Any
    hint: Any

    def options(self) -> list[Any]:
        """The alternatives that the type allows, without their annotations."""
        return [option for option, _ in unfold(self.hint)]

    def metas(self) -> list[Meta]:
        """What annotates the type, outermost first."""
        return [meta for _, metas in unfold(self.hint) for meta in metas]

    def fields(self) -> dict[str, Any]:
        """The fields of the Struct that is expected here, by the name they have in the data."""
        from msgspec.structs import fields

        structs = [option for option in self.options() if is_struct(option)]
        return {field.encode_name: field for struct in structs for field in fields(struct)}

    def inner(self, *origins: type) -> tuple[Any, ...]:
        """The type arguments of the list or dict that is expected here."""
        return next((get_args(option) for option in self.options() if get_origin(option) in origins), ())


def unfold(hint: Any, outer: tuple[Meta, ...] = ()) -> list[tuple[Any, tuple[Meta, ...]]]:
    """The alternatives that a type allows, each with what annotates it."""
    if get_origin(hint) is Annotated:
        return unfold(hint.__origin__, outer + hint.__metadata__)
    if get_origin(hint) in (Union, UnionType):
        return [pair for option in get_args(hint) for pair in unfold(option, outer)]
    return [(hint, outer)]


def is_struct(hint: Any) -> bool:
    """Whether a type is a mapping with known keys."""
    return isinstance(hint, type) and issubclass(hint, Struct)


def _locate(root: _Spot, message: str) -> _Spot:
    """The place that msgspec's message names: `` - at `$.members[2].size[...]` ``."""
    spot = root
    for field, index in _STEP.findall(message.rpartition(" - at ")[2].partition("$")[2].rstrip("`")):
        inside = _field(spot, field) if field else _item(spot, index)
        if inside is None:
            break
        spot = inside
    if isinstance(spot.value, Mapping) and spot.inner(dict):
        spot = _bad_key(spot)
    # A key that reads like a place misleads: an unknown key of the root, whose message names none.
    return root if _fits(spot.value, spot.hint) else spot


def _field(spot: _Spot, name: str) -> _Spot | None:
    known = spot.fields()
    if name not in known or not isinstance(spot.value, Mapping) or name not in spot.value:
        return None
    return _Spot(under(spot.path, name), spot.value[name], known[name].type)


def _item(spot: _Spot, index: str) -> _Spot | None:
    if index == "...":
        return _wrong_value(spot) if isinstance(spot.value, Mapping) and spot.inner(dict) else None
    items = list(spot.value) if isinstance(spot.value, list | tuple | set | frozenset) else []
    if int(index) >= len(items) or not spot.inner(list, tuple):
        return None
    return _Spot(under(spot.path, int(index)), items[int(index)], spot.inner(list, tuple)[0])


def _wrong_value(spot: _Spot) -> _Spot | None:
    """msgspec does not name a dict's key: it is the first whose value does not fit."""
    hint = spot.inner(dict)[1]
    wrong = (key for key, value in spot.value.items() if not _fits(value, hint))
    return next((_Spot(under(spot.path, key), spot.value[key], hint) for key in wrong), None)


def _bad_key(spot: _Spot) -> _Spot:
    hint = spot.inner(dict)[0]
    wrong = (key for key in spot.value if not _fits(key, hint))
    return next((_Spot(under(spot.path, str(key)), key, hint) for key in wrong), spot)


def _fits(value: object, hint: Any) -> bool:
    try:
        typed(value, hint)
    except ValidationError:
        return False
    return True


def _explained(spot: _Spot, words: Words) -> InvalidRequest:
    """The error for this place; a Struct's own keys first, then limits, then the type."""
    fields = spot.fields()
    if fields and isinstance(spot.value, Mapping):
        return _wrong_keys(spot, fields, words)
    message = _unknown_word(spot) or _out_of_range(spot) or _wrong_type(spot)
    return InvalidRequest(message, path=spot.path)


def _wrong_keys(spot: _Spot, fields: Mapping[str, Any], words: Words) -> InvalidRequest:
    for key in spot.value:
        if key not in fields:
            return InvalidRequest(_unknown_key(key, fields, words), path=under(spot.path, str(key)))
    missing = next(name for name, field in fields.items() if field.required and name not in spot.value)
    wanted = _Spot("", None, fields[missing].type)
    example = _example(wanted) or f": {_wanted(wanted)}"
    return InvalidRequest(f"is missing; add it{example}", path=under(spot.path, missing))


def _unknown_key(key: object, fields: Mapping[str, Any], words: Words) -> str:
    if not isinstance(key, str):
        return f"a key is text, not {show(key)}; known: {', '.join(fields)}"
    ours = words.get(key, "")
    is_known_here = not fields.keys().isdisjoint(re.findall(r"[\w-]+", ours))
    return f"unknown key; {ours if is_known_here else nearest(key, fields)}"


def _unknown_word(spot: _Spot) -> str:
    known = [word for option in spot.options() if get_origin(option) is Literal for word in get_args(option)]
    if not known or not isinstance(spot.value, str) or str in spot.options():
        return ""
    return f"unknown value {show(spot.value)}; {nearest(spot.value, known)}"


def _out_of_range(spot: _Spot) -> str:
    value, metas = spot.value, spot.metas()
    if isinstance(value, str | list | tuple | Mapping):
        return _wrong_length(value, spot)
    if not isinstance(value, int) or isinstance(value, bool) or int not in spot.options():
        return ""
    low = next((m.ge for m in metas if m.ge is not None), value)
    most = next((m.le for m in metas if m.le is not None), value)
    bound = f"at least {low}" if value < low else f"at most {most}"
    return f"must be {bound}, not {show(value)}"


def _wrong_length(value: Collection[object], spot: _Spot) -> str:
    if not (str in spot.options() if isinstance(value, str) else spot.inner(list, tuple, dict)):
        return ""
    most = next((m.max_length for m in spot.metas() if m.max_length is not None), len(value))
    if len(value) > most:
        return f"has a length of {len(value)}; the most is {most}"
    return "" if value else f"is empty; expected {_wanted(spot)}{_example(spot)}"


def _wrong_type(spot: _Spot) -> str:
    secret = _may_be_secret(spot)
    found = "nothing is written here" if spot.value is None else f"not {secret or show(spot.value)}"
    fix = ("" if secret else _fix(spot.value, spot)) or _example(spot)
    if spot.value is None:
        return f"{found}; expected {_wanted(spot)}{fix}"
    return f"expected {_wanted(spot)}, {found}{fix}"


def _may_be_secret(spot: _Spot) -> str:
    """What is said of a value that is not where it belongs, and may be a password; "" of any other."""
    return next((meta.extra["secret"] for meta in spot.metas() if meta.extra), "")


def _wanted(spot: _Spot) -> str:
    described = next((meta.description for meta in spot.metas() if meta.description), "")
    return described or " or ".join(dict.fromkeys(_kind(option) for option in spot.options()))


def _kind(option: Any) -> str:
    if get_origin(option) in (list, tuple):
        return "a list"
    if get_origin(option) is Literal:
        return "one of " + ", ".join(get_args(option))
    return _NAMES.get(option, "a mapping")


def _fix(value: object, spot: _Spot) -> str:
    """What to write instead, where the value itself shows it."""
    options = spot.options()
    numeric = {int, float} & {*options}
    if isinstance(value, str):
        if numeric and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return f"; write {value[:40]} without quotes"
        return f"; write [{show(value)}]" if spot.inner(list, tuple) else ""
    if isinstance(value, float) and value.is_integer() and int in options:
        return f"; write {value:.0f}"
    if numeric or str not in options:
        return ""
    if isinstance(value, bool):
        return "; YAML reads a bare yes, no, on or off as true or false: quote it"
    return f'; quote it: "{show(value)}"' if isinstance(value, int | float) or _is_date(value) else ""


def _example(spot: _Spot) -> str:
    for meta in spot.metas():
        if meta.examples:
            return f", for example {meta.examples[0]}"
    fields = spot.fields()
    return f" with the keys {', '.join(fields)}" if fields else ""
