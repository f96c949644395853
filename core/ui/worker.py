"""A supervisor that keeps a worker process running as long as the server."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from typing import Final

from core.settings import PROJECT, Settings

log = logging.getLogger("clientele.jobs")

COMMAND: Final = (sys.executable, "-m", "core.jobs")
_WAITS: Final = (0.5, 2.0, 10.0, 60.0)  # seconds before the worker is restarted, longer each time
_HEALTHY: Final = 60.0  # seconds of running after which the waits start over
_GOODBYE: Final = 8.0  # seconds allowed for shutdown; a worker itself waits 3 for its job
_TICK: Final = 0.5


class WorkerProcess:
    """Start the worker, restart it if it dies, and stop it.

    The worker's standard input is a pipe from this process. It closes whenever this process ends, and the worker ends
    with it.

    Parameters
    ----------
    command : sequence of str
        Command to run.
    settings : Settings, optional
        Settings to pass on besides the environment: databases named only in Streamlit's secrets.
    """

    def __init__(self, command: tuple[str, ...] = COMMAND, settings: Settings | None = None) -> None:
        self._command = command
        self._more = {"CLIENTELE_DATABASES": json.dumps(dict(settings.databases))} if settings else {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="worker", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process id, or None before it starts."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the worker and keep it running."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the worker and wait until it has ended."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            status = self._run_once()
            if self._stopping.is_set():
                return
            deaths = 0 if time.monotonic() - started > _HEALTHY else deaths
            wait = _WAITS[min(deaths, len(_WAITS) - 1)]
            deaths += 1
            log.warning("The worker ended by itself (status %s); it starts again in %g s", status, wait)
            self._stopping.wait(wait)

    def _run_once(self) -> int | str:
        """Start the worker, wait until it ends or is stopped, and return its exit status."""
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        try:
            self._process = process = subprocess.Popen(  # noqa: S603  our own program
                self._command,
                stdin=subprocess.PIPE,
                env={
                    **os.environ,
                    **self._more,
                    "PYTHONPATH": path,
                },  # so that it is importable from any folder, and relative settings stay valid
                start_new_session=True,  # Ctrl-C reaches only the server, which shuts the worker down
            )
        except OSError as error:
            return str(error)
        with process:
            while process.poll() is None and not self._stopping.wait(_TICK):
                pass
            if process.poll() is None:
                self._tell(process)
                try:
                    process.wait(_GOODBYE)
                except subprocess.TimeoutExpired:
                    log.warning("The worker did not end in %g s and was killed", _GOODBYE)
                    process.kill()
        return process.returncode

    @staticmethod
    def _tell(process: "subprocess.Popen[bytes]") -> None:
        """Ask the worker to end by closing its input and, except on Windows, where that would kill it, by a signal."""
        if process.stdin is not None:
            process.stdin.close()
        if sys.platform != "win32":
            process.terminate()
