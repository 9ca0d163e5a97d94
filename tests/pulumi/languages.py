"""The group's whole life on the real Nova, in every language: longer than the tests are.

cd tests && PYTHONPATH=.:pulumi python -m languages [yaml] [typescript]
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable

import life
import mishaps
from ground_nova import OpenStack
from life import Language, Life, lived
from life_typescript import TypeScript
from life_yaml import Yaml

from real import node_env
from real.nova import Nova
from real.services import HOSTS, SETTINGS

LANGUAGES: dict[str, Callable[[], Language]] = {
    "yaml": Yaml,
    "typescript": lambda: TypeScript(node_env.ensure_sdk()),
}


def five_of_five(one: Life) -> None:
    """One more is refused, one of them is replaced."""
    one.change(members=5)
    life.one_too_many(one)
    life.one_replaced(one)


def moved(one: Life) -> None:
    """To a free host, then beside another."""
    mishaps.moved_and_seen(one)
    mishaps.broken_and_told(one)


def imported(one: Life) -> None:
    """The group of a lost state, which is deleted once it is empty."""
    one.up().ok()
    mishaps.lost_and_imported_by_the_program(one)
    mishaps.kept_while_in_use(one)


def asked(one: Life) -> None:
    """What only a program with hooks is told: no room for a spare, a machine that is there already."""
    mishaps.explained_without_room(one)
    one.destroy().ok()
    one.change(spare=False)
    one.up().ok()
    mishaps.lost_and_not_doubled(one)
    for member in one.machines():
        one.ground.terminate(one.space, member)


SCRIPTS: list[tuple[Callable[[Life], None], int]] = [
    (life.made_kept_and_destroyed, 5),
    (life.grown_and_shrunk, 5),
    (life.policy_changed, 5),
    (five_of_five, 5),
    (life.one_replaced, 6),
    (moved, 6),
    (imported, 6),
]
"""With the number of hosts that there are."""

HOOKED = [(asked, 3)]
"""Where programs have hooks."""


def played(nova: Nova, language: Language, script: Callable[[Life], None], hosts: int) -> str:
    """What is wrong; nothing where all held."""
    nova.delete_everything()
    try:
        with lived(OpenStack(nova, hosts=hosts), language) as one:
            script(one)
            one.destroy().ok()
            assert one.is_gone()
    except Exception:
        return traceback.format_exc()
    return ""


def main(names: list[str]) -> int:
    """0 where all scripts held in all languages, 1 where one did not."""
    wrong = []
    with Nova(hosts=HOSTS, settings=SETTINGS) as nova:
        for name in names or LANGUAGES:
            language = LANGUAGES[name]()
            for script, hosts in SCRIPTS + (HOOKED if language.hooked else []):
                began = time.monotonic()
                found = played(nova, language, script, hosts)
                seconds = time.monotonic() - began
                print(
                    f"{name} {script.__name__} on {hosts} hosts, {seconds:.0f} s: {found or 'held'}",
                    flush=True,
                )
                wrong += [found] * bool(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
