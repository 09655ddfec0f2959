"""Our runner for a device: compiled from `bench/runner`, with the runtime's library beside it.

A kit is a folder with `litert_runner` and `libLiteRt.so`. Where they were built for GNU systems, as
the Python wheel's library is, the loader `ld.so` and the C library's files are beside them: an
Android phone has none of these. A kit of Android's NDK and the library of LiteRT's AAR needs none.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from export.bundle import record_file

SOURCE = Path(__file__).resolve().parents[1] / "runner" / "litert_runner.c"
PROGRAM, LIBRARY, LOADER, VERSION = "litert_runner", "libLiteRt.so", "ld.so", "VERSION"
NEEDED = (
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "libstdc++.so.6",
    "libgcc_s.so.1",
)
PACKAGE = "ai-edge-litert"


@dataclass(frozen=True)
class Toolchain:
    """What builds a kit for one kind of Android program, with Debian's packages."""

    machine: str
    compiler: str
    package: str
    loader: str


TOOLCHAINS = {
    "arm64-v8a": Toolchain(
        "aarch64",
        "aarch64-linux-gnu-gcc",
        "gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross",
        "ld-linux-aarch64.so.1",
    ),
    "x86_64": Toolchain("x86_64", "x86_64-linux-gnu-gcc", "gcc", "ld-linux-x86-64.so.2"),
}


@dataclass(frozen=True)
class Kit:
    """A runner for one kind of device."""

    folder: Path

    @property
    def files(self) -> dict[str, Path]:
        """What goes to the device, by name."""
        return {path.name: path for path in sorted(self.folder.iterdir()) if path.name != VERSION}

    @property
    def command(self) -> str:
        """How it is started in a folder that has its files."""
        loader = f"./{LOADER} --library-path . " if (self.folder / LOADER).is_file() else ""
        return f"{loader}./{PROGRAM} --library ./{LIBRARY}"

    @property
    def runtime_version(self) -> str:
        """The runtime as a result names it: by its version, or else by its content."""
        noted = self.folder / VERSION
        if noted.is_file():
            return noted.read_text(encoding="utf-8").strip()
        return f"{LIBRARY} {record_file(self.folder / LIBRARY).sha256[:12]}"


def find_kit(folder: Path | None, abis: tuple[str, ...]) -> Kit:
    """The kit in `folder`, or one built here for the first of `abis` that there are tools for."""
    if folder is None:
        abi = next((abi for abi in abis if abi in TOOLCHAINS), None)
        if abi is None:
            raise ValueError(
                f"no runner for a device of {', '.join(abis) or 'unknown kind'}; "
                f"there are for {', '.join(TOOLCHAINS)}"
            )
        return build_kit(abi)
    missing = [name for name in (PROGRAM, LIBRARY) if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{folder} is no runner kit: it has no {' and no '.join(missing)}")
    return Kit(folder)


def cache_folder() -> Path:
    """Where kits are kept that were built here."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "distilbert-mobile"


def build_kit(abi: str, out: Path | None = None) -> Kit:
    """Build a kit with Debian's compiler and the wheel's library; one of today is used again."""
    tools = TOOLCHAINS[abi]
    version = metadata.version(PACKAGE)
    mark = record_file(SOURCE).sha256[:12]
    folder = out or cache_folder() / f"runner-{abi}-{version}-{mark}"
    if folder.is_dir():
        return Kit(folder)
    compiler = shutil.which(tools.compiler)
    if compiler is None:
        raise FileNotFoundError(
            f"no {tools.compiler} to build the runner for {abi} with; install it (Debian: apt-get "
            f"install {tools.package}), or give a kit of your own with --runner-kit"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".kit-") as temporary:
        made = Path(temporary) / "kit"
        made.mkdir()
        _run([compiler, "-O2", "-o", str(made / PROGRAM), str(SOURCE), "-ldl"])
        _take_library(tools.machine, version, made / LIBRARY)
        for name in (tools.loader, *NEEDED):
            found = _run([compiler, f"-print-file-name={name}"]).strip()
            if not Path(found).is_absolute():
                raise FileNotFoundError(f"{tools.compiler} has no {name}; install {tools.package}")
            target = made / (LOADER if name == tools.loader else name)
            shutil.copyfile(found, target)
            target.chmod(0o755)
        (made / VERSION).write_text(f"{PACKAGE} {version} ({tools.machine} wheel)\n")
        made.replace(folder)
    return Kit(folder)


def _take_library(machine: str, version: str, target: Path) -> None:
    """The runtime's library, out of the wheel for a machine; pip fetches it where it is another."""
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        platforms = [f"manylinux_2_{minor}_{machine}" for minor in (27, 28, 34)]
        _run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--disable-pip-version-check", "--only-binary=:all:", "--dest", folder),
                *(word for name in platforms for word in ("--platform", name)),
                f"{PACKAGE}=={version}",
            ]
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            target.write_bytes(archive.read(f"ai_edge_litert/{LIBRARY}"))


def _run(command: list[str]) -> str:
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        words = found.stderr.strip().splitlines()
        raise ValueError(
            f"cannot build the runner: {' '.join(command)[:200]} ended with {found.returncode}: "
            + "\n  ".join(words[-5:])
        )
    return found.stdout
