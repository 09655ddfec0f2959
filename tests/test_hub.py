"""A checkpoint is a folder or a Hub id; the Hub is a stub here."""

from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import errors

from tasks.hub import checkpoint_folder, checkpoint_name, is_hub_id


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[dict[str, Any]]]:
    """Replaces the download by a stub that returns a folder or raises; returns its calls."""

    def install(answer: Any) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def snapshot_download(name: str, **settings: Any) -> str:
            calls.append({"name": name, **settings})
            if isinstance(answer, Exception):
                raise answer
            return str(answer)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
        return calls

    return install


def http_error(kind: type[errors.HfHubHTTPError]) -> errors.HfHubHTTPError:
    request = httpx2.Request("GET", "https://hub.invalid")
    return kind("the Hub says no", response=httpx2.Response(404, request=request))


def checkpoint(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").touch()
    return folder


def test_a_folder_is_itself_even_if_it_could_be_a_hub_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Any
) -> None:
    calls = hub(RuntimeError("must not be asked"))
    monkeypatch.chdir(tmp_path)
    checkpoint(tmp_path / "owner" / "name")
    assert checkpoint_folder("owner/name") == Path("owner/name")
    assert checkpoint_name("owner/name/", Path("owner/name")) == "name"
    assert calls == []


@pytest.mark.parametrize(
    ("source", "name", "revision"),
    [
        ("bert-base-uncased", "bert-base-uncased", None),
        ("owner/some-model_v1.5", "owner/some-model_v1.5", None),
        ("owner/model@main", "owner/model", "main"),
        ("owner/model@refs/pr/3", "owner/model", "refs/pr/3"),
        (Path("owner/model@0123abc"), "owner/model", "0123abc"),
    ],
)
def test_a_hub_id_is_fetched_at_its_revision(
    tmp_path: Path, hub: Any, source: str | Path, name: str, revision: str | None
) -> None:
    folder = checkpoint(tmp_path / "snapshots" / "c0ffee")
    calls = hub(folder)
    assert checkpoint_folder(source) == folder
    assert [(call["name"], call["revision"]) for call in calls] == [(name, revision)]
    assert "pytorch_model.bin" not in calls[0]["allow_patterns"]
    assert checkpoint_name(source, folder) == f"{name}@c0ffee"


def test_a_revision_may_be_given_apart_but_not_twice_and_not_of_a_folder(
    tmp_path: Path, hub: Any
) -> None:
    folder = checkpoint(tmp_path / "c0ffee")
    calls = hub(folder)
    assert checkpoint_folder("owner/model", "v2") == folder
    assert calls[0]["revision"] == "v2"
    with pytest.raises(ValueError, match="owner/model@v1 names a revision, and so does"):
        checkpoint_folder("owner/model@v1", "v2")
    with pytest.raises(ValueError, match="--revision v2 is for a model of the Hub"):
        checkpoint_folder(folder, "v2")
    assert len(calls) == 1


def test_what_an_export_reads_is_fetched_and_nothing_of_other_frameworks(
    tmp_path: Path, hub: Any
) -> None:
    calls = hub(checkpoint(tmp_path / "c0ffee"))
    checkpoint_folder("owner/model")
    patterns = calls[0]["allow_patterns"]

    def fetched(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in patterns)

    needed = (
        "config.json model.safetensors vocab.txt vocab.json merges.txt tokenizer.json README.md"
    )
    assert all(map(fetched, needed.split()))
    assert not any(map(fetched, ["pytorch_model.bin", "tf_model.h5", "onnx/model.onnx"]))


def test_only_what_could_be_there_is_looked_for_on_the_hub(tmp_path: Path) -> None:
    assert is_hub_id("owner/model@v1")
    assert not is_hub_id(tmp_path)
    assert not is_hub_id("/no/such/folder")


@pytest.mark.parametrize("source", ["/no/such/folder", "../gone", "a/b/c", "./here", "x@", "a b"])
def test_what_is_neither_is_refused_without_asking(hub: Any, source: str) -> None:
    calls = hub(RuntimeError("must not be asked"))
    with pytest.raises(FileNotFoundError, match=r"OWNER/NAME or OWNER/NAME@REVISION"):
        checkpoint_folder(source)
    assert calls == []


@pytest.mark.parametrize(
    ("error", "kind", "found"),
    [
        (errors.LocalEntryNotFoundError("no cache"), ConnectionError, "hf download o/m --revision"),
        (errors.OfflineModeIsEnabled("offline"), ConnectionError, "v1 --local-dir DIR`, and give"),
        (http_error(errors.HfHubHTTPError), ConnectionError, "cannot be reached"),
        (httpx2.ConnectError("gone"), ConnectionError, "cannot be reached"),
        (http_error(errors.RepositoryNotFoundError), FileNotFoundError, "no such model on the Hub"),
        (errors.HFValidationError("bad"), FileNotFoundError, "spelt right"),
        (http_error(errors.RevisionNotFoundError), FileNotFoundError, "no revision 'v1'"),
        (http_error(errors.GatedRepoError), PermissionError, "hf auth login"),
    ],
)
def test_each_failure_names_its_cure(
    hub: Any, error: Exception, kind: type[Exception], found: str
) -> None:
    hub(error)
    with pytest.raises(kind, match=found) as raised:
        checkpoint_folder("o/m@v1")
    assert isinstance(raised.value, OSError)


def test_offline_the_real_client_gives_the_same_error() -> None:
    with pytest.raises(ConnectionError, match="hf download owner/never-fetched --local-dir DIR"):
        checkpoint_folder("owner/never-fetched")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_model_without_safetensors_is_refused(tmp_path: Path, hub: Any, missing: str) -> None:
    folder = checkpoint(tmp_path / "c0ffee")
    (folder / missing).unlink()
    hub(folder)
    with pytest.raises(FileNotFoundError, match=r"holds no checkpoint to read"):
        checkpoint_folder("owner/model")
