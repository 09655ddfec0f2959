"""A runner that is a shell script, and a bundle whose model it need not load: quick faults."""

import hashlib
import json
import shutil
from pathlib import Path

from bench.phone.cases import golden_cases
from export.bundle import Bundle, load_bundle, load_golden

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "manifests"
WALL_NS = (2_000_111, 2_000_222, 2_000_333)
SAMPLES = tuple(wall / 1e6 for wall in WALL_NS)
"""The result's samples of one process, in ms."""
MODEL_BYTES = 300_000


def small_bundle(folder: Path) -> Bundle:
    """The bundle of the golden manifests with a larger .tflite: only a script can run it."""
    shutil.copytree(GOLDEN / "files", folder)
    content = b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(MODEL_BYTES // 32))
    (folder / "model.tflite").write_bytes(content)
    manifest = json.loads((GOLDEN / "accepted" / "as-exported.json").read_text())
    digest = hashlib.sha256(content).hexdigest()
    manifest["files"]["model.tflite"] = {"bytes": len(content), "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return load_bundle(folder)


def answer(bundle: Bundle, tokens: int = 64, wrong: float = 0.0) -> str:
    """What our runner would write: three samples, the timed case, the golden outputs as stored."""
    interface = bundle.model("tflite").interface
    lengths = {entry.name: entry.max_length for entry in interface.entries}
    timed = next(length for length in lengths.values() if tokens <= length)
    lines = ["litert_runner 1", "bare_bytes 1000", "load_ns 5000000", "first 3000000 3000000"]
    lines += [f"sample {i + 1}000000 {wall} {wall}" for i, wall in enumerate(WALL_NS)]
    lines += ["peak_bytes 2000", "case 0"]
    lines += [f"{tensor.name} {timed}{' 0' * timed}" for tensor in interface.outputs]
    stored = load_golden(bundle).cases
    for number, (case, one) in enumerate(zip(golden_cases(bundle, "tflite"), stored, strict=True)):
        lines.append(f"case {number + 1}")
        for name, values in one.expected["tflite"].items():
            padded = [*(value + wrong for value in values), *[0.0] * lengths[case.entry]]
            padded = padded[: lengths[case.entry]]
            lines.append(f"{name} {len(padded)} " + " ".join(f"{value:.9g}" for value in padded))
    return "\n".join([*lines, f"end {len(lines) + 1}"]) + "\n"


def scripted_kit(folder: Path, body: str, bundle: Bundle, wrong: float = 0.0) -> Path:
    """A runner kit whose program is a script; `give` in it writes the answer as the runner does."""
    folder.mkdir(parents=True)
    program = folder / "litert_runner"
    program.write_text(
        "#!/system/bin/sh\n"
        "give() { cp answer.txt out.txt.partial && mv out.txt.partial out.txt; }\n"
        f"{body}\n"
    )
    program.chmod(0o755)
    (folder / "libLiteRt.so").write_bytes(b"none")
    (folder / "answer.txt").write_text(answer(bundle, wrong=wrong))
    return folder
