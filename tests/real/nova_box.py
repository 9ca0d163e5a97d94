#!/usr/bin/env python3
# mypy: ignore-errors
"""Serve a real OpenStack Nova, with fake hypervisors, on one loopback port.

    nova_box.py --port 18774 --hosts 6

What is real: nova-api (its WSGI application behind the stock api-paste.ini,
with the real keystonemiddleware), nova-conductor, nova-scheduler (stock
filters and weighers), one nova-compute service per fake host, Placement, both
Nova databases (their alembic migrations, in SQLite files), oslo.messaging.
What is Nova's own test double: the hypervisor (nova.virt.fake.FakeDriver).
What is a stand-in written here: Keystone, Glance and Neutron (the small part
of each that Nova and openstacksdk call).

Everything is in one process (native threads; oslo.messaging's in-process
``fake:`` transport) and is served by one HTTP server on 127.0.0.1, under
/identity /image /network /placement /compute. State is in a temporary folder
and is gone when the process ends (SIGTERM or ^C).

PUT /box/settings {"quota.server_groups": 3} changes settings of nova.conf while
it runs (those that Nova reads at each use); DELETE /box/settings takes all of
these changes back.

Needs: the environment of nova_env.py, or in any other
pip install nova openstack-placement 'SQLAlchemy<2.1'
(Python >= 3.11; tried with nova 34.0.0 and 33.0.2)
"""

import argparse
import collections
import contextlib
import datetime
import functools
import itertools
import json
import os
import re
import shutil
import signal
import socketserver
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import uuid
import wsgiref.simple_server
from unittest import mock

# A script's own folder is searched first, and there is another module named nova in this one.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]

STARTED = time.monotonic()
PASSWORD = "secret"
ODD_PASSWORD = 'Sésame, "open" + 100%/now'  # of every user too: one that is found wherever it leaks
REGION = "RegionOne"


