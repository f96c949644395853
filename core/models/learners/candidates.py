"""Candidate models, each with its own pipeline: five standard classifiers and a multilayer perceptron."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from imblearn.combine import SMOTETomek
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR
from sklearn.utils.class_weight import compute_sample_weight
from xgboost import XGBClassifier, XGBRegressor

from core.errors import InputError, TooLittleDataError
from core.models.data.inputs import as_they_are, filled, frame_of, scaled
from core.models.learners.quiet_fit import fitted
from core.models.learners.search_spaces import Between, OneOf, Space

BALANCING: Final[dict[str, str]] = {
    "none": "No balancing, which keeps probabilities calibrated",
    "weights": "Rare classes get more weight",
    "smote": "Rare classes are filled with synthetic customers between real ones (SMOTE)",
    "smotetomek": "SMOTE, then neighbouring pairs of different classes are removed",
}
"""Ways to handle class imbalance, in training only."""

_NEIGHBOURS: Final = 5  # neighbours SMOTE interpolates between; a class needs one more customer

_FEWEST_OF_CLASS: Final = 10  # customers; rarer classes are dropped from training


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model that can be trained.

    Parameters
    ----------
    name : str
        Key.
    label : str
        Display name.
    about : str
        How it decides, in a sentence.
    colour : str
        Hex colour in charts, distinguishable with colour blindness and on light and dark pages.
    model : callable
        Returns a new classifier for a random state.
    amounts : callable
        Returns a new regressor for a random state, to fit the logarithm of what buyers spend.
    preparing : callable
        Returns the preprocessing for its columns; see `core.models.data.inputs`.
    tuned : mapping
        Parameters that can be searched, with their ranges; see `core.models.learners.search`.
    takes_weights : bool
        Whether it supports sample weights.
    most_rows : int or None
        Maximum training rows, drawn as a seeded stratified sample; None for all.
    phrase : str
        Name within a sentence; empty for the label with a lower-case first letter.
    adds_up : {"log-odds", "probability"} or None
        Scale on which its inputs' contributions add up exactly, see `core.explain.attribution.members`; None if they
        must be sampled.
    drivers_minutes : str
        Estimated time to compute its drivers, in words.
    trusted : tuple of str
        Types in its stored form that skops doesn't trust by default but that contain no code.
    """

    name: str
    label: str
    about: str
    colour: str
    model: Callable[[int], Any]
    amounts: Callable[[int], Any]
    preparing: Callable[[Sequence[str]], Any]
    tuned: Space = field(default_factory=dict)
    takes_weights: bool = True
    most_rows: int | None = None
    phrase: str = ""
    adds_up: Literal["log-odds", "probability"] | None = None
    drivers_minutes: str = "one to four minutes"
    trusted: tuple[str, ...] = ()


