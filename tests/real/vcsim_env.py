"""Build vcsim, VMware's own simulator of a vCenter, once per set of modules.

cd tests && python -m real.vcsim_env        # prints the path of its folder
"""

from __future__ import annotations

from pathlib import Path

from real.engine_env import ENV
from real.made import Made, main

SOURCE = Path(__file__).with_name("vcsim")
PACKAGES = 190
"""Packages that a build with an empty cache compiles, about."""


def commands(home: Path) -> list[list[str]]:
    """The steps of a build; a program that runs is better evidence than a compiler's exit status."""
    go = ["go", "build", "-v", "-trimpath", "-buildvcs=false", "-o", f"{home}/", "tool"]
    return [go, [str(home / "vcsim"), "-h"]]


def progress(log: str) -> str:
    lines = [line for line in log.splitlines() if not line.startswith("go: downloading ")]
    return f"{len(lines)} packages of about {PACKAGES}"


VCSIM = Made(
    "vcsim",
    SOURCE,
    (SOURCE / "go.mod", SOURCE / "go.sum"),
    commands,
    {**ENV, "CGO_ENABLED": "0"},
    progress,
)


def ensure() -> Path:
    """Answer the folder with `vcsim`; about half a minute the first time."""
    return VCSIM.ensure()


def present() -> bool:
    """Whether `ensure` would have nothing to do."""
    return VCSIM.present()


if __name__ == "__main__":
    main(VCSIM)
