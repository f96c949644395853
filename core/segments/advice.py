"""What a segment means and what to do about it, in a marketer's words."""

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
        meaning="For how lately they were here, they order most often and spend most.",
        action="Reward them: early access, a personal thank-you, a referral offer. They come without discounts.",
    ),
    POTENTIAL: Advice(
        meaning="After the loyal ones, they order most often and spend most.",
        action="Bring forward the next order: recommend what goes with the last one, offer a loyalty scheme.",
    ),
    NEW: Advice(
        meaning="Of those with fewer orders and less spend, they were here more lately.",
        action="Win the next order soon: a welcome series, and a reason to return within weeks.",
    ),
    CHURNING: Advice(
        meaning="Of those with fewer orders and less spend, they have been away longer.",
        action="Ask them back with one good offer, and ask why they left, before you spend more on them.",
    ),
}
_OTHER: Final = Advice(
    meaning="Segments were found by other features than recency, frequency and spend.",
    action="Compare the medians with those of the other segments before you decide.",
)
_DESCRIBED: Final = re.compile(r"(Active|Cooling|Lapsed) (occasional|regular|frequent), (low|medium|high) spend\b")
_WHEN: Final = {"Active": "They ordered lately", "Cooling": "They ordered a while ago", "Lapsed": "They are long away"}
_OFTEN: Final = {"occasional": "with few orders", "regular": "with some orders", "frequent": "with many orders"}
_REMIND: Final = "Remind them now, while they still know you: show what is new since their last order."
_WIN_BACK: Final = "Win them back, those who spent most first and in person: they have shown what they can spend."


def advice_for(segment: str) -> Advice:
    """Words for a segment by the name that its centroid gave it, see `core.segments.naming.name_centroids`."""
    described = _DESCRIBED.match(segment)
    return _ADVICE.get(segment, _OTHER) if described is None else _advice(*described.groups())


def _advice(when: str, often: str, much: str) -> Advice:
    meaning = f"{_WHEN[when]}, {_OFTEN[often]} and {much} spend, as these segments go."
    if when == "Cooling":
        return Advice(meaning=meaning, action=_REMIND)
    if when == "Lapsed":
        return Advice(meaning=meaning, action=_ADVICE[CHURNING].action if much == "low" else _WIN_BACK)
    like = LOYAL if much == "high" or often == "frequent" else NEW if often == "occasional" else POTENTIAL
    return Advice(meaning=meaning, action=_ADVICE[like].action)
