"""Nova's lists, whole: all pages of them, and nobody left out. What cannot be had whole is ``Unavailable``.

A cell whose database does not answer leaves its servers out of a list, or (from compute API 2.69 on, on the
first page) shows ``{"id", "status": "UNKNOWN"}`` for each: 200 both times, by the default of
``list_records_by_skipping_down_cells``; server groups answer 500 then
(https://docs.openstack.org/api-guide/compute/down_cells.html). With more servers than one page takes Nova
leaves them out without a word; only the server groups, which name them, still tell.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from openstack import resource
from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.server import Server
from openstack.compute.v2.server_group import ServerGroup
from openstack.exceptions import BadRequestException, HttpException, NotFoundException

from antiaffinity.errors import Unavailable
from antiaffinity_openstack.tools import text

ATTEMPTS = 5
"""How often a list is begun anew that changes while its pages are read."""

UNKNOWN = "UNKNOWN"
"""The status of a server whose cell does not answer."""

WAY_OUT = (
    "nothing is launched or deleted on such an answer: repeat once the cloud is whole, or ask its operator"
)


class Paged(ServerGroup):
    """A server group; the SDK's own class knows no ``offset``, and Nova pages them by nothing else."""

    _query_mapping = resource.QueryParameters("all_projects", "offset")


def servers(compute: Proxy) -> list[Server]:
    """Every server of the project, stubs too; begun anew where the marker of a page was deleted meanwhile."""
    for _ in range(ATTEMPTS):
        try:
            return list(compute.servers())
        except BadRequestException as error:
            if "marker" not in text(error):
                raise
    raise _restless("servers")


def server_groups(compute: Proxy) -> list[ServerGroup]:
    """Every server group of the project.

    Nova has no link to the next page of these and no marker
    (https://docs.openstack.org/api-ref/compute/#list-server-groups): pages are asked for until one is empty,
    each from the last one seen on, which shows whether others went meanwhile.
    """
    for _ in range(ATTEMPTS):
        pages = _pages(compute)
        if pages is not None:
            return [group for page in pages for group in page]
    raise _restless("server groups")


def _pages(compute: Proxy) -> list[list[ServerGroup]] | None:
    """Page after page; None where one that was seen is not where it was. Pages of one overlap with none."""
    pages = [_page(compute, 0)]
    again = pages[0][-1:] if len(pages[0]) > 1 else []
    while pages[-1]:
        page = _page(compute, sum(map(len, pages)) - len(again))
        if [one.id for one in page[: len(again)]] != [one.id for one in again]:
            return None
        pages.append(page[len(again) :])
        again = page[-1:] if again else []
    return pages


def _page(compute: Proxy, offset: int) -> list[ServerGroup]:
    try:
        return list(Paged.list(compute, paginated=False, offset=offset or None))
    except HttpException as error:
        if (error.status_code or 0) < 500:
            raise
        raise Unavailable(
            f"Nova cannot tell its server groups ({error.status_code}), as when a cell with some of their "
            f"servers is down: {WAY_OUT}"
        ) from error


def _restless(what: str) -> Unavailable:
    return Unavailable(f"the list of {what} changed {ATTEMPTS} times while its pages were read: repeat")


def is_stub(server: Server) -> bool:
    """Whether Nova knows of a server no more than that it is there."""
    return bool(server.status == UNKNOWN and not server.metadata)


def readable(server: Server) -> Server:
    """The server, unless its cell is down."""
    if is_stub(server):
        raise Unavailable(f"Nova cannot read server {server.id} now, for its cell is down: {WAY_OUT}")
    return server


def without_stubs(there: Iterable[Server], others: Container[str]) -> list[Server]:
    """The servers, where all that could be ours can be read; ``others`` are known to be somebody else's."""
    found = list(there)
    stubs = [one.id for one in found if is_stub(one) and one.id not in others]
    if stubs:
        raise Unavailable(
            f"Nova cannot read {len(stubs)} of this project's servers, for their cell is down, and any of "
            f"them may be a member ({_some(stubs)}): {WAY_OUT}"
        )
    return [one for one in found if not is_stub(one)]


def with_named(compute: Proxy, there: list[Server], groups: Iterable[ServerGroup]) -> list[Server]:
    """The servers, and those that one of these server groups names and the list lacks, asked for by id.

    One that is not found was deleted meanwhile.
    """
    listed = {one.id for one in there}
    lacking = sorted({id_ for group in groups for id_ in group.member_ids or ()} - listed)
    return [*there, *(one for id_ in lacking if (one := server(compute, id_)) is not None)]


def server(compute: Proxy, id_: str) -> Server | None:
    """One server by its id; None where there is none, Unavailable where its cell is down."""
    try:
        return readable(compute.get_server(id_))
    except NotFoundException:
        return None


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
