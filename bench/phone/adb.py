"""The adb program: which devices are attached, and one of them as a `Phone` that runs commands."""

import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

POLL_S = 0.1
COMMAND_S = 60.0
"""Longest wait for a command of which nothing is known; a run and a push bring their own."""

WAIT_S = 0.2
SETTLE_S = 5.0
CALL_S = 5.0
COMING = ("offline", "connecting", "authorizing")

CURES = {
    "unauthorized": "unlock it and accept the question about USB debugging on its screen",
    "offline": "plug it in again; if that does not help: adb kill-server",
    "no permissions": "add a udev rule for it (Debian: android-sdk-platform-tools-common has them)",
    "authorizing": "wait a moment and try again",
    "connecting": "wait a moment and try again",
    "recovery": "start its system",
    "sideload": "start its system",
    "bootloader": "start its system",
    "rescue": "start its system",
}


class DeviceLost(ConnectionError):
    """The device went away in the middle of something; waiting and repeating may help."""


class Interrupted(Exception):
    """Somebody asked all devices to stop."""


@dataclass(frozen=True)
class Attached:
    """A line of `adb devices`."""

    serial: str
    state: str


@dataclass(frozen=True)
class Finished:
    """A command of the device that ended: exit status, and what it wrote."""

    status: int
    output: str


