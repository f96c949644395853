"""The Segments page."""

import sqlalchemy as sa

from core.segments import segment_registry
from core.segments.naming import CHURNING, FOUR
from core.segments.segment_model import ClusterSpec
from core.ui.caching import cached
from core.ui.shared.frame import escape_markdown
from core.workspace import catalog
from tests.pages.conftest import Open, choose

PAGE = "segment/segments.py"


def test_four_names_a_card_each_and_all_customers(open_page: Open) -> None:
    app = open_page(PAGE)
    shown = [element.value for element in app.markdown]
    for name in FOUR:
        assert any(escape_markdown(name) in text for text in shown)
    assert app.download_button(key="segments_download").label == "Download 5,000 customers"


def test_segment_and_search_in_a_link_filter_the_customers(open_page: Open) -> None:
    app = open_page(PAGE, segment=CHURNING, q="germany")
    table = app.dataframe[0].value
    assert set(table["segment"]) == {CHURNING}
    assert set(table["country"]) == {"Germany"}
    assert app.download_button(key="segments_download").label == f"Download {len(table)} customers"


def test_segment_chosen_on_the_page_goes_to_the_link(open_page: Open) -> None:
    app = open_page(PAGE)
    choose(app, "segment_widget", CHURNING)
    assert app.query_params["segment"] == CHURNING
    assert set(app.dataframe[0].value["segment"]) == {CHURNING}


def test_another_model_under_the_same_number_is_shown_as_it_is(open_page: Open) -> None:
    """It happens after a rename, the deletion of the dataset, and a restore from an older backup."""
    app = open_page(PAGE)
    workspace = cached.workspace()
    [first] = segment_registry.models_of(workspace, "demo")
    key = cached.key_of(workspace.dataset("demo"))
    other = segment_registry.fit_again(first.model, cached.customers(key, cached.as_of(key)), ClusterSpec(k=3))
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.segment_models).values(model=other.to_json()))
    app.run()
    assert not app.exception
    assert set(app.dataframe[0].value["segment"]) <= set(other.names)
    in_each = app.dataframe[0].value["segment"].value_counts().to_dict()
    assert in_each == other.assign(cached.customers(key, cached.as_of(key))).value_counts().to_dict()


def test_search_without_result_says_so(open_page: Open) -> None:
    app = open_page(PAGE, q="nobody of this name")
    assert "No customers match" in app.info[0].value
    assert app.download_button(key="segments_download").proto.disabled


def test_link_to_an_unknown_segment_says_so(open_page: Open) -> None:
    app = open_page(PAGE, segment="Nobody")
    assert "Nobody" in app.warning[0].value
    assert app.download_button(key="segments_download").label == "Download 5,000 customers"


def test_link_to_an_unknown_dataset_says_so(open_page: Open) -> None:
    app = open_page(PAGE, dataset="gone")
    assert "gone" in app.warning[0].value
    assert not app.exception
