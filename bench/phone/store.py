"""Files on a phone: kept by their content, checked before every use, linked for a run."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from shlex import quote

from bench.phone.adb import DeviceLost, Phone
from export.bundle import record_file

ROOT = PurePosixPath("/data/local/tmp/distilbert-mobile")
KEEP_DAYS = 7
SEND_TRIES = 3
SLOWEST_BYTES_PER_S = 500_000
"""A transfer slower than that (USB 1.1 takes 1 MB a second) counts as hung."""


def seconds_to_send(size: int) -> float:
    """The longest time that sending or fetching `size` bytes may take."""
    return 30.0 + size / SLOWEST_BYTES_PER_S


class Store:
    """The folder of ours on one phone: `files/HASH`, and `run/` while something runs."""

    def __init__(self, phone: Phone, root: PurePosixPath = ROOT) -> None:
        self.phone = phone
        self.root = root
        self.files = root / "files"
        self.run = root / "run"

    def open(self) -> None:
        """Make the folders; remove what an earlier run left and what nobody used for a week."""
        self.close()
        self.phone.shell(f"mkdir -p {self.files} && rm -f {self.files}/*.partial")
        # A device without find's -mtime keeps more than it needs: no reason to stop.
        self.phone.try_shell(f"find {self.files} -type f -mtime +{KEEP_DAYS} -delete")

    def close(self) -> None:
        """End what still runs in the run's folder, by its process id, and remove the folder.

        The id counts only while that process works in this very folder.
        """
        self.phone.shell(
            f"if [ -f {self.run}/pid ]; then pid=$(cat {self.run}/pid); "
            f'if [ "$(readlink /proc/$pid/cwd)" = {self.run} ]; then kill -9 $pid; fi; fi; '
            f"rm -rf {self.run}"
        )

    def remove(self) -> None:
        """Remove everything of ours from the device."""
        self.phone.shell(f"rm -rf {self.root}")

    def send(self, files: Mapping[str, Path], run_size: int = 0) -> int:
        """Bring files into a fresh run folder, by name; returns the bytes that had to be sent.

        A file that is there, whole, is not sent again. What arrives is hashed there, and sent again
        if it is not what left. ValueError where there is no room or it never arrives whole.
        """
        self.close()
        records = {path: record_file(path) for path in files.values()}
        hashes = {record.sha256: path for path, record in records.items()}
        there = self._whole(set(hashes))
        missing = {sha: path for sha, path in hashes.items() if sha not in there}
        size = sum(records[path].bytes for path in missing.values())
        self._require_room(size + run_size)
        for sha, path in missing.items():
            self._send(sha, path, records[path].bytes)
        links = [
            f"ln -s {self.files / records[path].sha256} {quote(str(self.run / name))}"
            for name, path in files.items()
        ]
        used = " ".join(str(self.files / sha) for sha in hashes)
        self.phone.shell(" && ".join([f"mkdir -p {self.run}", *links, f"touch -c {used}"]))
        return size

    def fetch(self, name: str, local: Path) -> None:
        """Bring a file of the run's folder here, with the content that it has there."""
        remote = self.run / name
        size, sha = self._described(remote)
        for _ in range(SEND_TRIES):
            self.phone.pull(remote, local, seconds_to_send(size))
            if record_file(local).sha256 == sha:
                return
        raise DeviceLost(f"{self.phone.serial}: {name} arrived damaged {SEND_TRIES} times")

    def put(self, local: Path, name: str) -> None:
        """Bring a file of one run into the run's folder; it is not kept."""
        self._arrive(local, self.run / name)

    def _whole(self, hashes: set[str]) -> set[str]:
        """Those of the files that are there with the content of their name; others are removed."""
        listed = " ".join(str(self.files / sha) for sha in sorted(hashes))
        size = self.phone.shell(f"cat {listed} 2>/dev/null | wc -c").strip()
        found = self.phone.try_shell(
            f"sha256sum {listed} 2>/dev/null", seconds_to_send(int(size or 0))
        ).output
        pairs = [line.split() for line in found.splitlines() if len(line.split()) == 2]
        whole = {sha for sha, path in pairs if PurePosixPath(path).name == sha}
        damaged = [path for sha, path in pairs if PurePosixPath(path).name != sha]
        if damaged:
            self.phone.shell("rm -f " + " ".join(damaged))
        return whole & hashes

    def _require_room(self, size: int) -> None:
        words = self.phone.shell(f"df -k {self.root}").split()
        numbers = [word for word in words if word.isdigit()]
        free = int(numbers[2]) * 1024 if len(numbers) >= 3 else 0
        if free < size + SPARE_BYTES:
            raise ValueError(
                f"{self.phone.serial} has {free / 1e6:.0f} MB free at {self.root}, "
                f"{(size + SPARE_BYTES) / 1e6:.0f} MB are needed; remove something from the phone"
            )

    def _send(self, sha: str, local: Path, size: int) -> None:
        self._arrive(local, self.files / sha)
        self.phone.shell(f"chmod 755 {self.files / sha}")

    def _arrive(self, local: Path, remote: PurePosixPath) -> None:
        record, partial = record_file(local), PurePosixPath(f"{remote}.partial")
        for _ in range(SEND_TRIES):
            self.phone.push(local, partial, seconds_to_send(record.bytes))
            with suppress(ValueError):  # the file is not there at all
                if self._described(partial) == (record.bytes, record.sha256):
                    self.phone.shell(f"mv {partial} {remote}")
                    return
        raise DeviceLost(f"{self.phone.serial}: {local.name} arrived damaged {SEND_TRIES} times")

    def _described(self, remote: PurePosixPath) -> tuple[int, str]:
        """Size and SHA-256 of a file of the device."""
        name = quote(str(remote))
        size = int(self.phone.shell(f"wc -c < {name}").strip())
        found = self.phone.shell(f"sha256sum {name}", seconds_to_send(size)).split()
        if not found:
            raise DeviceLost(f"{self.phone.serial} did not tell the hash of {remote.name}")
        return size, found[0]


SPARE_BYTES = 20_000_000
"""Room for outputs, logs and packed weights besides what is sent."""
