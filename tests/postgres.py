"""A temporary PostgreSQL server for the tests, run without root privileges."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "reader"
PASSWORD = "p@ss:w/rd #%ü"  # noqa: S105  of a server that lives for a minute
"""Every character that a URL has to escape."""


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A running server: any user can connect to the socket, and `USER` to the port with `PASSWORD`."""

    folder: Path
    port: int

    def socket_url(self, database: str = "postgres") -> str:
        """Return the superuser's URL, without a password."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, which Debian doesn't put on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    on_path = shutil.which("initdb")
    folders = [*([Path(on_path).resolve().parent] if on_path else []), *reversed(debian)]
    return next((path for path in folders if (path / "initdb").exists() and (path / "postgres").exists()), None)


@contextmanager
def running(programs: Path) -> Iterator[Postgres]:
    """Start a new server, and stop and delete it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="clientele-pg-"))  # not pytest's, which only its owner may enter
    user = _owner() if os.geteuid() == 0 else None
    secret = folder / "password"
    secret.write_text("postgres", encoding="utf-8")
    if user:
        for path in (folder, secret):
            shutil.chown(path, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=20"
    control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-w", "-t", "60"]
    try:
        _run([programs / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync",
              "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"], user)  # fmt: skip
        _run([*control, "-l", folder / "log", "-o", options, "start"], user)
        try:
            yield Postgres(folder=folder, port=port)
        finally:
            _run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> str:
    """Return an unprivileged user, since PostgreSQL refuses to run as root."""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _run(command: Sequence[str | Path], user: str | None) -> None:
    groups: list[int] | None = [] if user else None
    # Output goes to files of the server, not to a pipe, which the server would hold open.
    subprocess.run(
        list(map(str, command)),
        check=True,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=groups,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        timeout=120,
    )
