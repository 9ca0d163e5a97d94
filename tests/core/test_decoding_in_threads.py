"""Threads may decode into the same type at once, also when nobody has used it before."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from threading import Barrier, Thread
from typing import Annotated, Literal
from msgspec import Meta, convert, defstruct
from antiaffinity.decode import typed

sys.setswitchinterval(1e-6)
level = Literal["zone", "rack", "host"]
fields = [(f"f{n}", dict[level, Annotated[list[str], Meta(min_length=1)]], {}) for n in range(20)]
for _ in range(50):
    inner = defstruct("Inner", fields)
    schema = defstruct("Outer", [("inner", list[inner])])
    barrier = Barrier(8)

    def decode():
        barrier.wait()
        typed({"inner": [{"f0": {"zone": ["z1"]}}]}, schema)

    threads = [Thread(target=decode) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_a_type_that_is_new_to_all_threads_is_decoded_by_all() -> None:
    """In a process of its own: msgspec would end it with a crash, not with an error."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
