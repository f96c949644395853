"""The filters shared by the Explore pages, on a page of their own."""

from datetime import date

from streamlit.testing.v1 import AppTest

from core.customers.order_filter import OrderFilter
from core.segments.naming import CHURNING
from tests.pages.conftest import Open, choose


def shown() -> None:
    from dataclasses import asdict  # noqa: PLC0415  a page of its own

    import streamlit as st  # noqa: PLC0415

    from core.ui.shared.filters import order_filter, said  # noqa: PLC0415
    from core.ui.shared.segments_view import segments_of  # noqa: PLC0415
    from core.ui.shared.view import current, pick_dataset  # noqa: PLC0415

    with st.sidebar:
        pick_dataset()
    view = current()
    chosen = order_filter(view, segments_of(view))
    st.session_state["chosen"] = asdict(chosen)
    st.text(said(chosen))


def page(**parameters: str) -> AppTest:
    app = AppTest.from_function(shown, default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def chosen(app: AppTest) -> OrderFilter:
    return OrderFilter(**app.session_state["chosen"])


def test_nothing_chosen_is_the_whole_log(open_page: Open) -> None:
    app = page()
    assert chosen(app) == OrderFilter()
    assert app.text[0].value == ""


def test_a_link_chooses_days_country_and_segment(open_page: Open) -> None:
    app = page(since="2024-02-01", until="2024-03-31", country="Germany", segment=CHURNING)
    assert chosen(app) == OrderFilter(start=date(2024, 2, 1), end=date(2024, 4, 1), country="Germany", segment=CHURNING)
    assert app.text[0].value == f"{CHURNING}, from Germany, since 1 Feb 2024, until 31 Mar 2024"


def test_what_is_chosen_goes_to_the_link_and_can_be_cleared(open_page: Open) -> None:
    app = page()
    choose(app, "country_widget", "Germany")
    app.date_input(key="filter_days").set_value((date(2024, 2, 1), date(2024, 2, 29))).run()
    assert (app.query_params["country"], app.query_params["since"]) == ("Germany", "2024-02-01")
    assert chosen(app).end == date(2024, 3, 1)
    app.button(key="filters_clear").click().run()
    assert chosen(app) == OrderFilter()


def test_days_outside_the_log_or_the_wrong_way_round_are_all_days(open_page: Open) -> None:
    assert chosen(page(since="1999-01-01", until="soon")) == OrderFilter()
    assert chosen(page(since="2024-03-31", until="2024-02-01")) == OrderFilter()


def test_a_country_that_is_not_there_is_said(open_page: Open) -> None:
    app = page(country="<b>Atlantis</b>")
    assert "Atlantis" in app.warning[0].value
    assert chosen(app) == OrderFilter()