_ALL: Final = (
    Candidate(
        name="logistic_regression",
        label="Logistic regression",
        about="Adds up the evidence for and against.",
        colour="#228833",
        adds_up="log-odds",
        model=lambda seed: LogisticRegression(C=0.05, max_iter=2_000, random_state=seed),
        amounts=lambda _seed: Ridge(alpha=10.0),
        preparing=scaled,
        tuned={"C": Between(low=1e-3, high=10)},
    ),
    Candidate(
        name="random_forest",
        label="Random forest",
        about="Averages hundreds of trees, each grown on a different sample of customers.",
        colour="#CCBB44",
        adds_up="probability",
        drivers_minutes="about four minutes",
        trusted=("sklearn.tree._tree.Tree",),
        model=lambda seed: RandomForestClassifier(
            n_estimators=200, min_samples_leaf=20, max_features="sqrt", max_samples=0.4, n_jobs=2, random_state=seed
        ),
        amounts=lambda seed: RandomForestRegressor(
            n_estimators=100, min_samples_leaf=10, max_features="sqrt", max_samples=0.4, n_jobs=2, random_state=seed
        ),
        preparing=filled,
        tuned={
            "min_samples_leaf": Between(low=5, high=100, whole=True),
            "max_features": OneOf(values=("sqrt", 0.2, 0.4)),
            "max_depth": OneOf(values=(None, 6, 10, 14)),
        },
    ),
    Candidate(
        name="knn",
        label="Nearest neighbours",
        about="Looks at what the most similar customers did.",
        colour="#66CCEE",
        drivers_minutes="about five minutes",
        model=lambda _seed: KNeighborsClassifier(n_neighbors=75),
        amounts=lambda _seed: KNeighborsRegressor(n_neighbors=50),
        preparing=scaled,
        tuned={
            "n_neighbors": Between(low=15, high=300, whole=True),
            "weights": OneOf(values=("uniform", "distance")),
            "p": OneOf(values=(1, 2)),
        },
        takes_weights=False,
        most_rows=20_000,
    ),
    Candidate(
        name="svm",
        label="Support vector machine",
        about="Draws the boundary with the widest margin between classes.",
        colour="#AA3377",
        drivers_minutes="about five minutes",
        trusted=("sklearn.calibration._CalibratedClassifier", "sklearn.calibration._SigmoidCalibration"),
        model=lambda seed: CalibratedClassifierCV(
            SVC(C=1.0, gamma="scale", random_state=seed), method="sigmoid", cv=3, ensemble=False
        ),
        amounts=lambda _seed: SVR(C=1.0, gamma="scale"),
        preparing=scaled,
        tuned={"estimator__C": Between(low=0.05, high=20), "estimator__gamma": Between(low=3e-4, high=0.1)},
        most_rows=4_000,
    ),
    Candidate(
        name="xgboost",
        label="XGBoost",
        about="Grows trees in sequence, each correcting the errors of those before it.",
        phrase="XGBoost",
        colour="#EE6677",
        adds_up="log-odds",
        model=lambda seed: XGBClassifier(
            n_estimators=250, max_depth=4, learning_rate=0.03, subsample=0.7, colsample_bytree=0.5,
            min_child_weight=20, reg_lambda=5.0, n_jobs=1, random_state=seed,
        ),
        amounts=lambda seed: XGBRegressor(
            n_estimators=250, max_depth=4, learning_rate=0.03, subsample=0.7, colsample_bytree=0.5,
            min_child_weight=20, reg_lambda=5.0, n_jobs=1, random_state=seed,
        ),
        preparing=as_they_are,
        tuned={
            "n_estimators": Between(low=100, high=600, whole=True),
            "max_depth": OneOf(values=(2, 3, 4, 5, 6)),
            "learning_rate": Between(low=0.01, high=0.15),
            "subsample": Between(low=0.5, high=1, even=True),
            "colsample_bytree": Between(low=0.3, high=1, even=True),
            "min_child_weight": Between(low=1, high=60),
            "reg_lambda": Between(low=0.5, high=20),
        },
    ),
    Candidate(
        name="mlp",
        label="Multilayer perceptron",
        about="A small neural network.",
        colour="#EE7733",
        trusted=("sklearn.neural_network._stochastic_optimizers.AdamOptimizer",),
        model=lambda seed: MLPClassifier(
            hidden_layer_sizes=(64, 32), alpha=1e-2, learning_rate_init=1e-3, early_stopping=True, max_iter=100,
            random_state=seed,
        ),
        amounts=lambda seed: MLPRegressor(
            hidden_layer_sizes=(64, 32), alpha=1e-2, learning_rate_init=1e-3, early_stopping=True, max_iter=100,
            random_state=seed,
        ),
        preparing=scaled,
        tuned={
            "hidden_layer_sizes": OneOf(values=((32,), (64,), (64, 32), (128, 64))),
            "alpha": Between(low=1e-4, high=1),
            "learning_rate_init": Between(low=3e-4, high=5e-3),
        },
        takes_weights=False,
    ),
)  # fmt: skip
CANDIDATES: Final[dict[str, Candidate]] = {candidate.name: candidate for candidate in _ALL}
"""All candidates by name."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A candidate after training.

    Parameters
    ----------
    candidate : Candidate
        The candidate that was trained.
    pipeline : Pipeline
        Preprocessing and model, without the sampler, which would store customers' data.
    columns : tuple of str
        Input columns.
    classes : tuple
        Classes, in the order of `probabilities`.
    rows : int
        Training rows, before resampling.
    parameters : mapping
        Parameters that differ from the defaults.
    """

    candidate: Candidate
    pipeline: Pipeline
    columns: tuple[str, ...]
    classes: tuple[Any, ...]
    rows: int
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, known: pd.DataFrame) -> np.ndarray:
        """Return the probability of each class, shape (customers, classes)."""
        return np.asarray(self.pipeline.predict_proba(frame_of(known, self.columns)), dtype="float64")


