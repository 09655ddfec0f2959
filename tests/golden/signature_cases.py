"""Signed manifests, signatures of many wrong kinds, and the examples of RFC 8032.

A signature is Ed25519 (RFC 8032, section 5.1.7) over the bytes of manifest.json, checked without
the cofactor as OpenSSL does: S below the group's order, R compared byte by byte.
"""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from manifest_cases import manifests

SIGNED, OTHER = "accepted/as-exported.json", "accepted/accuracy.json"
OWN_SEED, OTHER_SEED = bytes(range(32)), bytes(range(1, 33))
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
RFC_8032 = {
    "1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}
"""Section 7.1: name -> secret key, message, signature, which another verifier must make too."""
EC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjlM7b6C/e0YluzBmfAH7YH75+Lio
D+9bMAYocDGHsqNz6x294DMYNm0Gn4Om9ZAAU8c2M8sEGyHFXhqGwfQAtA==
-----END PUBLIC KEY-----
"""

Point = tuple[int, int]
_D = -121665 * pow(121666, -1, PRIME) % PRIME
_ROOT = pow(2, (PRIME - 1) // 4, PRIME)


def signature_cases() -> dict[str, Any]:
    """The content of signatures.json."""
    own, other = (Ed25519PrivateKey.from_private_bytes(seed) for seed in (OWN_SEED, OTHER_SEED))
    pem = _public_pem(own)
    return {
        "keys": {
            "own": pem,
            "own, lines of Windows": pem.replace("\n", "\r\n"),
            "own, no line at the end": pem.removesuffix("\n"),
            "other": _public_pem(other),
        },
        "refused_keys": [{"name": name, "pem": text} for name, text in _no_keys(own).items()],
        "cases": _bundles(own, other),
        "vectors": _vectors(own),
    }


def _public_pem(key: Any) -> str:
    return str(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    )


def _no_keys(own: Ed25519PrivateKey) -> dict[str, str]:
    """Texts that are no public Ed25519 key in PEM."""
    pem = _public_pem(own)
    x25519 = _public_pem(X25519PrivateKey.from_private_bytes(OWN_SEED))
    private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    head, body, foot = pem.split("\n")[:3]
    return {
        "nothing": "",
        "some text": "the key is under the mat\n",
        "a private key": private,
        "a key for another purpose": x25519,
        "a key of another curve": EC_KEY,
        "a shorter key": "\n".join([head, body[:-4], foot, ""]),
        "a character that is none": "\n".join([head, "!" + body[1:], foot, ""]),
        "no end": "\n".join([head, body, ""]),
    }


def _bundles(own: Ed25519PrivateKey, other: Ed25519PrivateKey) -> list[dict[str, Any]]:
    """Bundles with a signature, and the key that the loader was given."""
    content = manifests()
    good = own.sign(content[SIGNED])
    cases: list[dict[str, Any]] = []

    def add(name: str, key: str | None, signature: bytes | None, **more: Any) -> None:
        given = {"manifest": f"manifests/{SIGNED}", "refused": None} | more
        written = None if signature is None else signature.hex()
        cases.append({"name": name, "key": key, "signature": written, **given})

    def refuse(name: str, key: str, signature: bytes | None, **more: Any) -> None:
        words = ["not the signature of manifest.json"]
        wrong = {"refused": "another key, or changed after it was signed", "mentions": words}
        add(name, key, signature, **(wrong | more))

    add("signed by this key", "own", good)
    add("the key has lines of Windows", "own, lines of Windows", good)
    add("the key has no line at the end", "own, no line at the end", good)
    add("another manifest that is signed", "own", own.sign(content[OTHER]), manifest=_at(OTHER))
    add("no key: a signature is not looked at", None, bytes(64))
    add("no key, no signature", None, None)
    not_signed = {"refused": "not signed", "mentions": ["not signed", "manifest.sig"]}
    refuse("missing", "own", None, **not_signed)
    refuse("signed by another key", "own", other.sign(content[SIGNED]))
    refuse("checked with another key", "other", good)
    refuse("the manifest was changed", "own", good, manifest=_at(OTHER))
    refuse("a manifest that is damaged", "own", good, manifest=_at("refused/truncated.json"))
    refuse("the hash was signed", "own", own.sign(hashlib.sha512(content[SIGNED]).digest()))
    for name, wrong in _malformed(good, content[SIGNED]).items():
        refuse(name, "own", wrong)
    return cases


def _at(manifest: str) -> str:
    return f"manifests/{manifest}"


def _malformed(good: bytes, message: bytes) -> dict[str, bytes]:
    """Signatures that one careless verifier or another takes."""
    r, s = good[:32], int.from_bytes(good[32:], "little")

    def with_s(value: int) -> bytes:
        return r + value.to_bytes(32, "little")

    return {
        "empty": b"",
        "cut by a byte": good[:-1],
        "cut in the middle": r,
        "a byte too long": good + b"\0",
        "a line too long": good + b"\n",
        "twice": good + good,
        "in hexadecimal": good.hex().encode(),
        "zeros": bytes(64),
        "ones": b"\xff" * 64,
        "a bit of R": bytes([good[0] ^ 1]) + good[1:],
        "the sign of R": good[:31] + bytes([good[31] ^ 0x80]) + good[32:],
        "a bit of S": good[:32] + bytes([good[32] ^ 1]) + good[33:],
        "halves exchanged": good[32:] + r,
        "S plus the order": with_s(s + ORDER),
        "S plus eight orders": with_s(s + 8 * ORDER),
        "S is the order": with_s(ORDER),
        "S is zero": with_s(0),
        "negative S": with_s(ORDER - s),
        "S with its highest bit": with_s(s | 1 << 255),
        "R written beyond the prime": _signature(message, (PRIME + 1).to_bytes(32, "little"), 0),
        "R beside the group": _signature(message, *_beside_the_group(7)),
    }


def _vectors(own: Ed25519PrivateKey) -> list[dict[str, Any]]:
    """Keys, messages and signatures in hexadecimal: RFC 8032, lengths around SHA-512's blocks."""
    found = []

    def add(name: str, key: Ed25519PrivateKey, message: bytes, change: int = 0) -> None:
        signature = bytearray(key.sign(message))
        signature[change] ^= 1 if change else 0
        public = key.public_key().public_bytes_raw().hex()
        one = {"name": name, "public_key": public, "message": message.hex()}
        found.append({**one, "signature": signature.hex(), "valid": not change})

    for name, (secret, text, signature) in RFC_8032.items():
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
        message = bytes.fromhex(text)
        assert key.sign(message).hex() == signature
        add(f"RFC 8032, {name}", key, message)
        add(f"RFC 8032, {name}, a bit of R", key, message, 17)
        add(f"RFC 8032, {name}, a bit of S", key, message, 40)
    for length in (1, 46, 47, 48, 63, 64, 65, 174, 175, 176, 191, 192, 1023, 5000):
        add(f"{length} bytes", own, bytes(i * 7 % 256 for i in range(length)))
    for number in range(8):
        seed = hashlib.sha256(bytes([number])).digest()
        add(f"key {number}", Ed25519PrivateKey.from_private_bytes(seed), seed)
    for name, y in {"no point": 2, "beyond the prime": PRIME + 3}.items():
        one = {"name": f"a key that is {name}", "public_key": y.to_bytes(32, "little").hex()}
        found.append({**one, "message": "", "signature": bytes(64).hex(), "valid": False})
    return found


def _signature(message: bytes, written_r: bytes, r: int) -> bytes:
    """A signature by the own key whose equation holds, but for how R is written."""
    scalar, public = _own_scalar(), _own_public()
    digest = hashlib.sha512(written_r + public + message).digest()
    s = (r + int.from_bytes(digest, "little") * scalar) % ORDER
    return written_r + s.to_bytes(32, "little")


def _own_public() -> bytes:
    return Ed25519PrivateKey.from_private_bytes(OWN_SEED).public_key().public_bytes_raw()


def _own_scalar() -> int:
    low = bytearray(hashlib.sha512(OWN_SEED).digest()[:32])
    low[0] &= 0xF8
    low[31] = low[31] & 0x7F | 0x40
    return int.from_bytes(low, "little")


def _beside_the_group(r: int) -> tuple[bytes, int]:
    """R = r B + T for T = (0, -1), of order two: right only for those who multiply by eight."""
    base_y = 4 * pow(5, -1, PRIME) % PRIME
    base = (_x_of(base_y), base_y)
    point = (0, PRIME - 1)
    for _ in range(r):
        point = _add(point, base)
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little"), r


def _x_of(y: int) -> int:
    """The even x of a point (RFC 8032, section 5.1.3)."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * _ROOT % PRIME
    return x if x % 2 == 0 else PRIME - x


def _add(one: Point, other: Point) -> Point:
    """The sum on -x^2 + y^2 = 1 + d x^2 y^2."""
    (x1, y1), (x2, y2) = one, other
    shared = _D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + shared, -1, PRIME)
    y = (y1 * y2 + x1 * x2) * pow(1 - shared, -1, PRIME)
    return x % PRIME, y % PRIME
