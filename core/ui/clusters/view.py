"""The settings of the Clusters page: scaling, the rule for the number of segments, and an optional number."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.numbers import share
from core.segments.choosing.k_candidates import Candidate
from core.segments.choosing.k_choice import ChoiceSpec, Recommendation, recommend
from core.segments.choosing.k_comparison import Sweep, SweepGroup, SweepSpec
from core.segments.clustering.cluster_features import CLUSTER_FEATURES, RFM
from core.segments.clustering.scaling import OWN, PRESETS, SCALINGS, ScalingSpec
from core.segments.segment_model import K_RANGE, ClusterSpec
from core.segments.segment_registry import StoredModel
from core.ui.shared import state
from core.ui.shared.frame import escape_markdown, select
from core.ui.shared.view import View

BOOTSTRAPS: Final = 100
ALGORITHM_BOOTSTRAPS: Final = 10  # some algorithms take a hundred times longer than K-Means
SEED: Final = 0
RECOMMENDED: Final = "As recommended"
NOTEBOOK: Final = "notebook"
_PRESET_LABELS: Final = {
    "clientele": "Logarithms (recommended)",
    "rank": "Ranks",
    NOTEBOOK: "As in the notebook, for comparison",
    OWN: "My own choice",
}
_SCALING_LABELS: Final = {"log": "Logarithms", "rank": "Ranks", "raw": "As they are"}
_SMALLEST: Final = ("0.01", "0.02", "0.03", "0.05", "0.08", "0.10", "0.12", "0.15", "0.20")
_STABILITY: Final = ("0.50", "0.60", "0.70", "0.75", "0.80", "0.85", "0.90", "0.95")
_DEFAULT: Final = ChoiceSpec()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The settings of the page.

    Parameters
    ----------
    preset : str
        Preset name, or "own".
    own : ScalingSpec or None
        Custom features and scaling.
    k : int or None
        Number of segments; None for the recommended number.
    rule : ChoiceSpec
        Minimum requirements for a number of segments.
    """

    preset: str
    own: ScalingSpec | None
    k: int | None
    rule: ChoiceSpec

    def cluster_spec(self, k: int) -> ClusterSpec:
        """Return clustering settings with this scaling and a number of segments."""
        return ClusterSpec(preset=self.preset, k=k, seed=SEED, own=self.own)

    def sweep_spec(self, view: View) -> dict[str, Any]:
        """Return the spec of the job that compares numbers of segments."""
        asked = SweepSpec(preset=self.preset, own=self.own, as_of=view.spec.as_of, bootstraps=BOOTSTRAPS, seed=SEED)
        return asked.to_json()


@dataclass(frozen=True, kw_only=True)
class Found:
    """The comparison's results for the chosen settings.

    Parameters
    ----------
    candidates : DataFrame
        One row per number of segments, with `smallest_share`.
    customers : int
        Number of customers.
    recommended : Recommendation
        Recommendation by the rule.
    shown : Candidate
        Candidate with the requested number of segments, else the recommended one.
    knee : int or None
        Number of segments at the bend of the elbow curve.
    """

    candidates: pd.DataFrame
    customers: int
    recommended: Recommendation
    shown: Candidate
    knee: int | None

    @property
    def k(self) -> int:
        """Number of segments shown."""
        return self.shown.k


def ask(used: StoredModel) -> Asked:
    """Draw the pickers in the sidebar and return the choice."""
    spec = used.model.spec
    with st.sidebar:
        preset = select(
            st.selectbox, "Scaling", state.PRESET, list(_PRESET_LABELS), spec.preset, shown=_PRESET_LABELS,
            help=_about(),
        )  # fmt: skip
        own = _own(spec.own) if preset == OWN else None
        numbers = [RECOMMENDED, *map(str, K_RANGE)]
        k = select(
            st.selectbox, "Number of segments", state.K, numbers, RECOMMENDED,
            help="Follow the recommendation, or choose your own number.",
        )  # fmt: skip
        st.markdown("**Minimum requirements**", help="The largest number that passes both is recommended.")
        least = _slide(
            "Smallest segment (minimum)",
            state.SMALLEST,
            _SMALLEST,
            f"{_DEFAULT.smallest_share:.2f}",
            "Share of customers. A smaller group is not worth a campaign of its own.",
            percent=True,
        )
        ari = _slide(
            "Stability (minimum)",
            state.STABILITY,
            _STABILITY,
            f"{_DEFAULT.least_ari:.2f}",
            "Mean adjusted Rand index over resampled shops: 1 is the same segments every time, 0 is chance.",
        )
    rule = ChoiceSpec(smallest_share=float(least), least_ari=float(ari), bootstraps=BOOTSTRAPS, seed=SEED)
    return Asked(preset=preset, own=own, k=None if k == RECOMMENDED else int(k), rule=rule)


def group_of(sweep: Sweep) -> SweepGroup:
    """Return the group of customers shown; the notebook preset splits them by country."""
    names = [group.name for group in sweep.groups]
    if len(names) == 1:
        return sweep.groups[0]
    chosen = select(st.pills, "Customers", state.GROUP, names, names[0], warning="", shown=escape_markdown)
    return next(group for group in sweep.groups if group.name == chosen)


def found(asked: Asked, group: SweepGroup) -> Found:
    """Apply the rule to the compared candidates."""
    table = pd.DataFrame([candidate.to_json() for candidate in group.candidates])
    recommended = recommend(group.candidates, group.customers, asked.rule)
    shown = group.candidate(asked.k or recommended.k) or group.candidate(recommended.k)
    assert shown is not None  # noqa: S101  the recommended number is a candidate
    return Found(
        candidates=table.assign(smallest_share=table["smallest"] / group.customers),
        customers=group.customers,
        recommended=recommended,
        shown=shown,
        knee=group.knee,
    )


def _own(before: ScalingSpec | None) -> ScalingSpec:
    default = before or ScalingSpec()
    names = [name for name in state.text(state.CLUSTERED_BY).split(",") if name in CLUSTER_FEATURES]
    key = "clusters_features"
    st.session_state[key] = names if len(names) > 1 else list(default.features)

    def take() -> None:
        state.put(state.CLUSTERED_BY, ",".join(st.session_state[key]))

    chosen = st.multiselect(
        "Features",
        list(CLUSTER_FEATURES),
        format_func=lambda name: CLUSTER_FEATURES[name].label.capitalize(),
        key=key,
        on_change=take,
        help="What customers are compared by; at least two.",
    )
    if len(chosen) < 2:  # noqa: PLR2004  one feature makes no clusters worth the name
        st.warning("Choose at least two features; recency, frequency and spend are used until then.")
        chosen = list(RFM)
    scaling = select(
        st.selectbox, "Scale", state.SCALING, list(_SCALING_LABELS), default.scaling, shown=_SCALING_LABELS,
        help="\n\n".join(SCALINGS.values()),
    )  # fmt: skip
    return ScalingSpec(features=tuple(name for name in CLUSTER_FEATURES if name in chosen), scaling=scaling)


def _slide(label: str, name: str, options: tuple[str, ...], default: str, about: str, *, percent: bool = False) -> str:
    def write(option: str) -> str:
        return share(float(option)) if percent else option

    return select(st.select_slider, label, name, options, default, shown=write, help=about)


def _about() -> str:
    words = {name: SCALINGS[scaling.scaling] for name, scaling in PRESETS.items()}
    return "\n\n".join(f"**{_PRESET_LABELS[name]}**: {text}." for name, text in words.items())
