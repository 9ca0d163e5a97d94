"""Who holds which seat, and moving on so that one more is seated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from antiaffinity.planner.seats import Seats, Toll, each


class Seated:
    """A matching of members and seats; ``held`` and ``free`` are sets of seats."""

    def __init__(self, seats: Seats, placed: Mapping[str, int]) -> None:
        self.seats, self.fits = seats, seats.fits
        kins = [reach.kin for reach in seats.reaches]
        self.held = [seats.held(placed[name] for name in one.members if name in placed) for one in kins]
        self.holder = {seat: one for one, held in enumerate(self.held) for seat in each(held)}
        self.free = (1 << len(seats.numbers)) - 1 - sum(self.held)

    def put(self, one: int, seat: int) -> None:
        """Give a seat to a class; who held it is left without."""
        self.leave(seat)
        self.held[one] |= 1 << seat
        self.free ^= 1 << seat
        self.holder[seat] = one

    def leave(self, seat: int) -> None:
        """Make a seat free."""
        if not self.free >> seat & 1:
            self.held[self.holder.pop(seat)] ^= 1 << seat
            self.free |= 1 << seat

    def add(self, one: int) -> list[int]:
        """Seat one more of a class, others moving on where needed; else all classes that were asked to."""
        came: dict[int, tuple[int, int]] = {}
        met = [one]
        unseen = ~self.free
        for now in met:  # grows while it is read
            if room := self.fits[now] & self.free:
                self._move_on(now, self.seats.roomiest(now, room), came)
                return []
            for seat in each(self.fits[now] & unseen):
                holder = self.holder[seat]
                if holder != one and holder not in came:
                    came[holder] = now, seat
                    met.append(holder)
            unseen &= ~self.fits[now]
        return met

    def _move_on(self, now: int, seat: int, came: Mapping[int, tuple[int, int]]) -> None:
        """Everybody on the path takes the next seat, beginning with the free one."""
        while now in came:
            before, left = came[now]
            self.put(now, seat)
            now, seat = before, left
        self.put(now, seat)

    def places(self, placed: Mapping[str, int], tolls: Sequence[Toll]) -> dict[str, int]:
        """A place for each member; who has one in a seat that its class still holds, keeps it."""
        found: dict[str, int] = {}
        for one, reach in enumerate(self.seats.reaches):
            left = self.held[one]
            names = reach.kin.members[: left.bit_count()]
            for name in names:
                bit = 1 << self.seats.seat[self.seats.codes[placed[name]]] if name in placed else 0
                if left & bit:
                    found[name] = placed[name]
                    left ^= bit
            others = (name for name in names if name not in found)
            for name, seat in zip(others, each(left), strict=True):
                found[name] = self.seats.place(one, seat, tolls[one])
        return found
