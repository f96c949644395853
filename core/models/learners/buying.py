"""Who will buy: a blend of models that is judged before it is trusted, and own rhythm alone where it is not."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from core.models.data.folds import FEWEST_CUTOFFS, FEWEST_ROWS, Lead, time_folds
from core.models.data.inputs import COUNTRY
from core.models.data.panel import INPUTS
from core.models.data.season_level import Vector, blended, log_odds, sharpness, shift_to
from core.models.learners.candidates import CANDIDATES, Trained, train
from core.progress import Progress, nobody

RHYTHM: Final = "btyd_buy"
"""What repeat buying alone says."""

ALL_INPUTS: Final = (*INPUTS, COUNTRY)
SCALE_FREE: Final = tuple(name for name, feature in INPUTS.items() if feature.scale_free and feature.group != "habit")
"""Inputs that say the same of a larger or an older shop, so that they carry over to times not seen in training."""

MEMBERS: Final = (("logistic_regression", ALL_INPUTS), ("xgboost", ALL_INPUTS), ("xgboost", SCALE_FREE))
"""What is blended with own rhythm; different in kind, so that they are wrong about different customers."""

SAME: Final = 1e-4
"""Shares of buyers nearer to each other than this are alike."""

_FEWEST_EACH: Final = 25  # who bought, and who did not, below which a date says nothing of a blend
_JUDGED: Final = 2  # past cutoffs on which the blend is judged, their outcomes apart from each other


@dataclass(frozen=True, kw_only=True)
class Buying:
    """What gives each customer a chance to buy in the horizon: expit(shift + slope · mean of the members' log-odds).

    Parameters
    ----------
    members : tuple of Trained
        Models that are blended.
    rhythm : bool
        Whether own rhythm is blended with them.
    slope : float
        See `core.models.data.season_level.sharpness`.
    shift : float
        Log-odds added for all customers alike; see `at_level`.
    reason : str
        Why the blend is trusted, or is not, in a sentence.
    """

    members: tuple[Trained, ...] = ()
    rhythm: bool = True
    slope: float = 1.0
    shift: float = 0.0
    reason: str = ""

    def probabilities(self, known: pd.DataFrame) -> Vector:
        """Chance to buy of each customer; `known` has the rows of a panel."""
        own = [known[RHYTHM].to_numpy(dtype="float64")] if self.rhythm else []
        parts = [*own, *(member.probabilities(known)[:, 1] for member in self.members)]
        if len(parts) == 1 and self.slope == 1 and not self.shift:
            return parts[0]
        return np.asarray(expit(self.shift + self.slope * log_odds(blended(parts))))

    def at_level(self, known: pd.DataFrame, mean: float) -> Self:
        """The same, moved so that the mean chance of these customers is `mean`; later customers are moved alike.

        What is on that level already, to `SAME`, stays as it is.
        """
        free = replace(self, shift=0.0)
        chance = free.probabilities(known)
        return free if abs(chance.mean() - mean) < SAME else replace(free, shift=shift_to(chance, mean))


def train_buying(past: pd.DataFrame, horizon: int, *, seed: int = 0, progress: Progress = nobody) -> Buying:
    """Train the blend on past cutoffs, after it has shown on the latest of them that it is worth more than own rhythm.

    It is trusted where its mean squared error is lower than that of own rhythm by more than chance (see
    `core.models.data.folds.Lead`) and it ranks customers no worse, on the mean of up to two past cutoffs, each judged
    by a blend that was trained on earlier outcomes only, both with own rhythm's mean as level: what the level should be
    is another question. The same judgements tell how sharp it may be.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes, at cutoffs whose windows end before the predictions begin.
    horizon : int
        Days of the outcome.
    seed : int
        Random state.
    progress : callable
        Called with the share done and what is done; may raise to stop.
    """
    if len(past) < FEWEST_ROWS or past["will_buy"].nunique() < 2:  # noqa: PLR2004  both must have happened
        return Buying(reason=f"Own rhythm alone: {len(past):,} customers at past dates are too few to learn more from.")
    leads, ranks, judgements = [], [], []
    folds = time_folds(past, past["will_buy"], horizon, most=_JUDGED, cutoffs=FEWEST_CUTOFFS)
    for number, (earlier, judged) in enumerate(folds):
        progress(number / (_JUDGED + 1), f"Judging the blend on {judged['as_of'].iloc[0]:%d %b %Y}")
        happened = judged["will_buy"].to_numpy(float)
        if min(happened.sum(), len(happened) - happened.sum()) < _FEWEST_EACH:
            continue
        blend = Buying(members=_members(earlier, seed))
        chance = blend.probabilities(judged)
        leads.append(_lead(blend, judged))
        ranks.append(roc_auc_score(happened, chance) - roc_auc_score(happened, judged[RHYTHM]))
        judgements.append((chance, happened))
    if not leads:
        return Buying(reason="Own rhythm alone: the log is too short to judge anything else before using it.")
    lead, ranking = Lead.of(leads), float(np.mean(ranks))
    said = f"{lead.mean:+.4f} ± {lead.error:.4f} Brier, {ranking:+.4f} AUC"
    if not lead.real or ranking < 0:
        return Buying(reason=f"Own rhythm alone: on past dates a blend of models was no better beyond chance ({said}).")
    progress(_JUDGED / (_JUDGED + 1), "Training the blend")
    reason = f"Own rhythm blended with {len(MEMBERS)} models, which was better on past dates ({said})."
    return Buying(members=_members(past, seed), slope=sharpness(judgements), reason=reason)


def _lead(blend: Buying, judged: pd.DataFrame) -> tuple[float, float]:
    """By how much the blend's Brier score is lower than own rhythm's, both on the same level, and its error."""
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
