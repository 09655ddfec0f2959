"""The student that ships is named in one place; its bundle is made again only when it must be."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.config import StudyConfig
from export.bundle import MANIFEST, Bundle, load_bundle
from export.config import ExportConfig
from export.shipped import SHIPPED, todays_bundle, todays_bundles

ROOT = Path(__file__).resolve().parents[1]
MANIFESTS = ROOT / "tests" / "golden" / "manifests"


def test_the_student_is_there_and_the_only_one() -> None:
    assert (ROOT / SHIPPED.checkpoint / "model.safetensors").is_file()
    found = [path.parent for path in (ROOT / "models").glob("*/vocab.txt")]
    assert found == [ROOT / SHIPPED.checkpoint]


def test_the_readme_asks_the_bundle_that_the_study_leaves() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"distilbert-mobile ask bundles/{SHIPPED.bundle_name} " in readme


def test_a_bundle_is_made_where_it_is_missing_broken_or_outdated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ExportConfig] = []

    def build_bundle(config: ExportConfig) -> Bundle:
        made.append(config)
        assert config.force == config.out.exists()
        shutil.copytree(MANIFESTS / "files", config.out, dirs_exist_ok=True)
        name = "as-exported" if len(config.runtimes) == 2 else "one-runtime"
        shutil.copyfile(MANIFESTS / "accepted" / f"{name}.json", config.out / MANIFEST)
        return load_bundle(config.out)

    monkeypatch.setattr("export.build.build_bundle", build_bundle)
    folder = tmp_path / "bundle"
    assert todays_bundle(folder, ("tflite",)).folder == folder
    (config,) = made
    assert (config.checkpoint, config.runtimes) == (ROOT / SHIPPED.checkpoint, ("tflite",))
    assert (config.recipe, config.buckets) == (SHIPPED.recipe, SHIPPED.buckets)
    todays_bundle(folder, ("tflite",))
    assert len(made) == 1
    todays_bundle(folder)  # lacks a runtime
    assert len(made) == 2
    todays_bundle(folder, ("tflite",))
    assert len(made) == 2
    os.utime(folder / MANIFEST, (0, 0))
    todays_bundle(folder)
    assert len(made) == 3
    (folder / "model.pte").write_bytes(b"cut")
    todays_bundle(folder)
    assert len(made) == 4


def test_of_several_that_ask_at_once_one_makes_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def build_bundle(config: ExportConfig) -> Bundle:
        made.append(config.out)
        time.sleep(0.3)
        shutil.copytree(MANIFESTS / "files", config.out)
        shutil.copyfile(MANIFESTS / "accepted" / "as-exported.json", config.out / MANIFEST)
        return load_bundle(config.out)

    monkeypatch.setattr("export.build.build_bundle", build_bundle)
    folder = tmp_path / "new" / "bundle"
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(todays_bundle, [folder] * 3))
    assert [bundle.folder for bundle in found] == [folder] * 3
    assert made == [folder]


def test_several_folders_share_one_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def build_bundle(config: ExportConfig) -> Bundle:
        made.append(config.out)
        shutil.copytree(MANIFESTS / "files", config.out)
        shutil.copyfile(MANIFESTS / "accepted" / "as-exported.json", config.out / MANIFEST)
        return load_bundle(config.out)

    monkeypatch.setattr("export.build.build_bundle", build_bundle)
    one, two, three = (tmp_path / name / "bundle" for name in ("one", "two", "three"))
    todays_bundles(one, two)
    assert made == [one]
    assert todays_bundle(two).folder == two
    (two / "model.pte").write_bytes(b"cut")
    todays_bundles(one, two, three)
    assert load_bundle(two).folder == two
    assert todays_bundle(three).folder == three
    assert made == [one]
    assert not list(tmp_path.glob("*/*.partial"))


def test_the_study_knows_the_student_wherever_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert SHIPPED.recipe in StudyConfig().recipes_of(SHIPPED.folder)
    assert SHIPPED.recipe not in StudyConfig().recipes_of(tmp_path)
