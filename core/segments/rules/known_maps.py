"""Built-in maps from scores to segments."""

from typing import Final

from core.segments.naming import CHURNING, LOYAL, NEW, POTENTIAL
from core.segments.rules.rfm_scores import ScoreSpec
from core.segments.rules.rule_maps import RfmMap

KLAVIYO: Final = RfmMap(
    name="Klaviyo's six",
    scores=ScoreSpec(levels=3, recency=(180, 365)),
    rules=(
        ("Champions", "333 332 323"),
        ("Loyal", "321 322 331 232 233"),
        ("Recent", "311 312 313 222 223"),
        ("Needs attention", "213 221 123 132 133"),
        ("At risk", "231 212 122 131 211"),
        ("Inactive", "111 112 113 121"),
    ),
)
"""All 27 codes as documented by Klaviyo; recency by days, frequency and monetary by thirds."""

TEN: Final = RfmMap(
    name="Ten segments",
    scores=ScoreSpec(levels=5),
    rules=(
        ("Champions", "5[4-5]"),
        ("Loyal", "[3-4][4-5]"),
        ("Potential loyalist", "[4-5][2-3]"),
        ("New", "51"),
        ("Promising", "41"),
        ("Need attention", "33"),
        ("About to sleep", "3[1-2]"),
        ("Can't lose", "[1-2]5"),
        ("At risk", "[1-2][3-4]"),
        ("Hibernating", "[1-2][1-2]"),
    ),
)
"""The widely used grid of recency and frequency; monetary value isn't used."""

FOUR_OF_FIVE: Final = RfmMap(
    name="Four names, scores 1–5",
    scores=ScoreSpec(levels=5),
    rules=(
        (LOYAL, "[3-5][4-5][4-5]"),
        (POTENTIAL, "[3-5][2-3]* [3-5][4-5][1-3]"),
        (NEW, "[3-5]1*"),
        (CHURNING, "[1-2]**"),
    ),
)
"""The four names of the K-Means segments as rules, covering every triple once.

Customers with a recency score of 1 or 2 are churning, regardless of spend. Of the others, those with a frequency score
of 1 (always including customers with one order) are one-time/new, those with 4 or 5 for both frequency and monetary are
high loyal, and the rest are potential loyalists.
"""

FOUR_OF_THREE: Final = RfmMap(
    name="Four names, scores 1–3",
    scores=ScoreSpec(levels=3),
    rules=(
        (LOYAL, "[2-3]33"),
        (POTENTIAL, "[2-3]2* [2-3]3[1-2]"),
        (NEW, "[2-3]1*"),
        (CHURNING, "1**"),
    ),
)
"""The same with three scores; the third of customers with the oldest last orders is churning."""

BUILT_IN: Final = {"klaviyo": KLAVIYO, "four-3": FOUR_OF_THREE, "ten": TEN, "four-5": FOUR_OF_FIVE}
"""URL name → built-in map; for each number of scores, the default comes first."""
