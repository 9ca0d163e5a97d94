"""An environment with the oldest Pulumi SDK that we claim, and the project as it is here.

cd tests && python -m real.sdk_env        # prints the path of its folder
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from real.made import ROOT, Made, main

PYPROJECT = ROOT / "pyproject.toml"


def oldest() -> str:
    """The oldest SDK that pyproject.toml admits: ``3.220.0``."""
    found = re.search(r'^pulumi = \["pulumi>=([\d.]+)"\]', PYPROJECT.read_text(), re.MULTILINE)
    assert found, "the extra pulumi names a lower bound"
    return found[1] if found[1].count(".") == 2 else f"{found[1]}.0"


def _commands(home: Path) -> list[list[str]]:
    pip = [str(_python(home)), "-m", "pip", "install"]
    return [
        [sys.executable, "-m", "venv", str(home / "env")],
        [*pip, "--editable", f"{ROOT}[pool,pulumi]", f"pulumi=={oldest()}", "pulumi-command"],
    ]


def _python(home: Path) -> Path:
    return home / "env" / "bin" / "python"


def _progress(log: str) -> str:
    return f"{log.count('Collecting ')} packages found"


SDK = Made("pulumi-sdk", ROOT, (PYPROJECT,), _commands, {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, _progress)


def ensure() -> Path:
    """The python of that environment; about a minute the first time."""
    return _python(SDK.ensure())


def present() -> bool:
    """Whether `ensure` would have nothing to do."""
    return SDK.present()


if __name__ == "__main__":
    main(SDK)
