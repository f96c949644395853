"""Simulate the order log of a gift shop that does not exist.

Customers follow the Pareto/NBD model of Schmittlein, Morrison and Colombo (1987), "Counting Your Customers",
Management Science 33(1), 1-24: while customers are alive their orders arrive as a Poisson process with
gamma-distributed rates; their lifetime is exponential with gamma-distributed dropout rates. Season and working days
enter by a clock that runs faster on busy days. Days are counted from the start of an unlogged history, so that the
log opens on a shop that already has customers.
"""

import gzip
import itertools
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

_HISTORY_DAYS = 6 * 365  # long enough for the number of live customers to settle
_SHORTEST_LOG = 90  # days; a shorter one has no repeat buyers to speak of
_DAY_MINUTES = 1_440
_GUEST = -1
_FIRST_CUSTOMER = 10_001
# Day of year and order level: January dip, rise from September, peak in November.
_SEASON = (
    (1, 15, 46, 105, 166, 227, 244, 274, 305, 325, 339, 366),
    (0.70, 0.70, 0.78, 0.92, 0.96, 0.90, 1.02, 1.28, 1.60, 1.95, 1.55, 0.70),
)
# Day of year and share of lines that are Christmas goods.
_FESTIVE = ((1, 12, 13, 235, 260, 300, 335, 366), (0.2, 0.08, 0, 0, 0.1, 0.3, 0.4, 0.4))
_WEEKDAYS = np.array([1.0, 1.1, 1.15, 1.2, 0.95, 0.0, 0.6])  # the shop rests on Saturdays
_CLOSED = [*(f"12-{day}" for day in range(24, 32)), "01-01", "01-02"]
_OPENS, _OPEN_MINUTES = 7 * 60, 13 * 60  # 7:00 to 20:00
_TRADE_PACE = 1.6  # orders of a trade customer for one of another customer
_MOVER_SHARE, _AWAY_SHARE = 0.005, 0.3  # few customers order from a second country, and not always
_RISE_SHARE = 0.25  # products that go up one price point a year: about 3 % inflation
_REBATE_FROM, _REBATES = (12, 48), np.array([1.0, 0.93, 0.85])  # units, factors on the price
_SAMPLE_SHARE = 0.0005  # lines given free
_POSTAGE_SHARE, _CARRIAGE_SHARE = 0.85, 0.2  # of foreign orders, of trade orders at home
_FEES = np.array([15.0, 18.0, 28.0, 40.0])  # pounds per order
_UNHAPPY_SHARE, _LONGEST_RETURN = 0.1, 30  # orders of which something may come back, days
_SLIPS = np.array([6_000, 9_600, 12_000, 18_000, 24_000])  # units typed by mistake
# fmt: off
_PACKS = np.array([1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 36, 48, 72, 96, 144, 192, 288, 480, 720])  # units
_PRICE_POINTS = np.array([  # pounds
    0.42, 0.55, 0.65, 0.79, 0.85, 0.95, 1.10, 1.25, 1.45, 1.65, 1.95, 2.10, 2.25, 2.55, 2.75, 2.95, 3.25, 3.75, 4.25,
    4.65, 4.95, 5.45, 5.95, 6.75, 7.50, 7.95, 8.50, 9.95, 10.95, 12.75, 14.95, 16.95, 19.95, 24.95, 29.95, 34.95, 39.95,
])
_LIMITS = {
    "seed": (0, 2**63 - 1), "customers": (20, 1_000_000), "products": (20, 2_000), "growth": (-0.5, 1.0),
    "rate_shape": (0.1, 10.0), "orders_per_year": (0.5, 100.0), "dropout_shape": (0.1, 10.0),
    "dropout_scale": (1.0, 10_000.0), "home_share": (0.0, 1.0), "trade_share": (0.0, 1.0), "guest_share": (0.0, 0.9),
    "return_share": (0.0, 0.1), "duplicate_share": (0.0, 0.1),
}
# fmt: on
_COUNTRIES = (  # the first is home
    "United Kingdom,Germany,France,Ireland,Netherlands,Spain,Belgium,Switzerland,Sweden,Portugal,Italy,Australia,"
    "Norway,Austria,Denmark,Finland,Poland,Canada,United States,Channel Islands,Greece,Japan,Cyprus,Iceland,"
    "Czech Republic,Estonia,Malta,Singapore,Israel,Lithuania,Luxembourg,New Zealand"
)
_SERVICES = (("POST", "POSTAGE"), ("C2", "CARRIAGE"))
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


