"""The model card as a single HTML document for sharing and printing.

It has no scripts and loads nothing. All texts are escaped, and it follows the reader's light or dark setting.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any, Final

from core.cards import card_drawings
from core.cards.card_words import against_rhythm, amount, gap, gap_span, span, written
from core.models.judging.predictions import NEXT_SEGMENT, SPEND
from core.numbers import Money, count, customers, day, many

_STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --ink: #1b2430; --soft: #5b6675; --line: #dde2e9; --card: #f6f8fa;
  --blue: #2f6299; --weak: #b23a1e; }
@media (prefers-color-scheme: dark) { :root { --page: #12171f; --ink: #e6eaf0; --soft: #9aa6b5; --line: #2b3442;
  --card: #1a212c; --blue: #7fb0e0; --weak: #f0805f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1.25rem 3rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { margin: .4rem 0; max-width: 48rem; }
.lead { font-size: 1.08rem; }
.soft, figcaption { color: var(--soft); font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 1rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
ul { padding-left: 1.2rem; max-width: 48rem; } li { margin: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 46rem; font-size: .92rem; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; }
th, td { text-align: left; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; white-space: nowrap; } td.n, th.n { text-align: right; }
td.n { white-space: nowrap; } td:first-child { min-width: 10rem; }
.weak { color: var(--weak); } b.weak { font-weight: 600; }
.note { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .9rem; }
figure { margin: .6rem 0; max-width: 30rem; }
svg text { fill: var(--soft); font-size: 11px; } svg.wide { width: 100%; } svg.gap { width: 8.5rem; height: 1.1rem; }
.grid { stroke: var(--line); } .even { stroke: var(--soft); stroke-dasharray: 3 3; }
.line { fill: none; stroke: var(--blue); stroke-width: 2; }
.error { stroke: var(--blue); stroke-width: 2; } .dot { fill: var(--blue); }
.error.weak { stroke: var(--weak); } .dot.weak { fill: var(--weak); }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
@media print { body { max-width: none; padding: 0; font-size: 11px; } h2 { break-after: avoid; }
  tr, figure, .note { break-inside: avoid; } .scroll { overflow: visible; } }
"""


def document(card: Mapping[str, Any]) -> str:
    """Return the HTML of a card.

    Parameters
    ----------
    card : mapping
        See `core.cards.model_card.model_card`.
    """
    money = Money(currency=card["data"]["currency"])
    model = card["model"]
    title = f"Model card: {model['label']}, {card['horizon']} days ahead"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(_first(card))}</p>',
        _facts(card),
        _section("Method", _list(model["made_of"])),
        *(f'<p class="note">{escape(text)}</p>' for text in [card["not_judged"]] if text),
        *(_outcome(card, name, found, money) for name, found in card["judged"].items()),
        _section("Known limits", _list(card["limits"])),
        _section("Reading this card", _list(card["reading"])),
        _section("Inputs", _inputs(card["inputs"], money)),
        _section("Software", _pairs(card["libraries"])) if card["libraries"] else "",
    ]
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
    )
    return "\n".join([head, "<body>", *body, "</body></html>\n"])


def _first(card: Mapping[str, Any]) -> str:
    return str(next((found["sentence"] for found in card["judged"].values()), card["not_judged"]))


def _facts(card: Mapping[str, Any]) -> str:
    data, model = card["data"], card["model"]
    used = "in use" if card["model"]["in_use"] else "not in use"
    said = {
        "Model": f"{model['label']} ({model['id']}), {used} for {card['horizon']} days ahead",
        "Predicts": " ".join(card["outcomes"].values()),
        "As of": f"{_day(card['as_of'])}; trained on data before that day",
        "Dataset": f"{data['dataset']}, version {data['version']}",
        "Orders": f"from {_day(data['first_order'])}, before {_day(data['until'])}" if data["first_order"] else "",
        "Customers": learned(data),
        "Trained": _day(model["trained_at"][:10]),
    }
    return _pairs({name: text for name, text in said.items() if text})


def learned(data: Mapping[str, Any]) -> str:
    """Describe the customers on whom a model was trained; empty if unknown."""
    if data["customers"] is None:
        return ""
    sampled = f" (sample of {count(data['of'])})" if data["of"] and data["customers"] < data["of"] else ""
    if not data["rows"] or not data["past_dates"]:
        return f"{customers(data['customers'])}{sampled}"
    past = many(data["past_dates"], "past date")
    return f"{customers(data['customers'])}{sampled}, trained on outcomes after {past}"


