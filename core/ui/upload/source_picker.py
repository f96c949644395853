"""Sources of orders other than the user's computer, fetched as jobs."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import streamlit as st

from core import jobs
from core.errors import InputError
from core.ingest.sources.addresses import UCI_SOURCE, check
from core.ingest.sources.download import harmless
from core.ingest.staging.fetch_job import spec_of
from core.ui.caching import cached
from core.ui.shared import frame
from core.ui.shared.frame import escape_markdown
from core.workspace.queue.job_records import Job

COMPUTER: Final = "This computer"
SERVER: Final = "The server"
LINK: Final = "A link"
DATABASE: Final = "A database"
UCI: Final = "UCI example"
_TABLE: Final = "Table"
_QUERY: Final = "Query"


def choose_source() -> str:
    """Draw the source picker and return its choice, one of this module's constants."""
    chosen = st.segmented_control(
        "Source",
        [COMPUTER, SERVER, LINK, DATABASE, UCI],
        default=COMPUTER,
        key="source_kind",
        help="Use a server file, a link or a database for data too large to upload.",
    )
    return str(chosen or COMPUTER)


def other_sources(source: str, *, who: str) -> Job | None:
    """Draw the inputs of a source and submit a job that fetches it.

    Parameters
    ----------
    source : str
        From `choose_source`; nothing is drawn for `COMPUTER`.
    who : str
        The user, for the audit trail.

    Returns
    -------
    Job or None
        The job just submitted. Its result and spec have `staged` and `name`, as an uploaded file does.
    """
    if source not in _PARTS:
        return None
    with st.container(border=True):
        asked = _PARTS[source]()
    if asked is None:
        return None
    spec, title = asked
    return _submit({**spec, "staged": uuid4().hex[:24]}, title, who)


Asked = tuple[dict[str, Any], str] | None
"""A job's spec and title, once the button is pressed and the input is valid."""


def _server() -> Asked:
    folders = cached.settings().allowed_folders
    if not folders:
        return _not_yet(
            "No server folders are allowed yet.", "CLIENTELE_ALLOWED_FOLDERS", "to folders, such as `/srv/orders`"
        )
    allowed = ", ".join(map(str, folders))
    address = _ask(
        "Path on the server",
        "source_path",
        "orders/2024.csv.gz",
        f"You can read files in {allowed} and their subfolders. Paths that don't start with / are relative to these.",
    )
    return _checked(address, lambda: f"Read {harmless(address or '')} on the server")


def _link() -> Asked:
    hosts = cached.settings().allowed_hosts
    if not hosts:
        return _not_yet("No links are allowed yet.", "CLIENTELE_ALLOWED_HOSTS", "to hosts, such as `files.example.com`")
    address = _ask(
        "Link to a file",
        "source_link",
        f"https://{hosts[0].replace('*', 'www')}/orders.csv",
        f"You can fetch links to {', '.join(hosts)}. Use a direct link to the file, not to a web page. The link "
        "can't require a password.",
    )
    # Without the query, which may hold a key.
    return _checked(
        address,
        lambda: f"Fetch {harmless(urlsplit(address or '').path)} from {urlsplit(address or '').hostname}",
    )


def _database() -> Asked:
    names = list(cached.settings().databases)
    if not names:
        return _not_yet(
            "No databases are allowed yet.",
            "CLIENTELE_DATABASES",
            'to names and URLs, such as `{"shop": "postgresql://reader:…@host/shop"}`, or add `[connections.shop]` '
            "with a `url` to `.streamlit/secrets.toml`",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Database", names, key="source_database", help="Set up by your administrator.")
        what = st.segmented_control("Read from", [_TABLE, _QUERY], default=_TABLE, key="source_what")
    with st.form("source_database_form", border=False):
        if what == _QUERY:
            text = st.text_area(
                "Query",
                key="source_query",
                placeholder="SELECT customer_id, ordered_at, amount FROM sales.orders",
                help=f"One SELECT. It runs read-only and stops after {cached.settings().read_minutes:g} minutes.",
            )
        else:
            text = st.text_input(
                "Table", key="source_table", placeholder="sales.orders", help="A table or view: schema.table, or table."
            )
        pressed = st.form_submit_button("Read orders", type="primary", icon=":material/database:", key="source_go")
    if not pressed:
        return None
    if not text.strip():
        frame.error("Enter a query first." if what == _QUERY else "Enter a table first.")
        return None
    spec = {"kind": "database", "connection": name, "query" if what == _QUERY else "table": text.strip()}
    return spec, f"Read {'a query' if what == _QUERY else text.strip()[:80]} of the database {name}"


def _uci() -> Asked:
    st.markdown("**Online Retail, the dataset most tutorials use**")
    st.caption(escape_markdown(UCI_SOURCE))
    if st.button("Download dataset", type="primary", icon=":material/download:", key="source_go"):
        return {"kind": "uci"}, "Download Online Retail from UCI"
    return None


_PARTS: Final[Mapping[str, Callable[[], Asked]]] = {SERVER: _server, LINK: _link, DATABASE: _database, UCI: _uci}


def _not_yet(what: str, setting: str, to: str) -> Asked:
    """Explain the setting that the administrator needs to change."""
    st.info(
        f"{what} Your administrator can enable this: set `{setting}` {to}, then restart Clientele.",
        icon=":material/lock:",
    )
    return None


def _ask(label: str, key: str, example: str, explanation: str) -> str | None:
    """Draw a text field with a button; return None until it is pressed."""
    with st.form(f"{key}_form", border=False):
        address = st.text_input(label, key=key, placeholder=example)
        pressed = st.form_submit_button("Fetch file", type="primary", icon=":material/download:", key="source_go")
    st.caption(escape_markdown(explanation))
    return str(address).strip() if pressed else None


def _checked(address: str | None, title: Callable[[], str]) -> Asked:
    """Return the job for an address, or show at once why it can't be fetched."""
    if address is None:
        return None
    if not address:
        frame.error("Enter an address first.")
        return None
    try:
        check(address, cached.settings())
    except InputError as error:
        frame.error(str(error))
        return None
    return {"kind": "address", "address": address}, title()


def _submit(spec: dict[str, Any], title: str, who: str) -> Job:
    secret: dict[str, str] = {}
    if "address" in spec:
        shown, secret = spec_of(spec["address"])
        spec = {**spec, **shown}
    return jobs.submit(cached.workspace(), "fetch", spec, title=title, who=who, secret=secret)
