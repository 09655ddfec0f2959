"""A signature is openssl's, belongs to one manifest and one key, and goes where the bundle goes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from distilbert_mobile import main
from export.build import build_bundle
from export.bundle import MANIFEST, SIGNATURE
from export.config import ExportConfig, InstallConfig
from export.install import LAYOUTS, install
from export.signature import check_signature, read_private_key, read_public_key, sign

MANIFESTS = Path(__file__).parent / "golden" / "manifests"
PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
PUBLIC = serialization.PublicFormat.SubjectPublicKeyInfo


def write_keys(folder: Path, seed: int = 1) -> tuple[Path, Path]:
    """A private key and its public one."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    private, public = folder / f"key{seed}.pem", folder / f"public{seed}.pem"
    private.write_bytes(key.private_bytes(PEM, PKCS8, serialization.NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(PEM, PUBLIC))
    return private, public


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return write_keys(tmp_path)


@pytest.fixture
def signed(tmp_path: Path, keys: tuple[Path, Path]) -> Path:
    """A bundle folder whose model files are stand-ins, signed."""
    folder = tmp_path / "bundle"
    shutil.copytree(MANIFESTS / "files", folder)
    shutil.copy(MANIFESTS / "accepted" / "as-exported.json", folder / MANIFEST)
    sign(folder, read_private_key(keys[0]))
    return folder


def test_the_signature_of_this_key_is_accepted_and_no_other(
    signed: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    check_signature(signed, read_public_key(keys[1]))
    assert (signed / SIGNATURE).stat().st_size == 64
    other = write_keys(tmp_path, seed=2)[1]
    with pytest.raises(ValueError, match="another key signed it"):
        check_signature(signed, read_public_key(other))


def test_one_changed_byte_of_the_manifest_or_the_signature_is_refused(
    signed: Path, keys: tuple[Path, Path]
) -> None:
    key = read_public_key(keys[1])
    for name in (MANIFEST, SIGNATURE):
        path = signed / name
        content = path.read_bytes()
        path.write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])
        with pytest.raises(ValueError, match="changed after it was signed"):
            check_signature(signed, key)
        path.write_bytes(content)
    (signed / SIGNATURE).write_bytes(b"short")
    with pytest.raises(ValueError, match="not the signature"):
        check_signature(signed, key)


def test_inspect_ends_with_1_where_the_signature_is_missing_or_wrong(
    signed: Path, keys: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_keys(tmp_path, seed=2)[1]
    assert main(["inspect", str(signed), "--public-key", str(other)]) == 1
    assert "not the signature of manifest.json" in capsys.readouterr().err
    (signed / SIGNATURE).unlink()
    assert main(["inspect", str(signed), "--public-key", str(keys[1])]) == 1
    assert "is not signed" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_keys_and_signatures_are_those_of_openssl(signed: Path, tmp_path: Path) -> None:
    def openssl(*words: str) -> str:
        command = ["openssl", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    openssl("genpkey", "-algorithm", "ed25519", "-out", "made.pem")
    openssl("pkey", "-in", "made.pem", "-pubout", "-out", "made-public.pem")
    sign(signed, read_private_key(tmp_path / "made.pem"))
    check_signature(signed, read_public_key(tmp_path / "made-public.pem"))
    files = ["-in", str(signed / MANIFEST), "-sigfile", str(signed / SIGNATURE)]
    told = openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "made-public.pem", *files)
    assert "Verified Successfully" in told


def test_what_is_no_key_is_refused_with_the_command_that_makes_one(
    keys: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="openssl genpkey"):
        read_private_key(tmp_path / "none.pem")
    with pytest.raises(ValueError, match="no private Ed25519 key"):
        read_private_key(keys[1])
    with pytest.raises(ValueError, match="no public Ed25519 key"):
        read_public_key(keys[0])
    curve = generate_private_key(SECP256R1())
    path = tmp_path / "curve.pem"
    path.write_bytes(curve.private_bytes(PEM, PKCS8, serialization.NoEncryption()))
    with pytest.raises(ValueError, match="no private Ed25519 key"):
        read_private_key(path)
    locked = serialization.BestAvailableEncryption(b"word")
    path.write_bytes(read_private_key(keys[0]).private_bytes(PEM, PKCS8, locked))
    with pytest.raises(ValueError, match="is encrypted"):
        read_private_key(path)


def test_install_takes_the_signature_along(
    signed: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    marker = tmp_path / "app" / LAYOUTS["Android"].marker
    marker.parent.mkdir(parents=True)
    marker.touch()
    found = install(InstallConfig(signed, tmp_path / "app"))
    check_signature(found.folder, read_public_key(keys[1]))


def test_export_signs_what_it_publishes_and_refuses_a_bad_key_first(
    make_bert: object, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    checkpoint = make_bert(tmp_path / "checkpoint", layers=1)  # type: ignore[operator]
    out = tmp_path / "out"
    settings = {"runtimes": ("tflite",), "buckets": (32,)}
    with pytest.raises(ValueError, match="no private Ed25519 key"):
        build_bundle(ExportConfig(checkpoint, out, sign=keys[1], **settings))
    assert not out.exists()
    build_bundle(ExportConfig(checkpoint, out, sign=keys[0], **settings))
    check_signature(out, read_public_key(keys[1]))
    assert main(["inspect", str(out), "--public-key", str(keys[1])]) == 0
