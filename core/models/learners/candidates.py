"""The models that compete: the five of the brief and a multilayer perceptron, each a pipeline of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

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
    "none": "Customers as they are: probabilities stay true",
    "weights": "Rare classes weigh more",
    "smote": "Rare classes are filled up with invented customers between real ones (SMOTE)",
    "smotetomek": "SMOTE, then pairs of neighbours of different classes are removed",
}
"""What is done about rare classes, in training only."""

_NEIGHBOURS: Final = 5  # that SMOTE invents between; a class needs one more

_FEWEST_OF_CLASS: Final = 10  # customers; a rarer class is not learned


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model that can be trained.

    Parameters
    ----------
    name : str
        Its key.
    label : str
        As shown.
    about : str
        How it decides, in a sentence.
    model : callable
        Gives a new estimator for a random state.
    amounts : callable
        The same for amounts: what is learned is the logarithm of what buyers spend.
    preparing : callable
        Gives what scales its columns; see `core.models.data.inputs`.
    tuned : mapping
        Parameters of the model that can be searched, and where; see `core.models.learners.search`.
    takes_weights : bool
        Whether rows can weigh differently.
    most_rows : int or None
        Rows it is trained on at most, a seeded sample in proportion of classes; None for all.
    """

    name: str
    label: str
    about: str
    model: Callable[[int], Any]
    amounts: Callable[[int], Any]
    preparing: Callable[[Sequence[str]], Any]
    tuned: Space = field(default_factory=dict)
    takes_weights: bool = True
    most_rows: int | None = None


_ALL: Final = (
    Candidate(
        name="logistic_regression",
        label="Logistic regression",
        about="Adds up what speaks for and against.",
        model=lambda seed: LogisticRegression(C=0.05, max_iter=2_000, random_state=seed),
        amounts=lambda _seed: Ridge(alpha=10.0),
        preparing=scaled,
        tuned={"C": Between(low=1e-3, high=10)},
    ),
    Candidate(
        name="random_forest",
        label="Random forest",
        about="Lets hundreds of trees vote, each grown on other customers.",
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
        about="Draws the border that keeps the classes farthest apart.",
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
        about="Grows trees one after another, each on what the earlier ones got wrong.",
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
        about="A small neural network, the deep-learning experiment.",
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
        What was trained.
    pipeline : Pipeline
        Scaling and model; the sampler is gone, for its neighbours hold customers.
    columns : tuple of str
        What it looks at.
    classes : tuple
        What it tells apart, in the order of `probabilities`.
    rows : int
        Rows it was trained on, before resampling.
    parameters : mapping
        In which its model differs from the default.
    """

    candidate: Candidate
    pipeline: Pipeline
    columns: tuple[str, ...]
    classes: tuple[Any, ...]
    rows: int
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, known: pd.DataFrame) -> np.ndarray:
        """Probability of each class, shape (customers, classes)."""
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
        Which.
    known : DataFrame
        Rows of a panel.
    outcome : Series
        What happened, under the same index.
    columns : sequence of str
        What it may look at.
    balancing : str
        One of `BALANCING`.
    parameters : mapping, optional
        Of `candidate.tuned`, in place of the defaults.
    seed : int
        Random state.

    Raises
    ------
    InputError
        Where the balancing or a parameter is unknown, or the model cannot do it.
    TooLittleDataError
        Where only one thing happened, or a class is too small to be filled up.
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
        steps = [("preparing", scaled(columns)), ("sampling", _sampler(balancing, seed))]  # neighbours need one scale
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
        message = f"{candidate.label} has the parameters {', '.join(candidate.tuned)}, got “{unknown[0]}”."
        raise InputError(message)
    return candidate.model(seed).set_params(**parameters)


def _check(candidate: Candidate, outcome: pd.Series, balancing: str) -> None:
    if balancing not in BALANCING:
        message = f"`balancing` must be one of {', '.join(BALANCING)}, got “{balancing}”."
        raise InputError(message)
    if balancing == "weights" and not candidate.takes_weights:
        message = f"{candidate.label} cannot weigh customers; choose SMOTE or nothing."
        raise InputError(message)
    counts = outcome.value_counts()
    if len(counts) < 2:  # noqa: PLR2004  two things must have happened
        message = "In the training data all customers did the same; take a longer log or another horizon."
        raise TooLittleDataError(message)
    if balancing.startswith("smote") and counts.min() <= _NEIGHBOURS:
        message = (
            f"SMOTE needs more than {_NEIGHBOURS} customers of each class, “{counts.idxmin()}” has {counts.min()}; "
            "train without it."
        )
        raise TooLittleDataError(message)


def _often(outcome: pd.Series) -> np.ndarray:
    """Rows whose class is not too rare to be divided for calibration and early stopping."""
    often = outcome.map(outcome.value_counts()).ge(_FEWEST_OF_CLASS).to_numpy(dtype=bool)
    if outcome[often].nunique() < 2:  # noqa: PLR2004  two things must have happened
        message = f"In the training data fewer than {_FEWEST_OF_CLASS} customers did anything else than the others."
        raise TooLittleDataError(message)
    return np.asarray(often)


def _sample(codes: np.ndarray, most: int | None, seed: int) -> np.ndarray:
    """Positions of a seeded sample with the same shares of classes, in ascending order; all where they are few."""
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