def uid(name):
    """A UUID that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "nova-box." + name))


def hexid(name):
    return uid(name).replace("-", "")


# user -> (project, roles)
USERS = {
    "admin": ("admin", ["admin", "manager", "member", "reader"]),
    "demo": ("demo", ["member", "reader"]),
    "other": ("other", ["member", "reader"]),
    # An admin of the system whose servers belong to the project: the operator's hand inside it.
    "demo-admin": ("demo", ["admin", "manager", "member", "reader"]),
    "other-admin": ("other", ["admin", "manager", "member", "reader"]),
    "nova": ("service", ["service", "admin"]),
    "placement": ("service", ["service", "admin"]),
}
# name, ram MB, vcpus, disk GB
FLAVORS = [
    ("m1.nano", 128, 1, 1),
    ("m1.tiny", 512, 1, 1),
    ("m1.small", 2048, 1, 20),
    ("m1.medium", 4096, 2, 40),
]
IMAGE_ID = uid("image.cirros")
NEXT_IMAGE_ID = uid("image.cirros-next")
DEBIAN_ID = uid("image.debian-12")
NETWORK_ID = uid("network.private")
SUBNET_ID = uid("subnet.private")


# --- Stand-ins for Keystone, Glance and Neutron -----------------------------


class Answer(Exception):
    def __init__(self, status, body=None, headers=()):
        self.status, self.body, self.headers = status, body, headers


def json_app(handler):
    """A WSGI application from handler(method, path, query, body, environ)."""
    reasons = {
        200: "OK",
        201: "Created",
        204: "No Content",
        300: "Multiple Choices",
        401: "Unauthorized",
        404: "Not Found",
        409: "Conflict",
    }

    def app(environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        raw = environ["wsgi.input"].read(length) if length else b""
        try:
            body = json.loads(raw) if raw else None
            answer = handler(
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"].rstrip("/"),
                urllib.parse.parse_qs(environ["QUERY_STRING"]),
                body,
                environ,
            )
        except Answer as a:
            answer = a
        data = b"" if answer.body is None else json.dumps(answer.body).encode()
        start_response(
            f"{answer.status} {reasons[answer.status]}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(data))), *answer.headers],
        )
        return [data]

    return app


def not_found(what="resource"):
    return Answer(404, {"error": {"code": 404, "title": "Not Found", "message": f"Could not find {what}."}})


class Keystone:
    """Password and token log-in, token validation, projects."""

    def __init__(self, base):
        self.base = base
        self.tokens = {}

    def catalog(self):
        paths = {
            "identity": ("keystone", "/identity"),
            "compute": ("nova", "/compute/v2.1"),
            "placement": ("placement", "/placement"),
            "image": ("glance", "/image"),
            "network": ("neutron", "/network"),
        }
        return [
            {
                "type": kind,
                "name": name,
                "id": hexid("service." + kind),
                "endpoints": [
                    {
                        "id": hexid(f"endpoint.{kind}.{interface}"),
                        "interface": interface,
                        "region": REGION,
                        "region_id": REGION,
                        "url": self.base + path,
                    }
                    for interface in ("public", "internal", "admin")
                ],
            }
            for kind, (name, path) in paths.items()
        ]

    def issue(self, user):
        project, roles = USERS[user]
        domain = {"id": "default", "name": "Default"}
        now = datetime.datetime.now(datetime.UTC)
        stamp = "%Y-%m-%dT%H:%M:%S.000000Z"
        token = {
            "methods": ["password"],
            "audit_ids": [uuid.uuid4().hex],
            "user": {
                "id": hexid("user." + user),
                "name": user,
                "domain": domain,
                "password_expires_at": None,
            },
            "project": {"id": hexid("project." + project), "name": project, "domain": domain},
            "is_domain": False,
            "roles": [{"id": hexid("role." + r), "name": r} for r in roles],
            "issued_at": now.strftime(stamp),
            "expires_at": (now + datetime.timedelta(days=1)).strftime(stamp),
            "catalog": self.catalog(),
        }
        token_id = uuid.uuid4().hex
        self.tokens[token_id] = {"token": token}
        return Answer(201, {"token": token}, [("X-Subject-Token", token_id)])

    def __call__(self, method, path, query, body, environ):
        version = {
            "id": "v3.14",
            "status": "stable",
            "media-types": [],
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": self.base + "/identity/v3/"}],
        }
        unauthorized = Answer(
            401,
            {
                "error": {
                    "code": 401,
                    "title": "Unauthorized",
                    "message": "The request you have made requires authentication.",
                }
            },
        )
        if path == "":
            return Answer(300, {"versions": {"values": [version]}})
        if path == "/v3":
            return Answer(200, {"version": version})
        if path == "/v3/auth/tokens" and method == "POST":
            identity = body["auth"]["identity"]
            if "password" in identity["methods"]:
                user = identity["password"]["user"]
                name = user.get("name") or next(
                    (u for u in USERS if hexid("user." + u) == user.get("id")), None
                )
                if name in USERS and user.get("password") in (PASSWORD, ODD_PASSWORD):
                    return self.issue(name)
            elif "token" in identity["methods"]:
                known = self.tokens.get(identity["token"]["id"])
                if known:
                    return self.issue(known["token"]["user"]["name"])
            return unauthorized
        if path == "/v3/auth/tokens":
            subject = environ.get("HTTP_X_SUBJECT_TOKEN")
            if environ.get("HTTP_X_AUTH_TOKEN") not in self.tokens:
                return unauthorized
            if subject not in self.tokens:
                return not_found("token")
            if method == "DELETE":
                del self.tokens[subject]
                return Answer(204)
            return Answer(200, self.tokens[subject])
        if path == "/v3/auth/catalog":
            return Answer(200, {"catalog": self.catalog(), "links": {}})
        found = re.fullmatch(r"/v3/projects(?:/(\w+))?", path)
        if found:
            projects = {
                hexid("project." + p): {
                    "id": hexid("project." + p),
                    "name": p,
                    "enabled": True,
                    "domain_id": "default",
                }
                for p, _ in USERS.values()
            }
            if not found[1]:
                return Answer(200, {"projects": list(projects.values())})
            if found[1] in projects:
                return Answer(200, {"project": projects[found[1]]})
        return not_found()


class Glance:
    """Images that can be listed and shown: `cirros`, its successor, and `debian-12`."""

    def __init__(self, base):
        self.base = base
        now = "2024-01-01T00:00:00Z"
        self.images = [
            {
                "id": IMAGE_ID,
                "name": "cirros",
                "status": "active",
                "visibility": "public",
                "container_format": "bare",
                "disk_format": "raw",
                "size": 1048576,
                "virtual_size": 1048576,
                "min_ram": 0,
                "min_disk": 0,
                "protected": False,
                "tags": [],
                "checksum": "d41d8cd98f00b204e9800998ecf8427e",
                "owner": hexid("project.admin"),
                "os_hidden": False,
                "created_at": now,
                "updated_at": now,
                "schema": "/v2/schemas/image",
                "file": f"/v2/images/{IMAGE_ID}/file",
                "self": "/v2/images/" + IMAGE_ID,
            }
        ]
        for image_id, name in ((NEXT_IMAGE_ID, "cirros-next"), (DEBIAN_ID, "debian-12")):
            path = "/v2/images/" + image_id
            another = {"id": image_id, "name": name, "file": path + "/file", "self": path}
            self.images.append(self.images[0] | another)

    def __call__(self, method, path, query, body, environ):
        if path in ("", "/versions"):
            return Answer(
                300,
                {
                    "versions": [
                        {
                            "id": "v2.16",
                            "status": "CURRENT",
                            "links": [{"rel": "self", "href": self.base + "/image/v2/"}],
                        }
                    ]
                },
            )
        if path == "/v2/schemas/image":
            return Answer(
                200,
                {
                    "name": "image",
                    "additionalProperties": {"type": "string"},
                    "properties": {key: {} for key in self.images[0]},
                },
            )
        if path == "/v2/images" and method == "POST":  # the snapshot of a server that is shelved
            made = {"id": str(uuid.uuid4()), "name": (body or {}).get("name", "")}
            self.images.append(self.images[0] | made)
            return Answer(201, self.images[-1])
        if path == "/v2/images":
            names = query.get("name")
            return Answer(
                200,
                {
                    "images": [i for i in self.images if not names or i["name"] in names],
                    "first": "/v2/images",
                    "schema": "/v2/schemas/images",
                },
            )
        for image in self.images:
            if path == "/v2/images/" + image["id"]:
                return Answer(200, image)
        return not_found("image")


NO_LIMITS = {"port": -1, "network": -1, "security_group": -1}
OVER_QUOTA = Answer(
    409,
    {
        "NeutronError": {
            "type": "OverQuota",
            "message": "Quota exceeded for resources: ['port'].",
            "detail": "",
        }
    },
)


class Neutron:
    """Create, list, show, update and delete of anything; ports get a fixed
    IP address; one network with one subnet to begin with."""

    def __init__(self, base):
        self.base = base
        self.lock = threading.Lock()
        self.next_ip = itertools.count(10)
        self.quotas = {}
        owner = {"tenant_id": hexid("project.admin"), "project_id": hexid("project.admin")}
        self.tables = collections.defaultdict(dict)
        self.tables["networks"][NETWORK_ID] = {
            "id": NETWORK_ID,
            "name": "private",
            "status": "ACTIVE",
            "subnets": [SUBNET_ID],
            "admin_state_up": True,
            "shared": True,
            "mtu": 1450,
            "router:external": False,
            "port_security_enabled": True,
            **owner,
        }
        self.tables["subnets"][SUBNET_ID] = {
            "id": SUBNET_ID,
            "name": "private-subnet",
            "ip_version": 4,
            "network_id": NETWORK_ID,
            "cidr": "10.0.0.0/16",
            "gateway_ip": "10.0.0.1",
            "enable_dhcp": False,
            "dns_nameservers": [],
            "host_routes": [],
            **owner,
        }

    def new_port(self, port):
        number = next(self.next_ip)
        port.setdefault("mac_address", "fa:16:3e:00:{:02x}:{:02x}".format(*divmod(number, 256)))
        port.setdefault(
            "fixed_ips", [{"subnet_id": SUBNET_ID, "ip_address": "10.0.{}.{}".format(*divmod(number, 256))}]
        )
        for key, value in {
            "name": "",
            "status": "ACTIVE",
            "device_id": "",
            "device_owner": "",
            "admin_state_up": True,
            "binding:vif_type": "ovs",
            "binding:vnic_type": "normal",
            "binding:vif_details": {},
            "binding:profile": {},
            "allowed_address_pairs": [],
            "security_groups": [],
            "port_security_enabled": True,
        }.items():
            port.setdefault(key, value)

    def quota(self, method, project, body):
        """A project's limits; -1, as Neutron has it, is none. Deleting them is going back to that."""
        if method == "PUT":
            self.quotas[project] = body["quota"]
        if method == "DELETE":
            self.quotas.pop(project, None)
            return Answer(204)
        return Answer(200, {"quota": {**NO_LIMITS, **self.quotas.get(project, {})}})

    def no_port_left(self, project):
        limit = self.quotas.get(project, NO_LIMITS)["port"]
        used = sum(port["project_id"] == project for port in self.tables["ports"].values())
        return -1 < limit <= used

    def security_groups(self, project):
        """Every project has a security group named 'default'."""
        group = uid("security-group." + project)
        self.tables["security-groups"].setdefault(
            group,
            {
                "id": group,
                "name": "default",
                "description": "",
                "project_id": project,
                "tenant_id": project,
                "security_group_rules": [],
            },
        )

    def __call__(self, method, path, query, body, environ):
        with self.lock:
            return self.handle(method, path, query, body, environ)

    def handle(self, method, path, query, body, environ):
        if path == "":
            return Answer(
                200,
                {
                    "versions": [
                        {
                            "id": "v2.0",
                            "status": "CURRENT",
                            "links": [{"rel": "self", "href": self.base + "/network/v2.0/"}],
                        }
                    ]
                },
            )
        found = re.fullmatch(r"/v2\.0/([\w-]+)(?:/([\w-]+))?", path)
        if not found:
            return not_found()
        plural, item = found[1], found[2]
        key = plural.replace("-", "_")
        one = key[:-3] + "y" if key.endswith("ies") else key.rstrip("s")
        if plural == "quotas":
            return self.quota(method, item, body)
        if plural == "extensions":
            return Answer(200, {"extensions": []} if not item else {"extension": {}})
        if plural == "security-groups":
            for project in query.get("project_id", []) + query.get("tenant_id", []):
                self.security_groups(project)
        table = self.tables[plural]
        if item:
            if item not in table:
                return not_found(f"{one} {item}")
            if method == "DELETE":
                del table[item]
                return Answer(204)
            if method == "PUT":
                table[item].update(body[one])
            return Answer(200, {one: table[item]})
        if method == "POST":
            many = key in body
            rows = body[key] if many else [body[one]]
            for row in rows:
                row.setdefault("id", str(uuid.uuid4()))
                row["project_id"] = row.get("tenant_id") or row.get("project_id") or hexid("project.admin")
                row["tenant_id"] = row["project_id"]
                if plural == "ports":
                    if self.no_port_left(row["project_id"]):
                        return OVER_QUOTA
                    self.new_port(row)
                table[row["id"]] = row
            return Answer(201, {key: rows} if many else {one: rows[0]})
        controls = {"fields", "limit", "marker", "sort_key", "sort_dir"}
        rows = [
            row
            for row in table.values()
            if all(
                str(row.get(k, "")).lower() in [v.lower() for v in values]
                for k, values in query.items()
                if k in row and k not in controls
            )
        ]
        return Answer(200, {key: rows})


