"""Storage of a trained model as a folder of JSON, XGBoost and skops files, none of which can run code when read.

A folder has `card.json`, for people; `predictor.json`, with the model's structure and the checksum of every other file;
and one file per trained part.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import skops.io
from imblearn.pipeline import Pipeline
from skops.io.exceptions import UntrustedTypesFoundException
from xgboost import XGBClassifier, XGBRegressor
from xgboost.core import XGBoostError

from core.errors import InputError
from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.buying import Buying
from core.models.learners.candidates import CANDIDATES, Trained
from core.models.learners.next_segment import NextSegment
from core.models.learners.predictor import Predictor
from core.models.learners.spending import Amount, Spending
from core.models.training.self_check import check
from core.segments.segment_model import SegmentModel

CARD: Final = "card.json"
PREDICTOR: Final = "predictor.json"
FORM: Final = 1
"""Version of the folder format, raised when older folders can no longer be read."""

TRUSTED: Final = (
    "core.models.data.inputs.Capped",
    "core.models.data.inputs.SignedLog",
    "imblearn.pipeline.Pipeline",
    "numpy.dtype",
    *sorted({name for candidate in CANDIDATES.values() for name in candidate.trusted}),
)
"""Types a file may contain besides those skops trusts by default: scikit-learn estimators, arrays and plain values."""

_SCHEMA: Final = "schema.json"  # in a skops file: types, and how they are put together
_MOST_BYTES: Final = 20_000_000  # of predictor.json; Clientele's own are a thousandth of that

_MOVED: Final = {"core.models.inputs": "core.models.data.inputs"}
"""Former and current names of modules in stored files, since models outlive the layout of the code."""

_BOOSTED: Final = {"XGBClassifier": XGBClassifier, "XGBRegressor": XGBRegressor}


class ModelFolderError(InputError):
    """Error for a model's folder that is damaged or wasn't written by Clientele."""

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(
            f"The model “{folder.name or folder}” can't be read: {what}. Train it again, or choose another model."
        )


def write(predictor: Predictor, folder: Path, card: Mapping[str, Any]) -> None:
    """Write a model and its card into an empty folder."""
    buying, spending, following = predictor.buying, predictor.spending, predictor.following
    parts: dict[str, Any] = {
        "buying": buying and {
            "members": [_keep(member, folder, f"buying-{place}") for place, member in enumerate(buying.members)],
            "rhythm": buying.rhythm, "slope": buying.slope, "shift": buying.shift, "reason": buying.reason,
        },
        "spending": spending and {
            "amounts": [_keep_amount(one, folder, f"amount-{place}") for place, one in enumerate(spending.amounts)],
            "rhythm": spending.rhythm,
        },
        "following": following and {
            "members": [_keep(member, folder, f"segment-{place}") for place, member in enumerate(following.members)],
            "rhythm": following.rhythm is not None, "prior": list(following.prior),
        },
    }  # fmt: skip
    plain = {
        "form": FORM,
        "name": predictor.name,
        "horizon": predictor.horizon,
        "as_of": predictor.as_of.isoformat(),
        "segments": predictor.segments.to_json(),
        "rhythm": predictor.rhythm.to_json(),
        **parts,
        "files": {path.name: _sum(path) for path in sorted(folder.iterdir())},
    }
    _write_json(folder / PREDICTOR, plain)
    _write_json(folder / CARD, card)


def read(folder: Path) -> Predictor:
    """Read a stored model, whose predictions are bit-identical to those before storing.

    Raises
    ------
    ModelFolderError
        If the folder is missing, damaged, or wasn't written by this version of Clientele.
    """
    plain = _read_json(folder)
    try:
        _check_files(folder, plain["files"])
        segments, rhythm = SegmentModel.from_json(plain["segments"]), RepeatBuying.from_json(plain["rhythm"])
        predictor = Predictor(
            name=str(plain["name"]),
            horizon=int(plain["horizon"]),
            as_of=date.fromisoformat(plain["as_of"]),
            segments=segments,
            rhythm=rhythm,
            buying=_buying(plain["buying"], folder) if plain["buying"] else None,
            spending=_spending(plain["spending"], folder) if plain["spending"] else None,
            following=_following(plain["following"], folder, segments, int(plain["horizon"]), rhythm)
            if plain["following"]
            else None,
        )
        check(predictor)
    except InputError:
        raise
    except Exception as error:  # assembling foreign parts may fail in any way
        raise ModelFolderError(folder, f"{PREDICTOR} has missing or invalid entries") from error
    return predictor


def read_card(folder: Path) -> dict[str, Any]:
    """Read the card of a model.

    Raises
    ------
    ModelFolderError
        If the card is missing or damaged.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"), parse_constant=_no_number)
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFolderError(folder, f"{CARD} is missing or damaged") from error
    if not isinstance(card, dict):
        raise ModelFolderError(folder, f"{CARD} is damaged")
    return card


def _buying(plain: Mapping[str, Any], folder: Path) -> Buying:
    members = tuple(_trained(member, folder) for member in plain["members"])
    return Buying(
        members=members, rhythm=plain["rhythm"], slope=plain["slope"], shift=plain["shift"], reason=plain["reason"]
    )


