"""The published packages of programs on four clouds: large, so beside the tests' environment.

cd tests && python -m real.packages_env        # prints the folder to put on PYTHONPATH
"""

from __future__ import annotations

import sys
from pathlib import Path

from real.made import Made, main

WANTED = (
    "pulumi-aws==7.51.1",
    "pulumi-azure-native==3.29.0",
    "pulumi-vsphere==4.18.2",
    "pulumiverse-exoscale==0.66.1",
)
KEPT = {
    "pulumi_aws": ("config", "ec2"),
    "pulumi_azure_native": ("compute", "config", "network", "resources"),
}
"""Their modules are imported when used; all together are 430 MB, and take minutes to compile."""
PRUNE = """
import pathlib, shutil, sys
lib, kept = pathlib.Path(sys.argv[1]), eval(sys.argv[2])
for package, modules in kept.items():
    for folder in (lib / package).iterdir():
        if folder.is_dir() and folder.name not in modules:
            shutil.rmtree(folder)
            folder.mkdir()
            (folder / "__init__.py").touch()
"""
"""An empty module stays, as the package looks for each of them when it is imported."""


def _commands(home: Path) -> list[list[str]]:
    lib = str(home / "lib")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile", "--target", lib]
    return [
        [*pip, *WANTED],
        [sys.executable, "-c", PRUNE, lib, repr(KEPT)],
        [sys.executable, "-m", "compileall", "-qq", lib],
    ]


def _progress(log: str) -> str:
    return f"{log.count('Collecting ')} packages of {len(WANTED)} found"


PACKAGES = Made(
    "pulumi-packages",
    Path(__file__).parent,
    (Path(__file__),),
    _commands,
    {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    _progress,
)


def ensure() -> Path:
    """The folder that programs need on their PYTHONPATH; two minutes the first time, then 60 MB."""
    return PACKAGES.ensure() / "lib"


def present() -> bool:
    """Whether `ensure` would have nothing to do."""
    return PACKAGES.present()


if __name__ == "__main__":
    main(PACKAGES)