class Settings:
    """Settings of nova.conf that can be changed and taken back while Nova runs."""

    def __init__(self):
        self.changed = set()

    def __call__(self, method, path, query, body, environ):
        from oslo_config import cfg

        try:
            if method == "PUT":
                self.change(body)
            elif method == "DELETE":
                self.take_back()
        except cfg.NoSuchOptError as error:
            return not_found(str(error))
        return Answer(200, {"changed": sorted(self.changed)})

    def change(self, settings):
        from nova.conf import CONF

        for setting, value in settings.items():
            section, _, option = setting.rpartition(".")
            CONF.set_override(option, value, section or None)
            self.changed.add(setting)

    def take_back(self):
        from nova.conf import CONF

        while self.changed:
            section, _, option = self.changed.pop().rpartition(".")
            CONF.clear_override(option, section or None)


class Crowd:
    """Requests for a host that reach a busy scheduler at the same moment: PUT {"requests": 4}.

    The next that many wait for one another, at most a minute; what is decided is the scheduler's alone.
    """

    def __init__(self):
        self.left, self.gate, self.lock = 0, None, threading.Lock()

    def __call__(self, method, path, query, body, environ):
        with self.lock:
            self.left = body["requests"]
            self.gate = threading.Barrier(self.left, timeout=60)
        return Answer(200, {"requests": self.left})

    def stands_before(self, scheduler):
        """From now on requests to this class of schedulers pass here first."""
        select = scheduler.select_destinations

        @functools.wraps(select)
        def gathered(*args, **kwargs):
            if gate := self.entered():
                gate.wait()
            return select(*args, **kwargs)

        scheduler.select_destinations = gathered

    def entered(self):
        with self.lock:
            self.left -= 1
            return self.gate if self.left >= 0 else None


