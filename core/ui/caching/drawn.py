"""Charts of pages, each drawn once for all sessions as long as what it is drawn from stays the same.

Plotly takes 30 to 300 ms of a processor for a chart, most of what a page costs; to find one that was drawn takes 1 ms.
Arguments are compared by their pickles: equal ones may differ, which costs one more drawing; different ones never
match. Nothing is unpickled.
"""

import hashlib
import pickle
from collections.abc import Callable
from typing import Any, ParamSpec

from core.charts.drawn_figure import Drawn, plain
from core.ui.caching.cache import memory
from core.ui.caching.sizes import size_of

P = ParamSpec("P")


def once(draw: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> Drawn:
    """Draw a chart, or find it where that was done before.

    Parameters
    ----------
    draw : callable
        Of `core.charts`: what it returns depends on its arguments alone.
    *args, **kwargs
        For `draw`; told apart by what they contain.
    """
    content = hashlib.sha256(pickle.dumps((args, kwargs))).digest()
    return Drawn(memory().get((draw, content), lambda: plain(draw(*args, **kwargs)), size_of))
