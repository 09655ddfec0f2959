"""The bill of materials is CycloneDX 1.6, says what the export read, and is the same each time."""

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from export.build import EXPORT_PACKAGES, PACKAGES
from export.manifest import FileRecord, Licences
from export.materials import Material, file_materials, training_materials
from export.packages import licences, required_packages
from export.sbom import Sources, bill
from export.shipped import SHIPPED

STUDENT = SHIPPED.folder
FILES = {"vocab.txt": FileRecord(3, "c" * 64), "model.tflite": FileRecord(20, "a" * 64)}
COMPONENT_TYPES = {"application", "library", "file", "data", "machine-learning-model"}
"""Of the schema's component types, those that a bundle has use for."""


def sources(**changes: Any) -> Sources:
    settings: dict[str, Any] = {
        "weights": FileRecord(10, "b" * 64),
        "materials": [
            Material("train.json", "1" * 64, "training data"),
            Material("texts.json", "2" * 64, "calibration"),
            Material("model.safetensors", "3" * 64, "teacher"),
        ],
        "licences": Licences("apache-2.0", "cc-by-sa-4.0"),
        "packages": ("numpy", "tokenizers"),
        **changes,
    }
    return Sources(**settings)


def components(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All components of a bill, nested ones too."""
    found = [*document["metadata"]["tools"]["components"], document["metadata"]["component"]]
    found += document["components"]
    return found + [inner for one in found for inner in one.get("components", ())]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The bill of a bundle of the shipped student, with all packages of an export."""
    packages = [*EXPORT_PACKAGES, *(name for names in PACKAGES.values() for name in names)]
    materials = training_materials(STUDENT)
    text = bill(FILES, sources(packages=packages, materials=materials))
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_the_fields_that_the_schema_requires_are_there_and_valid(document: dict[str, Any]) -> None:
    assert document["bomFormat"] == "CycloneDX"
    assert document["specVersion"] == "1.6"
    assert document["$schema"] == "http://cyclonedx.org/schema/bom-1.6.schema.json"
    assert type(document["version"]) is int
    assert document["version"] >= 1
    uuid = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, document["serialNumber"])
    fields = {"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata"}
    assert set(document) == {*fields, "components", "dependencies"}  # the schema allows no others


def test_every_component_has_what_the_schema_requires(document: dict[str, Any]) -> None:
    allowed = {"type", "bom-ref", "name", "version", "hashes", "licenses", "purl"}
    for one in components(document):
        assert one["type"] in COMPONENT_TYPES
        assert one["name"]
        assert set(one) <= {*allowed, "properties", "components"}
        for digest in one.get("hashes", ()):
            assert set(digest) == {"alg", "content"}
            assert digest["alg"] == "SHA-256"
            assert re.fullmatch("[0-9a-f]{64}", digest["content"])
        for licence in one.get("licenses", ()):
            if "license" in licence:
                assert len(licence["license"]) == 1  # an id or a name, never both
                assert set(licence["license"]) <= {"id", "name"}
            else:
                assert set(licence) == {"expression"}
                assert len(one["licenses"]) == 1


def test_references_are_unique_and_every_dependency_is_a_component(
    document: dict[str, Any],
) -> None:
    references = [one["bom-ref"] for one in components(document) if "bom-ref" in one]
    assert len(references) == len(set(references))
    for edge in document["dependencies"]:
        assert {edge["ref"], *edge["dependsOn"]} <= set(references)
        assert len(edge["dependsOn"]) == len(set(edge["dependsOn"]))
    assert len({edge["ref"] for edge in document["dependencies"]}) == len(document["dependencies"])


def test_the_student_names_its_data_teacher_and_packages(document: dict[str, Any]) -> None:
    by_name = {one["name"]: one for one in document["components"]}
    torch = by_name["torch"]
    assert torch["version"] == metadata.version("torch")
    assert torch["purl"].startswith("pkg:pypi/torch@")
    assert "ai-edge-litert" in by_name
    assert "sympy" in by_name  # nobody but torch asks for it
    assert by_name["squad11-train-00.json.gz"]["licenses"] == [{"license": {"id": "CC-BY-SA-4.0"}}]
    roles = {
        one["properties"][0]["value"] for one in document["components"] if one["type"] == "data"
    }
    assert {"training data", "evaluation data", "teacher"} <= roles


def test_the_same_export_gives_the_same_bytes_and_another_one_does_not() -> None:
    text = bill(FILES, sources())
    shuffled = sources(materials=sources().materials[::-1], packages=("tokenizers", "numpy"))
    assert bill(dict(reversed(FILES.items())), shuffled) == text
    other = json.loads(bill(FILES, sources(weights=FileRecord(10, "d" * 64))))
    assert other["serialNumber"] != json.loads(text)["serialNumber"]
    assert str(Path.home()) not in text


def test_what_the_export_read_is_not_what_the_weights_were_trained_on() -> None:
    edges = {
        one["ref"]: one["dependsOn"] for one in json.loads(bill(FILES, sources()))["dependencies"]
    }
    assert any(ref.startswith("calibration/texts.json") for ref in edges["bundle"])
    assert any(ref.startswith("training data/train.json") for ref in edges["weights"])
    assert not any(ref.startswith("calibration") for ref in edges["weights"])


def test_a_checkpoint_without_a_record_still_tells_the_licence_of_its_data(tmp_path: Path) -> None:
    assert training_materials(tmp_path) == []
    document = json.loads(bill(FILES, sources(materials=[])))
    data = [one for one in document["components"] if one["type"] == "data"]
    assert [one["licenses"] for one in data] == [[{"license": {"id": "CC-BY-SA-4.0"}}]]
    silent = json.loads(bill(FILES, sources(materials=[], licences=Licences(None, None))))
    weights = silent["components"][0]
    assert "licenses" not in weights
    assert all(one["type"] != "data" for one in silent["components"])


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    (tmp_path / "distill.json").write_text("{")
    with pytest.raises(ValueError, match=r"distill\.json is not valid JSON"):
        training_materials(tmp_path)


def test_licences_are_known_by_their_id_or_kept_as_written() -> None:
    assert licences(["MIT"]) == {"licenses": [{"license": {"id": "MIT"}}]}
    assert licences(["my own"]) == {"licenses": [{"license": {"name": "my own"}}]}
    assert licences([None, ""]) == {}


def test_packages_are_followed_to_what_they_need() -> None:
    assert {"tokenizers", "huggingface-hub"} <= set(required_packages(["tokenizers"]))
    assert required_packages(["numpy"]) == ["numpy"]


def test_files_are_measured_and_names_of_the_hub_have_no_bytes(tmp_path: Path) -> None:
    path = tmp_path / "texts.json"
    path.write_text("[]")
    found = file_materials([path, Path("OWNER/NAME")], "gate data")
    assert [(one.name, one.role) for one in found] == [("texts.json", "gate data")]
    assert len(found[0].sha256) == 64
