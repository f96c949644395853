"""A simulated visitor who opens pages of a running Clientele over its WebSocket, with pauses in between."""

import asyncio
import random
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SLOWEST = 120.0  # seconds; a page that takes longer counts as failed
PAGES_A_SESSION = 10  # then the tab is closed and another opened
_FINISHED = ForwardMsg.ScriptFinishedStatus


@dataclass(kw_only=True)
class Walk:
    """The plan of visitors and their measurements.

    Parameters
    ----------
    address : str
        Address of the WebSocket: `ws://localhost:8501/_stcore/stream`.
    query : str
        Query string of each page, such as the dataset.
    thinking : float
        Seconds between an answer and the next request, on average.
    until : float
        Value of `perf_counter` after which no page is requested.
    """

    address: str
    query: str
    thinking: float
    until: float
    seconds: list[tuple[str, float]] = field(default_factory=list)
    failed: int = 0


async def walk(plan: Walk, seed: int) -> None:
    """Open pages in random order until time is up; equal seeds give equal orders and pauses."""
    chance = random.Random(seed)  # noqa: S311  no secret
    await asyncio.sleep(chance.uniform(0, plan.thinking))
    while perf_counter() < plan.until:
        try:
            await _tab(plan, chance)
        except (TimeoutError, ConnectionClosed):
            plan.failed += 1


async def _tab(plan: Walk, chance: random.Random) -> None:
    """Open one tab and pages in it."""
    async with connected(plan) as socket:
        pages = [*await open_page(socket, plan, "")]
        for _ in range(PAGES_A_SESSION):
            await asyncio.sleep(chance.uniform(0.5, 1.5) * plan.thinking)
            if perf_counter() >= plan.until:
                return
            await open_page(socket, plan, chance.choice(pages))


def connected(plan: Walk) -> connect:
    """Return the connection of a browser tab."""
    return connect(plan.address, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=SLOWEST,
                   ping_interval=None)  # fmt: skip


async def open_page(socket: Any, plan: Walk, page: str) -> list[str]:
    """Request a page, wait until it is complete and record the time; return the pages in its menu."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = plan.query
    pages: list[str] = []
    begun = perf_counter()
    await socket.send(asked.SerializeToString())
    async with asyncio.timeout(SLOWEST):
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "navigation":
                pages = [found.url_pathname for found in answer.navigation.app_pages]
            if kind == "script_finished":
                break
    plan.seconds.append((page, perf_counter() - begun))
    plan.failed += answer.script_finished != _FINISHED.FINISHED_SUCCESSFULLY
    return pages
