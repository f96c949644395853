"""What the page on drivers reads of a result that was kept, by its folder; see `core.ui.cached`."""

from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from core.models.explain.overall import swarm
from core.models.explain.overall.drivers_kept import Drivers, read_drivers
from core.models.explain.overall.swarm import Closer

_FEW: Final = 8
_SOME: Final = 64


@st.cache_resource(max_entries=_FEW, show_spinner="Reading what was found …")
def drivers(folder: str) -> Drivers:
    """See `core.models.explain.overall.drivers_kept.read_drivers`. Shared by all sessions: not to be changed."""
    return read_drivers(Path(folder))


@st.cache_data(max_entries=_SOME, show_spinner=False)
def dots(folder: str, output: str) -> pd.DataFrame:
    """See `core.models.explain.overall.swarm.swarm`."""
    return swarm.swarm(drivers(folder), output)


@st.cache_data(max_entries=_SOME, show_spinner=False)
def closer(folder: str, name: str, output: str) -> Closer:
    """See `core.models.explain.overall.swarm.closer`."""
    return swarm.closer(drivers(folder), name, output)
