"""File names made by killed processes."""

import subprocess
import sys
from functools import cache
from uuid import uuid4

from core.settings import PROJECT


def name_of_a_dead_process(kind: str = "") -> str:
    """Return a name from `core.scratch.new_name` in a process that has ended."""
    return f"{kind}{uuid4().hex}{_tag()}"


@cache
def _tag() -> str:
    code = "from core import scratch; print(scratch.tag())"
    return subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True, capture_output=True, text=True).stdout[
        :-1
    ]
