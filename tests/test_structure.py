"""Rules of the design that import-linter cannot see: what Home.py and the pages import, and how long a page is."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PAGES = sorted((PROJECT / "pages").rglob("*.py"))
LONGEST_PAGE = 80


def imported(path: Path) -> set[str]:
    """Give the modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", [*PAGES, PROJECT / "Home.py"], ids=lambda path: path.name)
def test_pages_and_home_import_no_page_and_no_charting_library(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"pages", "plotly", "duckdb", "ibis", "pandas", "Home"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_reads_as_a_recipe(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_PAGE
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(ast.parse(text)))


def test_no_page_lies_directly_in_pages() -> None:
    assert all(path.parent.parent == PROJECT / "pages" for path in PAGES)


def test_every_page_is_in_the_menu() -> None:
    shell = (PROJECT / "core" / "ui" / "shell.py").read_text(encoding="utf-8")
    for path in PAGES:
        assert f'"{path.parent.name}" / "{path.name}"' in shell


def test_days_are_written_the_same_on_windows() -> None:
    only_elsewhere = re.compile(r"%[-#_^][a-zA-Z]|%[eklP]\b")
    for folder in ("core", "pages", "data", "benchmarks"):
        for path in (PROJECT / folder).rglob("*.py"):
            found = only_elsewhere.findall(path.read_text(encoding="utf-8"))
            assert not found, f"{path}: {found}; see core.numbers.day"
