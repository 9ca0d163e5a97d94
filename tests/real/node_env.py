"""Install what TypeScript programs need, once per lock file, and compile our Node.js SDK, once per schema.

cd tests && python -m real.node_env        # prints the path of a project's node_modules, our SDK in it
"""

from __future__ import annotations

from pathlib import Path

from real import engine_env
from real.made import ROOT, Made, main

SOURCE = Path(__file__).with_name("node")
LOCK = SOURCE / "package-lock.json"
SCHEMA = ROOT / "plugin" / "pulumi_antiaffinity" / "schema.json"
GENERATOR = engine_env.SOURCE / "gensdk" / "main.go"
SDK = "pulumi-antiaffinity"
LINK = 'mkdir "$1" && ln -s "$0"/* "$1"'


def installing(home: Path) -> list[list[str]]:
    copy = ["cp", "package.json", "package-lock.json", str(home)]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
    return [copy, ["npm", "ci", *quiet, "--prefix", str(home)], [*tsc(home), "--version"]]


def compiling(home: Path) -> list[list[str]]:
    """Beside the SDK is a node_modules with it and all the rest: both see the same @pulumi/pulumi."""
    modules, generated = home / "node_modules", home / "nodejs"
    return [
        [str(engine_env.ensure() / "gensdk"), str(SCHEMA), str(home), "nodejs"],
        ["sh", "-c", LINK, str(INSTALLED.ensure() / "node_modules"), str(modules)],
        [*tsc(INSTALLED.ensure()), "--project", str(generated)],
        ["cp", str(generated / "package.json"), str(generated / "bin")],
        ["ln", "-s", str(generated), str(modules / SDK)],
        ["node", "-e", f"require({str(modules / SDK)!r})"],
    ]


def tsc(home: Path) -> list[str]:
    """The TypeScript compiler among the installed packages."""
    return ["node", str(home / "node_modules" / "typescript" / "bin" / "tsc")]


INSTALLED = Made(
    "node", SOURCE, (SOURCE / "package.json", LOCK), installing, {}, lambda _: "installing 226 packages"
)
COMPILED = Made("node-sdk", SOURCE, (SCHEMA, LOCK, GENERATOR), compiling, {}, lambda _: "compiling")


def ensure() -> Path:
    """Answer a node_modules with the Pulumi SDK, the providers' packages and TypeScript."""
    return INSTALLED.ensure() / "node_modules"


def ensure_sdk() -> Path:
    """Answer a node_modules with our own SDK too, generated from the schema as it is now."""
    engine_env.ensure()
    INSTALLED.ensure()
    return COMPILED.ensure() / "node_modules"


def present() -> bool:
    """Whether `ensure_sdk` would download nothing."""
    return INSTALLED.present() and engine_env.present()


if __name__ == "__main__":
    main(INSTALLED)
    main(COMPILED)
