"""The real services as fixtures: one Nova for the session, empty at each start of a test; the engine."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from real import engine_env, made, node_env, nova_env, packages_env, vcsim_env
from real.nova import Nova, NovaUnavailable
from real.vcsim_box import VCSim

HOSTS = 6
# Room for tests with many servers; the quotas on groups and their members stay as Nova has them (10 and 10).
# A host that a lost race left blocked is free again after seconds, not after Nova's two minutes.
SETTINGS = {
    "quota.instances": 200,
    "quota.cores": 400,
    "quota.ram": 512000,
    "DEFAULT.scheduler_instance_sync_interval": 10,
}


@pytest.fixture(scope="session")
def nova_python() -> Path:
    """The python that has Nova; only REQUIRE_REAL=1 downloads it in the middle of a test run."""
    if not (_required() or nova_env.present()):
        pytest.skip("no real Nova; to get one (400 MB, a minute): cd tests && python -m real.nova_env")
    try:
        return nova_env.ensure()
    except made.MakingFailed as error:
        _unavailable(str(error))


@pytest.fixture(scope="session")
def nova_box(nova_python: Path) -> Iterator[Nova]:
    """The box that all tests of a session share; what earlier tests left is still there."""
    with ExitStack() as stack:
        try:
            box = stack.enter_context(Nova(hosts=HOSTS, settings=SETTINGS))
        except NovaUnavailable as error:
            _unavailable(str(error))
        yield box


@pytest.fixture
def nova(nova_box: Nova) -> Nova:
    """The box without servers, groups and zones, all of its hosts enabled."""
    nova_box.delete_everything()
    return nova_box


@pytest.fixture(scope="session")
def pulumi_engine() -> Path:
    """The folder of the real Pulumi engine; only REQUIRE_REAL=1 builds it in the middle of a test run."""
    return _made(engine_env, engine_env.ensure, "build it (4 minutes): cd tests && python -m real.engine_env")


@pytest.fixture(scope="session")
def pulumi_packages(pulumi_engine: Path) -> Path:
    """What programs on AWS, Azure, vCenter and Exoscale need on their PYTHONPATH."""
    how = "get its large packages (60 MB): cd tests && python -m real.packages_env"
    return _made(packages_env, packages_env.ensure, how)


@pytest.fixture(scope="session")
def node_modules(pulumi_engine: Path) -> Path:
    """The node_modules of a TypeScript program with published packages."""
    return _made(node_env, node_env.ensure, "get its packages (140 MB): cd tests && python -m real.node_env")


@pytest.fixture(scope="session")
def sdk_modules(node_modules: Path) -> Path:
    """The same with our own Node.js SDK in it, as the schema is now."""
    return node_env.ensure_sdk()


@pytest.fixture(scope="session")
def vcsim_program() -> Path:
    """The program of VMware's own simulator."""
    how = "build it (half a minute): cd tests && python -m real.vcsim_env"
    return _made(vcsim_env, vcsim_env.ensure, how, "vcsim") / "vcsim"


@pytest.fixture
def vcsim(vcsim_program: Path, tmp_path: Path) -> Iterator[VCSim]:
    """A new simulator: one cluster of six hosts with twenty machines of others."""
    with VCSim(vcsim_program, tmp_path) as box:
        yield box


def _made(
    environment: ModuleType, ensure: Callable[[], Path], how: str, what: str = "real Pulumi engine"
) -> Path:
    if not (_required() or environment.present()):
        pytest.skip(f"no {what}; to {how}")
    try:
        return ensure()
    except made.MakingFailed as error:
        if _required():
            pytest.fail(str(error), pytrace=False)
        pytest.skip(f"no {what}: {error}")


def _required() -> bool:
    return os.environ.get("REQUIRE_REAL") == "1"


def _unavailable(reason: str) -> NoReturn:
    if _required():
        pytest.fail(reason, pytrace=False)
    pytest.skip(f"no real Nova (cd tests && python -m real.nova_env makes its environment): {reason}")
