"""Clientele as `streamlit run Home.py` starts it, under one policy of garbage collection in `POLICIES`."""

import gc
import math
import os
import sys

from benchmarks.measure import PROJECT


def main(policy: str, port: str) -> None:
    """Serve until ended."""
    os.chdir(PROJECT)
    sys.path.insert(0, str(PROJECT))
    if policy != "clientele":
        from core.ui import housekeeping  # noqa: PLC0415  changes only this server

        os.environ["STREAMLIT_RUNNER_POST_SCRIPT_GC"] = "true" if policy == "streamlit" else "false"
        gc.freeze = lambda: None
        housekeeping.EVERY_SECONDS = math.inf  # type: ignore[misc]

    from streamlit.web.cli import main as streamlit  # noqa: PLC0415  reads the environment

    sys.argv = ["streamlit", "run", "Home.py", "--server.headless=true", f"--server.port={port}"]
    streamlit()


if __name__ == "__main__":
    main(*sys.argv[1:])
