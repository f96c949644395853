"""The Upload page: questions, remembered answers, large files and target datasets."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx

from core.errors import InputError
from core.ui.upload import staged
from tests.pages.conftest import Open, choose, work_off
from tests.pages.test_data import LOG, figures, key_of, read_orders, upload

GERMAN = "Kunde;Datum;Betrag\n" + "".join(
    f"k{i % 5};0{1 + i % 9}.0{1 + i % 8}.2024;1.{100 + i},50\n" for i in range(20)
)
COLUMNS = "Kunde,Datum,Betrag"


def test_a_question_is_asked_once_and_the_answer_remembered(open_page: Open) -> None:
    app = upload(open_page("data/upload.py"), ("januar.csv", GERMAN.encode("cp1252")))
    assert "can be read in two ways" in app.warning[0].value
    assert app.button(key="upload_go").disabled
    choose(app, key_of(COLUMNS, "dates"), "9 January 2024 (day first)")
    app = read_orders(app)
    assert figures(app)["Revenue, gross"] == f"{sum(1100 + i + 0.5 for i in range(20)):,.2f}"

    app = upload(open_page("data/upload.py"), ("februar.csv", GERMAN.replace(";k", ";q").encode("cp1252")))
    assert not app.warning
    assert any("Using the settings chosen for januar.csv" in caption.value for caption in app.caption)
    assert not app.button(key="upload_go").disabled
    app.button(key="upload_forget").click().run()
    assert "can be read in two ways" in app.warning[0].value


def test_a_mapping_is_corrected_by_hand_and_remembered(open_page: Open) -> None:
    odd = LOG.replace("Buyer", "Who").replace("Each", "Pr")
    columns = "Order,Who,Day,Units,Pr,Item"
    app = upload(open_page("data/upload.py"), ("odd.csv", odd))
    assert app.button(key="upload_go").disabled
    assert "customer" in app.info[0].value
    app.selectbox(key=key_of(columns, "customer")).select("Who").run()
    app.selectbox(key=key_of(columns, "unit_price")).select("Pr").run()
    assert not app.info
    assert figures(read_orders(app))["Revenue, gross"] == "123.50"
    app = upload(open_page("data/upload.py"), ("odd2.csv", odd.replace("carla", "cleo")))
    assert app.selectbox(key=key_of(columns, "customer")).value == "Who"
    assert app.selectbox(key=key_of(columns, "unit_price")).value == "Pr"
    assert not app.button(key="upload_go").disabled


def test_currencies_are_asked_about(open_page: Open) -> None:
    log = "customer,date,amount,currency\na,2024-01-31,10,EUR\nb,2024-02-29,20,USD\nc,2024-02-29,5,EUR\n"
    app = upload(open_page("data/upload.py"), ("two.csv", log))
    assert "2 currencies" in app.warning[0].value
    assert app.button(key="upload_go").disabled
    choose(app, key_of("customer,date,amount,currency", "currency_choice"), "EUR (2 rows)")
    app = read_orders(app)
    assert figures(app)["Revenue, gross"] == "€15.00"


def test_a_file_in_another_currency_than_the_dataset_is_refused(open_page: Open) -> None:
    """Otherwise its amounts would be added to the dataset's as if the currency were the same."""
    app = upload(open_page("data/upload.py"), ("pounds.csv", LOG))
    app.selectbox(key="upload_currency").select("GBP").run()
    read_orders(app)
    log = "customer,date,amount,currency\na,2024-01-31,10,EUR\nb,2024-02-29,20,EUR\n"
    app = upload(open_page("data/upload.py"), ("euros.csv", log))
    choose(app, "upload_where", "Add to a dataset")
    app.button(key="upload_go").click().run()
    assert "this one is in GBP" in app.error[0].value


def test_doubtful_numbers_are_asked_about(open_page: Open) -> None:
    log = "customer,date,amount\na,2024-01-31,1.234\nb,2024-02-29,2.345\n"
    app = upload(open_page("data/upload.py"), ("doubt.csv", log))
    assert "can be read in two ways" in app.warning[0].value
    choose(app, key_of("customer,date,amount", "decimal"), "Thousands separator: 1234")
    assert figures(read_orders(app))["Revenue, gross"] == "3,579.00"


