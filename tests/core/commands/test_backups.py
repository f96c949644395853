"""Exit status and output of `python -m core backup` and `restore`."""

from pathlib import Path

import pytest

from core.cli import main
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, on_disk, rows


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return the environment's workspace, with a dataset of two versions and a catalog elsewhere."""
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("CLIENTELE_CATALOG_URL", url)
    made = Workspace(tmp_path / "workspace", url)
    made.append(made.create(SHOP, rows("one"), ADA), rows("two"), ADA)
    return made


def test_backup_and_restore(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, other = tmp_path / "b.zip", tmp_path / "other"
    assert main(["backup", "--out", str(out)]) == 0
    assert capsys.readouterr() == (f"{out}: 2 versions of 1 dataset, 0.0 MB\n", "")
    assert main(["restore", str(out), "--workspace", str(other)]) == 0
    assert capsys.readouterr() == (f"{other}: 2 versions restored, 0 already there\n", "")
    restored = Workspace(other)
    assert on_disk(restored) == on_disk(workspace)
    assert restored.audit_trail()[0].who.endswith(" on the command line")
    assert main(["restore", str(out)]) == 0  # into the environment's own
    assert capsys.readouterr().out.endswith("0 versions restored, 2 already there\n")
    assert main(["backup", "--out", str(out), "--workspace", str(other)]) == 0


def test_faults_are_one_line(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.zip").write_text("text")
    for arguments, said in (
        (["backup"], "the following arguments are required: --out"),
        (["backup", "--out", str(tmp_path / "no" / "b.zip")], "cannot be written (No such file or directory)"),
        (["backup", "--out", str(tmp_path / "b.zip"), "--workspace", str(tmp_path / "no")], "there is no workspace"),
        (["restore", str(tmp_path / "text.zip")], "isn't a Clientele backup"),
        (["restore", str(tmp_path / "no.zip"), "--workspace", str(tmp_path / "no")], "file not found"),
        (["restore", str(tmp_path / "text.zip"), "--workspace", str(tmp_path / "text.zip")], "can't be opened"),
    ):
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        assert said in err
        assert (out, err.count("\n")) == ("", 1)
    assert not (tmp_path / "no").exists()
