"""Passwords in links or database URLs never appear in anything that commands or jobs leave."""

import json
import logging
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
import sqlalchemy as sa

from core import jobs
from core.cli import main
from core.engine import Engine
from core.errors import InputError
from core.ingest.import_job import spec_of
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging import fetch_job
from core.ingest.staging.staged_files import read_staged
from core.ingest.unattended import planned_file
from core.models.training import model_registry, training_run
from core.settings import PROJECT, Settings
from core.workspace import catalog
from core.workspace.queue import job_records
from core.workspace.queue.job_attempt import Attempt
from core.workspace.queue.job_records import CANCELLED, DONE, FAILED
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace
from tests.conftest import NOW
from tests.core.models.data.test_panel import shop
from tests.core.workspace.made import ADA, SHOP, rows
from tests.postgres import Postgres

pytestmark = pytest.mark.usefixtures("warm_children")

SECRETS = ("hunter2-Geheim", "t0ken-Geheim", "fr4gment-Geheim", "p@ss/Geheim")
LINK = f"http://ann:{SECRETS[0]}@localhost:{{}}/orders.csv?token={SECRETS[1]}#{SECRETS[2]}"
STAGED = "0123456789ab"
COMMANDS = {
    "analyse": ["--k", "2"],
    "movement": ["--from", "2024-09-01", "--to", "2024-12-01"],
    "backtest": ["--cutoff", "2024-11-15", "--horizon", "30"],
    "train": ["--horizon", "60", "--models", "logistic_regression"],
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the orders of 160 customers over 360 days, one line each."""
    orders = shop(160, 360)
    table = pd.DataFrame(
        {
            "Invoice": orders["order_id"], "Quantity": 1, "InvoiceDate": orders["ordered_at"],
            "Price": orders["amount"], "Customer ID": orders["customer_id"],
        }
    )  # fmt: skip
    table.to_csv(tmp_path_factory.mktemp("served") / "orders.csv", index=False)
    folder = Path(str(tmp_path_factory.getbasetemp()))
    return next(folder.glob("served*/orders.csv"))


@pytest.fixture(scope="module")
def link(log: Path) -> Iterator[str]:
    """Serve the log at a link with a password, a token and a fragment."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(log.parent)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield LINK.format(server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return the environment's workspace."""
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(tmp_path / "workspace"))
    return Workspace(tmp_path / "workspace")


@pytest.fixture(autouse=True)
def _log_records() -> Iterator[None]:
    """Restore logging after the test."""
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


