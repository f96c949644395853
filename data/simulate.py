"""Simulate the order log of a fictional gift shop.

Customers follow the Pareto/NBD model of Schmittlein, Morrison and Colombo (1987), "Counting Your Customers",
Management Science 33(1), 1-24: while customers are active, their orders arrive as a Poisson process with
gamma-distributed rates; their lifetime is exponential with gamma-distributed dropout rates. Season and working days
enter through a clock that runs faster on busy days. Days are counted from the start of an unlogged history, so that the
log opens on a shop that already has customers.
"""

import gzip
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.assortment import PRICE_POINTS, draw, goods
from data.shop import ShopSpec

_HISTORY_DAYS = 6 * 365  # long enough for the number of active customers to settle
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
_WEEKDAYS = np.array([1.0, 1.1, 1.15, 1.2, 0.95, 0.0, 0.6])  # Monday to Sunday; closed on Saturdays
_CLOSED = [*(f"12-{day}" for day in range(24, 32)), "01-01", "01-02"]
_OPENS, _OPEN_MINUTES = 7 * 60, 13 * 60  # 7:00 to 20:00
_TRADE_PACE = 1.6  # orders of a trade customer per order of any other
_MOVER_SHARE, _AWAY_SHARE = 0.005, 0.3  # a few customers sometimes order from a second country
_RISE_SHARE = 0.25  # share of products that rise one price point a year: about 3% inflation
_REBATE_FROM, _REBATES = (12, 48), np.array([1.0, 0.93, 0.85])  # units, factors on the price
_SAMPLE_SHARE = 0.0005  # lines given free
_POSTAGE_SHARE, _CARRIAGE_SHARE = 0.85, 0.2  # of foreign orders, of trade orders at home
_FEES = np.array([15.0, 18.0, 28.0, 40.0])  # pounds per order
_UNHAPPY_SHARE, _LONGEST_RETURN = 0.1, 30  # share of orders with possible returns; days
_SLIPS = np.array([6_000, 9_600, 12_000, 18_000, 24_000])  # units entered by mistake
# fmt: off
_PACKS = np.array([1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 36, 48, 72, 96, 144, 192, 288, 480, 720])  # units
# fmt: on
_COUNTRIES = (  # the first is home
    "United Kingdom,Germany,France,Ireland,Netherlands,Spain,Belgium,Switzerland,Sweden,Portugal,Italy,Australia,"
    "Norway,Austria,Denmark,Finland,Poland,Canada,United States,Channel Islands,Greece,Japan,Cyprus,Iceland,"
    "Czech Republic,Estonia,Malta,Singapore,Israel,Lithuania,Luxembourg,New Zealand"
)
_SERVICES = (("POST", "POSTAGE"), ("C2", "CARRIAGE"))
_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Calendar:
    """Daily values: pace (1 = average), growth, festive share, calendar year."""

    first: pd.Timestamp
    pace: _Floats
    growth: _Floats
    festive: _Floats
    year: _Ints


@dataclass(frozen=True, kw_only=True)
class _Shop:
    """Inputs of every simulation step."""

    spec: ShopSpec
    rng: np.random.Generator
    calendar: _Calendar
    goods: pd.DataFrame


def simulate(spec: ShopSpec) -> pd.DataFrame:
    """Simulate one shop.

    Parameters
    ----------
    spec : ShopSpec
        Settings of the shop.

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
    shop = _Shop(spec=spec, rng=rng, calendar=_calendar(spec), goods=goods(spec.products, rng))
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
        An order log from `simulate`.
    path : str or pathlib.Path
        Target path; the ending, ``.parquet`` or ``.csv.gz``, sets the format. Neither name nor time is stored inside,
        so the same frame gives the same bytes.

    Raises
    ------
    ValueError
        If `path` ends in something else.
    """
    name = str(path)
    if not name.endswith((".parquet", ".csv.gz")):
        raise ValueError(f"`path` must end in .parquet or .csv.gz, got {name}.")
    unfinished = Path(path).with_name(f".{Path(path).name}.unfinished")
    try:
        if name.endswith(".parquet"):
            frame.to_parquet(unfinished, engine="pyarrow", index=False, compression="zstd", compression_level=19)
        else:
            with unfinished.open("wb") as target, gzip.GzipFile("", "wb", fileobj=target, mtime=0) as packed:
                frame.to_csv(packed, index=False, float_format="%.2f", date_format="%Y-%m-%d %H:%M")
        unfinished.replace(path)
    finally:
        with suppress(OSError):
            unfinished.unlink()


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


def _prices(shop: _Shop) -> _Floats:
    """Draw the list prices of products per calendar year; some rise each January."""
    usual = shop.goods["usual"].to_numpy() * shop.rng.lognormal(0, 0.2, len(shop.goods))
    point = np.searchsorted(PRICE_POINTS, usual)
    years = shop.spec.end.year - shop.spec.start.year + 1
    rises = shop.rng.random((len(usual), years)) < _RISE_SHARE
    points = point[:, None] + np.cumsum(rises, axis=1)
    return PRICE_POINTS[np.minimum(points, len(PRICE_POINTS) - 1)]


def _people(shop: _Shop, count: int, trade_share: float) -> pd.DataFrame:
    """Draw where people live and their basket size (lines; pounds per line)."""
    rng = shop.rng
    trade = rng.random(count) < trade_share
    rank = np.arange(1.0, _COUNTRIES.count(",") + 1)
    abroad = 1 + draw(1 / (rank + 1) ** 0.9, rng, count)
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
    # Draw enough new people to reach the requested number of customers in any case.
    share_new = weights[_HISTORY_DAYS:].sum() / weights.sum()
    count = int((1.2 * spec.customers + 60) / share_new)
    people = _people(shop, count, spec.trade_share)
    joined = draw(weights, rng, count)
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
    """Draw the day on which each customer stops buying, no later than the last day of the log.

    Exponential lifetimes with gamma dropout rates: Schmittlein et al. (1987).
    """
    spec, count = shop.spec, len(joined)
    dropout = shop.rng.gamma(spec.dropout_shape, 1 / spec.dropout_scale, count)
    lifetime = shop.rng.exponential(size=count) / np.maximum(dropout, 1e-9)
    return np.minimum(joined + lifetime, len(shop.calendar.pace)).astype(np.int64)


def _repeats(shop: _Shop, trade: npt.NDArray[np.bool_], span: _Floats) -> _Ints:
    """Draw the number of repeat orders in spans, given in days of average pace.

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
    guests = guests.assign(customer=_GUEST, day=draw(weights, rng, count))
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
    usual = draw(popularity * ~festive, rng, count)
    seasonal = draw(popularity * festive, rng, count)
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
    """Return lines days later; the first line of an order is always kept."""
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
    """Add absurdly large orders that are cancelled shortly before the correct order."""
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
    """Sort the lines, number the invoices and replace codes with words."""
    order = np.lexsort((lines["document"], lines["cancelled"], lines["minute"]))
    lines = lines.iloc[order].reset_index(drop=True)
    number = lines["document"].diff().ne(0).cumsum()
    # All numbers have the same length, so that sorting as text follows time.
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
