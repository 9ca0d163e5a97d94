"""Of every switch of the fakes the value that does most harm; ``OTHERS`` says why the rest has none."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing import aws, azure, exoscale, openstack, vcenter

OPENSTACK: dict[str, Any] = {
    "disable_group_policy_check_upcall": True,
    "scheduler_instance_sync_interval": 120.0,
    "shuffle_best_same_weighed_hosts": True,
    "max_attempts": 1,
    "max_limit": 3,
    "groups_need_cells": False,
    "list_lag": 3.0,
    "markers_lost": 2,
}

AWS: dict[str, Any] = {
    "group_pending": 5.0,
    "group_unseen": 5.0,
    "instance_unseen": 5.0,
    "eighth": "SpreadPlacementGroupInstanceLimitExceeded",
    "refuses": "instance",
    "ended_keeps_group": False,
    "page": 1,
    "tokens_lost": 2,
}

AZURE: dict[str, Any] = {
    "polls": 2,
    "async_header": False,
    "retry_after": 3,
    "page_size": 1,
    "loud_lists": True,
    "view_tells_why": False,
    "set_with_machines": "deletes",
    "unknown_set_status": 400,
    "occupied_set_status": 400,
    "sku_missing_status": 400,
    "busy_code": "Conflict",
    "throttle_envelope": True,
    "conditions": False,
    "links_lost": 2,
}

EXOSCALE: dict[str, Any] = {
    "delete_occupied": "success",
    "operating": 4.0,
    "list_lag": 3.0,
    "error_shape": "problem",
    "unauthenticated": 401,
    "no_room": "Deployment failed",
    "reason": "unknown",
    "status": 412,
}

VCENTER: dict[str, Any] = {
    "bare": True,
    "destroyed": "kept",
    "page": 3,
    "tokens_lost": 2,
}

WEIGHER = "only a preference of the scheduler"
TIME = "how long things take, not what comes of them"
LIMIT = "a limit of the account: the checks of limits set it"
RIGHTS = "what an account may do: the tests of rights set it"
WORLD = "what the account has, not how its cloud behaves"
OWN = "the fake's own value is the harmful one"

OTHERS: dict[str, str] = {
    **{
        f"{cloud}.rate": "a run only waits for it: tests/fakes/test_rates.py"
        for cloud in ("openstack", "aws", "azure", "exoscale", "vcenter")
    },
    "openstack.default_availability_zone": "the user says it: tests/fakes/test_openstack_default_zone.py",
    "openstack.enabled_filters": "without them a hard policy does nothing: tests/fakes has a test of that",
    **{
        f"openstack.{name}_weight_multiplier": WEIGHER
        for name in ("soft_affinity", "soft_anti_affinity", "ram", "cpu", "disk", "io_ops")
    },
    "openstack.quota": LIMIT,
    "openstack.down": "an accident: the checks of incomplete lists bring it about",
    "openstack.list_records_by_skipping_down_cells": "matters where cells are down: tests/fakes has both",
    "openstack.regions": WORLD,
    "openstack.unregistered": LIMIT,
    "openstack.refusing": RIGHTS,
    "openstack.one_host_id": "a site whose hosts nobody can tell apart: no rule over hosts is held there",
    **{f"openstack.{name}": TIME for name in ("scheduling", "claiming", "spawning", "deleting")},
    **{f"aws.{name}": TIME for name in ("boot", "halt", "end", "listed")},
    "aws.region": WORLD,
    "aws.tokens_lost_as": OWN,
    "aws.spent": OWN,
    "aws.token_outlives": OWN,
    "aws.zone_ids": WORLD,
    "aws.group_quota": LIMIT,
    "aws.vcpu_quota": LIMIT,
    "aws.throttled": "the checks of lost requests refuse each request in turn",
    "aws.allowed": RIGHTS,
    "aws.impaired": WORLD,
    "aws.local_zones": WORLD,
    "aws.not_offered": WORLD,
    "aws.default_vpc": WORLD,
    **{f"azure.{name}": TIME for name in ("creating", "set_creating", "changing", "deleting")},
    **{
        f"azure.{name}": OWN
        for name in (
            *("allocation_fails_in", "failed_create_leaves_vm", "flexible_view_shows_domain"),
            *("links_lost_as", "failed_view_shows_power"),
        )
    },
    "azure.guests_late": "an accident to single machines: tests/fakes has tests of it",
    "azure.fault_domains": WORLD,
    "azure.subscription": WORLD,
    "azure.physical_zones": WORLD,
    "azure.cores": LIMIT,
    "azure.family_cores": LIMIT,
    "azure.virtual_machines": LIMIT,
    **{
        f"exoscale.{name}": OWN
        for name in (
            "refusal",
            "leaves",
            "limit_scope",
            "unique_names",
            "members_in_list",
            "groups_per_instance",
        )
    },
    "exoscale.group_full": "words beside a status that says the same",
    "exoscale.launching": TIME,
    "exoscale.quota": LIMIT,
    "vcenter.drs": "what an administrator chooses: the suite needs a cluster whose DRS places",
    "vcenter.drs_every": TIME,
    "vcenter.ha": OWN,
    **{
        f"vcenter.{name}": OWN
        for name in (
            *("rules_without_drs", "ha_heeds_rules", "batch", "secondary_bears_settings", "tokens_lost_as"),
            *("one_member", "over_soft", "by_hand", "no_host", "at_once", "unset"),
        )
    },
    **{
        f"vcenter.{name}": TIME
        for name in (
            *("ha_after", "creating", "cloning", "powering", "reconfiguring", "relocating"),
            *("deleting", "editing", "evacuating"),
        )
    },
}

SETTINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "openstack": (openstack.Settings(), OPENSTACK),
    "aws": (aws.Settings(), AWS),
    "azure": (azure.Settings(), AZURE),
    "exoscale": (exoscale.Settings(), EXOSCALE),
    "vcenter": (vcenter.Settings(), VCENTER),
}
"""By cloud the fake's own values, and the harmful ones."""
