"""The voice of the product and the code: phrases that must not come back.

A phrase is searched for in strings, docstrings and comments, ignoring case and line breaks.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PROJECT = Path(__file__).parents[1]
FOLDERS: Final = ("core", "pages", "data", "benchmarks")
WHOLE: Final = [*(path for name in FOLDERS for path in sorted((PROJECT / name).rglob("*.py"))), PROJECT / "Home.py"]

QUESTIONS: Final = frozenset(
    {"What", "Whom", "Who", "Whose", "How", "Which", "Whether", "Where", "When", "Why", "That", "Give", "Gives"}
)
"""First words of a docstring that neither command nor name: `Return whether …`, `The models of …` do."""

GONE: Final = (
    # Customers are "they".
    r"\bshe\b", r"\bher\b(?! majesty)", r"\bherself\b",
    # Percentages are `25%`.
    r"\d %(?!\w)",
    # Translated English.
    r"\blately\b", r"\bmost came back\b", r"\bis being found out\b",
    r"\bis being worked out\b", r"\bwhom do you\b", r"\basked for by\b", r"\bdid not work out\b", r"\btaken up\b",
    r"\blike nobody\b", r"\bthe middle customer\b", r"\bcustomer in the middle\b", r"\bin the middle\b",
    r"\blast one so far\b", r"\bput first brought\b", r"\btruth of its prob", r"\bgoes by to tell\b",
    r"\btold by others\b", r"\bhow true it is\b", r"\bstand still while\b", r"\blong away\b",
    r"\bsee how sales develop\b",
    r"\bbring your own orders\b", r"\bwho brings the revenue\b", r"\bwhich rows count\b", r"\bthe shop took\b",
    r"\bwhole log\b", r"\bnot for the first time\b", r"\blate by their own rhythm\b", r"\bhow few bring most\b",
    r"\bif all brought the same\b", r"\bhow the three go together\b", r"\bno rhythm yet\b",
    r"\bits members are no new\b", r"\bof the newest\b", r"\bleft out of all that is said\b",
    r"\bbegan with it: at least\b", r"\btogether in at least so many\b", r"\bbend sums\b",
    r"\bno value is missing\b", r"\bcolumns to look at\b", r"\bafter the loyal ones\b", r"\bcome without discounts\b",
    r"\ball together\b", r"\bwent back\b", r"\bwithout doing anything\b", r"\bno longer look like\b",
    r"\bwith those who slipped\b", r"\ba word now may\b", r"\bhere each day counts\b", r"\bsegments hold\b",
    r"\bat least \d+% are wanted\b", r"\bknow more\b", r"\bwho orders for the first time later\b",
    r"\bhow far totals were off\b", r"\blikelier than not\b", r"\bwhat weighs most\b", r"\bcounts for an order\b",
    r"\bor come from a list\b", r"\bsaid by\b", r"\bhow good four\b", r"\bit runs beside the pages\b",
    r"\bwho competes\b", r"\brare answers\b", r"\bcommonest answer\b", r"\bnobody moves\b",
    r"\bothers mistaken for\b", r"\bhas not been looked at yet\b", r"\bits twin\b", r"\bused and missed\b",
    r"\ba shop can act on\b", r"\bright less often\b", r"\bwas cancelled again\b", r"\bwhere the orders are\b",
    r"\bwhat the file needs to hold\b", r"\bno row is lost\b", r"\bin it already count once\b",
    r"\bchange something\b", r"\bwho did what\b", r"\bgone for ever\b", r"\bnothing runs\b", r"\bdone just now\b",
    r"\bno such shop exists\b", r"\bwhat of it is not there\b",
)  # fmt: skip


SAVED: Final = re.compile(r"^((top|next) \d\d %|Rare answers)$")
"""Values in saved links; pages show them in other words."""


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and texts of strings and comments, with line breaks as blanks."""
    kinds = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    parts: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type in kinds:
            parts.append((token.start[0], token.string))
        elif token.type not in {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT} and parts:
            yield parts[0][0], _joined(parts)
            parts = []
    if parts:
        yield parts[0][0], _joined(parts)


def _joined(parts: list[tuple[int, str]]) -> str:
    """Join adjacent strings, as Python does, without quotes and prefixes."""
    bare = [re.sub(r"""^(#|[rRbBfFuU]*['"]+)|['"]+$""", "", text) for _, text in parts]
    return re.sub(r"\s+", " ", "".join(bare))


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and first lines of docstrings."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text.splitlines()[0]


@pytest.mark.parametrize("phrase", GONE)
def test_phrases_that_were_replaced_do_not_come_back(phrase: str) -> None:
    pattern = re.compile(phrase, re.IGNORECASE)
    found = [
        f"{path.relative_to(PROJECT)}:{line}: {text[:120]}"
        for path in WHOLE
        for line, text in _texts(path)
        if pattern.search(text) and not SAVED.match(text)
    ]
    assert not found, "\n".join(found)


def test_docstrings_begin_with_a_command_or_a_noun() -> None:
    found = [
        f"{path.relative_to(PROJECT)}:{line}: {first}"
        for path in WHOLE
        for line, first in docstrings(path)
        if first.split()[0].strip(".,") in QUESTIONS
    ]
    assert not found, "\n".join(found)


_READ: Final[dict[Path, list[tuple[int, str]]]] = {}


def _texts(path: Path) -> list[tuple[int, str]]:
    if path not in _READ:
        _READ[path] = list(texts(path))
    return _READ[path]
