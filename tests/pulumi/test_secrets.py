"""Credentials are encrypted in the state, and nothing else that a run leaves or says has them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from real.nova import Nova
from real.pulumi_result import Result
from real.pulumi_rig import Workspace, python

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]

PASSWORD = 'Sésame, "open" + 100%/now'
"""Every user of the box has it; each way of quoting spells it differently."""
WRONG = 'Abra, "cadabra" + 1%/ü and forty more characters of it'
EVERYTHING = ("-v=9", "--logtostderr", "--logflow")

PROGRAM = """
import json, os
import pulumi, pulumi_antiaffinity as paa, pulumi_openstack as openstack

config = pulumi.Config()
password = pulumi.Output.secret(os.environ["PASSWORD"])
cloud = json.loads(config.require("cloud")) | {"password": password}
rules = config.get("rules") or "anti-affinity"
GROUP

def server(member, opts):
    return openstack.compute.Instance(
        member, image_name="cirros", flavor_name="m1.nano", networks=[{"name": "private"}], opts=opts,
        **group.arguments(member))

paa.roll_out(group, server)
pulumi.export("spec", group.spec)
pulumi.export("placements", group.placements)
"""
BY_GROUP = 'group = paa.Group("db", members=1, rules=rules, cloud=cloud)'
BY_PROVIDER = """
nova = paa.Provider("nova", cloud=cloud)
group = paa.Group("db", members=1, rules=rules, opts=pulumi.ResourceOptions(provider=nova))
"""
BY_CONFIG = 'group = paa.Group("db", members=1, rules=rules)'


def spellings(secret: str) -> set[str]:
    """How a secret may be written where a search for itself would miss it."""
    texts = {secret, escape(secret), ascii(secret)[1:-1]}
    for _ in range(3):  # JSON in JSON in JSON
        texts |= {json.dumps(one, ensure_ascii=plain)[1:-1] for one in texts for plain in (False, True)}
    texts |= {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    return texts | {one for text in (secret, f"demo:{secret}") for one in encoded(text.encode())}


def encoded(content: bytes) -> Iterator[str]:
    """In base64, wherever in a longer text it begins; and in hexadecimal digits."""
    for shift in range(3):
        whole = base64.b64encode(b"." * shift + content).decode()
        yield whole[4 * (shift > 0) : -4]
        yield base64.urlsafe_b64encode(b"." * shift + content).decode()[4 * (shift > 0) : -4]
    yield content.hex()


def leaks(space: Workspace, secret: str, *results: Result) -> list[str]:
    texts = [text for one in results for text in (one.out, one.err)]
    left = [path.read_bytes() for path in space.root.rglob("*") if path.is_file()]
    whole = b"\n".join([*left, *(text.encode() for text in texts)])
    there = [one for one in spellings(secret) if one.encode() in whole]
    return [line[:2000] for one in there for line in space.holding(one, *texts)]


def settings(nova: Nova) -> dict[str, str]:
    """All but the password."""
    return {
        "kind": "openstack",
        "auth_url": f"{nova.url}/identity/v3",
        "username": "demo",
        "project_name": "demo",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


@pytest.fixture
def space(nova: Nova) -> Iterator[Workspace]:
    """Servers are booted with other credentials; only ours are looked for.

    The password comes from the environment: what the configuration calls secret the CLI strikes out
    of all that it prints, whoever leaks it.
    """
    without_cloud = {key: value for key, value in nova.env().items() if key != "OS_CLOUD"}
    with Workspace(
        python(PROGRAM.replace("GROUP", BY_GROUP)), env={**without_cloud, "PASSWORD": PASSWORD}
    ) as space:
        space.config_set("openstack:cloud", "novabox-demo")
        space.config_set("shop:cloud", json.dumps(settings(nova)))
        yield space


def give(space: Workspace, group: str) -> None:
    space.write(python(PROGRAM.replace("GROUP", group)))


@pytest.mark.parametrize("group", [BY_GROUP, BY_PROVIDER, BY_CONFIG], ids=["group", "provider", "config"])
def test_a_password_is_in_nothing_that_a_life_leaves(nova: Nova, space: Workspace, group: str) -> None:
    give(space, group)
    if group is BY_CONFIG:
        cloud = {**settings(nova), "password": PASSWORD}
        space.config_set("antiaffinity:cloud", json.dumps(cloud), secret=True)
    lived = [space.up(*EVERYTHING).ok(), space.run("stack", "output", "--json").ok()]
    assert len(nova.hosts_of()) == 1
    shown = space.run("stack", "export", "--show-secrets").ok().out
    assert any(one in shown for one in spellings(PASSWORD)), "the search would find it"
    space.config_set("shop:rules", "soft-anti-affinity")
    lived += [space.preview("--diff", *EVERYTHING).ok(), space.refresh(*EVERYTHING).ok()]
    assert leaks(space, PASSWORD, *lived) == []


def test_a_password_that_is_plain_in_the_program_is_encrypted_all_the_same(
    nova: Nova, space: Workspace
) -> None:
    """What the engine logs at -v=9 of a program that calls nothing secret has it; all else has not."""
    give(space, BY_GROUP.replace("cloud=cloud", 'cloud=cloud | {"password": os.environ["PASSWORD"]}'))
    lived = [space.up().ok()]
    space.config_set("shop:rules", "soft-anti-affinity")
    lived += [space.preview("--diff", "--show-config").ok(), space.refresh().ok()]
    lived += [space.run("stack", "output", "--json").ok(), space.run("stack", "export").ok()]
    assert leaks(space, PASSWORD, *lived) == []


@pytest.mark.parametrize("group", [BY_GROUP, BY_PROVIDER], ids=["group", "provider"])
def test_a_password_that_the_cloud_refuses_is_not_told(space: Workspace, group: str) -> None:
    give(space, group)
    refused = space.run("up", "--yes", "--skip-preview", *EVERYTHING, env={"PASSWORD": WRONG}).failed()
    assert "the log-in was refused: check user, password and project" in refused.text
    assert leaks(space, WRONG, refused) == []


@pytest.mark.parametrize(
    "wrong",
    [
        'paa.Group("db", members=1, cloud=cloud, clouds={"dc": cloud})',
        'paa.Group("db", members=1, cloud=pulumi.Output.json_dumps(cloud))',
        'paa.Group("db", members=1, cloud=cloud, rules=password)',
        'paa.Provider("nova", cloud=cloud, clouds={"dc": cloud})',
    ],
    ids=["both", "as JSON", "elsewhere", "both of a provider"],
)
def test_a_password_in_a_wrong_input_is_not_told(space: Workspace, wrong: str) -> None:
    """The engine prints the value of a wrong property, the secrets in it too, where a provider names it."""
    space.write(python(PROGRAM.partition("GROUP")[0] + wrong))
    refused = space.preview(*EVERYTHING).failed()
    assert " has a problem: " in refused.text
    assert leaks(space, PASSWORD, refused) == []
