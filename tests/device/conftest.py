"""A private adb server, boxes, and the model that ships as a bundle."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import BUILT, Box, Cable, free_port
from scripted import small_bundle
from short import connect, make_box

from bench.phone.adb import Adb
from export.bundle import Bundle
from export.shipped import todays_bundle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def adb() -> Iterator[Adb]:
    """adb with a server of its own: nobody's phones are touched."""
    os.environ["ANDROID_ADB_SERVER_PORT"] = str(free_port())
    adb = Adb()
    # On a new machine the first server makes the key in ~/.android; two at once fail at that.
    with (BUILT / "first-adb-server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        adb.devices()
    yield adb
    subprocess.run([adb.program, "kill-server"], check=False, capture_output=True)


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The model that ships, as .tflite: the one that the tests of the apps use."""
    return todays_bundle(ROOT / "build" / "host-model" / "bundle", ("tflite",))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small bundle for both runtimes that only a scripted program can run."""
    return small_bundle(tmp_path_factory.mktemp("small") / "small-int8")


@pytest.fixture(scope="session")
def fast_box() -> Iterator[Box]:
    """An x86-64 phone: everything but the processor is the same, and it is quick."""
    box = make_box("amd64", "fast")
    yield box
    box.stop()


@pytest.fixture
def fast(fast_box: Box) -> Box:
    """The same, as it was when new."""
    fast_box.reset()
    return fast_box


@pytest.fixture
def cable(fast: Box) -> Iterator[Cable]:
    """A cable to it."""
    cable = Cable(fast.port)
    yield cable
    cable.close()


@pytest.fixture
def serial(adb: Adb, cable: Cable) -> Iterator[str]:
    """The serial of the fast phone at the end of the cable."""
    serial = connect(adb, cable.port)
    yield serial
    adb.stop.clear()
    cable.plug_in()
    adb.run(["disconnect", serial], 20)


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """A folder for results."""
    yield tmp_path / "results"
    shutil.rmtree(tmp_path / "results", ignore_errors=True)