@dataclass(frozen=True, kw_only=True)
class ShopSpec:
    """What the simulated shop is like.

    Parameters
    ----------
    seed : int
        Seed of the random numbers; 352 is the number of Online Retail at UCI.
    customers : int
        Customers with at least one order in the log; at least 20, below which segments are of one or two people.
        5000 is near the 5900 of Online Retail II.
    start, end : datetime.date
        First and last day of the log, both included, at least 90 days apart. Three years and a month show each
        season three times and end in the recent past.
    products : int
        Products on sale, 20 to 2000; 400 is a small shop and keeps the file small.
    growth : float
        Growth per year of the number of people who join. With customers of earlier years still there, 0.08 makes
        orders grow by 10 to 15 % a year.
    rate_shape, orders_per_year : float
        Shape (no unit) and mean (orders per year) of the gamma distribution of order rates. A shape below 1 gives
        many slow and a few very busy buyers.
    dropout_shape, dropout_scale : float
        Shape (no unit) and inverse scale (days) of the gamma distribution of dropout rates. The median lifetime is
        ``dropout_scale * (2 ** (1 / dropout_shape) - 1)``: about a year, so that many customers have lapsed.
    home_share : float
        Share of people who live in the shop's own country, the United Kingdom.
    trade_share : float
        Share of customers who buy to sell on: more orders, lines and units.
    guest_share : float
        Share of orders placed without an account.
    return_share : float
        Lines sent back, as a share of the lines sold.
    duplicate_share : float
        Lines that an export fault wrote twice, as a share of the lines sold.

    Raises
    ------
    ValueError
        If a value is outside its range.
    """

    seed: int = 352
    customers: int = 5_000
    start: date = date(2023, 9, 1)
    end: date = date(2026, 9, 30)
    products: int = 400
    growth: float = 0.08
    rate_shape: float = 0.85
    orders_per_year: float = 6.4
    dropout_shape: float = 0.7
    dropout_scale: float = 240.0
    home_share: float = 0.87
    trade_share: float = 0.04
    guest_share: float = 0.12
    return_share: float = 0.02
    duplicate_share: float = 0.007

    def __post_init__(self) -> None:
        """Refuse values outside their range, naming the first one found."""
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if not value >= least:  # so written that NaN is refused too
                raise ValueError(f"`{name}` must be at least {least}, got {value}.")
            if value > most:
                raise ValueError(f"`{name}` must be at most {most}, got {value}.")
        if (self.end - self.start).days < _SHORTEST_LOG:
            span = f"{self.start} to {self.end}"
            raise ValueError(f"`end` must be at least {_SHORTEST_LOG} days after `start`, got {span}.")


@dataclass(frozen=True, kw_only=True)
class _Calendar:
    """One value per day: pace (1 = average), growth, festive share, calendar year."""

    first: pd.Timestamp
    pace: _Floats
    growth: _Floats
    festive: _Floats
    year: _Ints


@dataclass(frozen=True, kw_only=True)
class _Shop:
    """What every step needs."""

    spec: ShopSpec
    rng: np.random.Generator
    calendar: _Calendar
    goods: pd.DataFrame


