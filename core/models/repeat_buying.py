"""What the models of repeat buying say of each customer at a cutoff: baseline, ingredient and fallback."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from core.customers.btyd import BgNbd, GammaGamma, Histories
from core.customers.features import CustomerFeature
from core.errors import TooLittleDataError

OUTPUTS: Final[dict[str, CustomerFeature]] = {
    name: CustomerFeature(name=name, label=label, unit=unit, definition=text, group="own buying rhythm")
    for name, label, unit, text in (
        ("btyd_buy", "chance to buy by own rhythm", "share", "Probability of a purchase in the horizon under BG/NBD."),
        ("btyd_alive", "chance to be still a customer", "share", "Probability of not having stopped under BG/NBD."),
        ("btyd_purchases", "purchases expected by own rhythm", "purchase days", "Expected in the horizon, BG/NBD."),
        ("btyd_order_value", "amount expected per purchase", "money", "Gamma-Gamma mean of a future purchase."),
        ("btyd_spend", "spend expected by own rhythm", "money", "Expected purchases times expected amount."),
    )
}
"""What `RepeatBuying.outputs` gives, each in the horizon asked for."""


@dataclass(frozen=True, kw_only=True)
class RepeatBuying:
    """BG/NBD for how often, Gamma-Gamma for how much, fitted on what was known at one cutoff.

    Parameters
    ----------
    buying : BgNbd
        In days.
    spending : GammaGamma or None
        None where too few customers came back; every purchase is then expected to have the mean amount.
    mean_amount : float
        Of all purchase days, in the shop's currency.
    """

    buying: BgNbd
    spending: GammaGamma | None
    mean_amount: float

    @classmethod
    def fit(cls, known: pd.DataFrame) -> Self:
        """Fit on features at one cutoff.

        Parameters
        ----------
        known : DataFrame
            `frequency` (purchase days), `active_span`, `tenure` (days), `order_value` (shop's currency), one row a
            customer.
        """
        x, t_x, T = histories_of(known)  # noqa: N806  the papers' letter
        amounts = known["order_value"].to_numpy(dtype="float64")
        again = (x > 0) & (amounts > 0)
        try:
            spending = GammaGamma.fit(x[again] + 1, amounts[again])
        except TooLittleDataError:
            spending = None
        return cls(
            buying=BgNbd.fit(Histories.of(x, t_x, T)),
            spending=spending,
            mean_amount=float(np.average(amounts, weights=x + 1)),
        )

    def outputs(self, known: pd.DataFrame, horizon: int) -> pd.DataFrame:
        """Columns of `OUTPUTS` for the next `horizon` days, under the index of `known`."""
        x, t_x, T = histories_of(known)  # noqa: N806
        amounts = known["order_value"].to_numpy(dtype="float64")
        purchases = self.buying.expected(horizon, x, t_x, T)
        value = np.full(len(known), self.mean_amount)
        if self.spending is not None:
            value = np.where(amounts > 0, self.spending.expected(x + 1, np.maximum(amounts, 1e-9)), value)
        return pd.DataFrame(
            {
                "btyd_buy": self.buying.any_purchase(horizon, x, t_x, T),
                "btyd_alive": self.buying.alive(x, t_x, T),
                "btyd_purchases": purchases,
                "btyd_order_value": value,
                "btyd_spend": purchases * value,
            },
            index=known.index,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        spending = self.spending.to_json() if self.spending else None
        return {"buying": self.buying.to_json(), "spending": spending, "mean_amount": self.mean_amount}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_json`."""
        spending = values["spending"]
        return cls(
            buying=BgNbd(**values["buying"]),
            spending=GammaGamma(**spending) if spending else None,
            mean_amount=values["mean_amount"],
        )


def histories_of(known: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeat purchases x, first to last purchase t_x and first purchase to cutoff T, both in days."""
    x, t_x, tenure = (known[name].to_numpy(dtype="float64") for name in ("frequency", "active_span", "tenure"))
    return x - 1, t_x, tenure
