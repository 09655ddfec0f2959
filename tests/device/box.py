"""A phone in a box, and a cable to it that a test can cut."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parents[1] / "build" / "device"
PROPERTIES = {
    "ro.product.manufacturer": "Debian",
    "ro.product.model": "phone in a box",
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
    "ro.build.fingerprint": "box/of/debian:13",
    "ro.build.type": "user",
    "ro.boot.qemu": "1",
}
ABIS = {"arm64": "arm64-v8a", "amd64": "x86_64"}
MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}
SETTINGS = {
    "airplane_mode_on": "0",
    "low_power": "1",
    "stay_on_while_plugged_in": "0",
    "fixed_performance": "false",
}
BATTERY = "  AC powered: false\n  USB powered: true\n  level: {level}\n  temperature: {tenths}\n"
THERMAL = (
    "Thermal Status: {status}\nCurrent temperatures from HAL:\n"
    "\tTemperature{{mValue={skin}, mType=3, mName=VIRTUAL-SKIN, mStatus={status}}}\n"
    "\tTemperature{{mValue=61.0, mType=0, mName=CPU, mStatus=0}}\n"
    "Temperature static thresholds from HAL:\n\tTemperatureThreshold{{mType=3, mName=SKIN}}\n"
)
CLOCKS_KHZ = (1_800_000, 2_400_000)
CPUINFO = HERE / "cpuinfo.txt"
"""What a Cortex-A76 tells, one core."""


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Box:
    """One phone: its files, the adbd that serves them, and whatever a test wants it to tell."""

    def __init__(self, root: Path, kind: str) -> None:
        self.root, self.kind = root, kind
        self.port = free_port()
        make_root(root, kind)
        self.reset()
        self.process = subprocess.Popen(
            [HERE / "box.sh", root, str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=(root.parent / f"{root.name}.log").open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _wait_for_port(self.port, self.process)

    @property
    def state(self) -> Path:
        """What the phone's own commands read and write."""
        return self.root / "data" / "box"

    @property
    def ours(self) -> Path:
        """The folder that the harness uses on the phone."""
        return self.root / "data" / "local" / "tmp" / "distilbert-mobile"

    def reset(self) -> None:
        """A cool, charged phone with battery saver on and the screen off, without our files."""
        for folder in (self.state, self.root / "data" / "data", self.ours):
            shutil.rmtree(folder, ignore_errors=True)
        (self.root / "data" / "data").mkdir(parents=True)
        for name in ("props", "settings", "dumpsys"):
            (self.state / name).mkdir(parents=True)
        for name, value in {**PROPERTIES, "ro.product.cpu.abi": ABIS[self.kind]}.items():
            (self.state / "props" / name).write_text(value + "\n")
        for name, value in SETTINGS.items():
            (self.state / "settings" / name).write_text(value + "\n")
        self.set_heat(skin=30.0)
        self.set_battery(80)
        (self.state / "dumpsys" / "power").write_text("  mWakefulness=Asleep\n")
        for cpu, khz in enumerate(CLOCKS_KHZ):
            self.set_clock(cpu, khz, khz)

    def set_heat(self, skin: float, status: int = 0) -> None:
        """The temperature of the skin and Android's thermal status."""
        text = THERMAL.format(skin=skin, status=status)
        (self.state / "dumpsys" / "thermalservice").write_text(text)

    def set_battery(self, level: int) -> None:
        """The battery in percent."""
        text = BATTERY.format(level=level, tenths=301)
        (self.state / "dumpsys" / "battery").write_text(text)

    def set_clock(self, cpu: int, now_khz: int, cap_khz: int) -> None:
        """The present clock of a processor and the cap on it."""
        folder = self.root / f"sys/devices/system/cpu/cpu{cpu}/cpufreq"
        folder.mkdir(parents=True, exist_ok=True)
        for name, khz in (
            ("cpuinfo_max_freq", CLOCKS_KHZ[cpu]),
            ("scaling_max_freq", cap_khz),
            ("scaling_cur_freq", now_khz),
        ):
            (folder / name).write_text(f"{khz}\n")
        (folder / "scaling_governor").write_text("schedutil\n")

    def script(self, name: str, text: str) -> None:
        """A program among what the phone's commands read."""
        path = self.state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f"#!/system/bin/sh\n{text}\n")
        path.chmod(0o755)

    def snapshot(self) -> dict[str, str]:
        """What a person would find changed: settings, screen, what of ours is left beside files."""
        found = {p.name: p.read_text() for p in sorted((self.state / "settings").iterdir())}
        found["screen"] = (self.state / "dumpsys" / "power").read_text()
        left = [p.name for p in self.ours.iterdir()] if self.ours.is_dir() else []
        found["left"] = " ".join(sorted(set(left) - {"files"}))
        return found

    def runs(self, name: str) -> bool:
        """Whether a process of this name still works in the run's folder of this phone."""
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                inside = (entry / "cwd").readlink() == self.ours / "run"
                if inside and name in (entry / "cmdline").read_text(errors="replace"):
                    return True
        return False

    def stop(self) -> None:
        """End adbd and all it started, and remove the root."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def make_root(root: Path, kind: str) -> None:
    """The files of a box, as links to what install.sh has unpacked."""
    shutil.rmtree(root, ignore_errors=True)
    for name in ("bin", "system/bin", "data/local/tmp", "x86/lib", "proc", "dev", "lib", "tmp"):
        (root / name).mkdir(parents=True)
    host, own, triple = BUILT / "amd64", BUILT / kind, f"{MACHINES[kind]}-linux"
    os.link(host / "usr/lib/android-sdk/platform-tools/adbd", root / "x86/adbd")
    _link_libraries(host / "usr/lib/x86_64-linux-gnu", root / "x86/lib")
    _link_libraries(host / "usr/lib/x86_64-linux-gnu/android", root / "x86/lib/android")
    _link_libraries(own / f"usr/lib/{triple}-gnu", root / f"lib/{triple}-gnu")
    loader = next((own / f"usr/lib/{triple}-gnu").glob("ld-linux-*.so.*"))
    for folder in ("lib", "lib64"):  # where programs of ARM64 and of x86-64 look for it
        (root / folder).mkdir(exist_ok=True)
        os.link(loader, root / folder / loader.name)
    os.link(own / f"usr/lib/{triple}-musl/bin/mksh", root / "system/bin/sh")
    (root / "bin/sh").symlink_to("/system/bin/sh")
    os.link(own / "usr/bin/toybox", root / "system/bin/toybox")
    for name in (HERE / "toybox.txt").read_text().split():
        (root / "system/bin" / name).symlink_to("toybox")
    for script in (HERE / "bin").iterdir():
        (root / "system/bin" / script.name).unlink(missing_ok=True)
        shutil.copy(script, root / "system/bin" / script.name)
    core = CPUINFO.read_text()
    cores = [core.replace(": 0\n", f": {cpu}\n", 1) for cpu in range(len(CLOCKS_KHZ))]
    told = "".join(cores) if kind == "arm64" else Path("/proc/cpuinfo").read_text()
    (root / "cpuinfo").write_text(told)
    cpus = root / "sys/devices/system/cpu"
    cpus.mkdir(parents=True)
    for name in ("possible", "present", "online"):
        (cpus / name).write_text(f"0-{len(CLOCKS_KHZ) - 1}\n")
    if kind == "arm64":
        (root / "arm64").touch()


def _link_libraries(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.so*"):
        if path.is_symlink():
            (target / path.name).symlink_to(path.readlink())
        elif path.is_file():
            os.link(path, target / path.name)


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 0.2)):
            return
        if process.poll() is not None:
            raise RuntimeError(f"the box ended with {process.returncode}; see its log")
        time.sleep(0.05)
    raise RuntimeError("the box does not listen")


class Cable:
    """A port that leads to another one until so many bytes went through; then it is unplugged.

    While it is unplugged new connections are closed at once. `plug_in` mends it.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self._left: int | None = None
        self._plugged = threading.Event()
        self._plugged.set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, bytes_left: int) -> None:
        """Unplug after so many more bytes, of both directions together."""
        with self._lock:
            self._left = bytes_left

    def unplug(self) -> None:
        """Close all connections; none is taken until it is plugged in again."""
        with self._lock:
            self._left = None
            self._plugged.clear()
            for pair in self._pairs:
                for one in pair:
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
            self._pairs.clear()

    def plug_in(self) -> None:
        """Take connections again."""
        self._plugged.set()

    @property
    def plugged(self) -> bool:
        """Whether connections are taken."""
        return self._plugged.is_set()

    def close(self) -> None:
        """For ever."""
        self.unplug()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if not self._plugged.is_set():
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            with self._lock:
                self._pairs.append((near, far))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                allowed, cut = self._count(len(data))
                target.sendall(data[:allowed])
                if cut:
                    self.unplug()
                    return
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _count(self, size: int) -> tuple[int, bool]:
        with self._lock:
            if self._left is None:
                return size, False
            allowed = min(size, self._left)
            self._left -= allowed
            return allowed, self._left == 0


