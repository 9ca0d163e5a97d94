"""What befalls a group from outside: machines that somebody moved, a killed run, a lost state.

Scripts as in `life`, for every language and cloud.
"""

from __future__ import annotations

from life import GROUP, OWNER, Life

from real.pulumi_result import Result


def moved_and_seen(life: Life) -> None:
    """A machine that somebody moved to a free host: the refresh tells it; the machine is left alone."""
    life.up().ok()
    free = next(host for host in life.ground.hosts if host not in life.hosts().values())
    life.ground.move(life.space, "db-1", free)
    told = life.refresh().ok()
    assert any("the machine of db-1" in text and "has moved" in text for text in warnings(told))
    assert told.properties("db/db-1")["domains"]["host"] == life.ground.seen_as(free)
    there = life.machines()
    life.up().ok()
    assert life.machines() == there
    assert life.is_still()


def broken_and_told(life: Life) -> None:
    """A machine that somebody moved beside another: refresh warns and the next update fails, until mended."""
    was, beside = life.hosts()["db-1"], life.hosts()["db-0"]
    life.ground.move(life.space, "db-1", beside)
    there = life.machines()
    refreshed = life.refresh().ok()
    assert any(names_the_two(life, text, beside) for text in warnings(refreshed))
    failed = life.up().failed()
    assert failed.code == 1
    assert any(names_the_two(life, text, beside) for text in errors(failed))
    assert life.verification()["verdict"] == "broken", "the state is saved"
    assert life.machines() == there
    life.ground.move(life.space, "db-1", was)
    life.up().ok()
    assert life.verification()["verdict"] in ("held", "promised")


def soft_and_told(life: Life) -> None:
    """Members that share a host under a soft rule: a warning, and no failure."""
    life.up().ok()
    beside = life.hosts()["db-0"]
    life.ground.move(life.space, "db-1", beside)
    refreshed = life.refresh().ok()
    assert any(names_the_two(life, text, beside) for text in warnings(refreshed))
    life.up().ok()
    assert life.verification()["verdict"] == "broken"


def found_again(life: Life) -> None:
    """What a run that was killed prepared for the group is used, not made a second time."""
    life.ground.prepare(life.space, life.settings.names)
    prepared = life.ground.left(life.space)
    life.up().ok()
    assert set(prepared) <= set(life.ground.left(life.space))
    assert life.ground.natives() == ([] if life.ground.in_place else prepared)


def lost_and_not_doubled(life: Life) -> None:
    """The state is lost, the machines are not: no member is made a second time, and the output says why."""
    before = life.machines()
    life.forget()
    refused = life.up().failed()
    assert f"{before['db-0'].instance} bears the mark of db-0 already" in refused.text
    assert life.machines() == before


def explained_without_room(life: Life) -> None:
    """A new machine that is to come first finds no host: Nova's refusal is explained, with the way out."""
    life.up().ok()
    life.change(spare=True, versions={"db-2": "2"})
    refused = life.up().failed()
    assert f"pulumi up --replace '{life.urn('db-2')}'" in refused.text


def lost_and_imported(life: Life) -> None:
    """The state is lost: `pulumi import` takes the group over by its id; nothing changes."""
    before, left = life.machines(), life.ground.left(life.space)
    life.forget()
    life.alone()
    assert "does not exist" in life.imported(f"{OWNER}/nothing").failed().text
    life.imported(f"{OWNER}/{GROUP}").ok()
    assert "replace" not in " ".join(life.up().ok().ops(GROUP))
    assert life.up().ok().changes == {}
    assert (life.machines(), life.ground.left(life.space)) == (before, left)


def lost_and_imported_by_the_program(life: Life) -> None:
    """The same by the resource option `import`."""
    before, left = life.machines(), life.ground.left(life.space)
    life.forget()
    life.alone(imported=f"{OWNER}/{GROUP}")
    assert ("import", GROUP) in life.up().ok().steps
    life.alone()
    assert "replace" not in " ".join(life.up().ok().ops(GROUP))
    assert (life.machines(), life.ground.left(life.space)) == (before, left)


def kept_while_in_use(life: Life) -> None:
    """A group whose machines are still there is not deleted, and they are named; without them it is."""
    refused = life.destroy().failed()
    assert "waited 3 s" in refused.text
    for member, machine in life.machines().items():
        assert member in refused.text or machine.instance in refused.text
    for member in life.machines():
        life.ground.terminate(life.space, member)
    life.destroy().ok()
    assert life.is_gone()


def warnings(result: Result) -> list[str]:
    return [text for severity, text in result.diagnostics if severity == "warning"]


def errors(result: Result) -> list[str]:
    return [text for severity, text in result.diagnostics if severity == "error"]


def names_the_two(life: Life, text: str, host: str) -> bool:
    """Whether it says that db-0 and db-1 share this host."""
    return all(word in text for word in ("is broken", "db-0", "db-1", life.ground.seen_as(host)))
