"""An Ed25519 signature over the manifest, which holds the hash of every other file."""

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from export.bundle import MANIFEST, SIGNATURE

MAKE_KEY = "openssl genpkey -algorithm ed25519 -out key.pem"
MAKE_PUBLIC_KEY = "openssl pkey -in key.pem -pubout -out public.pem"


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read an unencrypted Ed25519 key in PEM; ValueError tells how to make one."""
    try:
        key = load_pem_private_key(_read(path), password=None)
    except TypeError:
        raise ValueError(
            f"{path} is encrypted; decrypt it for the export: openssl pkey -in {path} -out key.pem"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is no private Ed25519 key in PEM; make one: {MAKE_KEY}")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public Ed25519 key in PEM; ValueError tells how to make one."""
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is no public Ed25519 key in PEM; make one: {MAKE_PUBLIC_KEY}")
    return key


def sign(folder: Path, key: Ed25519PrivateKey) -> Path:
    """Write the signature of the manifest beside it: 64 bytes, as openssl writes them."""
    path = folder / SIGNATURE
    path.write_bytes(key.sign((folder / MANIFEST).read_bytes()))
    return path


def check_signature(folder: Path, key: Ed25519PublicKey) -> None:
    """Raise FileNotFoundError for an unsigned bundle, ValueError for one that others signed."""
    path = folder / SIGNATURE
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} is not signed: it has no {SIGNATURE}; export it with --sign KEY.pem"
        )
    try:
        key.verify(path.read_bytes(), (folder / MANIFEST).read_bytes())
    except InvalidSignature:
        raise ValueError(
            f"{path} is not the signature of {MANIFEST} by this key; "
            "the bundle was changed after it was signed, or another key signed it"
        ) from None


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(f"there is no key at {path}; make one: {MAKE_KEY}")
    return path.read_bytes()
