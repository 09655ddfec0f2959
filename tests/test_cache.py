"""Several buckets of a .tflite share one packed copy of the weights at run time."""

from pathlib import Path

import pytest

from bench.cache import measure_cache
from bench.shapes import Shape, write_shape
from export.build import build_bundle
from export.bundle import Bundle
from export.config import ExportConfig
from export.runner import open_runner

BUCKETS = (32, 40, 48, 56)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("cache")
    shape = Shape("wide", "distilbert", 2, 512, 8, 2048, 0)
    checkpoint = write_shape(shape, folder / "wide")
    config = ExportConfig(checkpoint, folder / "wide-int8", runtimes=("tflite",), buckets=BUCKETS)
    return build_bundle(config)


def test_four_buckets_hold_the_weights_once_and_load_again_from_the_cache(bundle: Bundle) -> None:
    linears = bundle.manifest.models["tflite"].size["linear_weights"]["int8"]
    assert linears > 6_000_000
    found = measure_cache(bundle.folder)
    assert found.lengths == BUCKETS
    assert linears < found.cache_bytes < 1.5 * linears
    # In the file and packed once; a packed copy for every bucket would make five.
    assert found.cold_peak_bytes < 4 * linears
    assert found.warm_peak_bytes < 4 * linears
    assert found.cold_load_ms > 0 < found.warm_load_ms


def test_only_litert_has_a_file_of_packed_weights(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no 'pte' model"):
        open_runner(bundle, "pte", 1, tmp_path / "packed")
