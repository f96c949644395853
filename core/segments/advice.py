"""What a segment means and what to do about it, in a marketer's words."""

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
    meaning="The name says how lately, how often and for how much they buy.",
    action="Compare the medians with those of the other segments before you decide.",
)


def advice_for(segment: str) -> Advice:
    """Words for a segment by its name; a general sentence for names that are not among the four."""
    return _ADVICE.get(segment, _OTHER)
