"""The folder `manifests/`: the manifests, the files beside them, and what must become of them."""

from typing import Any

from json_text import dumped
from manifest_changes import ABOVE_THE_APPS, ACCEPTED, DAMAGED, REFUSED, Change
from tokenizer_cases import huggingface
from valid_manifest import Document, manifest_files, valid_manifest


def manifests() -> dict[str, bytes]:
    """Path -> bytes of everything in `manifests/`."""
    written = {f"files/{name}": data for name, data in manifest_files().items()}
    cases = []

    def add(name: str, written_text: str, reason: str | None, **more: Any) -> None:
        file = f"{'refused' if reason else 'accepted'}/{name}.json"
        written[file] = written_text.encode()
        cases.append({"manifest": file, "refused": reason, **more})

    def changed(change: Change) -> Document:
        document = valid_manifest()
        change(document)
        return document

    vocabulary = manifest_files()["vocab.txt"].decode().split()
    for name, change in ACCEPTED.items():
        document, text = changed(change), "a B \u00e1"
        flags = document["tokenizer"]["lowercase"], document["tokenizer"]["strip_accents"]
        ids, _ = huggingface(vocabulary, *flags)(text)
        add(name, dumped(document), None, text=text, ids=ids)
    for name, (reason, mentions, change) in REFUSED.items():
        add(name, dumped(changed(change)), reason, mentions=mentions)
    for name, (reason, mentions, change) in ABOVE_THE_APPS.items():
        add(name, dumped(changed(change)), reason, mentions=mentions, only_apps=True)
    for name, text in DAMAGED.items():
        add(f"damaged-{name}", text, "damaged", mentions=["manifest.json", "damaged"])
    written["cases.json"] = dumped({"cases": cases}).encode()
    return written
