"""Unusual logs and names on the pages."""

import re

import pytest

from core.segments import segment_registry
from core.ui.caching import cached
from core.ui.shared.frame import PROJECT, distinct, escape_markdown
from core.workspace.records import By
from tests.pages.conftest import Open
from tests.pages.test_data import read_orders, upload

_ROWS = (f"{i % 12},2024-03-31 {i // 60:02}:{i % 60:02},{1 + i}\n" for i in range(90))
ONE_DAY = "customer,date,amount\n" + "".join(_ROWS)


def test_where_all_ordered_on_one_day_nobody_was_away_for_longer(open_page: Open) -> None:
    app = read_orders(upload(open_page("data/upload.py"), ("day.csv", ONE_DAY)))
    for page in ("segments", "rules"):
        app.switch_page(str(PROJECT / "pages" / "segment" / f"{page}.py")).run()
        assert not app.exception
        sentence = next(element.value for element in app.markdown if element.value.startswith("#####"))
        assert sentence.endswith("of revenue.")


def test_a_name_of_a_segment_is_shown_and_not_obeyed_where_segments_are_chosen(open_page: Open) -> None:
    open_page("segment/segments.py")
    name = ":red[**VIPs**] $x$"
    first = segment_registry.models_of(cached.workspace(), "demo")[0].model.names[0]
    segment_registry.rename(cached.workspace(), "demo", first, name, By(who="Ada"))
    app = open_page("segment/segments.py", segment=name)
    pills = app.get("button_group")[0]
    assert escape_markdown(name) in [option.content for option in pills.proto.options]
    assert set(app.dataframe[0].value["segment"]) == {name}


@pytest.mark.parametrize(
    "name",
    [
        ":material/home:", ":material_home:", ":streamlit:", ":smile:", ":+1:", ":100:", "~=", "-> x", "a <- b", "<->",
        "x -- y", ">= 3", "a <=", "http://evil.example", "https://evil.example", "a www.evil.example", ":red[x]", "$x$",
        "**b**", "`c`", "<b>", "[x](y)", "# x", "|", "a:b:c:",
    ],
)  # fmt: skip
def test_what_is_made_of_text_after_markdown_is_broken_without_a_trace(name: str) -> None:
    escaped = escape_markdown(name)
    read = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped)  # as Markdown reads it
    made_later = r":(material[/_]\w+|[\w+-]+):|(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)|https?://|www\."
    assert not re.search(made_later, read)
    assert read.replace("\u2060", "") == name


def test_times_and_addresses_of_people_stay_as_they_are() -> None:
    for text in ("10:20:30", "ann@shop.example", "10:20", "a: b"):
        assert "\u2060" not in escape_markdown(text)


def test_names_to_pick_from_are_told_apart() -> None:
    assert distinct({"a": "Cup", "b": "Cup", "c": "Tray"}) == {"a": "Cup (a)", "b": "Cup (b)", "c": "Tray"}
