"""What was refused, read from what any tool printed of it: Azure's codes, the innermost first.

Azure puts the cause innermost, in frames that say nothing (DeploymentFailed, ResourceOperationFailure), at
times as JSON inside a message: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/find-error-code.
A phrase of HTTP ("409 Conflict") stands before a quota, a full zone and a race alike, and is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiaffinity.meanings import Said

FRAME = re.compile(r"^[ \t]*[│|╷╵][ \t]?", re.MULTILINE)
"""How Terraform boxes its errors."""

CODES = re.compile(
    r"\A(?P<listed>[A-Z]\w+(?:, [A-Z]\w+)*): "  # an instance view, and our own short form
    r"|(?:^|:)\s*\((?P<sdk>[A-Z]\w+)\) "  # Azure's Python SDK, and the az CLI after "ERROR: "
    r"|\b(?:error ?)?code[\"'\\]*\s*[:=]\s*[\"'\\]*(?P<named>[A-Z]\w+)"  # azcore, autorest, PowerShell, JSON
    r"|\bStatus: \"(?P<status>[A-Z]\w+)\""  # Terraform's azurerm where an operation failed
    r"|\bwith error: (?P<hashicorp>[A-Z]\w+): "  # and where it was refused at once
    r"|\bProvisioningState/failed/(?P<view>\w+)",
    re.MULTILINE | re.IGNORECASE,
)

STATUS = re.compile(r"\b(?:RESPONSE|unexpected status|StatusCode[=:]|Status[=:])\s*(\d{3})\b", re.IGNORECASE)
"""The number that azcore, azurerm, autorest and PowerShell print."""


def said_by(text: str) -> Said:
    """Codes and words of a refusal, whichever tool printed it."""
    plain = FRAME.sub("", text)
    return Said(tuple(dict.fromkeys(reversed([*_codes(plain)]))), plain)


def _codes(text: str) -> Iterator[str]:
    """As they stand in the text: the frames come before what they hold."""
    for found in CODES.finditer(text):
        for told in found.groups():
            yield from told.split(", ") if told else ()


def status_of(text: str) -> int | None:
    """The status that was printed last, None for none."""
    found = STATUS.findall(text)
    return int(found[-1]) if found else None
