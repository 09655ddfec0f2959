"""The bill of materials of a bundle in CycloneDX 1.6: what it holds and what it was made from.

The same bundle gives the same bytes: the serial number is made from the content, and there is no
clock in it.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from packaging.utils import canonicalize_name

from export.manifest import FileRecord, Licences
from export.materials import Material, sorted_materials
from export.packages import licences, needs, package_component, purl, required_packages

SBOM = "sbom.cdx.json"
PROJECT = "distilbert-mobile"
EXPORT_ROLES = ("calibration", "gate data", "vocabulary")
"""Of the materials, what the export read; all else made the weights."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Sources:
    """What one export read."""

    weights: FileRecord
    materials: Sequence[Material]
    licences: Licences
    packages: Sequence[str]
    """Distributions that the export imports by itself; theirs are found from them."""


def bill(bundle_files: dict[str, FileRecord], sources: Sources) -> str:
    """Write the bill of a bundle with these files, as JSON text."""
    packages = required_packages(sources.packages)
    weights = _weights(sources)
    data = [_material(one, sources.licences) for one in sorted_materials(sources.materials)]
    if not data and sources.licences.data:
        data = [_unnamed_data(sources.licences.data)]
    document: Json = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "tools": {"components": [_tool()]},
            "component": _bundle(bundle_files, sources.weights),
        },
        "components": [weights, *data, *(package_component(name) for name in packages)],
        "dependencies": _dependencies(packages, sources.packages, weights, data),
    }
    digest = hashlib.sha256(_text(document).encode()).hexdigest()
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}"
    return _text(document)


def _text(document: Json) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


# ---- the bundle, its weights and its data ----


def _tool() -> Json:
    return {"type": "application", "name": PROJECT, "version": metadata.version(PROJECT)}


def _bundle(files: dict[str, FileRecord], weights: FileRecord) -> Json:
    return {
        "type": "machine-learning-model",
        "bom-ref": "bundle",
        "name": f"{PROJECT} bundle",
        "version": weights.sha256[:12],
        "components": [
            {
                "type": "file",
                "bom-ref": f"bundle/{name}",
                "name": name,
                "hashes": _hashes(record.sha256),
                "properties": [{"name": f"{PROJECT}:bytes", "value": str(record.bytes)}],
            }
            for name, record in sorted(files.items())
        ],
    }


def _weights(sources: Sources) -> Json:
    return {
        "type": "machine-learning-model",
        "bom-ref": "weights",
        "name": "model.safetensors",
        "version": sources.weights.sha256[:12],
        "hashes": _hashes(sources.weights.sha256),
        **licences([sources.licences.weights]),
        "properties": [{"name": f"{PROJECT}:bytes", "value": str(sources.weights.bytes)}],
    }


def _material(one: Material, stated: Licences) -> Json:
    weights = one.name.endswith(".safetensors")
    trained_on = one.role in ("training data", "evaluation data")
    return {
        "type": "machine-learning-model" if weights else "data",
        "bom-ref": f"{one.role}/{one.name}/{one.sha256[:12]}",
        "name": one.name,
        "version": one.sha256[:12],
        "hashes": _hashes(one.sha256),
        **licences([stated.data] if trained_on else []),
        "properties": [{"name": f"{PROJECT}:role", "value": one.role}],
    }


def _unnamed_data(licence: str) -> Json:
    """The data of a checkpoint that says under what licence it is, and no more."""
    return {
        "type": "data",
        "bom-ref": "training data",
        "name": "training data, not named by the checkpoint",
        **licences([licence]),
    }


def _hashes(sha256: str) -> list[Json]:
    return [{"alg": "SHA-256", "content": sha256}]


def _dependencies(
    packages: Sequence[str], roots: Sequence[str], weights: Json, data: Sequence[Json]
) -> list[Json]:
    """The graph: the bundle from the weights and the packages, the weights from the data."""
    from_export = [one for one in data if _role(one) in EXPORT_ROLES]
    from_training = [one for one in data if one not in from_export]
    used = sorted({purl(canonicalize_name(root)) for root in roots})
    of_bundle = [weights["bom-ref"], *(one["bom-ref"] for one in from_export), *used]
    return [
        {"ref": "bundle", "dependsOn": of_bundle},
        {"ref": "weights", "dependsOn": [one["bom-ref"] for one in from_training]},
        *(
            {"ref": purl(name), "dependsOn": [purl(needed) for needed in needs(name)]}
            for name in packages
        ),
    ]


def _role(component: Json) -> str:
    values = [one["value"] for one in component.get("properties", ())]
    return values[0] if values else ""
