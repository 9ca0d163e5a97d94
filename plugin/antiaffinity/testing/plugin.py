"""The pytest plugin: fixtures ``antiaffinity_<cloud>``, each an empty, enforcing cloud for every test.

It imports nothing but pytest until a cloud is asked for, by its fixture or by ``--antiaffinity-cloud``.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from antiaffinity.errors import AntiaffinityError

if TYPE_CHECKING:
    from antiaffinity.testing.park import Park
    from antiaffinity.testing.sandbox import Sandbox
    from antiaffinity.testing.world import Place

PARK: pytest.StashKey[Park] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("antiaffinity", "fake clouds that keep machines apart, or refuse")
    group.addoption(
        "--antiaffinity-cloud",
        action="append",
        default=[],
        metavar="CLOUD[,CLOUD]",
        help="begin these clouds, and let the environment lead to them, before anything is imported: "
        "for clients that are made at import (repeatable)",
    )
    group.addoption(
        "--antiaffinity-world",
        default="",
        metavar="zones=3,racks=2,hosts=2",
        help="what the clouds stand on: zones, racks in each zone, hosts in each rack",
    )


# The clouds of a whole run


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin the clouds before any conftest.py makes a client."""
    _stand_in(early_config, early_config.known_args_namespace)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin them here where the plugin came too late for that: a conftest.py names it."""
    _stand_in(config, config.option)


def _stand_in(config: pytest.Config, options: Namespace) -> None:
    if options.antiaffinity_world:
        _park(config, options)
    for kind in [kind for given in options.antiaffinity_cloud for kind in given.replace(",", " ").split()]:
        try:
            _park(config, options).stand_in(kind)
        except AntiaffinityError as error:
            raise pytest.UsageError(f"--antiaffinity-cloud {kind}: {error.message}") from error


def _park(config: pytest.Config, options: Namespace) -> Park:
    """The sandboxes of this run; the first who asks begins it."""
    if PARK not in config.stash:
        from antiaffinity.testing.ground import shape
        from antiaffinity.testing.park import Park

        try:
            park = config.stash[PARK] = Park(shape(options.antiaffinity_world))
        except AntiaffinityError as error:
            raise pytest.UsageError(f"--antiaffinity-world: {error.message}") from error
        config.add_cleanup(park.close)
    return config.stash[PARK]


# Each test


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Empty the clouds before any fixture of the test uses them."""
    if park := item.config.stash.get(PARK, None):
        park.reset_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test where the machines are."""
    report = yield
    park = item.config.stash.get(PARK, None)
    if park and report.failed:
        from antiaffinity.testing.picture import sections

        report.sections += sections(park)
    return report


@pytest.fixture
def antiaffinity_places() -> list[Place]:
    """The hosts of the test's clouds: override it; where it is empty, --antiaffinity-world says them."""
    return []


def _fixture(kind: str, title: str) -> Callable[..., Iterator[Sandbox]]:
    def sandbox(request: pytest.FixtureRequest, antiaffinity_places: list[Place]) -> Iterator[Sandbox]:
        park = _park(request.config, request.config.option)
        try:
            park.sandbox(kind)
        except AntiaffinityError as error:
            pytest.fail(error.message, pytrace=False)
        with park.standing_in(kind) as cloud:
            if antiaffinity_places:
                park.reset(kind, antiaffinity_places)
            yield cloud

    sandbox.__doc__ = (
        f"An empty {title} on a World of its own: where machines really are, and hands for trouble."
    )
    return pytest.fixture(name=f"antiaffinity_{kind}")(sandbox)


antiaffinity_aws = _fixture("aws", "AWS")
antiaffinity_azure = _fixture("azure", "Azure")
antiaffinity_exoscale = _fixture("exoscale", "Exoscale")
antiaffinity_openstack = _fixture("openstack", "OpenStack")
antiaffinity_vcenter = _fixture("vcenter", "vCenter")
