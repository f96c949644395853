"""Print what is known of the locked packages: faults from pip-audit's JSON on standard input, and every licence."""

import json
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

LONGEST_NAME = 60  # characters; some packages put the text of their licence where its name belongs


def faults(audit: str) -> list[str]:
    """Say which locked packages have known faults; `audit` is what `pip-audit --format json` wrote."""
    try:
        found = json.loads(audit)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return ["Known faults: not checked, because the list of known faults can't be reached from here."]
    checked = [package for package in found if "vulns" in package]
    if not checked:
        return ["Known faults: not checked, because the list of known faults knows none of the packages from here."]
    faulty = [
        f"  {package['name']} {package['version']}: {fault['id']}, fixed in {', '.join(fault['fix_versions']) or '-'}"
        for package in checked
        for fault in package["vulns"]
    ]
    return [f"Known faults: {len(faulty)} in {len(checked)} of {len(found)} packages that could be checked.", *faulty]


def licences(lock: str) -> list[str]:
    """Say under which licence each package of a lock file stands that is installed here."""
    names = sorted(set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", lock, flags=re.MULTILINE)))
    lines = []
    for name in names:
        try:
            lines.append(f"  {name}: {licence(distribution(name))}")
        except PackageNotFoundError:
            lines.append(f"  {name}: not needed on this system")
    return [f"Licences of {len(names)} packages:", *lines]


def licence(package: Distribution) -> str:
    """Name a package's licence by the newest of the places where packages say it."""
    said = package.metadata.json
    expression, name = str(said.get("license_expression", "")), str(said.get("license", ""))
    classified = [str(line).split(" :: ")[-1] for line in said.get("classifier", []) if line.startswith("License ::")]
    places = [expression, ", ".join(classified), name, text(package)]
    named = [place.strip() for place in places if place.strip() not in {"", "OSI Approved", "UNKNOWN"}]
    return named[0].splitlines()[0][:LONGEST_NAME] if named else "not said"


def text(package: Distribution) -> str:
    """Give the text of a package's licence."""
    files = [file for file in package.files or [] if re.match("licen[cs]e|copying", file.name, flags=re.IGNORECASE)]
    return files[0].read_text() if files else ""


if __name__ == "__main__":
    locked = (Path(__file__).parents[1] / "requirements.txt").read_text(encoding="utf-8")
    print("\n".join([*faults(sys.stdin.read()), *licences(locked)]))
