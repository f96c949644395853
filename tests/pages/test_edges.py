"""Logs that nobody thinks of, through the pages."""

from core.segments import registry
from core.ui import cached
from core.ui.frame import PROJECT, escape_markdown
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
    first = registry.models_of(cached.workspace(), "demo")[0].model.names[0]
    registry.rename(cached.workspace(), "demo", first, name, By(who="Ada"))
    app = open_page("segment/segments.py", segment=name)
    pills = app.get("button_group")[0]
    assert escape_markdown(name) in [option.content for option in pills.proto.options]
    assert set(app.dataframe[0].value["segment"]) == {name}
