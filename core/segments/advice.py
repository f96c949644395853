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
        meaning="They buy often, spend most and were here lately.",
        action="Reward them: early access, a personal thank-you, a referral offer. No discounts they don't need.",
    ),
    POTENTIAL: Advice(
        meaning="They spend well and come back, but not yet as often as the best, or not lately.",
        action="Bring forward the next order: recommend what goes with the last one, offer a loyalty scheme.",
    ),
    NEW: Advice(
        meaning="They ordered lately, for the first time or nearly so.",
        action="Win the second order: a welcome series, and a reason to return within the first weeks.",
    ),
    CHURNING: Advice(
        meaning="Their last order is long ago and there were few.",
        action="Ask them back once with your best offer, then save the effort: most will not return.",
    ),
}
_OTHER: Final = Advice(
    meaning="The name says how lately, how often and for how much they buy.",
    action="Compare the medians with those of the other segments before you decide.",
)


def advice_for(segment: str) -> Advice:
    """Words for a segment by its name; a general sentence for names that are not among the four."""
    return _ADVICE.get(segment, _OTHER)
