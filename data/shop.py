"""Settings of a simulated shop."""

from dataclasses import dataclass
from datetime import date

_SHORTEST_LOG = 90  # days; a shorter log has hardly any repeat buyers
# fmt: off
_LIMITS = {
    "seed": (0, 2**63 - 1), "customers": (20, 1_000_000), "products": (20, 2_000), "growth": (-0.5, 1.0),
    "rate_shape": (0.1, 10.0), "orders_per_year": (0.5, 100.0), "dropout_shape": (0.1, 10.0),
    "dropout_scale": (1.0, 10_000.0), "home_share": (0.0, 1.0), "trade_share": (0.0, 1.0), "guest_share": (0.0, 0.9),
    "return_share": (0.0, 0.1), "duplicate_share": (0.0, 0.1),
}
# fmt: on


@dataclass(frozen=True, kw_only=True)
class ShopSpec:
    """Settings of a simulated shop.

    Parameters
    ----------
    seed : int
        Seed of the random numbers; 352 is the id of Online Retail at UCI.
    customers : int
        Customers with at least one order in the log; at least 20, since fewer leave segments of one or two.
        5000 is near the 5900 of Online Retail II.
    start, end : datetime.date
        First and last day of the log, both included, at least 90 days apart. Three years and a month show each
        season three times and end in the recent past.
    products : int
        Products on sale, 20 to 2000; 400 is a small shop and keeps the file small.
    growth : float
        Yearly growth in the number of new customers. Since earlier customers remain, 0.08 makes orders grow by 10
        to 15% a year.
    rate_shape, orders_per_year : float
        Shape (no unit) and mean (orders per year) of the gamma distribution of order rates. A shape below 1 gives
        many slow and a few very busy buyers.
    dropout_shape, dropout_scale : float
        Shape (no unit) and inverse scale (days) of the gamma distribution of dropout rates. The median lifetime is
        ``dropout_scale * (2 ** (1 / dropout_shape) - 1)``: about a year, so that many customers have lapsed.
    home_share : float
        Share of people who live in the shop's own country, the United Kingdom.
    trade_share : float
        Share of customers who resell, with more orders, lines and units.
    guest_share : float
        Share of orders placed without an account.
    return_share : float
        Lines returned, as a share of the lines sold.
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
        """Reject values outside their range, naming the first one found."""
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if not value >= least:  # written this way to reject NaN too
                raise ValueError(f"`{name}` must be at least {least}, got {value}.")
            if value > most:
                raise ValueError(f"`{name}` must be at most {most}, got {value}.")
        if (self.end - self.start).days < _SHORTEST_LOG:
            span = f"{self.start} to {self.end}"
            raise ValueError(f"`end` must be at least {_SHORTEST_LOG} days after `start`, got {span}.")
