"""Every page names a damaged or missing file of the version in view and the remedy; results are recomputed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st

from core import jobs
from core.settings import Settings
from core.workspace.store import Workspace
from tests.pages.conftest import PROJECT, Open, work_off

PAGES = sorted(path.relative_to(PROJECT / "pages").as_posix() for path in (PROJECT / "pages").glob("*/*.py"))
NOT_OF_ORDERS = {"data/jobs.py", "data/upload.py", "explain/card.py", "explain/drivers.py", "predict/score.py"}
"""Pages that read no version files; the last three need a model first, and there is none."""


def missing(path: Path) -> None:
    path.unlink()


def flipped(path: Path) -> None:
    """Overwrite the first pages but neither end, so that the file opens but can't be read."""
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(3000) + content[3004:])


@pytest.mark.nothing_cached
@pytest.mark.usefixtures("unfitted")
@pytest.mark.parametrize("damage", [missing, pytest.param(flipped, marks=pytest.mark.long)])
def test_every_page_names_the_damaged_file(open_page: Open, workspace: Path, damage: Callable[[Path], None]) -> None:
    opened = Workspace(workspace)
    folder = opened.version("demo", 1).folder
    for path in folder.iterdir():
        if path.name != "rejects.parquet":
            (damage if path.suffix == ".parquet" else missing)(path)
    said = {}
    for page in PAGES:
        app = open_page(page, dataset="demo")
        said[page] = " ".join(error.value for error in app.error)
        for job in jobs.active(opened):  # pages that wait for a job say so as soon as it has failed
            jobs.run_job(opened, Settings(workspace=workspace), job.id)
            told = str(jobs.get(opened, job.id).error)
            assert "Version 1 of the dataset “demo” is damaged" in told, (page, told)
            said[page] = said[page] or told
    silent = {page for page, told in said.items() if "is damaged" not in told} - NOT_OF_ORDERS
    assert not silent - {"data/versions.py"}  # which shows what can be done about it


@pytest.mark.nothing_cached
def test_damaged_result_is_made_again_by_its_page(open_page: Open, workspace: Path) -> None:
    open_page("explore/profile.py", dataset="demo")
    work_off()
    [result] = (workspace / "results" / "demo-1").glob("profile-*")
    names = sorted(path.name for path in result.iterdir())
    for path in result.iterdir():
        path.write_bytes(path.read_bytes()[:20])
    st.cache_data.clear()
    app = open_page("explore/profile.py", dataset="demo")
    assert not app.error
    assert len(jobs.active(Workspace(workspace))) == 1
    work_off()
    assert sorted(path.name for path in result.iterdir()) == names
    assert not open_page("explore/profile.py", dataset="demo").error
    assert jobs.active(Workspace(workspace)) == []
