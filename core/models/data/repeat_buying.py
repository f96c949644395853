"""Repeat-buying models (BG/NBD and Gamma-Gamma), used as a baseline, as features and as a fallback."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd

from core.customers.btyd import BgNbd, Customers, GammaGamma, Histories, Story
from core.customers.features import CustomerFeature
from core.errors import TooLittleDataError
from core.plain import Plain

OUTPUTS: Final[dict[str, CustomerFeature]] = {
    name: CustomerFeature(name=name, label=label, unit=unit, definition=text, group="own buying rhythm")
    for name, label, unit, text in (
        ("btyd_buy", "chance to buy from own rhythm", "share", "Probability of a purchase in the horizon, BG/NBD."),
        ("btyd_alive", "chance of still being a customer", "share", "Probability of still being active, BG/NBD."),
        ("btyd_purchases", "expected purchases from own rhythm", "purchase days", "Expected in the horizon, BG/NBD."),
        ("btyd_order_value", "expected amount per purchase", "money", "Mean amount of a future purchase, Gamma-Gamma."),
        ("btyd_spend", "expected spend from own rhythm", "money", "Expected purchases times expected amount."),
    )
}
"""Columns of `RepeatBuying.outputs`, each for the requested horizon."""


@dataclass(frozen=True, kw_only=True)
class RepeatBuying(Story, Plain):
    """BG/NBD for purchase frequency and Gamma-Gamma for amounts, fitted on what was known at one cutoff."""

    @classmethod
    def fit(cls, known: pd.DataFrame) -> Self:
        """Fit on features at one cutoff.

        Parameters
        ----------
        known : DataFrame
            `frequency` (purchase days), `active_span`, `tenure` (days), `order_value` (shop's currency); one row per
            customer.
        """
        who = customers_of(known)
        try:
            spending = GammaGamma.fit(*who.again)
        except TooLittleDataError:
            spending = None
        return cls(
            buying=BgNbd.fit(Histories.of(who.x, who.t_x, who.T)),
            spending=spending,
            mean_amount=float(np.average(who.amounts, weights=who.x + 1)),
        )

    def outputs(self, known: pd.DataFrame, horizon: int) -> pd.DataFrame:
        """Return the columns of `OUTPUTS` for the next `horizon` days, under the index of `known`."""
        who = customers_of(known)
        history = who.x, who.t_x, who.T
        purchases, value = self.buying.expected(horizon, *history), self.amount(who)
        return pd.DataFrame(
            {
                "btyd_buy": self.buying.any_purchase(horizon, *history),
                "btyd_alive": self.buying.alive(*history),
                "btyd_purchases": purchases,
                "btyd_order_value": value,
                "btyd_spend": purchases * value,
            },
            index=known.index,
        )


def customers_of(known: pd.DataFrame) -> Customers:
    """Build histories and mean amounts from `frequency`, `active_span`, `tenure` and `order_value`."""
    names = ("frequency", "active_span", "tenure", "order_value")
    days, t_x, tenure, amounts = (known[name].to_numpy(dtype="float64") for name in names)
    return Customers(x=days - 1, t_x=t_x, T=tenure, amounts=amounts)


def expected_share(known: pd.DataFrame, horizon: int) -> float:
    """Return the share of customers BG/NBD expects to buy, fitted without those who predate the log.

    Customers who order in a log's first weeks, frequent buyers above all, were most likely customers before it began.
    Counted as new, they would make everyone else look more active than they are. So the model is fitted on customers
    who first ordered more than a typical gap between orders after the log's start, if they are at least half.

    Parameters
    ----------
    known : DataFrame
        Features of all customers at one cutoff.
    horizon : int
        Days.
    """
    began = known["tenure"].max()
    gap = known["gap_median"].median()
    seen = known[known["tenure"] < began - (0.0 if pd.isna(gap) else gap)]
    fitted_on = seen if len(seen) >= len(known) / 2 else known
    who, of = customers_of(known), customers_of(fitted_on)
    try:
        buying = BgNbd.fit(Histories.of(of.x, of.t_x, of.T))
    except TooLittleDataError:
        buying = BgNbd.fit(Histories.of(who.x, who.t_x, who.T))
    return float(np.mean(buying.any_purchase(horizon, who.x, who.t_x, who.T)))
