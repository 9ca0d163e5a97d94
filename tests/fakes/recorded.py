"""What a real Nova told of each behaviour, and where the fake differs on purpose."""

from __future__ import annotations

import json
from pathlib import Path

from fakes.stage import Lines

FILE = Path(__file__).with_name("nova_behaviours.json")
"""Written by ``PYTHONPATH=tests python -m real.test_behaviours``; for people to read, not to edit."""

RECORDED: dict[str, Lines] = json.loads(FILE.read_text()) if FILE.exists() else {}

DIFFERENCES: dict[str, dict[str, str]] = {}
"""By behaviour: Nova's line, and the fake's instead of it; each with the reason beside it."""
