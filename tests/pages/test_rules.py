"""The RFM rules page: each choice changes only the parts that depend on it."""

from io import StringIO

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.segments.naming import FOUR
from core.segments.rules.known_maps import KLAVIYO, TEN
from core.segments.rules.rule_maps import RfmMap
from core.segments.rules.stored_maps import maps_of, save
from core.ui.caching import cached
from core.ui.rules import cached as cached_rules
from core.workspace.records import By
from tests.pages.conftest import Open, choose

PAGE = "segment/rules.py"


def table(app: AppTest, name: str) -> pd.DataFrame:
    """Return one of the page's tables."""
    found = [element.value for element in app.dataframe]
    segments, recency, frequency, monetary, customers = found[:5]
    return {
        "segments": segments,
        "recency": recency,
        "frequency": frequency,
        "monetary": monetary,
        "customers": customers,
    }[name]


def sizes(app: AppTest) -> dict[str, int]:
    """Return the number of customers by segment."""
    found = table(app, "segments")
    return dict(zip(found["segment"], found["customers"].astype(int), strict=True))


def scores(app: AppTest) -> list[list[list[float]]]:
    """Return sizes and limits of all scores."""
    return [table(app, name).fillna(-1).to_numpy().tolist() for name in ("recency", "frequency", "monetary")]


def said(app: AppTest) -> str:
    """Return the page's headline."""
    return next(element.value for element in app.markdown if element.value.startswith("#####"))


def test_small_shop_opens_with_three_scores_and_klaviyos_map(open_page: Open) -> None:
    app = open_page(PAGE)
    assert app.query_params["scores"] == "3"
    assert list(sizes(app)) == ["Champions", "Loyal", "Recent", "Needs attention", "At risk", "Inactive"]
    assert sum(sizes(app).values()) == 5_000
    days = table(app, "recency")
    assert days["high"].iloc[0] <= 180 < days["low"].iloc[1] <= days["high"].iloc[1] <= 365


def test_map_of_a_link_brings_its_scores(open_page: Open) -> None:
    app = open_page(PAGE, map="ten")
    assert app.query_params["scores"] == "5"
    assert list(sizes(app)) == list(TEN.segments)
    assert table(app, "recency")["score"].tolist() == [5, 4, 3, 2, 1]


def test_other_map_keeps_the_scores_and_other_scores_change_both(open_page: Open) -> None:
    app = open_page(PAGE, map="ten")
    before = scores(app)
    choose(app, "map_widget", "four-5")
    assert list(sizes(app)) == list(FOUR)
    assert scores(app) == before
    choose(app, "scores_widget", "3")
    assert not app.warning
    assert "map" not in app.query_params
    assert next(iter(sizes(app))) == "Champions"
    assert table(app, "monetary")["score"].tolist() == [3, 2, 1]


def test_cut_offs_change_one_feature_and_the_segments(open_page: Open) -> None:
    app = open_page(PAGE)
    before, segments = scores(app), sizes(app)
    choose(app, "cut_days_widget", "30, 90")
    assert app.query_params["cut_days"] == "30, 90"
    after = scores(app)
    assert table(app, "recency")["high"].tolist()[:2] == [30, 90]
    assert after[1:] == before[1:]
    assert sizes(app) != segments
    choose(app, "cut_days_widget", "")
    thirds = table(app, "recency")["customers"]
    assert thirds.sum() == 5_000
    assert thirds.max() - thirds.min() < 100
    choose(app, "cut_days_widget", "180, 365")
    assert "cut_days" not in app.query_params
    assert scores(app) == before


@pytest.mark.parametrize("typed", ["365, 180", "30", "soon"])
def test_cut_offs_that_cannot_be_are_told_and_left_out(open_page: Open, typed: str) -> None:
    app = open_page(PAGE, cut_orders=typed)
    assert "3" in app.error[0].value or "soon" in app.error[0].value
    assert sum(sizes(app).values()) == 5_000


def test_country_changes_all_but_the_scores(open_page: Open) -> None:
    app = open_page(PAGE)
    before, sentence = scores(app), said(app)
    choose(app, "country_widget", "Germany")
    assert app.query_params["country"] == "Germany"
    assert scores(app) == before
    assert said(app) != sentence
    assert said(app).startswith("##### In Germany, ")
    customers = table(app, "customers")
    assert set(customers["country"]) == {"Germany"}
    assert sum(sizes(app).values()) == len(customers) == int(app.metric[0].value.replace(",", ""))


def test_segment_tile_and_search_choose_customers_and_leave_the_rest(open_page: Open) -> None:
    app = open_page(PAGE)
    before, segments = scores(app), sizes(app)
    choose(app, "rfm_segment_widget", "At risk")
    assert set(table(app, "customers")["segment"]) == {"At risk"}
    assert app.get_by_key("rules_download").label == f"Download {segments['At risk']:,} customers"  # type: ignore[union-attr]
    assert (scores(app), sizes(app)) == (before, segments)
    app = open_page(PAGE, rf="33", q="germany")
    found = table(app, "customers")
    assert set(found["recency_score"]) == set(found["frequency_score"]) == {3}
    assert set(found["country"]) == {"Germany"}
    assert sizes(app) == segments
    app.button(key="rules_clear_cell").click().run()
    assert set(table(app, "customers")["recency_score"]) > {3}


