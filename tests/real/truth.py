"""The truth about groups, by an admin's eyes: not from the library or what a user sees."""

from __future__ import annotations

from collections import Counter

from openstack.compute.v2.server import Server

from antiaffinity.model import MARKS
from real.nova import Nova


class Truth:
    """What is really in the cloud, looked up anew at each question."""

    def __init__(self, nova: Nova) -> None:
        self._compute = nova.connect("admin").compute

    def servers(self, group: str) -> list[Server]:
        """Every server with the mark of a group of this name, whatever its state."""
        found = self._compute.servers(all_projects=True)
        return [server for server in found if server.metadata.get(MARKS[1]) == group]

    def members(self, group: str) -> list[str]:
        """The member of each server: a name that comes twice is a double."""
        return sorted(server.metadata[MARKS[2]] for server in self.servers(group))

    def hosts(self, group: str) -> list[str]:
        """The host of each server; a server without one has failed."""
        return sorted(server.compute_host or "nowhere" for server in self.servers(group))

    def crowds(self, group: str) -> list[int]:
        """How many servers each host in use has, the fullest first."""
        return sorted(Counter(self.hosts(group)).values(), reverse=True)

    def statuses(self) -> set[str]:
        """The statuses of all servers of all projects."""
        return {server.status for server in self._compute.servers(all_projects=True)}

    def server_groups(self) -> list[str]:
        """The name of every server group of every project."""
        return sorted(group.name for group in self._compute.server_groups(all_projects=True))

    def is_whole(self, group: str, members: int) -> bool:
        """Whether each member is there once, alone on its host, and nothing of the group has failed."""
        names = [f"{group}-{number}" for number in range(members)]
        servers = self.servers(group)
        fine = {server.status for server in servers} == {"ACTIVE"}
        return fine and self.members(group) == names and len(set(self.hosts(group))) == members