def train(
    candidate: Candidate,
    known: pd.DataFrame,
    outcome: pd.Series,
    columns: Sequence[str],
    *,
    balancing: str = "none",
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Trained:
    """Train a candidate.

    Parameters
    ----------
    candidate : Candidate
        The candidate to train.
    known : DataFrame
        Rows of a panel.
    outcome : Series
        Actual classes, under the same index.
    columns : sequence of str
        Input columns.
    balancing : str
        One of `BALANCING`.
    parameters : mapping, optional
        Parameters in `candidate.tuned` to override.
    seed : int
        Random state.

    Raises
    ------
    InputError
        If the balancing or a parameter is unknown, or the model doesn't support it.
    TooLittleDataError
        If there is only one class, or a class is too small for SMOTE.
    """
    _check(candidate, outcome, balancing)
    often = _often(outcome)
    known, outcome = known[often], outcome[often]
    model = _model(candidate, parameters or {}, seed)
    classes, codes = np.unique(np.asarray(outcome), return_inverse=True)
    kept = _sample(codes, candidate.most_rows, seed)
    frame, codes = frame_of(known, columns).iloc[kept], codes[kept]
    steps = [("preparing", candidate.preparing(columns))]
    if balancing in ("smote", "smotetomek"):
        steps = [("preparing", scaled(columns)), ("sampling", _sampler(balancing, seed))]  # distances need one scale
    pipeline = Pipeline([*steps, ("model", model)])
    weights = {"model__sample_weight": compute_sample_weight("balanced", codes)} if balancing == "weights" else {}
    fitted(pipeline, frame, codes, **weights)
    without = Pipeline([step for step in pipeline.steps if step[0] != "sampling"])
    return Trained(
        candidate=candidate,
        pipeline=without,
        columns=tuple(columns),
        classes=tuple(classes.tolist()),
        rows=len(kept),
        parameters=dict(parameters or {}),
    )


def _model(candidate: Candidate, parameters: Mapping[str, Any], seed: int) -> Any:
    unknown = [name for name in parameters if name not in candidate.tuned]
    if unknown:
        message = f"Parameters of {candidate.label} must be among {', '.join(candidate.tuned)}, got “{unknown[0]}”."
        raise InputError(message)
    return candidate.model(seed).set_params(**parameters)


def _check(candidate: Candidate, outcome: pd.Series, balancing: str) -> None:
    if balancing not in BALANCING:
        message = f"`balancing` must be one of {', '.join(BALANCING)}, got “{balancing}”."
        raise InputError(message)
    if balancing == "weights" and not candidate.takes_weights:
        message = f"{candidate.label} doesn't support class weights; choose SMOTE or no balancing."
        raise InputError(message)
    counts = outcome.value_counts()
    if len(counts) < 2:  # noqa: PLR2004  a classifier needs two classes
        message = (
            "All customers in the training data had the same outcome; use a longer order history or another horizon."
        )
        raise TooLittleDataError(message)
    if balancing.startswith("smote") and counts.min() <= _NEIGHBOURS:
        message = (
            f"SMOTE needs more than {_NEIGHBOURS} customers per class, but “{counts.idxmin()}” has {counts.min()}; "
            "train without SMOTE."
        )
        raise TooLittleDataError(message)


def _often(outcome: pd.Series) -> np.ndarray:
    """Return a mask of rows whose class is large enough to split for calibration and early stopping."""
    often = outcome.map(outcome.value_counts()).ge(_FEWEST_OF_CLASS).to_numpy(dtype=bool)
    if outcome[often].nunique() < 2:  # noqa: PLR2004  a classifier needs two classes
        message = (
            f"Only one class in the training data has {_FEWEST_OF_CLASS} customers or more; use a longer order history "
            "or another horizon."
        )
        raise TooLittleDataError(message)
    return np.asarray(often)


def _sample(codes: np.ndarray, most: int | None, seed: int) -> np.ndarray:
    """Return ascending positions of a seeded stratified sample, or all positions if there are no more than `most`."""
    if most is None or len(codes) <= most:
        return np.arange(len(codes))
    rng, drawn = np.random.default_rng(seed), []
    for code in np.unique(codes):
        places = np.flatnonzero(codes == code)
        wanted = min(len(places), max(_NEIGHBOURS + 1, int(most * len(places) / len(codes))))
        drawn.append(rng.choice(places, wanted, replace=False))
    return np.sort(np.concatenate(drawn))


def _sampler(balancing: str, seed: int) -> Any:
    smote = SMOTE(random_state=seed, k_neighbors=_NEIGHBOURS)
    return smote if balancing == "smote" else SMOTETomek(random_state=seed, smote=smote)
