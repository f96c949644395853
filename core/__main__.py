"""Entry point of `python -m core …`."""

import os
import signal
import sys
import traceback

from core.cli import main
from core.redaction import redacted


def run() -> int:
    """Run the command line and return its exit status; tracebacks are printed with passwords hidden."""
    try:
        return main(sys.argv[1:])
    except Exception:  # noqa: BLE001  any defect is reported with passwords hidden
        settings = [value for name, value in os.environ.items() if name.startswith("CLIENTELE_")]
        sys.stderr.write(redacted(traceback.format_exc(), *sys.argv[1:], *settings))
        return 1


def _end(number: int, _frame: object) -> None:
    """Exit cleanly on a signal, so that child processes and temporary files are removed."""
    sys.exit(128 + number)


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), _end)
    sys.exit(run())