def test_the_same_file_again_changes_nothing_whatever_its_name_and_another_replaces_it(open_page: Open) -> None:
    read_orders(upload(open_page("data/upload.py"), ("shop.csv", LOG)))
    app = upload(open_page("data/upload.py"), ("shop (1).csv", LOG))
    choose(app, "upload_where", "Add to a dataset")
    app = read_orders(app)
    assert "nothing was changed" in app.info[0].value

    app = upload(open_page("data/upload.py"), ("new.csv", "\n".join(LOG.replace("Each", "Price").splitlines()[:4])))
    choose(app, "upload_where", "Replace a dataset")
    assert app.button(key="upload_go").disabled  # what replaces everything is chosen by hand
    target = app.selectbox(key="upload_target_replace")
    target.select(target.options[0]).run()
    assert app.button(key="upload_go").label == "Replace orders"
    app = read_orders(app)
    assert figures(app)["Orders"] == "3"


def test_files_of_an_archive_are_tables_of_their_own(open_page: Open) -> None:
    lines = LOG.replace("Each", "Price").splitlines(keepends=True)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "".join(lines[:4]))
        archive.writestr("b.csv", lines[0] + "".join(lines[4:]))
    app = upload(open_page("data/upload.py"), ("shop.zip", packed.getvalue()))
    captions = [caption.value for caption in app.caption]
    assert any("shop.zip › a.csv: 3 rows" in caption for caption in captions)
    assert figures(read_orders(app))["Orders"] == "6"


def test_a_large_file_is_read_as_a_job(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged, "AT_ONCE_BYTES", 10)
    app = upload(open_page("data/upload.py"), ("shop.csv", LOG))
    assert any("Reading shop.csv" in element.value for element in app.markdown)
    assert app.button(key="upload_go").disabled
    work_off()
    app.run()
    assert not app.button(key="upload_go").disabled
    assert figures(read_orders(app))["Revenue, gross"] == "123.50"


@pytest.mark.parametrize("step", ["staged_files.read_staged", "proposal_apart", "plan_apart", "preview_apart"])
def test_reading_ends_where_nobody_waits_for_it(open_page: Open, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Closing the browser, leaving the page or removing the file stops the run as soon as possible."""
    ended = []

    def slow(*given: Any, **_named: Any) -> None:
        running = get_script_run_ctx()
        assert running is not None
        assert running.script_requests is not None
        running.script_requests.request_stop()  # as the server does for a closed browser
        try:
            for progress in filter(callable, given):
                progress(0.5, "Reading")
        except StopException:
            ended.append(step)
            raise
        message = "read to its end"
        raise InputError(message)

    monkeypatch.setattr(f"core.ui.upload.staged.{step}", slow)
    upload(open_page("data/upload.py"), ("shop.csv", LOG))
    assert ended == [step]


def test_rows_that_cannot_be_split_are_shown_counted_and_kept(open_page: Open) -> None:
    app = upload(open_page("data/upload.py"), ("shop.csv", LOG + "7,x\n"))
    assert any("can't be split into columns" in expander.label for expander in app.expander)
    app = read_orders(app)
    dataset = app.query_params["dataset"]
    quality = open_page("data/quality.py", dataset=dataset if isinstance(dataset, str) else dataset[0])
    rejects = next(frame.value for frame in quality.dataframe if "line" in frame.value)
    assert rejects.to_dict("records") == [
        {"file": "shop.csv", "line": 8, "reason": "2 columns instead of 6", "text": "7,x"}
    ]


def test_what_was_detected_can_be_said_otherwise(open_page: Open) -> None:
    """A second change works too, since the choice outlives its widget."""
    app = upload(open_page("data/upload.py"), ("shop.csv", LOG))
    numbered = ",".join(f"column {i}" for i in range(1, 7))
    for row, columns in ((0, numbered), (1, "Order,Buyer,Day,Units,Each,Item")):
        widget = next(widget for widget in app.number_input if str(widget.key).endswith("_header_row"))
        widget.set_value(row).run()
        assert app.selectbox(key=key_of(columns, "customer"))
    assert figures(read_orders(app))["Revenue, gross"] == "123.50"


def test_a_file_that_is_gone_says_so(open_page: Open, workspace: Path) -> None:
    app = open_page("data/upload.py", job="nothing")
    assert not app.error