def assert_no_secret(folder: Path, *texts: str) -> None:
    """Check that no file below a folder, and no text, contains a secret in any encoding."""
    ways = {way.encode() for secret in SECRETS for way in (secret, quote(secret, safe=""), quote(secret))}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [way for way in ways if way in content], path
        assert not [way for way in ways if way.decode() in path.name]
    assert not [(way, text) for way in ways for text in texts if way.decode() in text]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command and return its exit status and output."""
    status = main(arguments)
    said = capsys.readouterr()
    return status, said.out + said.err


@pytest.mark.parametrize(
    "command", ["analyse", *(pytest.param(name, marks=pytest.mark.long) for name in ("movement", "backtest", "train"))]
)
def test_command_leaves_no_secret_of_a_link(
    command: str, link: str, workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    out = tmp_path / "out"
    status, said = run(capsys, command, link, "--out", str(out), "--dates", "ymd", *COMMANDS[command])
    assert status == 0
    assert_no_secret(tmp_path, said, caplog.text)
    if command == "train":
        ids = json.loads((out / "models.json").read_text())["models"]
        card = json.loads((workspace.folder / "models" / "from-files" / ids["champion"] / "card.json").read_text())
        assert card["data"]["files"] == [link.replace(f"ann:{SECRETS[0]}", "***").replace(SECRETS[1], "***").replace(
            SECRETS[2], "***")]  # fmt: skip
        arguments = ("--model", ids["champion"], "--out", str(tmp_path / "scores"), "--dates", "ymd")
        status, said = run(capsys, "score", link, *arguments)
        assert status == 0
        status, more = run(capsys, "backup", "--out", str(tmp_path / "b.zip"))
        assert status == 0
        assert_no_secret(tmp_path, said, more, caplog.text)


def test_card_names_a_link_without_its_secret(
    link: str, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: dict[str, list[str]] = {}

    def stop(*_: object, data: dict[str, list[str]], **__: object) -> None:
        told.update(data)
        message = "Stopped."
        raise InputError(message)

    monkeypatch.setattr(training_run, "trained", stop)
    assert run(capsys, "train", link, "--out", str(tmp_path / "out"), "--dates", "ymd") == (2, "Stopped.\n")
    assert_no_secret(workspace.folder, str(told))
    assert told["files"][0].startswith("http://***@localhost:")


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://ann:{0}@localhost:1/orders.csv?token={1}"],  # nobody is there
        ["http://ann:{0}@no-such-host.invalid/orders.csv?token={1}#{2}"],
        ["http://ann:{0}@{host}/none.csv?token={1}"],
        ["http://ann:{0}@:99999/?token={1}"],
        ["ftp://ann:{0}@localhost/orders.csv"],
        ["http:/ann:{0}@localhost/orders.csv"],
        ["http://ann:a {0}@localhost/orders.csv"],
        ["host=db user=ann password={0}"],
        ["{link}", "--map", "customer=None"],
        ["{link}", "--nonsense=http://ann:{0}@h"],
        ["{link}", "--as-of", "http://ann:{0}@h"],
        ["postgresql://ann:{3}@localhost:1/shop", "--table", "orders"],
        ["postgresql://ann:{0}@localhost:port/shop", "--table", "orders"],
        ["postgresql://ann:{0}/x#y@localhost:1/shop", "--table", "orders"],
        ["postgresql://localhost:1/shop?user=ann&password={0}", "--table", "orders"],
        ["postgresql://ann:{0}@localhost:1/shop?options={1}&no={2}", "--query", "SELECT 1"],
        ["nothing://ann:{0}@localhost/shop", "--table", "orders"],
        ["sqlite:////no/such/file.db?key={0}", "--table", "orders"],
        ["duckdb:////no/such/file.db?key={0}", "--table", "orders"],
    ],
)
def test_what_fails_tells_no_secret(
    arguments: list[str], link: str, workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    named = {"link": link, "host": link.partition("@")[2].partition("/")[0]}
    given = [argument.format(*SECRETS[:3], quote(SECRETS[3], safe=""), **named) for argument in arguments]
    status, said = run(capsys, "analyse", *given, "--out", str(tmp_path / "out"))
    assert status == 2
    assert said.count("\n") == 1
    assert_no_secret(tmp_path, said, caplog.text)
    assert workspace.datasets() == []


def test_table_of_sqlite_leaves_no_secret(
    log: Path, workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    pd.read_csv(log).to_sql("orders", engine, index=False)
    engine.dispose()
    url = f"sqlite:///{tmp_path / 'shop.db'}?key={SECRETS[0]}&token={SECRETS[1]}"
    out = str(tmp_path / "out")
    assert run(capsys, "analyse", url, "--table", "orders", "--out", out, "--dates", "ymd", "--k", "2") == (0, "")
    assert_no_secret(tmp_path)
    assert workspace.datasets() == []


def test_wrong_password_of_postgresql_is_not_told(
    postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql://reader:{quote(SECRETS[3], safe='')}@127.0.0.1:{postgres.port}/postgres"
    status, said = run(capsys, "analyse", url, "--table", "orders", "--out", str(tmp_path / "out"))
    assert status == 2
    assert "reader" in said
    assert_no_secret(tmp_path, said)


def test_defect_of_ours_tells_no_secret(tmp_path: Path) -> None:
    """Tracebacks of unexpected errors quote the arguments."""
    code = (
        "import sys; from core import cli, __main__ as entry\n"
        "def broken(arguments): raise RuntimeError('cannot do ' + ' '.join(arguments))\n"
        "entry.main = broken; sys.exit(entry.run())"
    )
    url = LINK.format(80)
    told = subprocess.run(
        [sys.executable, "-c", code, "analyse", url], cwd=PROJECT, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(PROJECT), "CLIENTELE_CATALOG_URL": f"postgresql://a:{SECRETS[0]}@b/c"},
    )  # fmt: skip
    assert told.returncode == 1
    assert "RuntimeError: cannot do analyse http://***@localhost:80/orders.csv?token=***" in told.stderr
    assert_no_secret(tmp_path, told.stderr)


class Fetched:
    """A workspace, and the upload page's handling of a link."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = Workspace(folder)
        self.settings = Settings(workspace=folder, allowed_hosts=("localhost:1",), query_memory_gb=1.0)

    def submit(self, address: str) -> str:
        """Submit a download and return the job's id."""
        spec, secret = fetch_job.spec_of(address)
        spec = {**spec, "staged": STAGED}
        return jobs.submit(self.workspace, "fetch", spec, title=f"Fetch {address}", who="ann", secret=secret).id

    def kept(self) -> list[Path]:
        """Return the files with jobs' secrets."""
        return list((self.folder / "secrets").glob("*"))


