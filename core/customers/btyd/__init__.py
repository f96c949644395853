"""Buy-till-you-die models of repeat buying and spend, from purchase histories alone.

Histories (repeat purchases, recency, age) come in; chances, expected orders and lifetime value go out. Start with
`histories`, then `bgnbd`.
"""

from core.customers.btyd.bgnbd import BgNbd
from core.customers.btyd.gammagamma import GammaGamma
from core.customers.btyd.histories import Customers, Histories
from core.customers.btyd.lifetime import LifetimeSpec, lifetime
from core.customers.btyd.next_order import date_after, next_order
from core.customers.btyd.paretonbd import ParetoNbd
from core.customers.btyd.simulation import Future, Story, futures

__all__ = [
    "BgNbd",
    "Customers",
    "Future",
    "GammaGamma",
    "Histories",
    "LifetimeSpec",
    "ParetoNbd",
    "Story",
    "date_after",
    "futures",
    "lifetime",
    "next_order",
]
