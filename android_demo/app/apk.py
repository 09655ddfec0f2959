"""Puts an APK together, and accounts for one: `apk.py assemble ...`, `apk.py parts APK`.

`parts` prints the bytes of each part, packed and unpacked, and fails where a native library could
not be mapped on a phone with pages of 16 KB. It reads any APK, Gradle's too.
"""

import argparse
import struct
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

PAGE = 16384


def assemble(base: Path, dex: Path, assets: Path, out: Path) -> None:
    """Write `out`: the resources of `base`, the code, and `assets`; the same bytes each time."""
    with zipfile.ZipFile(base) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            _add(target, item.filename, source.read(item), item.compress_type)
        _add(target, "classes.dex", dex.read_bytes(), zipfile.ZIP_DEFLATED)
        for path in sorted(p for p in assets.rglob("*") if p.is_file()):
            name = f"assets/{path.relative_to(assets).as_posix()}"
            _add(target, name, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _add(target: zipfile.ZipFile, name: str, content: bytes, compression: int) -> None:
    item = zipfile.ZipInfo(name, date_time=(1981, 1, 1, 0, 0, 0))
    item.compress_type = compression
    target.writestr(item, content)


def part_of(name: str) -> str:
    """The part of the app that an entry belongs to."""
    folder, _, file = name.rpartition("/")
    if folder == "assets/bundle":
        return f"model: {file}"
    if folder.startswith("lib/"):
        return f"runtimes: {folder.removeprefix('lib/')}"
    if name.endswith(".dex"):
        return "code"
    if folder.startswith("res") or name == "resources.arsc":
        return "resources"
    return "rest"


def parts(apk: Path) -> dict[str, tuple[int, int]]:
    """Packed and unpacked bytes by part; `container` is the ZIP format and the signature."""
    found: dict[str, tuple[int, int]] = {}
    with zipfile.ZipFile(apk) as archive:
        for item in archive.infolist():
            packed, unpacked = found.get(part_of(item.filename), (0, 0))
            found[part_of(item.filename)] = (
                packed + item.compress_size,
                unpacked + item.file_size,
            )
    container = apk.stat().st_size - sum(packed for packed, _ in found.values())
    return {**dict(sorted(found.items())), "container": (container, container)}


def page_faults(apk: Path) -> list[str]:
    """Why native libraries cannot be mapped with pages of 16 KB; empty where all of them can."""
    faults = []
    with zipfile.ZipFile(apk) as archive, apk.open("rb") as raw:
        for item in archive.infolist():
            if not item.filename.startswith("lib/") or not item.filename.endswith(".so"):
                continue
            if item.compress_type == zipfile.ZIP_STORED:
                raw.seek(item.header_offset + 26)
                name_length, extra_length = struct.unpack("<HH", raw.read(4))
                start = item.header_offset + 30 + name_length + extra_length
                if start % PAGE:
                    faults.append(f"{item.filename} begins at byte {start} of the APK")
            alignment = load_alignment(archive.read(item))
            if alignment is not None and alignment < PAGE:
                faults.append(f"{item.filename} has segments aligned to {alignment} bytes")
    return faults


def load_alignment(library: bytes) -> int | None:
    """The smallest alignment of the loaded segments of a 64-bit ELF file; None for another file."""
    if library[:6] != b"\x7fELF\x02\x01":
        return None
    (table,) = struct.unpack_from("<Q", library, 32)
    size, count = struct.unpack_from("<HH", library, 54)
    alignments = []
    for place in range(table, table + size * count, size):
        (kind,) = struct.unpack_from("<I", library, place)
        if kind == 1:  # PT_LOAD
            alignments.append(struct.unpack_from("<Q", library, place + 48)[0])
    return min(alignments, default=None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 for success, 1 for an APK with faults."""
    parser = argparse.ArgumentParser(description="put an APK together, or account for one")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("assemble", help="resources, code and assets to an unsigned APK")
    for name in ("base", "dex", "assets", "out"):
        make.add_argument(name, type=Path)
    show = commands.add_parser("parts", help="size by part; checks native libraries")
    show.add_argument("apk", type=Path)
    given = parser.parse_args(arguments)
    if given.command == "assemble":
        assemble(given.base, given.dex, given.assets, given.out)
        return 0
    print(f"{'part':<28}{'in the APK':>14}{'unpacked':>14}")
    for name, (packed, unpacked) in parts(given.apk).items():
        print(f"{name:<28}{packed:>14,}{unpacked:>14,}")
    print(f"{'all':<28}{given.apk.stat().st_size:>14,}")
    faults = page_faults(given.apk)
    for fault in faults:
        print(f"error: pages of 16 KB: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
