"""On a full or read-only disk, pages still show everything and say why nothing can be saved."""

import errno
import os
from pathlib import Path

import pytest

from core import jobs
from core.errors import DiskFullError, NotFoundError
from core.ui.shared import failures
from core.workspace.disk import disk_state
from core.workspace.store import Workspace
from tests.core.workspace.made import read_only
from tests.pages.conftest import Open


def test_pages_on_a_read_only_disk_can_be_looked_at(
    workspace: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page("explore/home.py")  # a new shop's first segments are kept
    failures.cached.workspace.clear()  # type: ignore[attr-defined]  # as Streamlit's caches have
    read_only(monkeypatch, workspace)
    app = open_page("explore/overview.py")
    assert any("The disk is read-only: you can view everything" in warning.value for warning in app.warning)
    assert len(app.metric) > 2
    app = open_page("data/versions.py")
    app.button(key="versions_delete_dataset").click().run()
    app.text_input(key="versions_typed").set_value("Demo gift shop").run()
    app.button(key="versions_delete_dataset_sure").click().run()
    assert not app.exception
    assert ["Mount it for writing" in error.value for error in app.error] == [True]
    monkeypatch.undo()
    assert Workspace(workspace).dataset("demo").name == "Demo gift shop"


def test_page_goes_on_where_its_work_cannot_be_asked_for(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object, **_named: object) -> None:
        message = "The disk of the workspace is full."
        raise DiskFullError(message)

    monkeypatch.setattr(jobs, "submit", full)
    monkeypatch.setattr(disk_state, "state_of", lambda _path: "full")
    app = open_page("explore/products.py")
    assert ["The disk of the workspace is full" in error.value for error in app.error] == [True]
    assert any("The disk is full: you can view everything" in warning.value for warning in app.warning)


def test_error_of_a_disk_is_no_defect_of_ours(workspace: Path) -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(workspace / "results"))
    assert str(failures.sentence_of(error)).startswith("The disk of the workspace")
    assert failures.sentence_of(NotFoundError("It is gone.")) == "It is gone."
    assert failures.sentence_of(ValueError("ours")) is None
