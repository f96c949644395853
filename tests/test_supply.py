"""Locked dependencies: every package has a version and hashes, and none is unneeded."""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements", "requirements-dev", ".ci/audit")


def directs(name: str) -> list[Requirement]:
    """Return the pins of an input file and of the one it builds on."""
    lines = (PROJECT / f"{name}.in").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    below = [line.split()[1].removesuffix(".in") for line in lines if line.startswith("-r ")]
    return [*pins, *(pin for other in below for pin in directs(other))]


def locked(name: str) -> dict[str, list[tuple[Requirement, list[str], list[str]]]]:
    """Return the entries of a lock file by package, with hashes and the lines that name dependents."""
    text = (PROJECT / f"{name}.txt").read_text(encoding="utf-8")
    entries: dict[str, list[tuple[Requirement, list[str], list[str]]]] = {}
    for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]:
        pin = Requirement(block.split(" \\\n")[0].splitlines()[0])
        needed_by = re.findall(r"^    #(?: via)? +(?!via)(\S.*)$", block, flags=re.MULTILINE)
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", block)
        entries.setdefault(canonicalize_name(pin.name), []).append((pin, hashes, needed_by))
    return entries


def version(pin: Requirement) -> str:
    """Return the one version that a pin allows."""
    (only,) = pin.specifier
    assert only.operator == "==", pin
    return only.version


@pytest.mark.parametrize("name", LOCKS)
def test_every_direct_pin_is_locked_with_its_version(name: str) -> None:
    entries = locked(name)
    for pin in directs(name):
        assert version(pin) in [version(entry) for entry, *_ in entries[canonicalize_name(pin.name)]], pin


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    for entries in locked(name).values():
        assert all(hashes for _, hashes, _ in entries), entries


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_locked_without_need(name: str) -> None:
    entries = locked(name)
    needed: set[str] = {canonicalize_name(pin.name) for pin in directs(name)}
    while more := {
        package
        for package, found in entries.items()
        if package not in needed and any(needed & set(needed_by) for *_, needed_by in found)
    }:
        needed |= more
    assert set(entries) == needed


def test_the_tools_run_beside_the_very_packages_that_are_served() -> None:
    served, tools = locked("requirements"), locked("requirements-dev")
    for package, entries in served.items():
        assert [(pin, hashes) for pin, hashes, _ in tools[package]] == [(pin, hashes) for pin, hashes, _ in entries]


def test_what_installed_packages_need_is_locked() -> None:
    entries, lacking = locked("requirements"), []
    for package, found in entries.items():
        extras = {"", *(extra for pin in directs("requirements") if pin.name == package for extra in pin.extras)}
        for need in needs(package, extras) if any(applies(pin) for pin, *_ in found) else []:
            candidates = [pin for pin, *_ in entries.get(canonicalize_name(need.name), []) if applies(pin)]
            if not any(need.specifier.contains(version(pin), prereleases=True) for pin in candidates):
                lacking.append(f"{package} needs {need}")
    assert not lacking


def needs(package: str, extras: set[str]) -> list[Requirement]:
    """Return the requirements of an installed package on this system."""
    try:
        asked = [Requirement(line) for line in requires(package) or []]
    except PackageNotFoundError:
        return []
    return [need for need in asked if any(applies(need, extra) for extra in extras)]


def applies(pin: Requirement, extra: str = "") -> bool:
    """Return whether a requirement applies to this system."""
    return pin.marker is None or pin.marker.evaluate({"extra": extra})


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry_and_no_folder(name: str) -> None:
    text = (PROJECT / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|(?<!emit-)index-url|find-links|^-r|(?<=[\s\"'])/", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("audit", "first"),
    [
        (None, "not checked"),
        ({"dependencies": [{"name": "shop", "skip_reason": "not found"}]}, "not checked"),
        ({"dependencies": [{"name": "shop", "version": "1", "vulns": []}]}, "0 in 1 of 1"),
        (
            {
                "dependencies": [
                    {"name": "shop", "version": "1", "vulns": [{"id": "F-1", "fix_versions": ["1.1"]}]},
                    {"name": "till", "skip_reason": "not found"},
                ]
            },
            "1 in 1 of 2",
        ),
    ],
)
def test_the_report_says_how_many_packages_were_checked(audit: object, first: str) -> None:
    command = [sys.executable, str(PROJECT / ".ci" / "supply.py")]
    told = json.dumps(audit) if audit else ""
    lines = subprocess.run(command, input=told, capture_output=True, text=True, check=True).stdout.splitlines()
    assert first in lines[0]
    assert ("F-1" in lines[1]) == (first == "1 in 1 of 2")
    assert "  streamlit: Apache-2.0" in lines