# --- HTTP ---------------------------------------------------------------


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        pass


CROWD = Crowd()


def mount(apps):
    """Send /<name>/... to apps[name]."""

    def app(environ, start_response):
        name, slash, rest = environ["PATH_INFO"].lstrip("/").partition("/")
        if name not in apps:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not here\n"]
        environ["SCRIPT_NAME"] = "/" + name
        environ["PATH_INFO"] = slash + rest
        return apps[name](environ, start_response)

    return app


# --- Nova and Placement ---------------------------------------------------

NOVA_CONF = """
[DEFAULT]
debug = {debug}
log_file = {state}/nova.log
use_stderr = False
state_path = {state}
host = controller
my_ip = 127.0.0.1
transport_url = fake:///
compute_driver = {driver}
vif_plugging_is_fatal = False
vif_plugging_timeout = 0
report_interval = 5
periodic_fuzzy_delay = 0
graceful_shutdown_timeout = 1
[api_database]
connection = sqlite:///{state}/nova_api.db
sqlite_synchronous = False
[database]
connection = sqlite:///{state}/nova_cell1.db
sqlite_synchronous = False
[oslo_concurrency]
lock_path = {state}/locks
[wsgi]
api_paste_config = {state}/api-paste.ini
[conductor]
workers = 1
[scheduler]
workers = 1
[keystone]
{auth}
[keystone_authtoken]
{auth}
www_authenticate_uri = {base}/identity
[placement]
{auth}
[glance]
{auth}
[neutron]
{auth}
[service_user]
{auth}
send_service_user_token = False
"""