def simulate(spec: ShopSpec) -> pd.DataFrame:
    """Simulate one shop.

    Parameters
    ----------
    spec : ShopSpec
        What the shop is like.

    Returns
    -------
    pandas.DataFrame
        One row per order line, by ``InvoiceDate`` then ``Invoice``. Columns: ``Invoice`` (text; ``C`` first for
        cancellations), ``StockCode`` (text), ``Description`` (text, may be missing), ``Quantity`` (units; negative
        for cancellations and write-offs), ``InvoiceDate`` (datetime, to the minute), ``Price`` (pounds per unit, two
        decimals), ``Customer ID`` (text, missing for guests) and ``Country`` (text). The same `spec` gives the same
        frame.
    """
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    shop = _Shop(spec=spec, rng=rng, calendar=_calendar(spec), goods=_goods(spec, rng))
    orders = _orders(shop)
    sold = _sold_lines(shop, orders)
    events = [
        sold,
        _services(shop, orders),
        sold[rng.random(len(sold)) < spec.duplicate_share],
        _returned_lines(shop, sold),
        _slips(shop, sold),
        _write_offs(shop, sold),
    ]
    return _as_log(shop, pd.concat(events, ignore_index=True))


def write(frame: pd.DataFrame, path: str | Path) -> None:
    """Write an order log as Parquet or as gzipped CSV.

    Parameters
    ----------
    frame : pandas.DataFrame
        An order log as `simulate` gives it.
    path : str or pathlib.Path
        Target; ``.parquet`` or ``.csv.gz`` at its end decides the format. Neither name nor time is stored inside,
        so the same frame gives the same bytes.

    Raises
    ------
    ValueError
        If `path` ends in something else.
    """
    name = str(path)
    if name.endswith(".parquet"):
        frame.to_parquet(path, engine="pyarrow", index=False, compression="zstd", compression_level=19)
    elif name.endswith(".csv.gz"):
        with Path(path).open("wb") as target, gzip.GzipFile("", "wb", fileobj=target, mtime=0) as packed:
            frame.to_csv(packed, index=False, float_format="%.2f", date_format="%Y-%m-%d %H:%M")
    else:
        raise ValueError(f"`path` must end in .parquet or .csv.gz, got {name}.")


def _draw(weights: _Floats, rng: np.random.Generator, count: int) -> _Ints:
    """Draw positions with chances in proportion to their weights."""
    summed = np.cumsum(weights)
    return np.searchsorted(summed / summed[-1], rng.random(count), side="right")


def _calendar(spec: ShopSpec) -> _Calendar:
    """Lay out the days of the history and of the log."""
    first = pd.Timestamp(spec.start) - pd.Timedelta(days=_HISTORY_DAYS)
    days = pd.date_range(first, pd.Timestamp(spec.end), unit="us")
    of_year = days.day_of_year.to_numpy()
    pace = np.interp(of_year, *_SEASON) * _WEEKDAYS[days.day_of_week.to_numpy()]
    pace = np.where(days.strftime("%m-%d").isin(_CLOSED), 0, pace)
    return _Calendar(
        first=first,
        pace=pace / pace.mean(),
        growth=(1 + spec.growth) ** (np.arange(len(days)) / 365),
        festive=np.interp(of_year, *_FESTIVE),
        year=days.year.to_numpy().astype(np.int64),
    )


def _names(ranges: dict[str, str], motifs: str, rng: np.random.Generator) -> list[tuple[str, float]]:
    """Combine the words of the ranges, in random order, each with its usual price."""
    named = []
    for materials, objects in ranges.items():
        combined = itertools.product(motifs.split(","), materials.split(","), objects.split(","))
        for motif, material, priced in combined:
            thing, price = priced.rsplit(" ", 1)
            named.append((f"{motif} {material} {thing}", float(price)))
    return [named[place] for place in rng.permutation(len(named))]


