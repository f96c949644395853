"""Model folders that are damaged, foreign or assembled from mismatched parts are rejected."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from core.engine import Engine
from core.models.training import model_folder
from core.models.training.model_folder import ModelFolderError
from tests.core.models.data.test_panel import CUTOFF, made, shop
from tests.core.models.predictors import quick_predictor


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model."""
    folder = tmp_path_factory.mktemp("trial")
    with closing(Engine(folders=[folder])) as engine, engine.session() as connection:
        rows = made(connection, shop(200), CUTOFF)
    model_folder.write(quick_predictor(rows, CUTOFF, 30), folder, {})
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """Copy the model in order to damage it."""
    return Path(shutil.copytree(whole, tmp_path / "model"))


def rewrite(folder: Path, *path: Any, value: Any) -> None:
    """Set a value in predictor.json and update the files' checksums."""
    plain = inner = json.loads((folder / model_folder.PREDICTOR).read_text())
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    for name in plain["files"]:
        plain["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / model_folder.PREDICTOR).write_text(json.dumps(plain))


def test_what_was_written_is_read(folder: Path) -> None:
    rewrite(folder, "form", value=model_folder.FORM)
    assert model_folder.read(folder).horizon == 30


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("horizon",), -5),
        (("horizon",), 10**9),
        (("buying", "slope"), "2"),
        (("buying", "members", 0, "columns"), ["recency"]),
        (("buying", "members", 0, "columns"), ["shoe_size"]),
        (("buying", "members", 0, "columns"), []),
        (("buying", "members", 0, "classes"), ["a", "b", "c"]),
        (("buying", "members", 1, "files", "trees"), "segment-0.ubj"),
        (("buying", "members", 0, "files", "pipeline"), "amount-0.skops"),
        (("buying", "members", 0, "files", "pipeline"), "../../orders"),
        (("spending", "amounts", 0, "smearing"), 1e308),
        (("spending", "amounts", 0, "smearing"), -1.0),
        (("spending", "rhythm"), "often"),
        (("following", "prior"), [1.0]),
        (("following", "members", 0, "classes"), ["w", "x", "y", "z"]),
        (("segments", "centroids"), []),
        (("segments", "names"), []),
        (("rhythm", "buying", "alpha"), "long"),
    ],
)
def test_parts_that_do_not_fit_are_told(folder: Path, path: tuple[Any, ...], value: Any) -> None:
    rewrite(folder, *path, value=value)
    with pytest.raises(ModelFolderError, match=r"The model “model” can't be read: .*\. Train it again"):
        model_folder.read(folder)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(folder: Path, name: str) -> None:
    path = folder / model_folder.PREDICTOR
    path.write_text(path.read_text().replace('"shift": ', f'"shift": {name}, "was": ', 1))
    with pytest.raises(ModelFolderError, match=r"predictor\.json is damaged"):
        model_folder.read(folder)


def test_nesting_and_size_have_limits(folder: Path) -> None:
    path = folder / model_folder.PREDICTOR
    path.write_text("[" * 100_000)
    with pytest.raises(ModelFolderError, match=r"predictor\.json is damaged"):
        model_folder.read(folder)
    with path.open("r+b") as file:
        file.truncate(30_000_000)
    with pytest.raises(ModelFolderError, match="is too large to come from Clientele"):
        model_folder.read(folder)


def _foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("schema.json", "[" * 100_000)


@pytest.mark.parametrize(
    "put",
    [
        lambda path: skops.io.dump({"a": 1}, path),
        lambda path: skops.io.dump(LogisticRegression(), path),
        lambda path: skops.io.dump(Path("x"), path),
        _foreign_zip,
        lambda path: path.write_bytes(b""),
    ],
)
def test_foreign_skops_files_are_told(folder: Path, put: Callable[[Path], None]) -> None:
    put(folder / "buying-0.skops")
    rewrite(folder, "form", value=model_folder.FORM)
    with pytest.raises(ModelFolderError, match="can't be read"):
        model_folder.read(folder)


@pytest.mark.parametrize("content", [b"", b"{}", b"{L", b"nonsense"])
def test_foreign_trees_are_told(folder: Path, content: bytes) -> None:
    (folder / "buying-1.ubj").write_bytes(content)
    rewrite(folder, "form", value=model_folder.FORM)
    with pytest.raises(ModelFolderError, match=r"buying-1\.ubj is missing or damaged"):
        model_folder.read(folder)
