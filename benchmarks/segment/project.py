"""The project's criteria for each number of segments."""

import json
import sys
import time
from pathlib import Path

import pandas as pd

from core.segments.choosing.k_candidates import candidates
from core.segments.choosing.k_choice import ChoiceSpec, choose
from core.segments.choosing.population import groups_of
from core.segments.clustering.scaling import PRESETS


def main(what: str, path: Path, bootstraps: int) -> None:
    """Print seconds of work and the figures."""
    found: str | list[dict[str, object]]
    if what == "stability":
        customers = pd.read_parquet(path / "clientele.parquet")
        started = time.perf_counter()
        found = choose(customers, PRESETS["clientele"], range(2, 13), ChoiceSpec(bootstraps=bootstraps))[1]
    elif what == "notebook":
        groups = groups_of(pd.read_parquet(path / "notebook.parquet"))
        started = time.perf_counter()
        found = [
            candidate.to_json()
            for _, members in groups
            for candidate in candidates(members, PRESETS["notebook"], range(1, 11))
        ]
    else:
        customers = pd.read_parquet(path)
        started = time.perf_counter()
        found = [candidate.to_json() for candidate in candidates(customers, PRESETS["clientele"], range(2, 13))]
    work = time.perf_counter() - started
    print(json.dumps({"work": work, "answer": found if isinstance(found, str) else json.dumps(found)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)  # noqa: PLR2004