PLACEMENT_CONF = """
[DEFAULT]
debug = {debug}
log_file = {state}/nova.log
use_stderr = False
[placement_database]
connection = sqlite:///{state}/placement.db
sqlite_synchronous = False
[keystone_authtoken]
{auth}
www_authenticate_uri = {base}/identity
"""

AUTH = """auth_type = password
auth_url = {base}/identity/v3
username = {user}
password = {password}
user_domain_name = Default
project_name = service
project_domain_name = Default
region_name = {region}"""


def write_config(state, base, args):
    from importlib import metadata

    paste = next(f for f in metadata.files("nova") if f.name == "api-paste.ini").locate()
    shutil.copy(paste, os.path.join(state, "api-paste.ini"))
    for name, template, user in (
        ("nova.conf", NOVA_CONF, "nova"),
        ("placement.conf", PLACEMENT_CONF, "placement"),
    ):
        text = template.format(
            state=state,
            base=base,
            debug=args.debug,
            driver=args.driver,
            auth=AUTH.format(base=base, user=user, password=PASSWORD, region=REGION),
        )
        if name == "nova.conf":
            # oslo.config takes the last value where a section comes twice.
            for setting in args.set:
                option, _, value = setting.partition("=")
                section, _, option = option.rpartition(".")
                text += "[{}]\n{} = {}\n".format(section or "DEFAULT", option, value)
        with open(os.path.join(state, name), "w") as f:
            f.write(text)


def one_writer_per_database():
    """SQLite has one writer at a time: queue them, rather than let them fail
    with 'database is locked'. (Nova's own functional tests do the same:
    nova.tests.fixtures.nova.DatabaseWriteLock.)"""
    from oslo_db.sqlalchemy import enginefacade

    manager = enginefacade._TransactionContextManager
    original = manager._transaction_scope
    locks = collections.defaultdict(threading.RLock)
    guard = threading.Lock()

    @contextlib.contextmanager
    def scope(self, context):
        lock = contextlib.nullcontext()
        if self._mode is enginefacade._WRITER:
            with guard:
                lock = locks[self.reader.get_engine().url]
        with lock, original(self, context) as resource:
            yield resource

    manager._transaction_scope = scope


