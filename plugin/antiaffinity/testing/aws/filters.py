"""Filters and tags as EC2 takes them.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html: values of one filter are joined
by OR, filters by AND; ``*`` and ``?`` are wildcards, a backslash before them takes that away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from antiaffinity.testing.aws.nouns import Refused

MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions."""

Words = Mapping[str, Sequence[str]]


def passes(words: Words, filters: Mapping[str, Sequence[str]]) -> bool:
    """Whether something of these words, by the name of the filter, passes all filters."""
    return all(_matches(words.get(name, ()), wanted) for name, wanted in filters.items())


def known(filters: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    """Refuse a filter that is none of these, nor over tags."""
    for name in filters:
        if name not in names and not name.startswith("tag:"):
            raise Refused("InvalidParameterValue", f"The filter '{name}' is invalid")


def _matches(values: Sequence[str], wanted: Sequence[str]) -> bool:
    patterns = [_pattern(one) for one in wanted]
    return any(pattern.fullmatch(value) for value in values for pattern in patterns)


def _pattern(wanted: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|[*?]|[^*?\\]+|\\", wanted, re.DOTALL)
    spelled = {"*": ".*", "?": "."}
    return re.compile(
        "".join(spelled.get(part) or re.escape(re.sub(r"\\(.)", r"\1", part)) for part in parts), re.DOTALL
    )


def tags_of(specifications: Sequence[Mapping[str, Any]] | None, resource: str) -> dict[str, str]:
    """The tags that a request gives to one type of resource."""
    found: dict[str, str] = {}
    for each in specifications or ():
        if each.get("ResourceType") == resource:
            found |= {tag.get("Key", ""): tag.get("Value", "") for tag in each.get("Tags") or ()}
    return found


def valid_tags(tags: dict[str, str]) -> dict[str, str]:
    """The tags, if EC2 takes them."""
    if len(tags) > MOST_TAGS:
        raise Refused("TagLimitExceeded", f"More than {MOST_TAGS} tags specified")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise Refused(
                "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"
            )
        if not 0 < len(key) <= LONGEST_KEY:
            raise Refused("InvalidParameterValue", f"Tag key exceeds the maximum length of {LONGEST_KEY}")
        if len(value) > LONGEST_VALUE:
            raise Refused("InvalidParameterValue", f"Tag value exceeds the maximum length of {LONGEST_VALUE}")
    return tags
