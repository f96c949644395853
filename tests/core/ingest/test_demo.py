"""The demo shop is created exactly once."""

from pathlib import Path

from core.engine import Engine
from core.ingest.demo import DEMO_ID, ensure_demo
from core.workspace.records import By
from core.workspace.store import Workspace
from tests.logs import write_small_log


def test_demo_shop_that_was_deleted_is_not_made_again(tmp_path: Path) -> None:
    file, workspace = write_small_log(tmp_path / "shop.csv"), Workspace(tmp_path / "workspace")
    engine = Engine(folders=[workspace.folder], files=[file])
    for _ in range(2):
        ensure_demo(workspace, engine, file)
        assert [dataset.latest for dataset in workspace.datasets()] == [1]
    workspace.delete_dataset(DEMO_ID, By(who="ada"))
    ensure_demo(workspace, engine, file)
    assert workspace.datasets() == []
    engine.close()