def _outcome(card: Mapping[str, Any], name: str, found: Mapping[str, Any], money: Money) -> str:
    parts = [f"<p>{escape(found['sentence'])}</p>"]
    if found["dates"]:
        dates = ", ".join(_day(at) for at in found["dates"])
        who = f"{customers(found['customers'])}, {count(found['customers_at_dates'])} outcomes"
        parts.append(f'<p class="soft">Tested at {escape(dates)}: {escape(who)}.</p>')
    if found["figures"]:
        parts.append(_figures(found["figures"], money))
    if name == "will_buy" and found.get("calibration"):
        note = "One dot per decile of predicted chance. On the line, predictions match outcomes. Bars: 95% interval."
        parts.append(
            f"<h3>Calibration</h3><figure>{card_drawings.reliability(found['calibration'])}"
            f"<figcaption>{note}</figcaption></figure>"
        )
    for kind, groups in found.get("by", {}).items():
        parts.append(f"<h3>By {escape(kind)}</h3><p>{escape(groups['sentence'])}</p>")
        parts.append(_groups(groups["groups"], name, kind, money))
    return _section(str(card["outcomes"].get(name, name)), "".join(parts))


def _figures(rows: Sequence[Mapping[str, Any]], money: Money) -> str:
    beside = any(row["rhythm"] is not None for row in rows)
    heads = ["Figure", "Mean", "95% interval", *(["Own rhythm", "95% interval", "Difference"] if beside else [])]
    body = []
    for row in rows:
        figure = row["figure"]
        cells = [
            f'<td><b>{escape(row["label"])}</b><br><span class="soft">{escape(row["definition"])}</span></td>',
            _number(written(figure, row["value"], money)),
            _number(span(figure, row["low"], row["high"], money)),
        ]
        if beside:
            cells += [
                _number(written(figure, row["rhythm"], money)),
                _number(span(figure, row["rhythm_low"], row["rhythm_high"], money)),
                f"<td>{escape(against_rhythm(dict(row)))}</td>",
            ]
        body.append("".join(cells))
    return _table(heads, body, "Means over the past dates.", words={0, 5})


def _groups(rows: Sequence[Mapping[str, Any]], outcome: str, kind: str, money: Money) -> str:
    heads, body, reach = _heads(outcome, kind), [], card_drawings.reach_of(rows)
    for row in rows:
        start = [f"<td>{_marked(row)}</td>", _number(count(row["customers"])), _number(count(row["answers"]))]
        if not row["enough"]:
            body.append("".join([*start, f'<td class="soft" colspan="{len(heads) - 3}">too few customers</td>']))
            continue
        said = [] if outcome == NEXT_SEGMENT else [_number(amount(row["predicted"], outcome, money))]
        between = gap_span(row["low"], row["high"], outcome, money)
        figures = [
            _number(written(name, row[name], money), span(name, row[f"{name}_low"], row[f"{name}_high"], money))
            for name in _beside(row)
        ]
        drawn = f"<td>{card_drawings.gap(row, reach)}</td>"
        off = _number(gap(row["off"], outcome, money), between)
        body.append("".join([*start, *said, _number(amount(row["actual"], outcome, money)), off, drawn, *figures]))
    red = "less accurate" if outcome == NEXT_SEGMENT else "larger error"
    return _table(heads, body, f"Red: {red} than elsewhere, beyond chance.", words={0, heads.index("")})


def _heads(outcome: str, kind: str) -> list[str]:
    first = [kind.capitalize(), "Customers"]
    if outcome == NEXT_SEGMENT:
        return [*first, "Moved", "Accuracy", "Vs others", "", "MCC"]
    if outcome == SPEND:
        return [*first, "Buyers", "Predicted", "Spent", "Error", "", "Gini"]
    return [*first, "Buyers", "Predicted", "Bought", "Error", "", "AUC", "Brier"]


def _beside(row: Mapping[str, Any]) -> list[str]:
    return [name.removesuffix("_low") for name in row if name.endswith("_low")]


def _marked(row: Mapping[str, Any]) -> str:
    name = escape(row["group"])
    return f'<b class="weak">{name}</b>' if row["weak"] else name


def _inputs(drivers: Iterable[Mapping[str, Any]], money: Money) -> str:
    body = []
    for driver in drivers:
        for place, one in enumerate(driver["inputs"]):
            unit = (money.symbol or "money") if one["unit"] == "money" else one["unit"]
            named = f"<b>{escape(driver['label'])}</b>" if not place else ""
            cells = (named, *map(escape, (one["label"], unit, one["definition"])))
            body.append("".join(f"<td>{cell}</td>" for cell in cells))
    return _table(
        ["Driver", "Input", "Unit", "Definition"], body, "All computed from data before the date.", words={0, 1, 2, 3}
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def _pairs(values: Mapping[str, str]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in values.items())}</dl>"


def _table(heads: Sequence[str], rows: Iterable[str], caption: str, *, words: set[int]) -> str:
    named = "".join(
        f"<th>{escape(head)}</th>" if place in words else f'<th class="n">{escape(head)}</th>'
        for place, head in enumerate(heads)
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<p class="soft">{escape(caption)}</p><div class="scroll"><table><thead><tr>{named}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _number(text: str, below: str = "") -> str:
    small = f'<br><span class="soft">{escape(below)}</span>' if below else ""
    return f'<td class="n">{escape(text)}{small}</td>'


def _day(text: str | None) -> str:
    return day(date.fromisoformat(text)) if text else "unknown"