def _spending(plain: Mapping[str, Any], folder: Path) -> Spending:
    amounts = tuple(
        Amount(pipeline=_pipeline(folder, amount), columns=tuple(amount["columns"]), smearing=float(amount["smearing"]))
        for amount in plain["amounts"]
    )
    return Spending(amounts=amounts, rhythm=plain["rhythm"])


def _following(
    plain: Mapping[str, Any], folder: Path, segments: SegmentModel, horizon: int, rhythm: RepeatBuying
) -> NextSegment:
    return NextSegment(
        segments=segments,
        horizon=horizon,
        members=tuple(_trained(member, folder) for member in plain["members"]),
        rhythm=rhythm if plain["rhythm"] else None,
        prior=tuple(plain["prior"]),
    )


def _keep(trained: Trained, folder: Path, stem: str) -> dict[str, Any]:
    return {
        "candidate": trained.candidate.name,
        "columns": list(trained.columns),
        "classes": list(trained.classes),
        "rows": trained.rows,
        "parameters": dict(trained.parameters),
        **_keep_pipeline(trained.pipeline, folder, stem),
    }


def _keep_amount(amount: Amount, folder: Path, stem: str) -> dict[str, Any]:
    files = _keep_pipeline(amount.pipeline, folder, stem)
    return {"columns": list(amount.columns), "smearing": amount.smearing, **files}


def _keep_pipeline(pipeline: Any, folder: Path, stem: str) -> dict[str, Any]:
    """Store a pipeline with skops, but XGBoost's trees in its own format, which skops doesn't support."""
    model = pipeline.steps[-1][1]
    kind = type(model).__name__
    kept, files = pipeline, {"pipeline": f"{stem}.skops"}
    if kind in _BOOSTED:
        kept, files = pipeline[:-1], {**files, "trees": f"{stem}.ubj", "kind": kind}
        model.save_model(folder / files["trees"])
    skops.io.dump(kept, folder / files["pipeline"], compression=zipfile.ZIP_DEFLATED)
    return {"files": files}


def _trained(plain: Mapping[str, Any], folder: Path) -> Trained:
    return Trained(
        candidate=CANDIDATES[plain["candidate"]],
        pipeline=_pipeline(folder, plain),
        columns=tuple(plain["columns"]),
        classes=tuple(plain["classes"]),
        rows=int(plain["rows"]),
        parameters=dict(plain["parameters"]),
    )


def _pipeline(folder: Path, plain: Mapping[str, Any]) -> Any:
    files = plain["files"]
    path = folder / Path(files["pipeline"]).name
    if not path.is_file():
        raise ModelFolderError(folder, f"{path.name} is missing or damaged")
    try:
        pipeline = skops.io.loads(_with_moved_names(path), trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        raise ModelFolderError(folder, f"{path.name} contains types that Clientele doesn't write") from error
    except Exception as error:  # skops may fail in any way on a foreign file
        raise ModelFolderError(folder, f"{path.name} is missing or damaged") from error
    if "trees" not in files:
        return pipeline
    model = _BOOSTED[files["kind"]]()
    trees = folder / Path(files["trees"]).name
    try:
        model.load_model(trees)
    except (OSError, XGBoostError) as error:
        raise ModelFolderError(folder, f"{trees.name} is missing or damaged") from error
    model.set_params(n_jobs=1)
    return Pipeline([*pipeline.steps, ("model", model)])


def _with_moved_names(path: Path) -> bytes:
    """Return a skops file whose schema names modules as they are called now."""
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as stored:
        schema = stored.read(_SCHEMA).decode()
        moved = schema
        for old, new in _MOVED.items():
            moved = moved.replace(f'"{old}"', f'"{new}"')
        if moved == schema:
            return content
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as written:
            for name in stored.namelist():
                written.writestr(name, moved if name == _SCHEMA else stored.read(name))
    return out.getvalue()


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / PREDICTOR
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ModelFolderError(folder, f"{PREDICTOR} is too large to come from Clientele")
        plain = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError as error:
        raise ModelFolderError(folder, f"its folder has no {PREDICTOR}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFolderError(folder, f"{PREDICTOR} is damaged") from error
    if not isinstance(plain, dict) or plain.get("form") != FORM:
        form = plain.get("form") if isinstance(plain, dict) else None
        raise ModelFolderError(folder, f"its format is {form}, but this version of Clientele reads format {FORM}")
    return plain


def _no_number(name: str) -> float:
    """Refuse NaN and Infinity, which Python accepts although JSON has neither."""
    message = f"{name} is not a number"
    raise ValueError(message)


def _check_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, checksum in files.items():
        path = folder / Path(name).name
        if not path.is_file():
            raise ModelFolderError(folder, f"{path.name} is missing")
        if _sum(path) != checksum:
            raise ModelFolderError(folder, f"{path.name} was changed after it was written")


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, plain: Mapping[str, Any]) -> None:
    text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