class Adb:
    """Runs the adb program; `stop` ends what is running and what would begin."""

    def __init__(self, program: str = "adb", stop: threading.Event | None = None) -> None:
        found = shutil.which(program)
        if found is None:
            raise FileNotFoundError(
                f"no {program!r} here; install Android's platform tools (Debian: package adb)"
            )
        self.program = found
        self.stop = stop or threading.Event()

    def run(
        self, arguments: Sequence[str], timeout_s: float, stoppable: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """Run adb to its end. TimeoutError after `timeout_s`; Interrupted when asked to stop.

        A process group of its own: an interrupt of the terminal ends us, who end it.
        """
        process = subprocess.Popen(
            [self.program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        end = time.monotonic() + timeout_s
        try:
            while True:
                try:
                    out, err = process.communicate(timeout=POLL_S)
                    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
                except subprocess.TimeoutExpired:
                    if stoppable and self.stop.is_set():
                        raise Interrupted from None
                    if time.monotonic() > end:
                        raise TimeoutError(f"adb gave no answer for {timeout_s:.0f} s") from None
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def devices(self) -> list[Attached]:
        """What `adb devices` lists; starts adb's server where there is none."""
        found = self.run(["devices"], COMMAND_S)
        if found.returncode != 0:
            raise ValueError(f"adb cannot list devices: {_text(found.stderr).strip()}")
        lines = [line.split("\t", 1) for line in _text(found.stdout).splitlines() if "\t" in line]
        return [Attached(serial, state.strip()) for serial, state in lines]

    def _settled(self) -> list[Attached]:
        """What is attached, after a moment for a device that was just plugged in."""
        end = time.monotonic() + SETTLE_S
        while True:
            attached = self.devices()
            coming = [one for one in attached if one.state in COMING]
            if not coming or time.monotonic() > end:
                return attached
            for one in coming:
                self.call(one.serial)
            self.stop.wait(0.5)

    def call(self, serial: str) -> None:
        """Call a device of the network again; one of the cable comes by itself."""
        if ":" in serial:
            with suppress(TimeoutError):
                self.run(["connect", serial], CALL_S, stoppable=False)

    def choose(self, wanted: str) -> list[str]:
        """Serials of the devices meant by `adb`, `adb:all` or `adb:SERIAL`, each ready for use.

        Raises ValueError that names what is attached, its state and the cure.
        """
        attached = self._settled()
        listed = ", ".join(f"{one.serial} ({one.state})" for one in attached) or "none"
        serial = wanted.partition(":")[2]
        if serial == "all":
            chosen = attached
        elif serial:
            chosen = [one for one in attached if one.serial == serial]
            if not chosen:
                raise ValueError(f"no device {serial!r}; attached: {listed}")
        else:
            chosen = attached
            if len(chosen) > 1:
                raise ValueError(
                    f"{len(chosen)} devices are attached: {listed}; "
                    "say which by --device adb:SERIAL, or adb:all for all of them"
                )
        if not chosen:
            raise ValueError("no device is attached; plug one in and switch USB debugging on")
        for one in chosen:
            _require_ready(one)
        return [one.serial for one in chosen]


def _require_ready(device: Attached) -> None:
    if device.state != "device":
        cure = next((c for state, c in CURES.items() if device.state.startswith(state)), None)
        raise ValueError(f"{device.serial} is {device.state}: {cure or 'see `adb devices`'}")


class Phone:
    """One attached device; its faults are DeviceLost, TimeoutError and ValueError."""

    def __init__(self, adb: Adb, serial: str) -> None:
        self.adb = adb
        self.serial = serial
        self.stoppable = True
        """False while cleaning up, which an interrupt must not cut short."""

    def try_shell(self, command: str, timeout_s: float = COMMAND_S) -> Finished:
        """Run a command line of the device's shell; its standard error comes with its output.

        The last line must be ours, with the exit status: a connection that was cut never sends it,
        whatever status adb ends with.
        """
        token = f"ended-{secrets.token_hex(4)}"
        wrapped = f"( {command}\n) 2>&1; status=$?; echo; echo {token} $status"
        found = self._adb(["shell", wrapped], timeout_s)
        text = _text(found.stdout).replace("\r\n", "\n")
        body, mark, status = text.rpartition(f"\n{token} ")
        if not mark or not status.strip().isdigit():
            raise self._lost(f"in the middle of {command.split(chr(10))[0][:60]!r}", found.stderr)
        return Finished(int(status), body)

    def shell(self, command: str, timeout_s: float = COMMAND_S) -> str:
        """The same, for commands that must succeed."""
        found = self.try_shell(command, timeout_s)
        if found.status != 0:
            raise ValueError(
                f"{self.serial}: {command.split(chr(10))[0][:120]!r} ended with {found.status}: "
                f"{found.output.strip()[-500:] or '(it said nothing)'}"
            )
        return found.output

    def push(self, local: Path, remote: PurePosixPath, timeout_s: float) -> None:
        """Send a file. Its arrival must be checked: adb may say yes to a file cut short."""
        found = self._carry(["push", str(local), str(remote)], local.name, timeout_s)
        if found.returncode != 0:
            said = _text(found.stdout + found.stderr)
            if "No space left" in said:
                raise ValueError(f"{self.serial}: no space left for {local.name}; free some")
            raise self._lost(f"while {local.name} was sent", found.stderr or found.stdout)

    def pull(self, remote: PurePosixPath, local: Path, timeout_s: float) -> None:
        """Fetch a file; its content must be checked too."""
        found = self._carry(["pull", str(remote), str(local)], remote.name, timeout_s)
        if found.returncode != 0:
            raise self._lost(f"while {remote.name} was fetched", found.stderr or found.stdout)

    def wait(self, timeout_s: float) -> None:
        """Wait until the device answers again; raises DeviceLost when it does not come back."""
        end = time.monotonic() + timeout_s
        while True:
            states = {one.serial: one.state for one in self.adb.devices()}
            if states.get(self.serial) == "device":
                return
            if time.monotonic() > end:
                raise DeviceLost(
                    f"{self.serial} did not come back within {timeout_s:.0f} s "
                    f"({states.get(self.serial, 'not attached')}); plug it in and start again: "
                    "what was measured is kept, its settings are put back by the next run"
                )
            self.adb.call(self.serial)
            self.pause(WAIT_S)

    def pause(self, seconds: float) -> None:
        """Sleep, unless somebody asks to stop."""
        if self.stoppable and self.adb.stop.wait(seconds):
            raise Interrupted
        if not self.stoppable:
            time.sleep(seconds)

    def _carry(
        self, arguments: Sequence[str], name: str, timeout_s: float
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return self._adb(arguments, timeout_s)
        except TimeoutError as error:  # a cable that carries nothing is as good as none
            raise DeviceLost(f"{self.serial}: {name} does not get through ({error})") from None

    def _adb(
        self, arguments: Sequence[str], timeout_s: float
    ) -> subprocess.CompletedProcess[bytes]:
        return self.adb.run(["-s", self.serial, *arguments], timeout_s, self.stoppable)

    def _lost(self, when: str, said: bytes) -> DeviceLost:
        words = _text(said).strip().splitlines()
        return DeviceLost(
            f"{self.serial} went away {when}" + (f" ({words[-1][:200]})" if words else "")
        )


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
