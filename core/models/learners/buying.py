"""Buying probabilities: a blend of models if it beats repeat buying at past dates, otherwise repeat buying alone."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from core.models.data.folds import FEWEST_CUTOFFS, FEWEST_ROWS, Lead, time_folds
from core.models.data.inputs import COUNTRY
from core.models.data.panel import INPUTS
from core.models.learners.calibration import Vector, blended, log_odds, sharpness, shift_to
from core.models.learners.candidates import CANDIDATES, Trained, train
from core.progress import Progress, nobody

RHYTHM: Final = "btyd_buy"
"""Column with the chance to buy of the repeat-buying model, shown as “Own rhythm”."""

ALL_INPUTS: Final = (*INPUTS, COUNTRY)
SCALE_FREE: Final = tuple(name for name, feature in INPUTS.items() if feature.scale_free and feature.group != "habit")
"""Inputs that don't depend on the size or age of the shop, so that they generalise beyond the training period."""

MEMBERS: Final = (("logistic_regression", ALL_INPUTS), ("xgboost", ALL_INPUTS), ("xgboost", SCALE_FREE))
"""Models blended with repeat buying. They differ in kind, so that their errors differ too."""

SAME: Final = 1e-4
"""Shares of buyers closer than this count as equal."""

_FEWEST_EACH: Final = 25  # minimum buyers, and minimum non-buyers, at a date to evaluate a blend there
_JUDGED: Final = 2  # past cutoffs to evaluate the blend on, with outcome windows that don't overlap


@dataclass(frozen=True, kw_only=True)
class Buying:
    """A model of the chance to buy in the horizon: expit(shift + slope · mean of the members' log-odds).

    Parameters
    ----------
    members : tuple of Trained
        Models to blend.
    rhythm : bool
        Whether repeat buying is one more member.
    slope : float
        See `core.models.learners.calibration.sharpness`.
    shift : float
        Log-odds added for all customers; see `at_level`.
    reason : str
        Why the blend is trusted or not, in a sentence.
    """

    members: tuple[Trained, ...] = ()
    rhythm: bool = True
    slope: float = 1.0
    shift: float = 0.0
    reason: str = ""

    def probabilities(self, known: pd.DataFrame) -> Vector:
        """Return each customer's chance to buy; `known` has the rows of a panel."""
        own = [known[RHYTHM].to_numpy(dtype="float64")] if self.rhythm else []
        parts = [*own, *(member.probabilities(known)[:, 1] for member in self.members)]
        if len(parts) == 1 and self.slope == 1 and not self.shift:
            return parts[0]
        return np.asarray(expit(self.shift + self.slope * log_odds(blended(parts))))

    def at_level(self, known: pd.DataFrame, mean: float) -> Self:
        """Return a copy whose log-odds are shifted so that the mean chance of these customers is `mean`.

        Nothing is shifted if their mean is already within `SAME` of it. The same shift applies to any other customers.
        """
        free = replace(self, shift=0.0)
        chance = free.probabilities(known)
        return free if abs(chance.mean() - mean) < SAME else replace(free, shift=shift_to(chance, mean))


def train_buying(past: pd.DataFrame, horizon: int, *, seed: int = 0, progress: Progress = nobody) -> Buying:
    """Train the blend on past cutoffs if it beats repeat buying on the latest of them.

    The blend is trusted if its mean squared error is lower than that of repeat buying by more than chance
    (see `core.models.data.folds.Lead`) and it ranks customers no worse, on average over up to two past cutoffs. Each is
    predicted by a blend trained on earlier outcomes only. Both are set to the same mean, that of repeat buying, because
    the level is corrected separately. The same evaluations determine its sharpness.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes, at cutoffs whose windows end before the predicted one begins.
    horizon : int
        Days of the outcome.
    seed : int
        Random state.
    progress : callable
        Called with the share done and the current step; may raise to stop.
    """
    if len(past) < FEWEST_ROWS or past["will_buy"].nunique() < 2:  # noqa: PLR2004  both outcomes must occur
        return Buying(reason=f"Own rhythm alone: {len(past):,} customers at past dates are too few to train on.")
    leads, ranks, judgements = [], [], []
    folds = time_folds(past, past["will_buy"], horizon, most=_JUDGED, cutoffs=FEWEST_CUTOFFS)
    for number, (earlier, judged) in enumerate(folds):
        progress(number / (_JUDGED + 1), f"Testing the blend on {judged['as_of'].iloc[0]:%d %b %Y}")
        happened = judged["will_buy"].to_numpy(float)
        if min(happened.sum(), len(happened) - happened.sum()) < _FEWEST_EACH:
            continue
        blend = Buying(members=_members(earlier, seed))
        chance = blend.probabilities(judged)
        leads.append(_lead(blend, judged))
        ranks.append(roc_auc_score(happened, chance) - roc_auc_score(happened, judged[RHYTHM]))
        judgements.append((chance, happened))
    if not leads:
        return Buying(reason="Own rhythm alone: too little history to test other models before using them.")
    lead, ranking = Lead.of(leads), float(np.mean(ranks))
    gain = f"{lead.mean:+.4f} ± {lead.error:.4f} Brier, {ranking:+.4f} AUC"
    if not lead.real or ranking < 0:
        return Buying(reason=f"Own rhythm alone: a blend of models wasn't clearly better at past dates ({gain}).")
    progress(_JUDGED / (_JUDGED + 1), "Training the blend")
    reason = f"Own rhythm blended with {len(MEMBERS)} models, which was better at past dates ({gain})."
    return Buying(members=_members(past, seed), slope=sharpness(judgements), reason=reason)


def _lead(blend: Buying, judged: pd.DataFrame) -> tuple[float, float]:
    """Return the blend's Brier score advantage over repeat buying at the same mean level, and its standard error."""
    happened, rhythm = judged["will_buy"].to_numpy(float), judged[RHYTHM].to_numpy(float)
    level = float(rhythm.mean())
    if not 0 < level < 1:
        return 0.0, 0.0
    chance = blend.at_level(judged, level).probabilities(judged)
    each = (rhythm - happened) ** 2 - (chance - happened) ** 2
    return float(each.mean()), float(each.std() / np.sqrt(len(each)))


def _members(past: pd.DataFrame, seed: int) -> tuple[Trained, ...]:
    happened = past["will_buy"].astype(int)
    return tuple(train(CANDIDATES[name], past, happened, columns, seed=seed) for name, columns in MEMBERS)
