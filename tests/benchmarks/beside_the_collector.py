# mypy: untyped-calls-exclude="pyVmomi,pyVim"
"""The places of a vCenter beside the bare call that reads them, on VMware's own simulator."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.backend import Need
from antiaffinity.model import GroupKey
from antiaffinity_vcenter.backend import connect
from antiaffinity_vcenter.places import HOSTS, LOADS
from benchmarks.table import AtMost, Row
from real import vcsim_env
from real.vcsim_box import VCSim

Query = vmodl.query.PropertyCollector
GOAL = AtMost(2)


def beside_the_collector(hosts: int, machines: int, rounds: int) -> list[Row]:
    """``topology`` for members with a size, against one RetrievePropertiesEx of what it reads.

    In seconds on the clock: most of both is the simulator's time.
    """
    if not vcsim_env.present():
        print("no row beside the property collector: vcsim is missing (python -m real.vcsim_env builds it)")
        return []
    with tempfile.TemporaryDirectory() as scratch:
        program = vcsim_env.ensure() / "vcsim"
        with VCSim(program, Path(scratch), hosts=hosts, machines=machines) as box:
            ratio = _ratio(box.session(), rounds)
    what = f"vCenter's topology, {machines} machines on {hosts} hosts"
    return [Row(what, "the bare property collector's call", ratio, GOAL)]


def _ratio(si: Any, rounds: int) -> float:
    backend, bare = connect(si, {}), _bare(si)
    need = Need(GroupKey("bench", "db"), sizes=({"memory_mb": 1024},), levels=("host",))
    backend.topology(need)
    bare()
    pairs = [(_seconds(lambda: backend.topology(need)), _seconds(bare)) for _ in range(rounds)]
    return median(ours / theirs for ours, theirs in pairs)


def _bare(si: Any) -> Callable[[], object]:
    """The same properties of the same objects, and nothing made of them."""
    content = si.RetrieveContent()
    wanted = {**HOSTS, **LOADS}
    view = content.viewManager.CreateContainerView(content.rootFolder, list(wanted), True)
    step = Query.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
    start = Query.ObjectSpec(obj=view, skip=True, selectSet=[step])
    properties = [Query.PropertySpec(type=kind, pathSet=list(paths)) for kind, paths in wanted.items()]
    asked = Query.FilterSpec(objectSet=[start], propSet=properties)
    return lambda: content.propertyCollector.RetrievePropertiesEx([asked], Query.RetrieveOptions())


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
