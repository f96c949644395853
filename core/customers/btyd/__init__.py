"""Models of buying until a customer stops, and of what is spent, from purchase histories alone."""

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
