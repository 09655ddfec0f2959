"""Two measurements of the same settings, compared by bootstrap intervals: for CI."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.config import BenchConfig, CompareConfig, parse_share
from bench.device import Lines, bench
from bench.result import Result, read_results
from bench.samples import Interval, ratio_interval
from bench.tables import count_threads

SLOWER, FASTER, SAME, OPEN = "slower", "faster", "no slower", "cannot tell"


@dataclass(frozen=True)
class Change:
    """One setting before and after: `slowdown` is 1.1 where it takes 10 % longer now.

    `verdict`: SLOWER where the whole interval lies above what is accepted, FASTER where it lies
    below 1, SAME where it lies below what is accepted, OPEN where it holds it.
    """

    setting: str
    slowdown: Interval
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """All settings that both have, and the names of those that only one has."""

    accepted: float
    changes: tuple[Change, ...]
    missing: tuple[str, ...]

    @property
    def slower(self) -> list[Change]:
        """The proven regressions."""
        return [change for change in self.changes if change.verdict == SLOWER]


@dataclass(frozen=True)
class Benched:
    """New results, and what became of a baseline's settings."""

    results: tuple[Result, ...]
    comparison: Comparison | None


def compare(config: CompareConfig) -> Comparison:
    """Compare two result files or two folders of them."""
    before, after = read_results([config.before]), read_results([config.after])
    return compare_results(before, after, parse_share(config.max_regression))


def bench_against(config: BenchConfig, progress: Lines = lambda message: None) -> Benched:
    """Measure a bundle, and compare with the baseline where one is given."""
    # Read first: the new results may take the place of the old ones.
    before = None if config.baseline is None else read_results([config.baseline])
    results = tuple(bench(config, progress))
    if before is None:
        return Benched(results, None)
    accepted = parse_share(config.max_regression)
    return Benched(results, compare_results(before, results, accepted))


def compare_results(
    before: Sequence[Result], after: Sequence[Result], max_regression: float
) -> Comparison:
    """Match speeds by what was run; ValueError where nothing matches or devices differ."""
    old, new = _by_setting(before), _by_setting(after)
    shared = [name for name in new if name in old]
    if not shared:
        raise ValueError(
            "the two have no setting in common; before: "
            f"{', '.join(old) or 'no speeds'}; after: {', '.join(new) or 'no speeds'}"
        )
    changes = []
    for name in shared:
        if old[name].device != new[name].device:
            raise ValueError(
                f"{name} was measured on two devices ({old[name].device.processor} and "
                f"{new[name].device.processor}); measure the baseline again on this one"
            )
        one, other = new[name].speed, old[name].speed
        assert one is not None
        assert other is not None
        slowdown = ratio_interval(one, other)
        changes.append(Change(name, slowdown, _judge(slowdown, 1 + max_regression)))
    missing = sorted(set(old) ^ set(new))
    return Comparison(1 + max_regression, tuple(changes), tuple(missing))


def _judge(slowdown: Interval, accepted: float) -> str:
    if slowdown.low > accepted:
        return SLOWER
    if slowdown.high < 1:
        return FASTER
    return SAME if slowdown.high <= accepted else OPEN


def _by_setting(results: Sequence[Result]) -> dict[str, Result]:
    """Speeds by model, precision, runtime, threads and length; the latest of equal ones."""
    found = {}
    for result in sorted(results, key=lambda r: r.measured_at):
        if result.speed and result.workload:
            load, subject = result.workload, result.subject
            name = f"{subject.model} {subject.recipe} {result.runtime}"
            found[f"{name}, {count_threads(load.threads)}, {load.tokens} tokens"] = result
    return found


def comparison_lines(found: Comparison) -> list[str]:
    """The comparison as text, one setting a line."""
    lines = [
        f"{change.setting}: {change.slowdown.estimate:.3f} times the time "
        f"({change.slowdown.low:.3f} to {change.slowdown.high:.3f}): {change.verdict}"
        for change in found.changes
    ]
    return [*lines, *(f"{name}: only in one of the two" for name in found.missing)]


def refuse_regressions(found: Comparison | None) -> None:
    """ValueError that names every proven regression."""
    if found is not None and found.slower:
        names = "; ".join(change.setting for change in found.slower)
        raise ValueError(
            f"slower than accepted ({100 * (found.accepted - 1):g} %), with the whole 95 % "
            f"interval: {names}"
        )
