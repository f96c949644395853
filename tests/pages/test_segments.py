"""The managers' page."""

from core.segments.naming import CHURNING, FOUR
from core.ui.frame import escape_markdown
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


def test_search_without_result_says_so(open_page: Open) -> None:
    app = open_page(PAGE, q="nobody of this name")
    assert "No customer fits" in app.info[0].value
    assert app.download_button(key="segments_download").proto.disabled


def test_link_to_an_unknown_segment_says_so(open_page: Open) -> None:
    app = open_page(PAGE, segment="Nobody")
    assert "Nobody" in app.warning[0].value
    assert app.download_button(key="segments_download").label == "Download 5,000 customers"


def test_link_to_an_unknown_dataset_says_so(open_page: Open) -> None:
    app = open_page(PAGE, dataset="gone")
    assert "gone" in app.warning[0].value
    assert not app.exception
