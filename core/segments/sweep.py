from dataclasses import dataclass
from pathlib import Path
import json
import pandas as pd
from core.segments.candidates import Candidate


@dataclass(frozen=True)
class Group:
    candidates: list
    customers: int
    algorithms: pd.DataFrame | None
    why_kmeans: str


@dataclass(frozen=True)
class Sweep:
    groups: dict
    folder: Path

    def silhouettes(self, group, k):
        f = pd.read_parquet(self.folder / "silhouettes.parquet")
        return f[(f["k"] == k)]


def read_sweep(folder):
    d = json.loads((folder / "candidates.json").read_text())
    return Sweep({"All": Group([Candidate(**c) for c in d["c"]], d["n"], None, "")}, folder)
