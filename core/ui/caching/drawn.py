"""Charts of pages, each drawn once for all sessions until its data changes.

Drawing a Plotly chart takes 30 to 300 ms of processor time, most of what a page costs; looking up a drawn one takes
1 ms. Arguments are compared by their pickles: equal arguments may have different pickles, which costs one more drawing;
different arguments never match. Nothing is unpickled.
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
    """Draw a chart, or return it from the cache.

    Parameters
    ----------
    draw : callable
        Function of `core.charts` whose result depends only on its arguments.
    *args, **kwargs
        Arguments for `draw`, compared by content.
    """
    content = hashlib.sha256(pickle.dumps((args, kwargs))).digest()
    return Drawn(memory().get((draw, content), lambda: plain(draw(*args, **kwargs)), size_of))
