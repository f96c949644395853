"""Jobs in a catalog on PostgreSQL."""

from datetime import timedelta
from pathlib import Path

from core import jobs
from core.workspace.queue import job_records
from core.workspace.store import Workspace


def test_jobs_are_submitted_claimed_beaten_and_finished(tmp_path: Path, postgres_url: str) -> None:
    workspace = Workspace(tmp_path / "workspace", postgres_url)
    spec = {"files": [{"name": "Bestellungen “März”.csv"}]}
    job = jobs.submit(workspace, "import", spec, title="Reading “März”", who="ada", job_id="j1")
    assert (job.state, job.spec) == ("queued", spec)
    assert jobs.submit(workspace, "import", {}, title="again", who="bo", job_id="j1") == job
    held = job_records.claim(workspace, job.id, "worker-1")
    assert held is not None
    assert job_records.claim(workspace, job.id, "worker-2") is None
    assert job_records.beat(workspace, held, progress=0.5, message="Half") is False
    assert [(found.state, found.progress) for found in jobs.active(workspace)] == [("running", 0.5)]
    [stale] = jobs.active(workspace)
    assert job_records.take_away(workspace, stale, error=None)
    assert job_records.beat(workspace, held) is None  # it is another's now
    again = job_records.claim(workspace, job.id, "worker-2")
    assert again is not None
    assert not job_records.finish(workspace, held, "done", result={})
    assert job_records.finish(workspace, again, "done", result={"version": 1}, progress=1.0)
    [ended] = jobs.history(workspace, 10)
    assert (ended.state, ended.result, ended.attempts, ended.is_active) == ("done", {"version": 1}, 2, False)
    assert ended.finished_at is not None
    assert ended.finished_at.utcoffset() == timedelta(0)
    workspace.catalog().dispose()
