"""The layers of the design, checked by import-linter."""

import subprocess
import sys

from core.settings import PROJECT

_LINT = "import sys, importlinter.cli as c; sys.exit(c.lint_imports(no_cache=True))"


def test_each_layer_imports_only_what_stands_below_it() -> None:
    """In a separate process, since import-linter disables the loggers of its process."""
    found = subprocess.run([sys.executable, "-c", _LINT], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert "0 broken" in found.stdout