def test_job_that_fetches_a_link_leaves_no_secret(link: str, tmp_path: Path) -> None:
    """From link to version: while the job is queued, its secret is in one file readable by its owner only."""
    host = link.partition("@")[2].partition("/")[0]
    page = Fetched(tmp_path / "workspace")
    page.settings = Settings(workspace=page.folder, allowed_hosts=(host,), query_memory_gb=1.0)
    job_id = page.submit(link)
    [kept] = page.kept()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    content = kept.read_bytes()
    kept.unlink()
    assert_no_secret(tmp_path)
    kept.write_bytes(content)
    jobs.run_job(page.workspace, page.settings, job_id)
    job = jobs.get(page.workspace, job_id)
    assert (job.state, job.error) == (DONE, None)
    assert page.kept() == []
    file = read_staged(page.workspace, page.settings, STAGED, "orders.csv", ReadOptions())
    engine = Engine(folders=[page.folder], memory_gb=1.0)
    with engine.session() as connection:
        planned = planned_file(connection, file.tables[0], {}, dates="ymd", timezone="UTC", now=NOW)
    engine.close()
    spec = spec_of([(file, planned)], NewDataset(name="Shop", id="shop"), By(who="ann", import_id="1" * 32))
    imported = jobs.submit(page.workspace, "import", spec, title="Import", who="ann")
    jobs.run_job(page.workspace, page.settings, imported.id)
    assert page.workspace.version("shop", 1).sources[0]["name"] == "orders.csv"
    assert_no_secret(tmp_path, *map(str, jobs.history(page.workspace, 9)), str(page.workspace.audit_trail()))


def test_job_that_fails_or_is_cancelled_leaves_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    page = Fetched(tmp_path / "workspace")
    failed = page.submit(LINK.format(1))
    jobs.run_job(page.workspace, page.settings, failed)
    cancelled = page.submit(LINK.format(1))
    assert len(page.kept()) == 1
    jobs.cancel(page.workspace, cancelled)
    assert page.kept() == []
    assert [jobs.get(page.workspace, job_id).state for job_id in (failed, cancelled)] == [FAILED, CANCELLED]
    assert_no_secret(tmp_path, *map(str, jobs.history(page.workspace, 9)), caplog.text)
    jobs.retry(page.workspace, failed, "ann")
    jobs.run_job(page.workspace, page.settings, failed)
    assert "Enter the link again on the page Upload" in str(jobs.get(page.workspace, failed).error)


def test_secret_stays_while_a_job_goes_back_to_the_queue(tmp_path: Path) -> None:
    page = Fetched(tmp_path / "workspace")
    job_id = page.submit(LINK.format(1))
    held = job_records.claim(page.workspace, job_id, "worker")
    assert held is not None
    assert job_records.give_back(page.workspace, held)
    assert len(page.kept()) == 1
    attempt = Attempt.begin(page.workspace, job_id, "worker", 1.0)
    assert attempt is not None
    assert SECRETS[0] not in str(attempt.job.spec)


def test_handler_that_quotes_its_link_tells_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def quotes(*arguments: object) -> None:
        raise InputError(str(arguments))

    monkeypatch.setattr(fetch_job, "fetch", quotes)
    page = Fetched(tmp_path / "workspace")
    job_id = page.submit(LINK.format(1))
    jobs.run_job(page.workspace, page.settings, job_id)
    assert jobs.get(page.workspace, job_id).state == FAILED
    assert_no_secret(tmp_path, str(jobs.get(page.workspace, job_id)))


def test_card_of_older_code_is_shown_without_its_secret(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    workspace.create(SHOP, rows("one"), ADA)
    row = {
        "id": "0123456789ab", "dataset_id": SHOP.id, "version": 1, "name": "champion", "horizon": 90,
        "as_of": NOW.date(), "created_at": catalog.now(), "in_use": False,
        "card": {"data": {"files": [LINK.format(1)]}},
    }  # fmt: skip
    with workspace.catalog().begin() as connection:
        connection.execute(sa.insert(catalog.predictors).values(row))
    [model] = model_registry.predictors_of(workspace, SHOP.id)
    assert_no_secret(tmp_path / "nothing", str(model))
    assert model.card["data"]["files"] == ["http://***@localhost:1/orders.csv?token=***#***"]


@pytest.mark.parametrize("url", ["postgresql://ann:{}/x@host:port/db", "nothing://ann:{}@host/db", "ann:{}@host/db"])
def test_wrong_address_of_the_catalog_tells_no_secret(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CLIENTELE_CATALOG_URL isn't the URL") as told:
        Workspace(tmp_path / "workspace", url.format(SECRETS[0]))
    assert_no_secret(tmp_path, str(told.value), repr(told.value))