def wal(path):
    """Let readers of a SQLite file work beside its writer."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def make_databases(state):
    """The databases of Nova (API, cell0, cell1), by its own migrations."""
    from nova.db import migration
    from nova.db.api import api as api_db
    from nova.db.main import api as main_db

    # Alembic would take logging over.
    with mock.patch("logging.config.fileConfig"):
        migration.db_sync(database="api")
        migration.db_sync(database="main")
    api_db.get_engine().dispose()
    main_db.get_engine().dispose()
    shutil.copy(os.path.join(state, "nova_cell1.db"), os.path.join(state, "nova_cell0.db"))
    for name in ("nova_api.db", "nova_cell0.db", "nova_cell1.db"):
        wal(os.path.join(state, name))


def make_cells(state):
    from nova import context, objects

    ctxt = context.get_admin_context()
    for name, cell_id, transport, file in (
        ("cell0", objects.CellMapping.CELL0_UUID, "none:///", "nova_cell0.db"),
        ("cell1", uid("cell1"), "fake:///", "nova_cell1.db"),
    ):
        objects.CellMapping(
            context=ctxt,
            uuid=cell_id,
            name=name,
            transport_url=transport,
            database_connection=f"sqlite:///{state}/{file}",
        ).create()
    for number, (name, ram, vcpus, disk) in enumerate(FLAVORS, 1):
        objects.Flavor(
            context=ctxt,
            flavorid=str(number),
            name=name,
            memory_mb=ram,
            vcpus=vcpus,
            root_gb=disk,
            ephemeral_gb=0,
            swap=0,
            rxtx_factor=1.0,
            disabled=False,
            is_public=True,
        ).create()


def start_placement(state):
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = state
    os.environ["OS_PLACEMENT_DATABASE__SYNC_ON_STARTUP"] = "True"
    from placement.wsgi import init_application

    app = init_application()
    wal(os.path.join(state, "placement.db"))
    # Placement has set logging up for itself: let all go to one file again.
    from nova.conf import CONF
    from oslo_log import log

    log.setup(CONF, "nova")
    return app


def start_services(hosts):
    from nova import context, service
    from nova.compute import rpcapi as compute_rpcapi
    from nova.conductor import rpcapi as conductor_rpcapi
    from nova.conf import CONF
    from nova.objects import host_mapping
    from nova.scheduler import manager as scheduler_manager
    from nova.scheduler import rpcapi as scheduler_rpcapi

    CROWD.stands_before(scheduler_manager.SchedulerManager)
    services = []

    def start(**kwargs):
        one = service.Service.create(**kwargs)
        one.start()
        services.append(one)

    start(binary="nova-conductor", topic=conductor_rpcapi.RPC_TOPIC)
    start(binary="nova-scheduler", topic=scheduler_rpcapi.RPC_TOPIC)
    for host in hosts:
        # A few places read CONF.host rather than the service's own host.
        CONF.set_override("host", host)
        start(
            binary="nova-compute",
            host=host,
            topic=compute_rpcapi.RPC_TOPIC,
            topic_alt=compute_rpcapi.RPC_TOPIC_ALT,
        )
    CONF.clear_override("host")
    host_mapping.discover_hosts(context.get_admin_context())
    return services


def clouds_yaml(base):
    text = "clouds:\n"
    for user in ("admin", "demo", "demo-admin", "other", "other-admin"):
        text += f"""  novabox-{user}:
    auth:
      auth_url: {base}/identity/v3
      username: {user}
      password: {PASSWORD}
      project_name: {USERS[user][0]}
      user_domain_name: Default
      project_domain_name: Default
    region_name: {REGION}
    identity_api_version: 3
