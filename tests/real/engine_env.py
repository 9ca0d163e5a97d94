"""Build the programs of the real Pulumi engine, once per set of modules.

cd tests && python -m real.engine_env        # prints the path of their folder
"""

from __future__ import annotations

from pathlib import Path

from real.made import CACHE, Made, main

SOURCE = Path(__file__).with_name("engine")
GO = CACHE / "go"
MODULES = 255
"""Modules that a build with an empty cache downloads, about."""
PACKAGES = 1700
"""Packages that a build with an empty cache compiles, about."""


def inputs() -> tuple[Path, ...]:
    """The files that the programs are built from, besides the modules that go.sum pins."""
    return tuple(sorted(path for path in SOURCE.rglob("*") if path.is_file()))


def commands(home: Path) -> list[list[str]]:
    """The steps of a build; a program that runs is better evidence than a compiler's exit status."""
    return [["./build.sh", str(home)], [str(home / "pulumi"), "version"]]


def progress(log: str) -> str:
    lines = log.splitlines()
    modules = sum(1 for line in lines if line.startswith("go: downloading "))
    return f"{modules} modules of about {MODULES}, {len(lines) - modules} packages of about {PACKAGES}"


ENV = {
    "GOPATH": str(GO),
    "GOMODCACHE": str(GO / "mod"),
    "GOCACHE": str(GO / "build"),
    "GOFLAGS": "-modcacherw",  # so that rm -rf .cache needs no root
    "GOTOOLCHAIN": "local",  # what is missing is said, not downloaded
}
ENGINE = Made("engine", SOURCE, inputs(), commands, ENV, progress)


def ensure() -> Path:
    """Answer the folder with `pulumi`, its language hosts and `gensdk`; about 4 minutes the first time."""
    return ENGINE.ensure()


def present() -> bool:
    """Whether `ensure` would have nothing to do."""
    return ENGINE.present()


if __name__ == "__main__":
    main(ENGINE)
