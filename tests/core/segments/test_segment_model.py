"""A segment model is frozen: it assigns customers, survives storage unchanged, and never refits."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.segments.clustering.cluster_features import RFM
from core.segments.clustering.fitting import fit
from core.segments.clustering.scaling import PRESETS, Scaler, ScalingSpec, fit_scaler, scaling_of, transform
from core.segments.segment_model import K_RANGE, ClusterSpec, SegmentModel
from tests import strategies
from tests.strategies import examples

MODEL = SegmentModel(
    spec=ClusterSpec(preset="notebook", k=2),
    scaler=Scaler(spec=PRESETS["notebook"], mean=(10.0, 2.0, 100.0), scale=(5.0, 1.0, 50.0)),
    centroids=((-1.0, 1.0, 1.0), (1.0, -1.0, -1.0)),
    names=("Best", "Rest"),
)


def table(*rows: tuple[float, float, float]) -> pd.DataFrame:
    """Return customers with these values."""
    return pd.DataFrame(rows, columns=list(RFM)).assign(customer_id=[str(i) for i in range(len(rows))])


def test_assigns_the_nearest_centroid_by_hand() -> None:
    """(5, 3, 150) is the first centroid, (15, 1, 50) the second, and (14, 2, 60) is nearer to the second."""
    found = MODEL.assign(table((5, 3, 150), (15, 1, 50), (14, 2, 60)))
    assert found.tolist() == ["Best", "Rest", "Rest"]
    assert (found.name, str(found.dtype)) == ("segment", "str")


def test_segments_stand_under_the_index_of_the_customers() -> None:
    customers = table((5, 3, 150), (15, 1, 50)).set_index(pd.Index([7, 3]))
    assert MODEL.assign(customers).to_dict() == {7: "Best", 3: "Rest"}


def test_nobody_has_no_segment() -> None:
    assert MODEL.assign(table()).tolist() == []


def test_logarithms_of_the_clientele_preset_by_hand() -> None:
    """Negative values, which net values may be, count as zero."""
    values = transform(table((0.0, 1.0, np.e - 1), (7.0, 3.0, -5.0)), PRESETS["clientele"])
    expected = [[0.0, np.log(2), 1.0], [np.log(8), np.log(4), 0.0]]
    assert np.allclose(values, expected, rtol=1e-15, atol=1e-15)
    assert np.isfinite(values).all()


def test_notebook_preset_leaves_values_as_they_are() -> None:
    assert transform(table((1.5, 2.0, -3.0)), PRESETS["notebook"]).tolist() == [[1.5, 2.0, -3.0]]


@pytest.mark.parametrize("k", [1, 0, -1, 13, 40])
def test_number_of_segments_is_checked(k: int) -> None:
    with pytest.raises(InputError, match=rf"^`k` must be between 2 and 12, got {k}\.$"):
        ClusterSpec(k=k)


def test_preset_is_checked() -> None:
    with pytest.raises(InputError, match=r"^`preset` must be one of clientele, rank, notebook, got “raw”\.$"):
        ClusterSpec(preset="raw")
    with pytest.raises(InputError, match=r"^`preset` must be one of clientele, rank, notebook, got “raw”\.$"):
        scaling_of("raw")


@pytest.mark.parametrize(
    ("features", "scaling", "said"),
    [(("recency",), "log", "at least two"),
     (("recency", "recency"), "log", "different"), (("x", "net"), "log", "x, net"),
     (RFM, "cubes", "got “cubes”")],
)  # fmt: skip
def test_own_choice_is_checked(features: tuple[str, ...], scaling: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ScalingSpec(features=features, scaling=scaling)


def test_ranks_by_hand_treat_ties_alike() -> None:
    """Frequencies 1, 1, 1, 5: the first three share ranks 0 to 3 of 4, whose middle is .375; the last has .875.

    The scale is the standard deviation of a uniform variable, 1 / √12.
    """
    scaler = fit_scaler(table((1, 1, 10), (2, 1, 20), (3, 1, 30), (4, 5, 40)), PRESETS["rank"])
    frequency = scaler(table((1, 1, 10), (1, 5, 10), (1, 3, 10), (1, 99, 10), (1, 0, 10)))[:, 1]
    expected = (np.array([0.375, 0.875, 0.625, 0.875, 0.375]) - 0.5) * np.sqrt(12)
    assert np.allclose(frequency, expected, atol=1e-12)


def test_a_renamed_segment_keeps_its_customers_and_what_its_centroid_says() -> None:
    renamed = MODEL.renamed("Best", "  Our   VIPs ")
    assert renamed.names == ("Our VIPs", "Rest")
    assert renamed.given == ("Best", "Rest")
    assert renamed.assign(table((5, 3, 150))).tolist() == ["Our VIPs"]
    assert SegmentModel.from_json(json.loads(json.dumps(renamed.to_json()))) == renamed


@pytest.mark.parametrize(
    ("name", "new", "said"),
    [("Nobody", "x", "no segment “Nobody”"), ("Best", " ", "1 to 40"), ("Best", "x" * 41, "got 41"),
     ("Best", "REST", "already called “REST”"), ("Best", "not yet a Customer", "is reserved")],
)  # fmt: skip
def test_names_that_cannot_be_given_are_refused(name: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        MODEL.renamed(name, new)


def test_models_of_earlier_versions_are_read() -> None:
    """The form of a model stored before ranks, custom features, renaming and drift existed."""
    earlier = {
        "spec": {"preset": "notebook", "k": 2, "seed": 0},
        "mean": [10.0, 2.0, 100.0],
        "scale": [5.0, 1.0, 50.0],
        "centroids": [[-1.0, 1.0, 1.0], [1.0, -1.0, -1.0]],
        "names": ["Best", "Rest"],
        "features": ["recency", "frequency", "monetary"],
    }
    assert SegmentModel.from_json(earlier) == MODEL


@examples(3, 10)
@given(customers=strategies.customers(), preset=st.sampled_from(list(PRESETS)), k=st.sampled_from(list(K_RANGE)))
def test_model_comes_back_from_its_json_to_the_last_bit(customers: pd.DataFrame, preset: str, k: int) -> None:
    model = fit(customers, ClusterSpec(preset=preset, k=k))
    again = SegmentModel.from_json(json.loads(json.dumps(model.to_json())))
    assert again == model
    assert again.assign(customers).equals(model.assign(customers))


@examples(3, 10)
@given(customers=strategies.customers(), later=strategies.customers(min_size=1))
def test_later_customers_do_not_move_earlier_ones(customers: pd.DataFrame, later: pd.DataFrame) -> None:
    """A customer's segment doesn't depend on other customers or their order."""
    model = fit(customers, ClusterSpec())
    before = model.assign(customers)
    both = pd.concat([later, customers], ignore_index=True)
    assert model.assign(both).tolist()[len(later) :] == before.tolist()
