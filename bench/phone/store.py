"""Files on a phone: kept by their content, checked before every use, linked for a run."""

from collections.abc import Mapping
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

        The id counts only while that process works in this very folder. What was just ended may
        still be removing its files, so the folder is removed more than once if need be.
        """
        self.phone.shell(
            f"pid=$(cat {self.run}/pid 2>/dev/null); "
            f'if [ -n "$pid" ] && [ "$(readlink /proc/$pid/cwd)" = {self.run} ]; '
            "then kill -9 $pid; fi; "
            f"for try in 1 2 3 4 5; do rm -rf {self.run} 2>/dev/null; "
            f"[ -e {self.run} ] || exit 0; sleep 0.2; done; exit 1"
        )

    def remove(self) -> None:
        """Remove everything of ours from the device."""
        self.phone.shell(f"rm -rf {self.root}")

    def send(self, files: Mapping[str, Path], run_size: int = 0) -> int:
        """Bring files into a fresh run folder, by name; returns the bytes that had to be sent.

        A file that is there, whole, is not sent again. What arrives is hashed there, and sent again
        if it is not what left. ValueError where there is no room, DeviceLost where it never arrives
        whole.
        """
        self.close()
        records = {path: record_file(path) for path in files.values()}
        hashes = {record.sha256: path for path, record in records.items()}
        total = sum(record.bytes for record in records.values())
        there = self._whole(set(hashes), total)
        missing = {self.files / sha: path for sha, path in hashes.items() if sha not in there}
        size = sum(records[path].bytes for path in missing.values())
        self._require_room(size + run_size)
        self._arrive(missing)
        links = [
            f"ln -s {self.files / records[path].sha256} {quote(str(self.run / name))}"
            for name, path in files.items()
        ]
        used = " ".join(str(self.files / sha) for sha in hashes)
        self.phone.shell(" && ".join([f"mkdir -p {self.run}", *links, f"touch -c {used}"]))
        return size

    def put(self, files: Mapping[str, Path]) -> None:
        """Bring files of one run into its folder, by name; they are not kept."""
        self._arrive({self.run / name: path for name, path in files.items()})

    def fetch(self, name: str, local: Path) -> None:
        """Bring a file of the run's folder here, with the content that it has there."""
        remote = quote(str(self.run / name))
        told = self.phone.shell(f"wc -c < {remote} && sha256sum {remote}", FETCH_S).split()
        if len(told) < 2 or not told[0].isdigit():
            raise DeviceLost(f"{self.phone.serial} did not tell what {name} is")
        for _ in range(SEND_TRIES):
            self.phone.pull(self.run / name, local, seconds_to_send(int(told[0])))
            if record_file(local).sha256 == told[1]:
                return
        raise DeviceLost(f"{self.phone.serial}: {name} arrived damaged {SEND_TRIES} times")

    def _whole(self, hashes: set[str], size: int) -> set[str]:
        """Those of the files that are there with the content of their name; others are removed."""
        listed = " ".join(str(self.files / sha) for sha in sorted(hashes))
        found = self.phone.try_shell(f"sha256sum {listed} 2>/dev/null", seconds_to_send(size))
        pairs = [line.split() for line in found.output.splitlines() if len(line.split()) == 2]
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

    def _arrive(self, files: Mapping[PurePosixPath, Path]) -> None:
        """Send files; each gets its name there when its content is what it was here."""
        left = dict(files)
        for _ in range(SEND_TRIES):
            for remote, local in left.items():
                size = local.stat().st_size
                self.phone.push(local, _partial(remote), seconds_to_send(size))
            checks = [_name_if_whole(remote, local) for remote, local in left.items()]
            seconds = sum(seconds_to_send(local.stat().st_size) for local in left.values())
            arrived = self.phone.try_shell("\n".join(checks), seconds).output if left else ""
            names = {line.removeprefix("whole ") for line in arrived.splitlines()}
            left = {remote: local for remote, local in left.items() if str(remote) not in names}
            if not left:
                return
        damaged = ", ".join(local.name for local in left.values())
        raise DeviceLost(f"{self.phone.serial}: arrived damaged {SEND_TRIES} times: {damaged}")


def _partial(remote: PurePosixPath) -> PurePosixPath:
    return PurePosixPath(f"{remote}.partial")


def _name_if_whole(remote: PurePosixPath, local: Path) -> str:
    """A command that gives the file its name, and says so, if its content is that of `local`."""
    partial, name = quote(str(_partial(remote))), quote(str(remote))
    return (
        f'[ "$(sha256sum < {partial} | cut -c 1-64)" = {record_file(local).sha256} ] && '
        f"chmod 755 {partial} && mv {partial} {name} && echo whole {name}"
    )


SPARE_BYTES = 20_000_000
"""Room for outputs, logs and packed weights besides what is sent."""
FETCH_S = 300.0
"""The longest time that hashing an output may take there."""
