"""The two versions compared on the versions page, with headline and figures."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from core.ingest.report.version_differences import Comparison
from core.numbers import count, day
from core.ui.caching import cached
from core.ui.shared import state
from core.ui.shared.frame import Figure, error, select
from core.ui.shared.view import View
from core.workspace.disk.version_damage import DamagedVersionError
from core.workspace.records import Version

NEWEST: Final = "newest"
BEFORE: Final = "before"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two versions and their differences.

    Parameters
    ----------
    before, after : Version
        The versions compared; `before` may be the later one.
    found : Comparison
        Their differences.
    usual : bool
        True if they are the newest version and the previous one.
    """

    before: Version
    after: Version
    found: Comparison
    usual: bool


def local(when: datetime) -> datetime:
    """Convert a catalog time to the browser's time zone."""
    return when.astimezone(ZoneInfo(st.context.timezone or "UTC"))


def named(version: Version) -> str:
    """Return a version's label in pickers."""
    return f"Version {version.version} · {day(local(version.created_at))}"


def left(versions: list[Version]) -> list[Version]:
    """Return the versions that have not been deleted."""
    return [version for version in versions if not version.deleted_at]


def choose_pair(view: View, versions: list[Version]) -> Pair | None:
    """Draw the two pickers and compare the versions; None, with an error shown, if one is damaged."""
    there = {str(version.version): version for version in left(versions)}
    numbers = {number: named(version) for number, version in there.items()}
    with st.sidebar:
        after, before = (
            select(st.selectbox, label, name, [usual, *there], usual, shown=({usual: said} | numbers).__getitem__)
            for label, name, usual, said in (
                ("Compare version", state.COMPARED, NEWEST, "Newest"),
                ("With version", state.COMPARED_WITH, BEFORE, "Previous"),
            )
        )
    later = next(iter(there.values())) if after == NEWEST else there[after]
    earlier = [version for version in there.values() if version.version < later.version]
    other = there[before] if before != BEFORE else (earlier or [later])[0]
    keys = [replace(view.key, version=version.version) for version in (other, later)]
    try:
        found = cached.comparison(*keys)
    except DamagedVersionError as damaged:
        st.title("Versions", anchor=False)
        error(str(damaged))
        return None
    return Pair(before=other, after=later, found=found, usual=after == NEWEST and before == BEFORE)


def sentence(pair: Pair) -> str:
    """Summarise the changes between the versions in one sentence."""
    found, when = pair.found, day(local(pair.after.created_at))
    number = f"Version {pair.after.version}"
    if pair.before.version == pair.after.version:
        return f"{number} is compared with itself. Choose another version in the sidebar."
    if found.same():
        what = "has the same orders as"
        return f"{number} of {when} {what} version {pair.before.version}."
    changes = [
        (found.orders_new, "added", "order"),
        (found.customers_new, "added", "customer"),
        (found.orders_changed, "changed", "order"),
        (found.orders_gone, "removed", "order"),
        (found.customers_gone, "removed", "customer"),
    ]
    by_verb: dict[str, list[str]] = {}
    for many, verb, noun in changes:
        if many:
            by_verb.setdefault(verb, []).append(f"{count(many)} {noun}{'s' if many != 1 else ''}")
    listed = [f"{verb} {' and '.join(things)}" for verb, things in by_verb.items()]
    told = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
    if pair.usual and pair.after.action in ("restore", "replace"):
        return f"{number} {pair.after.action}d version {pair.after.base} on {when}: it {told}."
    if pair.usual:
        return f"{number} {told} on {when}."
    return f"{number} of {when}, against version {pair.before.version}, {told}."


def figures(pair: Pair, view: View) -> list[Figure]:
    """Return the figures of the later version with their changes."""
    found, money = pair.found, view.money
    against = f"Change from version {pair.before.version}"
    moved = f"{count(found.customers_new)} added, {count(found.customers_gone)} removed"
    orders = f"{count(found.orders_new)} new, {count(found.orders_changed)} changed, {count(found.orders_gone)} removed"
    after, before = found.after, found.before
    return [
        _counted("rows_kept", "Rows kept", f"Rows included in all figures. {against};  {_removed(found)}.", found),
        _counted("customers", "Customers", f"Distinct customers. {against}: {moved}.", found),
        _counted("orders", "Orders", f"Distinct orders. {against}: {orders}.", found),
        *(
            Figure(
                name,
                label,
                money.short(after[name]),
                f"{money.exact(after[name])}, compared with {money.exact(before[name])} in version "
                f"{pair.before.version}.",
                change=_signed(money.short(abs(found.gained(name))), round(found.gained(name), 2)),
            )
            for name, label in (("revenue", "Revenue, gross"), ("returned", "Returned"))
        ),
    ]


def _counted(name: str, label: str, definition: str, found: Comparison) -> Figure:
    change = _signed(count(abs(found.gained(name))), found.gained(name))
    return Figure(name, label, count(found.after[name]), definition, change=change)


def _signed(shown: str, change: float) -> str | int:
    if not change:
        return 0
    return f"{'+' if change > 0 else '-'}{shown}"


def _removed(found: Comparison) -> str:
    """Describe the change in excluded rows by reason."""
    changes = [
        (reason.replace("_", " "), number - found.before["removed"].get(reason, 0))
        for reason, number in found.after["removed"].items()
    ]
    told = [f"{'+' if change > 0 else '−'}{count(abs(change))} {reason}" for reason, change in changes if change]
    return f"excluded rows: {', '.join(told)}" if told else "no change in excluded rows"