"""
    return text


def options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=18774, help="0 for any free one")
    parser.add_argument("--hosts", type=int, default=6)
    parser.add_argument(
        "--driver",
        default="fake.FakeDriver",
        help="fake.FakeDriver: 1000 VCPU a host; fake.MediumFakeDriver: 10; fake.SmallFakeDriver: 2",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.OPTION=VALUE",
        help="a setting of nova.conf, such as quota.server_group_members=3",
    )
    parser.add_argument("--clouds", help="write clouds.yaml to this file too")
    parser.add_argument("--keep", metavar="DIR", help="put the state here and leave it (for its logs)")
    parser.add_argument("--state", metavar="DIR", help="put the state here; the folder is removed at the end")
    parser.add_argument(
        "--until-eof",
        action="store_true",
        help="end also when stdin does: a box at the end of its parent's pipe never outlives that parent",
    )
    parser.add_argument("--debug", action="store_true")
    return parser.parse_args()


def state_folder(args):
    given = args.keep or args.state
    state = os.path.abspath(given) if given else tempfile.mkdtemp(prefix="nova-box-")
    print("# state and log in", state, file=sys.stderr, flush=True)
    os.makedirs(os.path.join(state, "locks"), exist_ok=True)
    for old in os.listdir(state):
        if old.endswith((".db", ".db-wal", ".db-shm", ".log")):
            os.unlink(os.path.join(state, old))
    return state


def remove(state):
    """Remove the folder, although Nova's threads may still be writing new files into it."""
    for _ in range(5):
        shutil.rmtree(state, ignore_errors=True)


def print_complaints(state):
    """Nova says why it gives up in its log only, and the log goes with the state."""
    with contextlib.suppress(OSError), open(os.path.join(state, "nova.log"), errors="replace") as log:
        complaints = [line for line in log if re.search(" (WARNING|ERROR|CRITICAL) ", line)]
        sys.stderr.writelines(complaints[-20:])


def stop_requests(args, state):
    """An event that is set when the box is to end."""
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())

    def watch_stdin():
        while os.read(0, 4096):
            pass
        done.set()
        # Still here: it hangs somewhere in its start, and there is nobody left to notice.
        time.sleep(15)
        remove(state)
        os._exit(1)

    if args.until_eof:
        threading.Thread(target=watch_stdin, daemon=True).start()
    return done


def serve_stand_ins(server, base):
    """Serve what Nova needs to start; it is added to the applications that this answers."""
    apps = {
        "identity": json_app(Keystone(base)),
        "image": json_app(Glance(base)),
        "network": json_app(Neutron(base)),
        "box": json_app(Settings()),
        "crowd": json_app(CROWD),
    }
    server.set_app(mount(apps))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return apps


def start_nova(state, hosts, apps):
    # Nova is first imported here: in native threads, without eventlet.
    os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"
    os.environ["OS_NOVA_CONFIG_DIR"] = state
    # Its services talk to each other over loopback, past any proxy of the user's.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    sys.argv = ["nova-box"]  # Nova reads it for options of its own
    from nova import monkey_patch

    monkey_patch.patch()  # chooses the service backend: threads
    from nova.api.openstack import wsgi_app

    one_writer_per_database()
    names = ("osapi_compute", "nova-box")
    wsgi_app.init_global_data([os.path.join(state, f) for f in ("api-paste.ini", "nova.conf")], *names)
    make_databases(state)
    make_cells(state)
    apps["placement"] = start_placement(state)
    start_services(hosts)
    apps["compute"] = wsgi_app.init_application(*names)


def announce(args, base, hosts):
    text = clouds_yaml(base)
    if args.clouds:
        with open(args.clouds, "w") as f:
            f.write(text)
    print(text)
    flavors = " ".join(flavor[0] for flavor in FLAVORS)
    print(
        f"# hosts: {' '.join(hosts)}; image: cirros ({IMAGE_ID}); "
        f"network: private ({NETWORK_ID}); flavors: {flavors}"
    )
    print(f"# READY {base} in {time.monotonic() - STARTED:.1f} s", flush=True)


def main():
    args = options()
    state = state_folder(args)
    try:
        done = stop_requests(args, state)
        server = Server(("127.0.0.1", args.port), Handler)
        base = f"http://127.0.0.1:{server.server_port}"
        server.base_environ["SERVER_NAME"] = "127.0.0.1"
        write_config(state, base, args)
        hosts = [f"host{number}" for number in range(1, args.hosts + 1)]
        start_nova(state, hosts, serve_stand_ins(server, base))
        announce(args, base, hosts)
        done.wait()
    except BaseException:
        print_complaints(state)
        raise
    finally:
        if not args.keep:
            remove(state)


if __name__ == "__main__":
    code = 0
    try:
        main()
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
        code = 1
    # Nova's threads would keep the process; none needs an orderly end.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)
