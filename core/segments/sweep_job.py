import json
from datetime import date
import pandas as pd
from sklearn.metrics import silhouette_samples
from dataclasses import replace
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.segments.choice import choose, ChoiceSpec
from core.segments.clustering import kmeans, scaled
from core.segments.scaling import ScalingSpec, scaling_of
from core.workspace.results import ResultKey, keep


def run(workspace, settings, spec, progress):
    key = ResultKey.from_json(spec)
    v = workspace.version(key.dataset_id, key.version)
    engine = Engine(folders=[settings.workspace], files=[settings.demo_shop])
    with engine.session() as c:
        o, r = (parquet(c, v.folder / f"{n}.parquet") for n in ("orders", "returns"))
        cu = snapshot(o, r, RfmSpec(as_of=date.fromisoformat(key.spec["as_of"]))).order_by("customer_id").execute()
    engine.close()
    own = ScalingSpec.from_json(key.spec["own"]) if key.spec["own"] else None
    sc = scaling_of(key.spec["preset"], own)
    k, reason, found = choose(cu, sc, range(2, 13), ChoiceSpec(bootstraps=3), lambda s: progress(s * 0.9, "x"))
    vals, _ = scaled(cu, sc)
    sil = []
    for kk in range(2, 13):
        lab = kmeans(vals, kk, 0).labels_
        sil.append(
            pd.DataFrame(
                {
                    "group": "All",
                    "k": kk,
                    "customer_id": cu["customer_id"],
                    "cluster": lab,
                    "silhouette": silhouette_samples(vals, lab),
                }
            )
        )

    def write(folder):
        (folder / "candidates.json").write_text(
            json.dumps(
                {"n": len(cu), "c": [replace(x, stability_p10=(x.stability_ari or 0) - 0.05).to_json() for x in found]}
            )
        )
        pd.concat(sil).to_parquet(folder / "silhouettes.parquet")

    keep(workspace, key, write)
    return {}
