# mypy: untyped-calls-exclude="pyVmomi,pyVim"
"""Connecting: a ServiceInstance of the user's own, or settings in the SDK's words, or the environment."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha1, sha256, sha512
from os import environ
from typing import Any
from weakref import finalize

from msgspec import Struct
from pyVim.connect import SmartConnect
from pyVmomi import vim

from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.settings import required, text
from antiaffinity_vcenter.faults import of_connecting
from antiaffinity_vcenter.tags import Attached, Tags

ENVIRONMENT = {
    "host": "VSPHERE_SERVER",
    "user": "VSPHERE_USER",
    "pwd": "VSPHERE_PASSWORD",
    "disableSslCertValidation": "VSPHERE_ALLOW_UNVERIFIED_SSL",
}
"""As the Pulumi provider reads it: https://www.pulumi.com/registry/packages/vsphere/installation-configuration/."""

ZONES = ("cluster", "host-group")
TAG = "tag:"
GROUPS = "host-group:"
"""Of all host groups those that match a pattern are zones; others are there for licences, say."""
DIGESTS = {40: sha1, 64: sha256, 128: sha512}
"""By how many hex digits a thumbprint has; SHA-1 is what vCenter's own pages still show."""


class Connected(Struct, frozen=True):
    """A session, what a zone is there, and how to ask for tags where it is one."""

    si: Any
    zone: str
    tags: Callable[[], Attached] = dict


def connected(client: object, settings: Mapping[str, object]) -> Connected:
    """A session on a vCenter; errors name the setting as their path."""
    zone = _zone(settings)
    if client is None:
        return _logged_in(settings, zone)
    if not isinstance(client, vim.ServiceInstance):
        raise InvalidRequest(f"must be a vim.ServiceInstance, not {type(client).__name__}", path="client")
    beside = [name for name in settings if name != "zone"]
    if beside:
        raise InvalidRequest("a client brings its own settings: give one or the other", path=beside[0])
    if zone.startswith(TAG):
        # The REST API takes no session of the SDK's.
        raise InvalidRequest("zones by tag need host, user and pwd: give these, and no client", path="zone")
    return Connected(client, zone)


def _zone(settings: Mapping[str, object]) -> str:
    zone = settings.get("zone", ZONES[0])
    if zone not in ZONES and not (isinstance(zone, str) and _is_told_by_name(zone)):
        words = f"{', '.join(ZONES)}, {GROUPS}<pattern> or {TAG}<category>"
        raise InvalidRequest(f"says what a zone is: {words}, not {zone!r}", path="zone")
    return str(zone)


def _is_told_by_name(zone: str) -> bool:
    return any(zone.startswith(start) and zone != start for start in (TAG, GROUPS))


def _logged_in(settings: Mapping[str, object], zone: str) -> Connected:
    host, user, pwd = (required(settings, name, ENVIRONMENT) for name in ("host", "user", "pwd"))
    port = _port(settings)
    try:
        context = _context(settings, host, port)
        si = SmartConnect(host=host, port=port, user=user, pwd=pwd, sslContext=context)
    except AntiaffinityError:
        raise
    except Exception as error:  # the SDK raises plain ones, too
        raise of_connecting(error, f"{host}:{port}") from error
    finalize(si, _log_out, si._stub)
    if not zone.startswith(TAG):
        return Connected(si, zone)
    return Connected(si, zone, Tags(host, port, context, user, pwd, zone.removeprefix(TAG)).attached)


def _log_out(stub: Any) -> None:
    """A session that nobody uses any more need not wait for its end; whether that works matters to nobody."""
    si: Any = vim.ServiceInstance("ServiceInstance", stub)
    with suppress(Exception):
        si.RetrieveContent().sessionManager.Logout()


def _port(settings: Mapping[str, object]) -> int:
    port = settings.get("port", 443)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise InvalidRequest("must be a port: a whole number from 1 to 65535", path="port")
    return port


# Certificates


def _context(settings: Mapping[str, object], host: str, port: int) -> ssl.SSLContext:
    """How the certificate is checked: by the thumbprint, not at all, or as any web site's.

    The SDK itself checks none on 127.0.0.1, and a thumbprint only after it failed to ask for the version.
    """
    if thumbprint := text(settings, "thumbprint", ENVIRONMENT):
        return _pinned(_told_by(host, port), thumbprint)
    if _unverified(settings):
        return ssl._create_unverified_context()
    return ssl.create_default_context()


def _unverified(settings: Mapping[str, object]) -> bool:
    value = settings.get("disableSslCertValidation")
    if value is None:
        return environ.get(ENVIRONMENT["disableSslCertValidation"], "").lower() in ("1", "true", "yes")
    if not isinstance(value, bool):
        raise InvalidRequest("must be true or false", path="disableSslCertValidation")
    return value


def _told_by(host: str, port: int) -> str:
    return ssl.get_server_certificate((host, port), timeout=30)


def _pinned(certificate: str, thumbprint: str) -> ssl.SSLContext:
    """Trust just the certificate with this thumbprint."""
    wanted = re.sub("[: ]", "", thumbprint).lower()
    digest = DIGESTS.get(len(wanted))
    if digest is None:
        raise InvalidRequest(
            "must be the SHA-1, SHA-256 or SHA-512 of a certificate in hex", path="thumbprint"
        )
    shown = digest(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
    if shown != wanted:
        raise InvalidRequest(
            f"vCenter shows another certificate: its thumbprint is {shown}", path="thumbprint"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context
