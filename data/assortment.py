"""Products of the simulated shop: gift names combined from words, with prices and popularity."""

import itertools

import numpy as np
import numpy.typing as npt
import pandas as pd

# fmt: off
PRICE_POINTS = np.array([  # pounds
    0.42, 0.55, 0.65, 0.79, 0.85, 0.95, 1.10, 1.25, 1.45, 1.65, 1.95, 2.10, 2.25, 2.55, 2.75, 2.95, 3.25, 3.75, 4.25,
    4.65, 4.95, 5.45, 5.95, 6.75, 7.50, 7.95, 8.50, 9.95, 10.95, 12.75, 14.95, 16.95, 19.95, 24.95, 29.95, 34.95, 39.95,
])
# fmt: on
_COLOURS = ("SAGE", "BLUSH", "MUSTARD", "IVORY", "CORAL", "TEAL", "PLUM", "INK BLUE")
_MOTIFS = (
    "SWALLOW,MEADOW,HARBOUR,ORCHARD,THISTLE,BRAMBLE,FERN,LIGHTHOUSE,BUMBLEBEE,FOXGLOVE,HEDGEHOG,WREN,CORNFLOWER,"
    "POPPY FIELD,STARFISH,MOONBEAM,GINGHAM,POLKA DOT,PINSTRIPE"
)
_FESTIVE_MOTIFS = (
    "REINDEER,HOLLY,MISTLETOE,SNOWFLAKE,ROBIN,GINGERBREAD,NORTHERN STAR,PINE CONE,SLEIGH BELL,WINTER FOX,SKATING BEAR,"
    "FROSTED FIR"
)
# Materials, and the objects made of them with their usual price in pounds.
_RANGES = {
    "ENAMEL,STONEWARE,CERAMIC": "MUG 2.95,TEAPOT 10.95,MILK JUG 4.95,CAKE STAND 12.75,EGG CUP 1.25,BUTTER DISH 5.95,"
    "SPOON REST 2.1,COOKIE JAR 8.5,SMALL BOWL 1.65",
    "COTTON,LINEN,PATCHWORK": "CUSHION COVER 5.95,TEA TOWEL 2.55,APRON 4.95,OVEN GLOVE 3.25,DOORSTOP 4.25,"
    "SHOPPING BAG 1.95,BUNTING 4.65,PURSE 1.65,LAVENDER BAG 0.85,NEEDLE CASE 1.45",
    "OAK,BEECH,PAINTED WOOD": "COASTERS SET OF 4 3.25,PICTURE FRAME 4.95,CHOPPING BOARD 7.95,PEG RAIL 6.75,"
    "TRINKET BOX 3.75,BLOCK TRAIN 8.5,WALL CLOCK 14.95,KEY RING 0.95,BOOKENDS 9.95",
    "ZINC,COPPER,TIN": "LANTERN 6.75,CANDLE HOLDER 2.25,WATERING CAN 7.95,COAT HOOK 1.65,PLANT POT 3.75,"
    "BISCUIT BOX 4.25,DOOR SIGN 1.95,COOKIE CUTTER 0.65,PLANT STAND 24.95",
    "PAPER,CARD,KRAFT": "GIFT BAG 0.65,NOTEBOOK 1.45,COASTERS PACK OF 20 0.85,GARLAND 1.95,GIFT TAGS 0.42,"
    "PLACE MATS 2.1,GIFT WRAP 0.55,LUNCH BOX 1.65,STICKER SHEET 0.42",
    "CLEAR GLASS,COLOURED GLASS": "BUD VASE 2.55,STORAGE JAR 3.25,TEALIGHT HOLDER 1.25,PAPERWEIGHT 3.75,"
    "TABLE LAMP 24.95,BEAD NECKLACE 4.25,TRINKET DISH 1.95",
}
_FESTIVE_RANGES = {
    "FELT,WOODEN": "TREE BAUBLE 0.85,DOOR WREATH 6.75,ADVENT CALENDAR 9.95,TREE TOPPER 2.55,STAR GARLAND 1.95",
    "GLASS": "TREE BAUBLE 1.25,TREE ICICLE 0.85,CANDLE PLATE 2.95,SNOW GLOBE 5.95",
    "PAPER,CARD": "ADVENT CALENDAR 3.75,STAR GARLAND 1.45,NAME TAGS 0.65,TABLE RUNNER 2.95,CRACKERS BOX 4.95",
}

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


def _names(ranges: dict[str, str], motifs: str, rng: np.random.Generator) -> list[tuple[str, float]]:
    """Combine the words of the ranges, in random order, each with its usual price."""
    named = []
    for materials, objects in ranges.items():
        combined = itertools.product(motifs.split(","), materials.split(","), objects.split(","))
        for motif, material, priced in combined:
            thing, price = priced.rsplit(" ", 1)
            named.append((f"{motif} {material} {thing}", float(price)))
    return [named[place] for place in rng.permutation(len(named))]


def goods(products: int, rng: np.random.Generator) -> pd.DataFrame:
    """Generate the products; variants of a product differ in colour and in the last letter of their code.

    Parameters
    ----------
    products : int
        Number of products.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``text``, ``festive`` (whether it is for Christmas), ``usual`` (price in pounds), ``popularity``
        (weight).
    """
    festive = _names(_FESTIVE_RANGES, _FESTIVE_MOTIFS, rng)[: 1 + products // 14]
    families = festive + _names(_RANGES, _MOTIFS, rng)
    numbers = 20_000 + 7 * rng.permutation(products)
    sizes = draw(np.array([0.55, 0.2, 0.15, 0.1]), rng, products) + 1
    rows: list[tuple[str, str, bool, float]] = []
    for place, (number, size) in enumerate(zip(numbers, sizes, strict=True)):
        name, price = families[place]
        colours = rng.permutation(len(_COLOURS))[:size]
        for letter, colour in zip("ABCD", colours, strict=False):
            variant = (f"{number}{letter}", f"{name} {_COLOURS[colour]}")
            code, text = variant if size > 1 else (str(number), name)
            rows.append((code, text, place < len(festive), price))
    found = pd.DataFrame(rows[:products], columns=["code", "text", "festive", "usual"])
    # Zipf-like without the extreme top, since no shop lives off one product. Cheap products sell more.
    zipf = (rng.permutation(products) + 4.0) ** -0.85
    return found.assign(popularity=zipf / found["usual"] ** 0.3)


def draw(weights: _Floats, rng: np.random.Generator, count: int) -> _Ints:
    """Draw positions with probability in proportion to their weights.

    Parameters
    ----------
    weights : array of float, shape (n,)
        Non-negative weights.
    rng : numpy.random.Generator
        Source of randomness.
    count : int
        Number of draws, with replacement.

    Returns
    -------
    array of int, shape (count,)
        Positions in `weights`.
    """
    summed = np.cumsum(weights)
    return np.searchsorted(summed / summed[-1], rng.random(count), side="right")
