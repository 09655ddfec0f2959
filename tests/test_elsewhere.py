"""Files for accelerators that are not here: whole, labelled as not run, and not among `models`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from distilbert_mobile import main
from export import strict_json
from export.bundle import load_bundle
from export.config import ELSEWHERE, ExportConfig, InspectConfig
from export.elsewhere import FILES, NOT_RUN, NotRun
from export.inspection import inspect_bundle


@pytest.mark.slow
def test_the_files_are_whole_and_said_not_to_have_run(
    make_bert: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("coremltools", reason="Core ML files need coremltools")
    folder, out = make_bert(tmp_path / "model", layers=1, hidden_size=64), tmp_path / "bundle"
    command = ["export", str(folder), "--out", str(out), "--runtime", "tflite"]
    assert (
        main([*command, "--recipe", "fp32", "--buckets", "16", "--also", ",".join(ELSEWHERE)]) == 0
    )
    bundle = load_bundle(out)
    assert set(bundle.manifest.models) == {"tflite"}
    assert {*FILES.values(), NOT_RUN} <= set(bundle.manifest.files)
    text = (out / NOT_RUN).read_text(encoding="utf-8")
    for written in strict_json.parse(NotRun, text, NOT_RUN).files:
        backend = "VulkanBackend" if written.target == "vulkan" else "CoreMLBackend"
        assert (written.delegates, written.left_over) == ((backend,), ())
        assert "not run" in written.status
        assert (written.length, written.file) == (16, FILES[written.target])
    sizes = {name: bundle.manifest.files[FILES[name]].bytes for name in ELSEWHERE}
    assert sizes["coreml-int8"] < sizes["coreml"]
    inspect_bundle(InspectConfig(out))


def test_an_unknown_target_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="coreml, coreml-int8, vulkan, found metal"):
        ExportConfig(Path("a"), Path("b"), also=("metal",))