def serve_unauthorized() -> int:
    """The port of a phone whose owner has not said yes: it asks for a signature and likes none."""
    return _serve(_answer_unauthorized)


def serve_silent() -> int:
    """The port of a phone that takes a connection and never says a word."""
    return _serve(lambda connection: connection.recv(1 << 16))


def _serve(answer: "object") -> int:
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        with suppress(OSError):
            while True:
                answer(connection)  # type: ignore[operator]

    threading.Thread(target=accept, daemon=True).start()
    return int(server.getsockname()[1])


def _answer_unauthorized(connection: socket.socket) -> None:
    """adb's protocol: six numbers, then data; CNXN and every signature are answered by AUTH."""
    header = b""
    while len(header) < 24:
        data = connection.recv(24 - len(header))
        if not data:
            raise OSError
        header += data
    size, command = int.from_bytes(header[12:16], "little"), header[:4]
    while size:
        size -= len(connection.recv(size))
    kind = int.from_bytes(header[4:8], "little")
    if command == b"CNXN" or (command == b"AUTH" and kind == 2):
        token, auth = os.urandom(20), int.from_bytes(b"AUTH", "little")
        fields = (auth, 1, 0, len(token), sum(token), auth ^ 0xFFFFFFFF)
        connection.sendall(b"".join(one.to_bytes(4, "little") for one in fields) + token)
