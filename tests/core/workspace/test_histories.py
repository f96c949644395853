"""Workspaces stay consistent under any sequence of changes."""

from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import given

from core.errors import ClienteleError
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, on_disk, rows
from tests.strategies import examples

STEPS = st.lists(
    st.tuples(st.sampled_from(["append", "replace", "restore", "delete", "stale"]), st.integers(1, 6)), max_size=12
)


@given(steps=STEPS)
@examples(10, 40)
def test_any_history_keeps_versions_whole_and_numbers_unique(steps: list[tuple[str, int]]) -> None:
    """Compare files, version numbers and audit trail with a model of each version's content."""
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        dataset = workspace.create(SHOP, rows("text 1"), ADA).dataset_id
        model, ever, done = {1: "text 1"}, 1, 1
        for kind, number in steps:
            newest = workspace.version(dataset, max(model))
            text = f"text {ever + 1}"
            try:
                if kind == "append":
                    workspace.append(newest, rows(text), ADA)
                elif kind == "replace":
                    workspace.replace(newest, rows(text), ADA)
                elif kind == "stale":
                    workspace.append(workspace.version(dataset, number), rows(text), ADA)
                elif kind == "restore":
                    workspace.restore(dataset, number, ADA)
                    text = model[number]
                else:
                    workspace.delete_version(dataset, number, ADA)
            except ClienteleError:
                assert number not in model or (kind == "delete" and len(model) == 1) or kind in ("stale", "restore")
            else:
                done += 1
                if kind == "delete":
                    del model[number]
                else:
                    ever += 1
                    model[ever] = text
            listed = workspace.versions(dataset)
            there = {version.version: version for version in listed if not version.deleted_at}
            assert [version.version for version in listed] == list(range(ever, 0, -1))
            assert {n: (version.folder / "rows.parquet").read_text() for n, version in there.items()} == model
            assert set(on_disk(workspace)) == {version.folder.name for version in there.values()}
            assert workspace.dataset(dataset).latest == max(model)
            assert len(workspace.audit_trail()) == done
        workspace.catalog().dispose()
