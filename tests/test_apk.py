"""The account of an Android package: parts, and native libraries on pages of 16 KB."""

import importlib.util
import struct
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "android_demo" / "app" / "apk.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("apk", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


apk = load()


def library(*alignments: int) -> bytes:
    """A 64-bit ELF header with one loaded segment for each alignment, and one of another kind."""
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", header, 32, 64)
    struct.pack_into("<HH", header, 54, 56, len(alignments) + 1)
    segments = [struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 0, 0, a) for a in alignments]
    note = struct.pack("<IIQQQQQQ", 4, 4, 0, 0, 0, 0, 0, 4)
    return bytes(header) + note + b"".join(segments)


def package(path: Path, content: bytes, start: int | None) -> Path:
    """An APK with one library: compressed, or stored so that it begins at byte `start`."""
    with zipfile.ZipFile(path, "w") as archive:
        item = zipfile.ZipInfo("lib/arm64-v8a/libx.so")
        item.compress_type = zipfile.ZIP_DEFLATED if start is None else zipfile.ZIP_STORED
        if start is not None:
            item.extra = struct.pack("<HH", 0xD935, start - 30 - len(item.filename) - 4)
            item.extra += bytes(start - 30 - len(item.filename) - 4)
        archive.writestr(item, content)
    return path


def test_every_byte_of_a_package_is_in_one_part(tmp_path: Path) -> None:
    path = tmp_path / "a.apk"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in {
            "assets/bundle/model.tflite": 5000,
            "classes.dex": 300,
            "classes2.dex": 200,
            "res/layout/a.xml": 40,
            "resources.arsc": 60,
            "lib/x86_64/libx.so": 70,
            "AndroidManifest.xml": 20,
        }.items():
            archive.writestr(name, b"x" * size)
    found = apk.parts(path)
    assert sum(packed for packed, _ in found.values()) == path.stat().st_size
    assert {name: size for name, (_, size) in found.items() if name != "container"} == {
        "code": 500,
        "model: model.tflite": 5000,
        "resources": 100,
        "rest": 20,
        "runtimes: x86_64": 70,
    }


@pytest.mark.parametrize(
    ("alignments", "start", "faults"),
    [
        ((16384, 65536), 16384, 0),
        ((16384,), None, 0),  # compressed: unpacked when the app is installed
        ((16384, 4096), 16384, 1),
        ((16384,), 4096, 1),
        ((4096,), 4096, 2),
    ],
)
def test_a_library_must_fit_pages_of_16_kb(
    tmp_path: Path, alignments: tuple[int, ...], start: int | None, faults: int
) -> None:
    path = package(tmp_path / "a.apk", library(*alignments), start)
    assert len(apk.page_faults(path)) == faults
    assert apk.main(["parts", str(path)]) == min(faults, 1)


def test_a_file_that_is_no_64_bit_library_has_no_alignment() -> None:
    assert apk.load_alignment(b"\x7fELF\x01\x01" + bytes(60)) is None
    assert apk.load_alignment(b"text") is None


def test_assembling_keeps_resources_as_they_are_and_gives_the_same_bytes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "base.apk", "w") as archive:
        archive.writestr("resources.arsc", b"r" * 100)
    (tmp_path / "classes.dex").write_bytes(b"dex")
    bundle = tmp_path / "assets" / "bundle"
    bundle.mkdir(parents=True)
    (bundle / "manifest.json").write_bytes(b"{}")
    for out in ("a.apk", "b.apk"):
        names = ("base.apk", "classes.dex", "assets", out)
        assert apk.main(["assemble", *(str(tmp_path / name) for name in names)]) == 0
    with zipfile.ZipFile(tmp_path / "a.apk") as archive:
        assert archive.namelist() == [
            "resources.arsc",
            "classes.dex",
            "assets/bundle/manifest.json",
        ]
        assert archive.getinfo("resources.arsc").compress_type == zipfile.ZIP_STORED
        assert archive.read("assets/bundle/manifest.json") == b"{}"
    assert (tmp_path / "a.apk").read_bytes() == (tmp_path / "b.apk").read_bytes()
