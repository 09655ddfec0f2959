"""CI and the scripts of the phone half: a tool that cannot be had is told from a failed test."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTHING_INSTALLED = "exit 1"
INSTALLERS = ("dpkg-query", "apt-get", "debootstrap", "sudo", "unshare")


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def run(command: list[str], tools: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it with what is in `tools` before the machine's own programs."""
    path = f"{tools}:/usr/bin:/bin"
    # What a `make` around these tests was told is not for the one inside.
    outer = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "KOTLIN"))}
    return subprocess.run(
        command,
        cwd=folder,
        env={**outer, "PATH": path, "SWIFT_ROOT": str(folder / "none")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def broken_tools(tmp_path: Path) -> Path:
    """Installers that install nothing."""
    for name in INSTALLERS:
        script(tmp_path / "tools" / name, NOTHING_INSTALLED)
    return tmp_path / "tools"


@pytest.mark.parametrize("what", ["core", "app", "apk"])
def test_android_tools_that_cannot_be_installed_end_with_3(
    what: str, broken_tools: Path, tmp_path: Path
) -> None:
    for name in ("install.sh", "tools.sh", "debian.sh"):
        (tmp_path / "android_demo").mkdir(exist_ok=True)
        shutil.copy(ROOT / "android_demo" / name, tmp_path / "android_demo" / name)
    done = run(["android_demo/install.sh", what, "python3"], broken_tools, tmp_path)
    assert done.returncode == 3
    assert "error: could not install openjdk-17-jdk-headless" in done.stdout
    assert "apt-get install" in done.stdout


@pytest.mark.parametrize("what", ["device", "arm"])
def test_a_phone_in_a_box_that_cannot_be_installed_ends_with_3(
    what: str, broken_tools: Path, tmp_path: Path
) -> None:
    (tmp_path / "tests" / "device").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "device" / "install.sh", tmp_path / "tests" / "device")
    (tmp_path / "android_demo").mkdir()
    shutil.copy(ROOT / "android_demo" / "debian.sh", tmp_path / "android_demo")
    done = run(["tests/device/install.sh", what, "python3"], broken_tools, tmp_path)
    assert done.returncode == 3
    assert "error: could not install" in done.stdout


@pytest.mark.skipif(shutil.which("swift") is not None, reason="this machine has a Swift")
def test_a_swift_that_cannot_be_set_up_ends_with_3(broken_tools: Path, tmp_path: Path) -> None:
    done = run([str(ROOT / "ios_demo" / "swift.sh"), ".", "swift", "test"], broken_tools, tmp_path)
    assert done.returncode == 3
    assert "error: no Swift here" in done.stdout
    assert not (tmp_path / "none").exists()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """`.ci/run` in a repository where every script and target does as it is told."""
    folder = tmp_path / "repository"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (tmp_path / "shared" / "data").mkdir(parents=True)
    script(folder / "android_demo" / "install.sh", "exit 0")
    script(folder / "ios_demo" / "swift.sh", "exit 0")
    script(folder / "tests" / "device" / "install.sh", "exit 0")
    script(tmp_path / "tools" / "make", 'echo "made $*"; test ! -e fails-$1')
    for name in ("git", "chromium"):
        script(tmp_path / "tools" / name, "exit 0")
    return folder


def ci(folder: Path) -> tuple[int, list[str]]:
    done = run([".ci/run"], folder.parent / "tools", folder)
    return done.returncode, done.stdout.splitlines()


def test_ci_runs_everything_and_ends_with_the_tests(checkout: Path) -> None:
    status, lines = ci(checkout)
    made = [line.split()[1] for line in lines if line.startswith("made")]
    assert status == 0
    phones = ["test-kotlin", "test-swift", "apk", "test-device", "test-arm"]
    assert made == ["setup", "check", "host-model", *phones, "test"]
    assert lines[-1].startswith("made test")
    assert not [line for line in lines if line.startswith(("skipped", "FAILED"))]


def test_ci_says_what_it_skipped_for_want_of_a_tool(checkout: Path) -> None:
    script(checkout / "ios_demo" / "swift.sh", "exit 3")
    status, lines = ci(checkout)
    assert status == 0
    assert "made test-swift" not in lines
    assert [line for line in lines if line.startswith("skipped: test-swift: its tools cannot")]


@pytest.mark.parametrize(
    "target",
    ["check", "host-model", "test-kotlin", "test-swift", "apk", "test-device", "test-arm", "test"],
)
def test_a_step_that_fails_fails_ci_after_the_others_ran(checkout: Path, target: str) -> None:
    (checkout / f"fails-{target}").touch()
    status, lines = ci(checkout)
    assert status != 0
    assert lines[-1].startswith("made test")
    assert (f"FAILED: {target}" in lines) == (target != "test")


def test_an_installer_that_breaks_fails_ci(checkout: Path) -> None:
    script(checkout / "android_demo" / "install.sh", "exit 1")
    status, lines = ci(checkout)
    assert status != 0
    assert "FAILED: tools of apk" in lines


def test_a_set_up_that_fails_ends_ci_at_once(checkout: Path) -> None:
    (checkout / "fails-setup").touch()
    status, lines = ci(checkout)
    assert status != 0
    assert lines == ["made setup"]


@pytest.fixture
def made_tree(tmp_path: Path) -> Path:
    """The Makefile with a set-up that is complete, a JDK and scripts that say what they are."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    script(folder / ".venv" / "bin" / "python", 'echo "python $*"')
    (folder / ".venv" / ".complete").touch()
    script(tmp_path / "tools" / "javac", "exit 0")
    script(folder / "android_demo" / "install.sh", "exit 0")
    for part in ("core", "app"):
        script(folder / "android_demo" / part / "test.sh", f"echo tested {part}")
    return folder


def make_test(folder: Path, *more: str) -> tuple[int, list[str]]:
    done = run(["make", "test", *more], folder.parent / "tools", folder)
    return done.returncode, done.stdout.splitlines()


def test_make_test_has_the_android_tests_where_a_jdk_is(made_tree: Path) -> None:
    status, lines = make_test(made_tree)
    assert status == 0
    assert lines[:2] == ["tested core", "tested app"]
    assert lines[-1].startswith("python -m pytest")


def test_make_test_says_what_it_skips_and_goes_on(made_tree: Path) -> None:
    script(made_tree / "android_demo" / "install.sh", "exit 3")
    status, lines = make_test(made_tree)
    assert status == 0
    assert lines[0].startswith("skipped: the Kotlin core and app")
    assert lines[-1].startswith("python -m pytest")
    assert make_test(made_tree, "KOTLIN=no")[1][0].startswith("left out as asked")


@pytest.mark.parametrize("broken", ["install.sh", "core/test.sh", "app/test.sh"])
def test_make_test_fails_with_the_android_tests(made_tree: Path, broken: str) -> None:
    script(made_tree / "android_demo" / broken, "exit 1")
    status, lines = make_test(made_tree)
    assert status != 0
    assert not [line for line in lines if "pytest" in line]
