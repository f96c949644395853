"""Models of buying until a customer stops, and of what is spent, from purchase histories alone."""

from core.customers.btyd.bgnbd import BgNbd
from core.customers.btyd.gammagamma import GammaGamma
from core.customers.btyd.histories import Histories
from core.customers.btyd.paretonbd import ParetoNbd

__all__ = ["BgNbd", "GammaGamma", "Histories", "ParetoNbd"]