def test_shading_by_revenue_changes_nothing_else(open_page: Open) -> None:
    app = open_page(PAGE)
    before = (scores(app), sizes(app), said(app))
    choose(app, "rules_of", "Revenue, gross")
    assert (scores(app), sizes(app), said(app)) == before
    assert any("Revenue by recency" in element.value for element in app.markdown)


def test_download_has_the_scores_and_is_safe_for_spreadsheets(open_page: Open) -> None:
    app = open_page(PAGE)
    view_key = cached.key_of(cached.workspace().datasets()[0])
    text = cached_rules.find_csv(view_key, cached.as_of(view_key), KLAVIYO, None, "Loyal", None, "")
    found = pd.read_csv(StringIO(text))
    assert list(found)[:5] == ["customer_id", "segment", "recency_score", "frequency_score", "monetary_score"]
    assert len(found) == sizes(app)["Loyal"]


def edit(app: AppTest, text: str, name: str) -> None:
    """Type into the editor."""
    app.text_area[0].set_value(text)
    next(field for field in app.text_input if field.label == "Name").set_value(name).run()


def names() -> list[str]:
    """Return the stored maps."""
    workspace = cached.workspace()
    return [stored.rfm_map.name for stored in maps_of(workspace, workspace.datasets()[0].id)]


def test_edited_map_is_saved_applied_renamed_and_deleted(open_page: Open) -> None:
    app = open_page(PAGE)
    edit(app, "Best: 3[2-3]\nRest: [1-2]* 31", "Ours *")
    assert app.success[0].value.startswith("Every score combination")
    app.button(key="rules_save_new").click().run()
    assert not app.exception
    assert names() == ["Ours *"]
    assert app.query_params["map"] == "own:Ours *"
    assert list(sizes(app)) == ["Best", "Rest"]
    assert sum(sizes(app).values()) == 5_000
    edit(app, "Best: 3[2-3]\nRest: [1-2]* 31", "Theirs")
    app.button(key="rules_save").click().run()
    assert names() == ["Theirs"]
    app.button(key="rules_delete").click().run()
    assert names() == []
    assert next(iter(sizes(app))) == "Champions"


def test_names_on_buttons_are_shown_and_not_obeyed(open_page: Open) -> None:
    app = open_page(PAGE)
    edit(app, "*Best*: 3*\nRest: [1-2]*", "Ours")
    app.button(key="rules_save_new").click().run()
    shown = [group.options for group in app.button_group]
    assert ["All", r"\*Best\*", "Rest"] in shown


def test_what_somebody_else_saves_meanwhile_is_neither_lost_nor_taken(open_page: Open) -> None:
    app = open_page(PAGE)
    edit(app, "All: **", "Ours")
    app.button(key="rules_save_new").click().run()
    edit(app, "Mine: **", "Ours")
    workspace = cached.workspace()
    [stored] = maps_of(workspace, "demo")
    theirs = RfmMap.from_text("Ours", "Theirs: **", stored.rfm_map.scores)
    save(workspace, "demo", theirs, By(who="ben"), instead_of=stored)
    app.button(key="rules_save").click().run()
    assert "Someone else saved “Ours” in the meantime" in app.error[0].value.replace("\\", "")
    assert app.text_area[0].value == "Mine: **"
    assert list(sizes(app)) == ["Theirs"]
    app.button(key="rules_again").click().run()
    assert app.text_area[0].value == "Theirs: **"


def test_map_with_faults_is_kept_as_a_draft_and_not_applied(open_page: Open) -> None:
    app = open_page(PAGE)
    edit(app, "Best: 3[2-3]\nRest: [1-2]* [2-3]2", "Draft")
    assert "1 of 9 pairs of scores have no segment and 1 of 9 pairs of scores have several" in app.warning[0].value
    assert app.dataframe[-1].value.to_numpy().tolist() == [["32", "Best / Rest"]]
    assert any("`31`" in element.value for element in app.markdown)
    app.button(key="rules_save_new").click().run()
    assert names() == ["Draft"]
    assert "is a draft" in said(app)
    assert "can't be applied" in app.warning[0].value
    assert not app.metric
    edit(app, "Best: 3[2-3]\nRest: [1-2]* 31", "Draft")
    app.button(key="rules_save").click().run()
    assert list(sizes(app)) == ["Best", "Rest"]


def test_line_that_cannot_be_read_is_told_and_not_saved(open_page: Open) -> None:
    app = open_page(PAGE)
    edit(app, "Best: 9*", "Ours")
    assert "has the score 9" in app.error[0].value
    assert app.button(key="rules_save_new").proto.disabled


def test_link_to_a_map_that_is_gone_says_so(open_page: Open) -> None:
    app = open_page(PAGE, map="own:Gone")
    assert "the map “Gone”" in app.warning[0].value
    assert sum(sizes(app).values()) == 5_000
