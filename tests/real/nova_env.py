"""Make the virtual environment in which a real Nova runs, once per set of constraints.

cd tests && python -m real.nova_env        # prints the path of its folder
"""

from __future__ import annotations

import sys
from pathlib import Path

from real.made import Made, main

CONSTRAINTS = Path(__file__).with_name("constraints-nova34-py311.txt")
PACKAGES = ("nova", "openstack-placement", "SQLAlchemy")


def _commands(home: Path) -> list[list[str]]:
    """The last: an import that works is better evidence than an installer's exit status."""
    python = str(_python(home))
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    return [
        [sys.executable, "-m", "venv", str(home / "env")],
        [*pip, "--constraint", str(CONSTRAINTS), *PACKAGES],
        [python, "-I", "-c", "import nova.version, placement, sqlalchemy"],
    ]


def _python(home: Path) -> Path:
    return home / "env" / "bin" / "python"


def _progress(log: str) -> str:
    wanted = sum(1 for line in CONSTRAINTS.read_text().splitlines() if "==" in line)
    return f"{log.count('Collecting ')} of {wanted} packages found (about 400 MB)"


NOVA = Made("nova", CONSTRAINTS.parent, (CONSTRAINTS,), _commands, {}, _progress)


def ensure() -> Path:
    """The python of an environment with Nova in it; about a minute the first time."""
    return _python(NOVA.ensure())


def present() -> bool:
    """Whether `ensure` would have nothing to do."""
    return NOVA.present()


if __name__ == "__main__":
    main(NOVA)
