"""The Python packages an export needs, as components of a CycloneDX bill of materials."""

from collections.abc import Iterable
from importlib import metadata
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

SPDX = {
    name.lower(): name
    for name in (
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC-BY-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "CC0-1.0",
        "MIT",
        "ISC",
        "MPL-2.0",
        "PSF-2.0",
        "Unlicense",
    )
}
"""Licences by their small letters, as model cards and packages write them."""
LONGEST_NAME = 100
"""Some packages put the whole text of their licence where its name belongs."""

Json = dict[str, Any]


def licences(names: Iterable[str | None]) -> Json:
    """The field `licenses`, by SPDX id where one is known; nothing where nothing is stated."""
    found = []
    for name in names:
        if name:
            known = SPDX.get(name.strip().lower())
            found.append({"license": {"id": known} if known else {"name": name.strip()}})
    return {"licenses": found} if found else {}


def required_packages(roots: Iterable[str]) -> list[str]:
    """The installed distributions that `roots` need, directly or not, and themselves."""
    found: set[str] = set()
    waiting: list[str] = [canonicalize_name(root) for root in roots]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs(name))
    return sorted(found)


def needs(name: str) -> list[str]:
    """The installed distributions that one asks for on this machine, without its extras."""
    needed = set()
    for line in metadata.requires(name) or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            needed.add(canonicalize_name(requirement.name))
    return sorted(one for one in needed if _installed(one))


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def package_component(name: str) -> Json:
    version = metadata.version(name)
    return {
        "type": "library",
        "bom-ref": purl(name),
        "name": name,
        "version": version,
        **_package_licences(name),
        "purl": purl(name),
    }


def purl(name: str) -> str:
    return f"pkg:pypi/{name}@{metadata.version(name).replace('+', '%2B')}"


def _package_licences(name: str) -> Json:
    fields: Any = metadata.metadata(name)
    expression = fields.get("License-Expression")
    if expression:
        return {"licenses": [{"expression": expression}]}
    stated = (fields.get("License") or "").strip()
    if stated and "\n" not in stated and len(stated) <= LONGEST_NAME:
        return licences([stated])
    kinds = [line for line in fields.get_all("Classifier") or () if line.startswith("License ::")]
    return licences(sorted({line.rpartition(" :: ")[2] for line in kinds}))
