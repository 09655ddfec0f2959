"""Checkpoints by name: a folder of this machine, or a model of the Hugging Face Hub."""

import re
from pathlib import Path

# What a student, a teacher or an export reads; other frameworks' weights stay where they are.
_FILES = (
    *("config.json", "model*.safetensors", "model*.safetensors.index.json"),
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"),
    *("vocab.json", "merges.txt", "README.md"),
)
_HUB_ID = re.compile(r"(?P<id>[\w-][\w.-]*(/[\w-][\w.-]*)?)(@(?P<revision>[\w][\w./-]*))?")


def is_hub_id(source: str | Path) -> bool:
    """Whether a checkpoint would be looked for on the Hub: it has such a name and is no folder."""
    return not Path(source).exists() and _HUB_ID.fullmatch(str(source)) is not None


def checkpoint_folder(source: str | Path, revision: str | None = None) -> Path:
    """The folder of a checkpoint: `source` itself if there is one, else fetched from the Hub.

    A Hub source is `NAME` or `OWNER/NAME`; `revision` (a branch, tag or commit) may also follow it
    as `@REVISION`. It is fetched once and then taken from the cache. Raises FileNotFoundError where
    there is neither a folder nor such a model, ConnectionError where the Hub cannot be asked, and
    ValueError for a revision that has no meaning.
    """
    folder = Path(source)
    if folder.exists():
        if revision is not None:
            raise ValueError(f"--revision {revision} is for a model of the Hub; {source} is here")
        return folder
    found = _HUB_ID.fullmatch(str(source))
    if found is None:
        raise FileNotFoundError(
            f"no checkpoint in {source}: config.json is missing; expected a checkpoint folder or a "
            "Hub id as OWNER/NAME or OWNER/NAME@REVISION"
        )
    if revision is not None and found["revision"] is not None:
        raise ValueError(f"{source} names a revision, and so does --revision {revision}; give one")
    return _fetch(found["id"], revision or found["revision"])


def checkpoint_name(source: str | Path, folder: Path) -> str:
    """How a record names a checkpoint: the Hub id with its commit, or the folder's own name."""
    if Path(source).exists():
        return Path(source).resolve().name
    # The cache keeps a version under .../snapshots/COMMIT.
    return f"{str(source).partition('@')[0]}@{folder.name}"


def _fetch(name: str, revision: str | None) -> Path:
    from httpx2 import TransportError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    wanted = f"{name}@{revision}" if revision else name
    neither = f"no checkpoint folder {wanted} here, and"
    try:
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=list(_FILES)))
    except GatedRepoError as error:
        raise PermissionError(
            f"{neither} the Hub's {name} needs its owner's leave: ask for it on its page, then "
            "`hf auth login`"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise FileNotFoundError(
            f"{neither} no such model on the Hub; is it spelt right?"
        ) from error
    except RevisionNotFoundError as error:
        raise FileNotFoundError(f"the Hub's {name} has no revision {revision!r}") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, TransportError) as error:
        fetch = f"hf download {name}" + (f" --revision {revision}" if revision else "")
        raise ConnectionError(
            f"{neither} the Hub cannot be reached and its cache does not hold it. Fetch it where "
            f"there is a network: `{fetch} --local-dir DIR`, and give DIR"
        ) from error
    if not (folder / "config.json").is_file() or not list(folder.glob("model*.safetensors")):
        raise FileNotFoundError(
            f"the Hub's {wanted} holds no checkpoint to read: config.json or model.safetensors is "
            "missing; take one that has them"
        )
    return folder
