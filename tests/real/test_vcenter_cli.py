"""The command line on VMware's own simulator, with --launch, --start and --discard as users write them."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from cli.shell import Answer, ask
from real.vcsim_box import VCSim

HANDS = """\
import json, os, sys, time
from pyVim.connect import SmartConnect
from pyVmomi import vim

si = SmartConnect(host=os.environ["VSPHERE_SERVER"], port=int(os.environ["PORT"]),
                  user=os.environ["VSPHERE_USER"], pwd=os.environ["VSPHERE_PASSWORD"],
                  disableSslCertValidation=True)

def done(task):
    while task.info.state not in ("success", "error"):
        time.sleep(0.01)
    if task.info.error:
        raise task.info.error
    return task.info.result

given = json.load(sys.stdin)
"""

BOOT = """\
from hands import *

launch = given["launch"]["spec"]
options = [vim.option.OptionValue(**one) for one in launch["config"]["extraConfig"]]
files = vim.vm.FileInfo(vmPathName="[LocalDS_0]")
config = vim.vm.ConfigSpec(name=given["member"], numCPUs=1, memoryMB=64, extraConfig=options, files=files)
where = launch["location"]
folder = si.RetrieveContent().rootFolder.childEntity[0].vmFolder
task = folder.CreateVM_Task(config, vim.ResourcePool(where["pool"]), vim.HostSystem(where["host"]))
print(done(task)._GetMoId())
"""

START = """\
from hands import *

done(vim.VirtualMachine(given["id"], si._stub).PowerOnVM_Task())
"""


@pytest.fixture
def spec(vcsim: VCSim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a SPEC, in a folder with the hands; the environment says where vCenter is."""
    settings = vcsim.settings
    for name, value in (("SERVER", "host"), ("USER", "user"), ("PASSWORD", "pwd")):
        monkeypatch.setenv(f"VSPHERE_{name}", settings[value])
    monkeypatch.setenv("PORT", str(vcsim.port))
    monkeypatch.chdir(tmp_path)
    for name, text in (("hands.py", HANDS), ("boot.py", BOOT), ("start.py", START)):
        (tmp_path / name).write_text(text)
    cloud = {"kind": "vcenter", "port": vcsim.port, "disableSslCertValidation": True}
    wanted = {"group": "db", "owner": "shop/prod", "members": 3, "rules": "anti-affinity", "cloud": cloud}
    (tmp_path / "db.json").write_text(json.dumps(wanted))
    return "db.json"


def roll_out(spec: str, *more: str) -> Answer:
    boot, start = (f"{shlex.quote(sys.executable)} -Wignore {name}.py" for name in ("boot", "start"))
    return ask("roll-out", spec, "--launch", boot, "--start", start, "--json", *more)


def test_a_move_past_us_exits_with_one_and_a_repair_with_none(vcsim: VCSim, spec: str) -> None:
    assert roll_out(spec).code == 0
    user = vcsim.user()
    host = user.hosts()["db-0"]
    user.relocate("db-1", host)
    verified = ask("verify", spec)
    assert verified.code == 1
    assert f"db-0, db-1 share host DC0_C0/{host}" in verified.out
    assert len(ask("plan", spec, "--repair", "--json").json["moves"]) == 1
    assert roll_out(spec, "--repair").code == 0
    assert ask("verify", spec).code == 0
    assert len(set(user.hosts().values())) == 3


def test_the_plan_says_what_chooses_and_what_keeps(spec: str) -> None:
    told = ask("plan", spec)
    assert told.code == 0
    assert "chosen: host, kept by mandatory DRS VM-VM anti-affinity rule" in told.out


def test_a_certificate_that_nobody_vouches_for_names_the_setting(vcsim: VCSim, spec: str) -> None:
    wanted = json.loads(Path(spec).read_text())
    del wanted["cloud"]["disableSslCertValidation"]
    Path(spec).write_text(json.dumps(wanted))
    told = ask("verify", spec, "--json")
    assert (told.code, told.json["error"]["path"]) == (2, "cloud.thumbprint")
