"""A second look at a bundle: are the bytes those that were measured, and do they still compute?"""

from dataclasses import dataclass
from pathlib import Path

from export import pte_file, tflite_file
from export.bundle import Bundle, check_golden, load_bundle
from export.config import InspectConfig
from export.manifest import Manifest, Operators
from export.runner import open_runner
from export.sizes import Duplicate, StoredTensor, account, find_duplicates
from export.staging import staging

READERS = {
    "tflite": (tflite_file.tflite_tensors, tflite_file.tflite_operators),
    "pte": (pte_file.pte_tensors, pte_file.pte_operators),
}


@dataclass(frozen=True)
class Part:
    """The bytes of one tensor class in one dtype, and their share of the file (0 to 1)."""

    kind: str
    dtype: str
    bytes: int
    share: float


@dataclass(frozen=True)
class Account:
    """Where the bytes and the operators of one model file are, read from the file itself."""

    file: str
    bytes: int
    parts: tuple[Part, ...]
    duplicates: tuple[Duplicate, ...]
    duplicate_bytes: int
    """Bytes that go with storing equal constants once."""
    operators: Operators
    outside: int
    """Operators that run outside the delegates."""


@dataclass(frozen=True)
class Inspection:
    """A bundle that passed: its manifest, and per runtime golden difference and account."""

    manifest: Manifest
    golden_difference: dict[str, float]
    accounts: dict[str, Account]
    signed: bool | None
    """True where the signature was checked, None where no key was given."""


def inspect_bundle(config: InspectConfig) -> Inspection:
    """Check signature, hashes, golden outputs and budgets; ValueError where one fails.

    The picture is drawn before the budgets are checked: it shows what they refuse.
    """
    if config.public_key is not None:
        from export.signature import check_signature, read_public_key

        check_signature(config.bundle, read_public_key(config.public_key))
    bundle = load_bundle(config.bundle)
    differences = {
        runtime: check_golden(bundle, open_runner(bundle, runtime))
        for runtime in bundle.manifest.models
    }
    accounts = {runtime: read_account(bundle, runtime) for runtime in bundle.manifest.models}
    if config.picture is not None:
        _draw(accounts, config.picture)
    for one in accounts.values():
        check_budget(one, config.max_outside, config.max_bytes)
    return Inspection(
        manifest=bundle.manifest,
        golden_difference=differences,
        accounts=accounts,
        signed=None if config.public_key is None else True,
    )


def read_account(bundle: Bundle, runtime: str) -> Account:
    """Account for the model file of a runtime by its own bytes."""
    path = bundle.model_path(runtime)
    read_tensors, count_operators = READERS[runtime]
    return account_of(path.name, path.stat().st_size, read_tensors(path), count_operators(path))


def account_of(file: str, size: int, tensors: list[StoredTensor], operators: Operators) -> Account:
    """Make the account of a file of `size` bytes."""
    parts = (
        Part(kind, dtype, count, count / size)
        for kind, by_dtype in account(tensors, size).items()
        for dtype, count in by_dtype.items()
    )
    duplicates = find_duplicates(tensors)
    return Account(
        file=file,
        bytes=size,
        parts=tuple(parts),
        duplicates=duplicates,
        duplicate_bytes=sum(one.wasted for one in duplicates),
        operators=operators,
        outside=sum(operators.left_over.values()),
    )


def check_budget(found: Account, max_outside: int | None, max_bytes: int | None) -> None:
    """Raise ValueError where a file has more bytes or more operators outside than allowed."""
    faults = []
    if max_outside is not None and found.outside > max_outside:
        outside = ", ".join(f"{count} {name}" for name, count in found.operators.left_over.items())
        faults.append(f"{found.outside} operators run outside ({outside}), allowed {max_outside}")
    if max_bytes is not None and found.bytes > max_bytes:
        faults.append(f"it has {found.bytes:,} bytes, allowed {max_bytes:,}")
    if faults:
        raise ValueError(f"{found.file} is over its budget: {'; '.join(faults)}")


def _draw(accounts: dict[str, Account], path: Path) -> None:
    from export.picture import draw_accounts

    with staging(path) as folder:
        drawn = folder / path.name
        draw_accounts(accounts, drawn)
        drawn.replace(path)
