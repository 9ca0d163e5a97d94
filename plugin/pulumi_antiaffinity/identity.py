"""The ids of our resources: whose group it is, and its name, in one text."""

from __future__ import annotations

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey


def group_id(key: GroupKey) -> str:
    """``<owner>/<name>``; an owner may hold slashes, so those of a name are written %2F."""
    return f"{key.owner}/{_escaped(key.name)}"


def key_of(id_: str) -> GroupKey:
    """The group of an id; InvalidRequest where it is none."""
    owner, slash, name = id_.rpartition("/")
    if not slash or not owner or not name:
        raise InvalidRequest(
            f"{id_!r} is no id of a Group: give <owner>/<name>, e.g. shop/prod/db", path="id"
        )
    return GroupKey(owner, _plain(name))


def member_id(key: GroupKey, member: str) -> str:
    """``<owner>/<name>/<member>``, the id of an Attachment."""
    return f"{group_id(key)}/{_escaped(member)}"


def member_of(id_: str) -> tuple[GroupKey, str]:
    """The group and the member of an Attachment's id; InvalidRequest where it is none."""
    whose, _, member = id_.rpartition("/")
    try:
        return key_of(whose), _plain(member)
    except InvalidRequest:
        example = "give <owner>/<name>/<member>, e.g. shop/prod/db/db-0"
        raise InvalidRequest(f"{id_!r} is no id of an Attachment: {example}", path="id") from None


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F")


def _plain(name: str) -> str:
    return name.replace("%2F", "/").replace("%25", "%")
