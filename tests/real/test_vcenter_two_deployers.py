# mypy: untyped-calls-exclude=pyVmomi
"""Several deployers at the rules of one cluster: nobody is left out, a dead one holds nobody up for long."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from pyVmomi import vim

from antiaffinity import clock
from antiaffinity.model import GroupKey, Observed, Placement
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.lock import EXPIRY, locked
from real.vcsim_box import User, VCSim

DEPLOYERS = 10
KEY = GroupKey("shop/prod", "db")

SLOW = ("-method-delay", "ReconfigureComputeResource_Task:50")
"""Without a lock half of the members are lost at this pace."""


@pytest.fixture
def wide(vcsim_program: Path, tmp_path: Path) -> Iterator[VCSim]:
    """A cluster with a host for each deployer, whose rules take a moment to write."""
    with VCSim(vcsim_program, tmp_path, *SLOW, hosts=DEPLOYERS, machines=0) as box:
        yield box


def test_ten_who_add_one_member_each_at_once_are_all_in_the_rule(wide: VCSim) -> None:
    ten_at_once(wide)


@pytest.mark.soak
@pytest.mark.parametrize("run", range(10))
def test_so_they_are_ten_times_of_ten(wide: VCSim, run: int) -> None:
    ten_at_once(wide)


def ten_at_once(box: VCSim) -> None:
    """Each with its own session: some read the machines that there are before others make theirs."""
    users = [box.user() for _ in range(DEPLOYERS)]
    placements = users[0].group(DEPLOYERS).prepare().placements
    ready = Barrier(DEPLOYERS)
    with ThreadPoolExecutor(DEPLOYERS) as pool:
        list(pool.map(join, users, placements, [ready] * DEPLOYERS))
    [members] = users[0].rules().values()
    assert members == {placement.member for placement in placements}


def join(user: User, placement: Placement, ready: Barrier) -> Observed:
    """As a roll-out does: it looks before it launches.

    (A view that vcsim makes while machines come to be lacks some of them for good; vCenter's do not.)
    """
    [backend] = user.cloud.clouds.values()
    assert backend.observe(KEY, {}) == []
    ready.wait(30)
    there = backend.settle(placement, user.boot(placement))
    return backend.bind(placement, there.instance)


def test_one_at_a_time_holds_the_lock(vcsim: VCSim) -> None:
    users = [vcsim.user() for _ in range(5)]
    [cluster] = users[0].every(vim.ClusterComputeResource)
    inside: list[int] = []

    def take(user: User) -> int:
        with locked(Center(user.si), cluster._GetMoId()):
            inside.append(1)
            time.sleep(0.02)
            there = len(inside)
            inside.pop()
        return there

    with ThreadPoolExecutor(len(users)) as pool:
        assert set(pool.map(take, users)) == {1}


HOLD = """
import sys, time
from pyVim.connect import SmartConnect
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.lock import locked

host, port, user, pwd, cluster = sys.argv[1:]
si = SmartConnect(host=host, port=int(port), user=user, pwd=pwd, disableSslCertValidation=True)
with locked(Center(si), cluster):
    print("held", flush=True)
    time.sleep(600)
"""


class Hurried(clock.Real):
    """A time in which a second is over soon."""

    FASTER = 20.0

    def now(self) -> float:
        return super().now() * self.FASTER

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / self.FASTER)


def test_a_deployer_killed_with_the_lock_holds_the_next_one_up_for_its_expiry_at_most(vcsim: VCSim) -> None:
    user = vcsim.user()
    kill_one_with_the_lock(vcsim, user)
    with clock.lent(Hurried()):
        began = clock.now()
        user.roll_out(2)
        waited = clock.now() - began
    assert EXPIRY < waited < EXPIRY + 30 * Hurried.FASTER * 0.1
    assert [*map(len, user.rules().values())] == [2]
    assert not user.content.customFieldsManager.field


def kill_one_with_the_lock(box: VCSim, user: User) -> None:
    [cluster] = user.every(vim.ClusterComputeResource)
    told = [str(value) for value in box.settings.values()]
    command = [sys.executable, "-c", HOLD, *told, cluster._GetMoId()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        holder.kill()


def test_a_lock_is_gone_after_each_use(vcsim: VCSim) -> None:
    user = vcsim.user()
    began = time.monotonic()
    user.roll_out(3)
    assert not user.content.customFieldsManager.field
    assert time.monotonic() - began < EXPIRY
