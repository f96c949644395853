"""The layers of the design, as import-linter sees them."""

import importlinter.cli
import pytest

from core.settings import PROJECT


def test_each_layer_imports_only_what_stands_below_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    status = importlinter.cli.lint_imports(no_cache=True)
    shown = capsys.readouterr().out
    assert status == importlinter.cli.EXIT_STATUS_SUCCESS, shown
    assert "0 broken" in shown
