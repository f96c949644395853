"""The layers of the design, as import-linter sees them."""

import subprocess
import sys

from core.settings import PROJECT

_LINT = "import sys, importlinter.cli as c; sys.exit(c.lint_imports(no_cache=True))"


def test_each_layer_imports_only_what_stands_below_it() -> None:
    """In a process of its own: import-linter switches off the loggers of the process that it runs in."""
    found = subprocess.run([sys.executable, "-c", _LINT], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert "0 broken" in found.stdout
