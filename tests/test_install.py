"""A bundle gets into an app whole and verified, or the app stays as it was."""

import json
import shutil
from pathlib import Path

import pytest

from distilbert_mobile import main
from export import install as module
from export.bundle import load_bundle
from export.config import InstallConfig
from export.install import LAYOUTS, check_installed, install

ROOT = Path(__file__).resolve().parents[1]
MANIFESTS = ROOT / "tests" / "golden" / "manifests"
NAMES = {"manifest.json", "golden.json", "vocab.txt", "model.pte", "model.tflite"}


def write_bundle(folder: Path, manifest: str = "as-exported") -> Path:
    shutil.copytree(MANIFESTS / "files", folder)
    shutil.copy(MANIFESTS / "accepted" / f"{manifest}.json", folder / "manifest.json")
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


@pytest.fixture(params=list(LAYOUTS))
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder that has what tells an app of each system."""
    marker = tmp_path / "app" / LAYOUTS[request.param].marker
    marker.parent.mkdir(parents=True)
    marker.touch()
    return tmp_path / "app"


def assets(app: Path) -> Path:
    return next(app / one.assets for one in LAYOUTS.values() if (app / one.marker).is_file())


def manifest_bytes(folder: Path) -> int:
    return (folder / "manifest.json").stat().st_size


def test_the_bundle_arrives_whole_and_nothing_else_does(bundle: Path, app: Path) -> None:
    (bundle / "notes.txt").write_text("not of the bundle")
    found = install(InstallConfig(bundle, app))
    assert found.folder == assets(app)
    assert load_bundle(assets(app)).manifest == load_bundle(bundle).manifest
    assert {path.name for path in assets(app).iterdir()} == NAMES
    assert [path.name for path in assets(app).parent.iterdir()] == ["bundle"]
    sizes = {name: (bundle / name).stat().st_size for name in NAMES}
    assert found.files == {name: (None, size) for name, size in sizes.items()}
    assert (found.before, found.now) == (0, sum(sizes.values()))


def test_an_older_bundle_is_replaced_and_the_change_is_told(
    bundle: Path, app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(InstallConfig(bundle, app))
    other = write_bundle(tmp_path / "other", "one-runtime")
    assert main(["install", str(other), str(app), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["files"]["model.pte"] == [256, None]
    assert shown["files"]["model.tflite"] == [262, 262]
    assert not (assets(app) / "model.pte").exists()
    assert load_bundle(assets(app)).manifest == load_bundle(other).manifest
    assert main(["install", str(bundle), str(app)]) == 0
    printed = capsys.readouterr().out
    assert f"{256 + manifest_bytes(bundle) - manifest_bytes(other):+,} bytes" in printed
    assert "model.pte                256, new" in printed
    assert main(["install", str(bundle), str(app)]) == 0
    assert "as many bytes as before" in capsys.readouterr().out


def test_an_app_with_a_key_gets_only_what_the_key_signed(bundle: Path, app: Path) -> None:
    golden = json.loads((MANIFESTS.parent / "signatures.json").read_text())
    layout = next(one for one in LAYOUTS.values() if (app / one.marker).is_file())
    key, signature = app / layout.key, bytes.fromhex(golden["cases"][0]["signature"])
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text(golden["keys"]["other"])
    with pytest.raises(FileNotFoundError, match="is not signed"):
        install(InstallConfig(bundle, app))
    (bundle / "manifest.sig").write_bytes(signature)
    with pytest.raises(ValueError, match="another key signed it"):
        install(InstallConfig(bundle, app))
    assert not assets(app).exists()
    key.write_text(golden["keys"]["own"])
    assert install(InstallConfig(bundle, app)).files["manifest.sig"] == (None, 64)
    assert (assets(app) / "manifest.sig").read_bytes() == signature
    assert check_installed(app).folder == assets(app)
    key.write_text(golden["keys"]["other"])
    with pytest.raises(ValueError, match="another key signed it"):
        check_installed(app)


@pytest.mark.parametrize("fault", ["flipped", "cut", "gone"])
def test_a_bundle_that_is_not_as_measured_changes_nothing(
    bundle: Path, app: Path, fault: str
) -> None:
    install(InstallConfig(bundle, app))
    before = {path.name: path.read_bytes() for path in assets(app).iterdir()}
    model = bundle / "model.tflite"
    data = model.read_bytes()
    model.unlink()
    if fault != "gone":
        model.write_bytes(data[:-1] if fault == "cut" else bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises((ValueError, FileNotFoundError), match=r"model\.tflite"):
        install(InstallConfig(bundle, app))
    assert {path.name: path.read_bytes() for path in assets(app).iterdir()} == before


def test_a_copy_that_goes_wrong_leaves_the_old_bundle(
    bundle: Path, app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(InstallConfig(bundle, app))
    other = write_bundle(tmp_path / "other", "one-runtime")

    def short_copy(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:100])

    monkeypatch.setattr(module.shutil, "copyfile", short_copy)
    with pytest.raises(ValueError):
        install(InstallConfig(other, app))
    assert load_bundle(assets(app)).manifest == load_bundle(bundle).manifest
    assert [path.name for path in assets(app).parent.iterdir()] == ["bundle"]


def test_a_folder_without_an_app_is_refused(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    for folder in (tmp_path / "elsewhere", tmp_path / "nowhere"):
        assert main(["install", str(bundle), str(folder)]) == 1
        assert "name android_demo or ios_demo" in capsys.readouterr().err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_is_no_bundle_is_not_thrown_away(bundle: Path, app: Path, tmp_path: Path) -> None:
    assets(app).mkdir(parents=True)
    (assets(app) / "photos.zip").write_text("mine")
    with pytest.raises(ValueError, match="something else than a bundle"):
        install(InstallConfig(bundle, app))
    assert (assets(app) / "photos.zip").read_text() == "mine"
    shutil.rmtree(assets(app))
    assets(app).symlink_to(tmp_path / "bundle")
    with pytest.raises(ValueError, match="something else than a bundle"):
        install(InstallConfig(bundle, app))


def test_a_bundle_for_another_task_and_the_installed_one_itself_are_refused(
    bundle: Path, app: Path, tmp_path: Path
) -> None:
    classifier = write_bundle(tmp_path / "classifier", "classifier")
    with pytest.raises(ValueError, match=r"sequence-classification.*answer questions"):
        install(InstallConfig(classifier, app))
    install(InstallConfig(bundle, app))
    with pytest.raises(ValueError, match="the app's own copy"):
        install(InstallConfig(assets(app), app))
    assert load_bundle(assets(app))


def test_a_tokenizer_that_the_apps_cannot_read_is_refused(bundle: Path, app: Path) -> None:
    manifest = bundle / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"wordpiece"', '"byte-bpe"'))
    with pytest.raises(ValueError, match="byte-bpe tokenizer, the apps read wordpiece only"):
        install(InstallConfig(bundle, app))
    assert not assets(app).exists()


@pytest.mark.parametrize(("system", "folder"), [("Android", "android_demo"), ("iOS", "ios_demo")])
def test_the_apps_of_this_repository_are_told_by_their_markers(system: str, folder: str) -> None:
    assert (ROOT / folder / LAYOUTS[system].marker).is_file()
