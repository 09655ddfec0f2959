"""Where a bundle is measured and scored: on this host, on phones over adb, or by an app on iOS."""

from collections.abc import Callable

from bench.config import BenchConfig, EvaluateConfig
from bench.device_options import HOST
from bench.result import Result

Lines = Callable[[str], None]
Steps = Callable[[str, int, int], None]


def bench(config: BenchConfig, progress: Lines = lambda message: None) -> list[Result]:
    """Measure a bundle on the device that the config names; writes the result files."""
    kind = config.device.partition(":")[0]
    if kind == "adb":
        from bench.phone.measure import bench_phones

        return bench_phones(config, progress)
    if kind == "ios":
        from bench.phone.imported import import_result

        return [import_result(config)]
    from bench.host import bench as bench_host

    return bench_host(config, progress)


def evaluate(
    config: EvaluateConfig, progress: Steps = lambda what, done, total: None
) -> list[Result]:
    """Score a bundle or a checkpoint on the device that the config names."""
    if config.device == HOST:
        from bench.evaluate import evaluate as evaluate_here

        return evaluate_here(config, progress)
    if config.device.startswith("ios"):
        raise ValueError("iOS: only what the app measured can be imported, by bench; not scores")
    from bench.phone.score import evaluate_phones

    return evaluate_phones(config, progress)
