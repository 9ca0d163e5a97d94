"""The argument names of a Pulumi resource, read from its published package; nothing is installed or imported.

    python tests/typing/pulumi_arguments.py pulumi-aws==7.51.1 pulumi_aws/ec2/instance.py Instance

prints what ``tests/typing/pulumi_<cloud>.json`` holds. PACKAGE is ``name==version``, or a wheel or sdist.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

NOT_ARGUMENTS = {"self", "__self__", "resource_name", "opts", "args", "__props__"}


def published(package: str, folder: Path) -> Path:
    """The package's file: the given one, or downloaded into ``folder``."""
    if Path(package).is_file():
        return Path(package)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), package]
    subprocess.run(pip, check=True)
    return next(iter(folder.iterdir()))


def source(file: Path, module: str) -> ast.Module:
    """A module inside a wheel or an sdist."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            return ast.parse(wheel.read(module))
    with tarfile.open(file) as sdist:
        name = next(name for name in sdist.getnames() if name.partition("/")[2] == module)
        stream = sdist.extractfile(name)
        assert stream, f"{name} is no file"
        return ast.parse(stream.read())


def arguments(tree: ast.Module, name: str) -> dict[str, str]:
    """The keywords of the fullest ``__init__`` of a resource class, each with its annotation."""
    made = ("__init__", "_internal_init")
    body = next(each.body for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)
    inits = [each.args for each in body if isinstance(each, ast.FunctionDef) and each.name in made]
    fullest = max(inits, key=lambda init: len(init.args) + len(init.kwonlyargs))
    named = [each for each in (*fullest.args, *fullest.kwonlyargs) if each.arg not in NOT_ARGUMENTS]
    return {each.arg: ast.unparse(each.annotation) if each.annotation else "" for each in named}


def nested(tree: ast.Module) -> dict[str, list[str]]:
    """The fields of every ``*ArgsDict``, the plain dicts that a resource takes."""
    classes = [each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)]
    return {each.name: _fields(each) for each in classes if each.name.endswith("ArgsDict")}


def _fields(typed_dict: ast.ClassDef) -> list[str]:
    fields = [each.target for each in typed_dict.body if isinstance(each, ast.AnnAssign)]
    return sorted(field.id for field in fields if isinstance(field, ast.Name))


def read(file: Path, module: str, name: str) -> dict[str, Any]:
    """What the file says about one resource class, with the plain dicts that its arguments name."""
    found = arguments(source(file, module), name)
    dicts = nested(source(file, f"{module.rpartition('/')[0]}/_inputs.py"))
    taken = " ".join(found.values())
    package, version = file.name.removesuffix(".tar.gz").removesuffix(".whl").split("-")[:2]
    return {
        "package": package.replace("_", "-"),
        "version": version,
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "module": module,
        "class": name,
        "arguments": sorted(found),
        "dicts": {key: fields for key, fields in sorted(dicts.items()) if f"'{key}'" in taken},
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(read(published(sys.argv[1], Path(folder)), *sys.argv[2:4]), indent=1))
