"""Descriptions of segments and recommended actions."""

import re
from dataclasses import dataclass
from typing import Final

from core.segments.naming import CHURNING, LOYAL, NEW, POTENTIAL


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Words for one segment.

    Parameters
    ----------
    meaning : str
        Who these customers are, one sentence.
    action : str
        What to do, one sentence.
    """

    meaning: str
    action: str


_ADVICE: Final[dict[str, Advice]] = {
    LOYAL: Advice(
        meaning="Your best customers: recent, frequent, and the highest spenders.",
        action="Reward them: early access, a personal thank-you, a referral offer. No discount needed.",
    ),
    POTENTIAL: Advice(
        meaning="Second in orders and spend, behind your most loyal customers.",
        action="Bring forward their next order: recommend matching products, and offer a loyalty scheme.",
    ),
    NEW: Advice(
        meaning="Few orders and low spend, but they bought recently.",
        action="Win the next order soon: a welcome series, and a reason to return within weeks.",
    ),
    CHURNING: Advice(
        meaning="Few orders, and none for a long time.",
        action="Send one strong win-back offer and ask why they left before you spend more on them.",
    ),
}
_OTHER: Final = Advice(
    meaning="These segments aren't based only on recency, frequency and spend.",
    action="Compare the medians with those of other segments before you decide.",
)
_DESCRIBED: Final = re.compile(r"(Active|Cooling|Lapsed) (occasional|regular|frequent), (low|medium|high) spend\b")
_WHEN: Final = {
    "Active": "They ordered recently",
    "Cooling": "They ordered a while ago",
    "Lapsed": "They haven't ordered in a long time",
}
_OFTEN: Final = {"occasional": "with few orders", "regular": "with some orders", "frequent": "with many orders"}
_REMIND: Final = "Remind them now, while they still remember you: show what's new since their last order."
_WIN_BACK: Final = "Win them back, starting with a personal message to the highest spenders."


def advice_for(segment: str) -> Advice:
    """Return the advice for a segment name assigned by `core.segments.naming.name_centroids`."""
    described = _DESCRIBED.match(segment)
    return _ADVICE.get(segment, _OTHER) if described is None else _advice(*described.groups())


def _advice(when: str, often: str, much: str) -> Advice:
    meaning = f"{_WHEN[when]}, {_OFTEN[often]} and {much} spend compared with the other segments."
    if when == "Cooling":
        return Advice(meaning=meaning, action=_REMIND)
    if when == "Lapsed":
        return Advice(meaning=meaning, action=_ADVICE[CHURNING].action if much == "low" else _WIN_BACK)
    like = LOYAL if much == "high" or often == "frequent" else NEW if often == "occasional" else POTENTIAL
    return Advice(meaning=meaning, action=_ADVICE[like].action)