def _goods(spec: ShopSpec, rng: np.random.Generator) -> pd.DataFrame:
    """List the products; those of a family differ in colour and last letter."""
    festive = _names(_FESTIVE_RANGES, _FESTIVE_MOTIFS, rng)[: 1 + spec.products // 14]
    families = festive + _names(_RANGES, _MOTIFS, rng)
    numbers = 20_000 + 7 * rng.permutation(spec.products)
    sizes = _draw(np.array([0.55, 0.2, 0.15, 0.1]), rng, spec.products) + 1
    rows: list[tuple[str, str, bool, float]] = []
    for place, (number, size) in enumerate(zip(numbers, sizes, strict=True)):
        name, price = families[place]
        colours = rng.permutation(len(_COLOURS))[:size]
        for letter, colour in zip("ABCD", colours, strict=False):
            variant = (f"{number}{letter}", f"{name} {_COLOURS[colour]}")
            code, text = variant if size > 1 else (str(number), name)
            rows.append((code, text, place < len(festive), price))
    goods = pd.DataFrame(rows[: spec.products], columns=["code", "text", "festive", "usual"])
    # Zipf-like, less the very top: a shop that lives off one product would look odd. Cheap things sell more.
    zipf = (rng.permutation(spec.products) + 4.0) ** -0.85
    return goods.assign(popularity=zipf / goods["usual"] ** 0.3)


def _prices(shop: _Shop) -> _Floats:
    """Give the list price of products per calendar year; some go up each January."""
    usual = shop.goods["usual"].to_numpy() * shop.rng.lognormal(0, 0.2, len(shop.goods))
    point = np.searchsorted(_PRICE_POINTS, usual)
    years = shop.spec.end.year - shop.spec.start.year + 1
    rises = shop.rng.random((len(usual), years)) < _RISE_SHARE
    points = point[:, None] + np.cumsum(rises, axis=1)
    return _PRICE_POINTS[np.minimum(points, len(_PRICE_POINTS) - 1)]


def _people(shop: _Shop, count: int, trade_share: float) -> pd.DataFrame:
    """Draw where people live and what they put in a basket (lines; pounds a line)."""
    rng = shop.rng
    trade = rng.random(count) < trade_share
    rank = np.arange(1.0, _COUNTRIES.count(",") + 1)
    abroad = 1 + _draw(1 / (rank + 1) ** 0.9, rng, count)
    country = np.where(rng.random(count) < shop.spec.home_share, 0, abroad)
    moved = rng.random(count) < _MOVER_SHARE
    people = {
        "trade": trade,
        "country": country,
        "elsewhere": np.where(moved, abroad, country),
        "extra_lines": np.where(trade, 11, 3.4) * rng.lognormal(0, 0.35, count),
        "budget": np.where(trade, 45, 9) * rng.lognormal(0, 0.5, count),
    }
    return pd.DataFrame(people)


def _known_orders(shop: _Shop) -> pd.DataFrame:
    """Draw customers and the days of their orders."""
    spec, rng, pace = shop.spec, shop.rng, shop.calendar.pace
    weights = pace * shop.calendar.growth
    # New people alone are enough, whatever the draw, for the customers asked for.
    share_new = weights[_HISTORY_DAYS:].sum() / weights.sum()
    count = int((1.2 * spec.customers + 60) / share_new)
    people = _people(shop, count, spec.trade_share)
    joined = _draw(weights, rng, count)
    clock = np.concatenate([[0.0], np.cumsum(pace)])
    begin = clock[np.maximum(joined, _HISTORY_DAYS)]
    span = np.maximum(clock[_last_days(shop, joined)] - begin, 0)
    repeats = _repeats(shop, people["trade"].to_numpy(), span)
    is_new = joined >= _HISTORY_DAYS
    kept = np.flatnonzero(repeats + is_new)[: spec.customers]
    first = kept[is_new[kept]]
    again = np.repeat(kept, repeats[kept])
    moment = begin[again] + span[again] * rng.random(len(again))
    later = np.searchsorted(clock, moment, side="right") - 1
    orders = people.loc[np.concatenate([first, again])]
    customer = np.searchsorted(kept, orders.index.to_numpy())
    return orders.assign(customer=customer, day=np.concatenate([joined[first], later]))


def _last_days(shop: _Shop, joined: _Ints) -> _Ints:
    """Draw the day on which each customer stops buying, at most the last of the log.

    Exponential lifetimes with gamma dropout rates: Schmittlein et al. (1987).
    """
    spec, count = shop.spec, len(joined)
    dropout = shop.rng.gamma(spec.dropout_shape, 1 / spec.dropout_scale, count)
    lifetime = shop.rng.exponential(size=count) / np.maximum(dropout, 1e-9)
    return np.minimum(joined + lifetime, len(shop.calendar.pace)).astype(np.int64)


def _repeats(shop: _Shop, trade: npt.NDArray[np.bool_], span: _Floats) -> _Ints:
    """Draw the number of repeat orders in a span of days of average pace.

    Poisson orders with gamma rates: Schmittlein et al. (1987).
    """
    mean = np.where(trade, _TRADE_PACE, 1) * shop.spec.orders_per_year / 365
    rate = shop.rng.gamma(shop.spec.rate_shape, mean / shop.spec.rate_shape)
    return shop.rng.poisson(rate * span)


def _orders(shop: _Shop) -> pd.DataFrame:
    """Draw all orders, of customers and of guests, one row each."""
    rng, share = shop.rng, shop.spec.guest_share
    known = _known_orders(shop)
    weights = shop.calendar.pace * shop.calendar.growth
    weights[:_HISTORY_DAYS] = 0
    count = round(len(known) * share / (1 - share))
    guests = _people(shop, count, trade_share=0)
    guests = guests.assign(customer=_GUEST, day=_draw(weights, rng, count))
    orders = pd.concat([known, guests], ignore_index=True)
    of_day = _OPENS + _OPEN_MINUTES * rng.beta(2.5, 3, len(orders))
    away = rng.random(len(orders)) < _AWAY_SHARE
    return orders.assign(
        minute=orders["day"] * _DAY_MINUTES + of_day.astype(np.int64),
        country=orders["country"].where(~away, orders["elsewhere"]),
        document=np.arange(len(orders)),
        cancelled=False,
        described=True,
    )


def _chosen_products(shop: _Shop, festive_share: _Floats) -> _Ints:
    """Choose one product per line, festive ones in their season."""
    rng, count = shop.rng, len(festive_share)
    popularity = shop.goods["popularity"].to_numpy()
    festive = shop.goods["festive"].to_numpy()
    usual = _draw(popularity * ~festive, rng, count)
    seasonal = _draw(popularity * festive, rng, count)
    return np.where(rng.random(count) < festive_share, seasonal, usual)


def _sold_lines(shop: _Shop, orders: pd.DataFrame) -> pd.DataFrame:
    """Fill the orders with lines of goods, at the price of the year and quantity."""
    rng, calendar = shop.rng, shop.calendar
    lines = orders.loc[orders.index.repeat(1 + rng.poisson(orders["extra_lines"]))]
    lines = lines.assign(product=_chosen_products(shop, calendar.festive[lines["day"]]))
    lines = lines.drop_duplicates(["document", "product"], ignore_index=True)
    year = calendar.year[lines["day"]] - shop.spec.start.year
    price = _prices(shop)[lines["product"], year]
    wanted = lines["budget"].to_numpy() * rng.lognormal(0, 0.5, len(lines)) / price
    quantity = _PACKS[np.minimum(np.searchsorted(_PACKS, wanted), len(_PACKS) - 1)]
    rebate = _REBATES[np.searchsorted(_REBATE_FROM, quantity, side="right")]
    free = (rng.random(len(lines)) < _SAMPLE_SHARE) & lines.duplicated("document")
    charged = np.where(free, 0, np.round(price * rebate, 2))
    return lines.assign(quantity=quantity, price=charged)


def _services(shop: _Shop, orders: pd.DataFrame) -> pd.DataFrame:
    """Charge postage on orders from abroad and carriage on some trade orders."""
    chance = shop.rng.random(len(orders))
    is_home = (orders["country"] == 0).to_numpy()
    posted = ~is_home & (chance < _POSTAGE_SHARE)
    carried = is_home & orders["trade"].to_numpy() & (chance < _CARRIAGE_SHARE)
    fees = _FEES[shop.rng.integers(len(_FEES), size=len(orders))]
    charged = orders.assign(product=len(shop.goods) + carried, quantity=1, price=fees)
    return charged.loc[pd.Series(posted | carried)]


def _returned_lines(shop: _Shop, sold: pd.DataFrame) -> pd.DataFrame:
    """Send lines back days later; the first line of an order always stays."""
    rng, pace = shop.rng, shop.calendar.pace
    document = sold["document"].to_numpy()
    count = document.max() + 1
    may = (rng.random(count) < _UNHAPPY_SHARE)[document] & (sold["customer"] != _GUEST)
    may &= sold.duplicated("document") & (sold["price"] > 0)
    chance = shop.spec.return_share * len(sold) / max(may.sum(), 1)
    back: pd.DataFrame = sold.loc[may & (rng.random(len(sold)) < chance)]
    delay = rng.integers(2, _LONGEST_RETURN + 1, count)[back["document"]]
    open_days = np.flatnonzero(pace)
    place = np.searchsorted(open_days, back["day"] + delay)
    # Half of the returns are of the whole quantity.
    part = np.minimum(2 * (1 - rng.random(len(back))), 1)
    day = pd.Series(np.append(open_days, len(pace))[place], index=back.index)
    returned = back.assign(
        document=back["document"] + count,
        minute=back["minute"] + (day - back["day"]) * _DAY_MINUTES,
        quantity=-np.ceil(back["quantity"] * part).astype(np.int64),
        cancelled=True,
    )
    return returned.loc[day < len(pace)]


def _slips(shop: _Shop, sold: pd.DataFrame) -> pd.DataFrame:
    """Add orders of absurd size, cancelled at once; then follows the right order."""
    rng, count = shop.rng, max(2, shop.spec.customers // 1_000)
    cheap = (sold["price"] > 0) & (sold["price"] <= sold["price"].median())
    places = np.flatnonzero(cheap & (sold["customer"] != _GUEST))
    slips = sold.loc[rng.choice(places, count, replace=False)]
    slips = slips.assign(
        document=2 * sold["document"].max() + 2 + np.arange(count),
        minute=slips["minute"] - rng.integers(20, 40, count),
        quantity=_SLIPS[rng.integers(len(_SLIPS), size=count)],
    )
    undone = slips.assign(
        document=slips["document"] + count,
        minute=slips["minute"] + rng.integers(2, 15, count),
        quantity=-slips["quantity"],
        cancelled=True,
    )
    return pd.concat([slips, undone])


def _write_offs(shop: _Shop, sold: pd.DataFrame) -> pd.DataFrame:
    """Book lost stock the way shops do: no customer, price or description."""
    rng, count = shop.rng, max(2, shop.spec.customers // 100)
    lost = sold.loc[rng.integers(len(sold), size=count)]
    return lost.assign(
        document=3 * sold["document"].max() + 3 + np.arange(count),
        customer=_GUEST,
        country=0,
        quantity=-rng.integers(1, 60, count),
        price=0.0,
        described=False,
    )


def _as_log(shop: _Shop, lines: pd.DataFrame) -> pd.DataFrame:
    """Sort the lines, number the invoices and put words for the codes."""
    order = np.lexsort((lines["document"], lines["cancelled"], lines["minute"]))
    lines = lines.iloc[order].reset_index(drop=True)
    number = lines["document"].diff().ne(0).cumsum()
    # As many digits for all, so that order as text is order in time.
    number += max(500_000, 10 ** len(str(number.max())))
    services = pd.DataFrame(_SERVICES, columns=["code", "text"])
    words = pd.concat([shop.goods, services]).iloc[lines["product"]]
    known = lines["customer"] != _GUEST
    minutes = pd.to_timedelta(lines["minute"], unit="min").astype("timedelta64[us]")
    return pd.DataFrame(
        {
            "Invoice": np.where(lines["cancelled"], "C", "") + number.astype(str),
            "StockCode": words["code"].to_numpy(),
            "Description": words["text"].reset_index(drop=True).where(lines["described"]),
            "Quantity": lines["quantity"],
            "InvoiceDate": shop.calendar.first + minutes,
            "Price": lines["price"],
            "Customer ID": (lines["customer"] + _FIRST_CUSTOMER).astype(str).where(known),
            "Country": np.array(_COUNTRIES.split(","))[lines["country"]],
        }
    )
