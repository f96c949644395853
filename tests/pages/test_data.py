"""The Quality and Upload pages."""

import zlib

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open, choose, work_off

LOG = """Order,Buyer,Day,Units,Each,Item
1,anna,2024-01-05,2,5.00,Mug
2,ben,2024-01-20,1,40.00,Lamp
3,anna,2024-02-11,3,5.00,Mug
4,carla,2024-02-12,1,9.50,Vase
5,dora,2024-03-30,4,2.25,Card
6,anna,2024-03-31,1,40.00,Lamp
"""


def key_of(columns: str, role: str) -> str:
    """Return the key of a form widget for files with these columns."""
    return f"upload_{zlib.crc32(repr(tuple(columns.split(','))).encode()):08x}_{role}"


def upload(app: AppTest, *files: tuple[str, str | bytes]) -> AppTest:
    for name, content in files:
        app.file_uploader[0].upload(name, content.encode() if isinstance(content, str) else content)
    return app.run()


def read_orders(app: AppTest) -> AppTest:
    """Submit the import and run it like the worker."""
    app.button(key="upload_go").click().run()
    work_off()
    app.run()
    assert not app.exception
    return app


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_quality_counts_every_row(open_page: Open) -> None:
    app = open_page("data/quality.py")
    assert figures(app)["Rows read"] == "276,043"
    labels = [expander.label for expander in app.expander]
    assert any(label.startswith("Duplicate: ") for label in labels)
    assert any(label.startswith("Missing customer: ") for label in labels)


def test_upload_explains_what_it_needs(open_page: Open) -> None:
    app = open_page("data/upload.py")
    assert any("Required columns" in element.value for element in app.markdown)


def test_upload_from_file_to_dataset_and_append_that_overlaps(open_page: Open) -> None:
    app = upload(open_page("data/upload.py"), ("shop.csv", LOG))
    assert app.selectbox(key=key_of("Order,Buyer,Day,Units,Each,Item", "customer")).value == "Buyer"
    app = read_orders(app)
    assert figures(app) == {"Customers": "4", "Orders": "6", "Revenue, gross": "123.50", "Returned": "0.00"}
    dataset = app.query_params["dataset"]
    assert dataset != "demo"

    more = LOG.splitlines()
    app = upload(app, ("more.csv", "\n".join([more[0], more[5], more[6], "7,ben,2024-04-02,2,10.00,Bowl"])))
    choose(app, "upload_where", "Add to a dataset")
    app = read_orders(app)
    assert figures(app)["Orders"] == "7"
    assert figures(app)["Revenue, gross"] == "143.50"
    assert app.query_params["dataset"] == dataset


def test_dates_with_two_readings_are_asked_about(open_page: Open) -> None:
    log = "customer,date,amount\na,03/04/2024,10\nb,05/06/2024,20\nc,01/02/2024,5\nd,02/02/2024,7\n"
    app = upload(open_page("data/upload.py"), ("two.csv", log))
    assert "two ways" in app.warning[0].value
    assert app.button(key="upload_go").disabled
    choose(app, key_of("customer,date,amount", "dates"), "4 March 2024 (month first)")
    read_orders(app)
    assert figures(app)["Customers"] == "4"


def test_files_that_cannot_be_read_say_why_in_one_sentence(open_page: Open) -> None:
    app = open_page("data/upload.py")
    for name, content, expected in (
        ("picture.csv", b"\x89PNG\r\n\x1a\n", "PNG picture"),
        ("empty.csv", b"", "empty"),
        ("header.csv", b"customer,date,amount\n", "no order lines"),
    ):
        app = upload(open_page("data/upload.py"), (name, content))
        assert expected in app.error[0].value
        assert name.replace(".", "\\.") in app.error[0].value or name in app.error[0].value
        assert app.button(key="upload_go").disabled


def test_one_customer_is_kept_and_the_segments_page_says_what_is_missing(open_page: Open) -> None:
    app = upload(open_page("data/upload.py"), ("one.csv", "customer,date,amount\na,2024-01-31,10\na,2024-02-29,20\n"))
    app = read_orders(app)
    assert figures(app)["Customers"] == "1"
    assert "at least 4 customers" in app.info[0].value


def test_names_from_the_data_are_shown_and_not_obeyed(open_page: Open) -> None:
    log = LOG.replace("Mug", "<b>Mug</b> $x$ **y**")
    app = upload(open_page("data/upload.py"), ("x.csv", log))
    app.text_input(key="upload_name").set_value("<b>*Shop*</b> :red[x] $y$").run()
    app = read_orders(app)
    assert "\\<b\\>\\*Shop" in app.success[0].value
