"""Puts a verified bundle into the assets of an app, and says what that changes in its size."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from export.bundle import MANIFEST, SIGNATURE, Bundle, load_bundle
from export.config import InstallConfig
from export.manifest import QUESTION_ANSWERING
from export.signature import check_signature, read_public_key
from export.staging import publish, staging


@dataclass(frozen=True)
class Layout:
    """What tells an app folder, where in it the bundle goes, and where its owner's key may be."""

    marker: str
    assets: str
    key: str


LAYOUTS = {
    "Android": Layout(
        "app/src/main/AndroidManifest.xml",
        "app/src/main/assets/bundle",
        "app/src/main/assets/public.pem",
    ),
    "iOS": Layout("App/project.yml", "App/Resources/bundle", "App/Resources/public.pem"),
}


@dataclass(frozen=True)
class Installed:
    """What an app has now. `files` maps name -> bytes (before, now); None: was or is not there."""

    system: str
    folder: Path
    files: dict[str, tuple[int | None, int | None]]

    @property
    def before(self) -> int:
        """Bytes of the bundle that the app had."""
        return sum(size or 0 for size, _ in self.files.values())

    @property
    def now(self) -> int:
        """Bytes of the bundle that the app has."""
        return sum(size or 0 for _, size in self.files.values())


def install(
    config: InstallConfig, progress: Callable[[str], None] = lambda line: None
) -> Installed:
    """Copy the bundle into the app; the bundle that it had goes only when the new one stands.

    Raises ValueError or FileNotFoundError for a bundle that is not as measured, answers no
    questions or is not signed by the key that the app has, for a folder that holds no app, and
    where something else is in the bundle's place.
    """
    system, folder = _target(config.app)
    progress(f"checking {config.bundle}")
    bundle = _checked(config.bundle, config.app / LAYOUTS[system].key)
    if config.bundle.resolve() == folder.resolve():
        raise ValueError(f"{config.bundle} is the app's own copy; install the bundle it came from")
    before = _sizes(folder)
    progress(f"copying into {folder}")
    with staging(folder) as partial:
        _copy(bundle, partial)
        publish(partial, folder)
    now = _sizes(folder)
    files = {name: (before.get(name), now.get(name)) for name in sorted({*before, *now})}
    return Installed(system, folder, files)


def check_installed(app: Path) -> Bundle:
    """Check the bundle that an app has, as `install` did before it was copied."""
    system, folder = _target(app)
    return _checked(folder, app / LAYOUTS[system].key)


def _checked(folder: Path, key: Path) -> Bundle:
    """Load a bundle that the apps can use, signed by the key where there is one."""
    bundle = load_bundle(folder)
    if key.is_file():
        check_signature(folder, read_public_key(key))
    if bundle.manifest.task != QUESTION_ANSWERING or bundle.manifest.qa is None:
        raise ValueError(
            f"{folder} is made for {bundle.manifest.task}, the apps answer questions; "
            "export a checkpoint that was fine-tuned on SQuAD"
        )
    if bundle.manifest.tokenizer.kind != "wordpiece":
        raise ValueError(
            f"{folder} has a {bundle.manifest.tokenizer.kind} tokenizer, the apps read "
            "wordpiece only; take a BERT, DistilBERT, ELECTRA or MobileBERT"
        )
    return bundle


def _target(app: Path) -> tuple[str, Path]:
    """The system of the app and the folder that its bundle is to have."""
    found = [(name, one.assets) for name, one in LAYOUTS.items() if (app / one.marker).is_file()]
    if not found:
        markers = " or ".join(f"{layout.marker} ({name})" for name, layout in LAYOUTS.items())
        raise FileNotFoundError(
            f"{app} is no app of this project: it has no {markers}; name android_demo or ios_demo"
        )
    system, folder = found[0][0], app / found[0][1]
    is_folder = folder.is_dir() and not folder.is_symlink()
    replaceable = is_folder and ((folder / MANIFEST).is_file() or not any(folder.iterdir()))
    if (folder.exists() or folder.is_symlink()) and not replaceable:
        raise ValueError(f"{folder} holds something else than a bundle; move it away")
    return system, folder


def _copy(bundle: Bundle, folder: Path) -> None:
    """Copy what the manifest lists, and its signature; the copy must be as measured too."""
    signed = [SIGNATURE] if (bundle.folder / SIGNATURE).is_file() else []
    for name in [*bundle.manifest.files, MANIFEST, *signed]:
        shutil.copyfile(bundle.folder / name, folder / name)
    load_bundle(folder)


def _sizes(folder: Path) -> dict[str, int]:
    if not folder.is_dir():
        return {}
    return {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
