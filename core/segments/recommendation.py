from dataclasses import dataclass
from core.segments.choice import ChoiceSpec, _holds, _reason


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    k: int
    reason: str
    held: bool
    knee: int | None = 4


def recommend(candidates, customers, spec):
    usable = [c for c in candidates if c.k > 1]
    holds = [c for c in usable if _holds(c, customers, spec)]
    best = max(holds, key=lambda c: c.k) if holds else max(usable, key=lambda c: c.stability_ari or 0.0)
    return Recommendation(k=best.k, reason=_reason(best, usable, customers, spec, held=bool(holds)), held=bool(holds))
