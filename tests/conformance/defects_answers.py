"""Mistakes with answers that show less than there is: what a list lacks is taken for gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pytest

from antiaffinity.looks import Looks
from antiaffinity.model import GroupKey, Level, Observed
from antiaffinity.testing.conformance import answers
from antiaffinity_aws import arguments as aws_arguments
from antiaffinity_aws.backend import AwsBackend
from antiaffinity_azure.backend import AzureBackend
from antiaffinity_exoscale.backend import ExoscaleBackend
from antiaffinity_openstack import lists
from antiaffinity_vcenter.backend import VCenterBackend
from antiaffinity_vcenter.reading import Inventory
from conformance.defects import on


def _not_listed(self: Any, key: GroupKey, seen: Observed) -> Observed | None:
    """Asks the list again, for it is the same question."""
    return next((one for one in self.observe(key, {}) if one.instance == seen.instance), None)


@on("aws", answers.a_list_that_lacks_a_new_machine_launches_nobody_again)
def reads_an_instance_from_the_list_and_launches_without_a_token(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AwsBackend, "instance", _not_listed)
    tokens = count()
    patch.setattr(aws_arguments, "_token", lambda *given: f"token-{next(tokens)}")


@on("azure", answers.a_list_that_lacks_a_new_machine_launches_nobody_again)
def reads_a_machine_from_the_list(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AzureBackend, "instance", _not_listed)


@on("exoscale", answers.a_list_that_lacks_a_new_machine_launches_nobody_again)
def reads_an_instance_from_its_zones_list(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ExoscaleBackend, "instance", _not_listed)
    patch.setattr(ExoscaleBackend, "_check_listed", lambda *given: None)


@on("azure", answers.a_list_that_lacks_a_new_machine_launches_nobody_again)
def believes_the_list_more_than_its_own_launch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Looks, "_with_settled", lambda self, there: there)


@on("exoscale", answers.a_list_that_lacks_a_new_machine_launches_nobody_again)
def forgets_what_it_launched(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Looks, "settled", lambda self, seen: seen)
    patch.setattr(ExoscaleBackend, "_check_listed", lambda *given: None)


@on("openstack", answers.a_list_that_lacks_a_member_launches_nobody)
def asks_for_nobody_whom_a_server_group_names(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lists, "with_named", lambda compute, there, groups: there)


@on("vcenter", answers.a_list_that_lacks_a_member_launches_nobody)
def takes_a_machine_without_configuration_for_anothers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Inventory, "check_readable", lambda self, rules: None)


@on("vcenter", answers.a_list_that_lacks_a_member_launches_nobody)
def releases_rules_that_name_whom_it_cannot_read(patch: pytest.MonkeyPatch) -> None:
    def release(
        self: VCenterBackend, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]
    ) -> None:
        return None

    patch.setattr(VCenterBackend, "release", release)
