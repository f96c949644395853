"""Tests that the documentation names files, settings, commands and options that exist."""

import re
from pathlib import Path

import pytest

from core.cli import main
from core.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").glob("*.md"))]
REFERENCE = (PROJECT / "docs" / "REFERENCE.md").read_text(encoding="utf-8")
COMMANDS = ("analyse", "movement", "backtest", "train", "score", "simulate", "backup", "restore", "adopt")
IN_REPOSITORY = re.compile(r"(?:core|pages|data|benchmarks|docs|tests)/[\w./-]*|Home\.py|pyproject\.toml")
MOST_LINES = 90


def quoted(text: str) -> list[str]:
    """Return the code spans of a page, without its code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_exist(page: Path) -> None:
    named = [span for span in quoted(page.read_text(encoding="utf-8")) if IN_REPOSITORY.fullmatch(span)]
    assert not [path for path in named if path != "data/workspace" and not (PROJECT / path).exists()]  # made when run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("name", Settings.__dataclass_fields__)
def test_every_setting_is_in_the_reference(name: str) -> None:
    assert f"`CLIENTELE_{name.upper()}`" in REFERENCE


def test_no_other_setting_is_named() -> None:
    known = {f"CLIENTELE_{name.upper()}" for name in Settings.__dataclass_fields__}
    for page in PAGES:
        if page.name != "CHANGELOG.md":  # which names settings that are gone
            assert set(re.findall(r"CLIENTELE_[A-Z_]+", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_in_the_reference(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert f"`python -m core {command} " in REFERENCE or f"`python -m core {command}`" in REFERENCE
    assert not [option for option in options if not re.search(rf"{option}\b(?!-)", REFERENCE)]


def test_the_readme_fits_on_two_screens() -> None:
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_LINES
