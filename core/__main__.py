"""`python -m core …`."""

import signal
import sys

from core.cli import main


def _end(number: int, _frame: object) -> None:
    """End in order, so that child processes and temporary files go, too."""
    sys.exit(128 + number)


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), _end)
    sys.exit(main(sys.argv[1:]))
