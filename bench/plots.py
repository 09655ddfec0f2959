"""The report's pictures: size, latency and F1; distributions; times faster than BERT-base."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measured import PRECISIONS, RUNTIME_NAMES, File, Key, largest_data
from bench.samples import Interval, median, ratio_interval
from bench.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Panel,
    bars,
    fit_scale,
    legend,
    legend_height,
    picture,
    strips,
)
from bench.tables import BASELINE, count_threads

PAPER_SPEED_UP = 1.63  # DistilBERT over BERT-base, CPU, arXiv 1910.01108 table 3
COLOURS = ("#d1495b", "#2f7fd1", "#2a9d6f", "#b5791f", "#8457c9", "#6b7280")
SHAPES = {"tflite": "circle", "pte": "square", "torch": "triangle", "torch-eager": "triangle"}
MOST_DOTS = 200


@dataclass(frozen=True)
class Plot:
    """A picture: `svg` is for the page; `name`.svg lies beside the Markdown report."""

    name: str
    title: str
    alt: str
    svg: str


def draw_plots(files: Sequence[File], prefix: str = "") -> list[Plot]:
    """The pictures that the results can fill."""
    drawn = [draw_front(files), draw_distributions(files), draw_speed_up(files)]
    return [Plot(f"{prefix}{plot.name}", plot.title, plot.alt, plot.svg) for plot in drawn if plot]


def model_colours(files: Sequence[File]) -> dict[str, str]:
    """One colour a model, the same in every picture."""
    models = list(dict.fromkeys(f.subject.model for f in files))
    return {model: COLOURS[i % len(COLOURS)] for i, model in enumerate(models)}


def first_key(files: Sequence[File]) -> Key | None:
    """The setting that pictures show: fewest threads, shortest input."""
    return min((key for file in files for key in file.speeds), default=None)


def f1_of(file: File, data: str | None) -> float | None:
    """F1 on the data with the most questions, where the file has it."""
    return file.accuracies[data].f1 if data in file.accuracies else None


def front(files: Sequence[File]) -> list[File]:
    """The scored files that no other one beats in size, latency and F1 at once."""
    data, key = largest_data(files), first_key(files)
    scored = [f for f in files if f1_of(f, data) is not None and key in f.speeds]

    def merits(file: File) -> tuple[float, float, float]:
        assert key is not None
        f1 = f1_of(file, data)
        assert f1 is not None
        return -file.megabytes, -median(file.speeds[key].wall_ms), f1

    def is_beaten(file: File) -> bool:
        mine = merits(file)
        return any(
            all(a >= b for a, b in zip(merits(other), mine, strict=True)) and merits(other) != mine
            for other in scored
        )

    return [file for file in scored if not is_beaten(file)]


def draw_front(files: Sequence[File]) -> Plot | None:
    """Latency over size, and F1 over latency; the files that nothing beats wear a ring."""
    key, data, colours = first_key(files), largest_data(files), model_colours(files)
    if key is None:
        return None
    timed = [(f, median(f.speeds[key].wall_ms)) for f in files if key in f.speeds]
    best = front(files)
    setting = f"{key[1]} tokens, {count_threads(key[0])}"
    xs = [file.megabytes for file, _ in timed]
    panels = [_panel(xs, [ms for _, ms in timed], setting, "file size, MB", "median ms", log=True)]
    for file, ms in timed:
        _mark(panels[0], file, file.megabytes, ms, colours, file in best, data)
    scored = [(file, ms, f1_of(file, data)) for file, ms in timed]
    known = [(file, ms, f1) for file, ms, f1 in scored if f1 is not None]
    if known:
        times, f1s = [ms for _, ms, _ in known], [f1 for *_, f1 in known]
        panels.append(_panel(times, f1s, f"F1 on {data}", f"median ms, {setting}", "F1", log=False))
        for file, ms, f1 in known:
            _mark(panels[1], file, ms, f1, colours, file in best, data)
    alt = f"Median latency against file size ({setting}); lower left is better."
    alt += " F1 against latency; upper left is better." if known else ""
    alt += " Rings: no other scored file is smaller, faster and better at once." if best else ""
    width = WIDTH * len(panels)
    entries = _legend([file for file, _ in timed], colours)
    parts = [panel.draw(WIDTH * index) for index, panel in enumerate(panels)]
    parts += legend(entries, width, HEIGHT + 16)
    svg = picture(parts, width, HEIGHT + legend_height(entries, width), alt)
    return Plot("size-latency-f1", "Size, latency and F1", alt, svg)


def _panel(
    xs: Sequence[float], ys: Sequence[float], title: str, x_label: str, y_label: str, log: bool
) -> Panel:
    x = fit_scale(xs, LEFT, WIDTH - RIGHT, log=True)
    return Panel(x, fit_scale(ys, HEIGHT - BOTTOM, TOP, log), title, x_label, y_label)


def _mark(
    panel: Panel,
    file: File,
    x: float,
    y: float,
    colours: dict[str, str],
    ring: bool,
    data: str | None,
) -> None:
    f1, about = f1_of(file, data), f"{' '.join(file.label)}: {file.megabytes:.1f} MB"
    about += "" if f1 is None else f", F1 {f1:.1f}"
    hollow = file.label[1] == PRECISIONS["fp32"]
    shape = SHAPES.get(file.runtime, "diamond")
    panel.point(x, y, shape, colours[file.subject.model], hollow, about, ring)


def _legend(files: Sequence[File], colours: dict[str, str]) -> list[tuple[str, str, str, bool]]:
    models = dict.fromkeys(f.subject.model for f in files)
    entries = [(model, "square", colours[model], False) for model in models]
    for runtime in dict.fromkeys(f.runtime for f in files):
        shape = SHAPES.get(runtime, "diamond")
        entries.append((RUNTIME_NAMES.get(runtime, runtime), shape, "currentColor", False))
    full = PRECISIONS["fp32"]
    if any(f.label[1] == full for f in files):
        entries.append((f"{full}: hollow", "circle", "currentColor", True))
    return entries


def draw_distributions(files: Sequence[File]) -> Plot | None:
    """Every timed run of every file, as a dot."""
    key, colours = first_key(files), model_colours(files)
    if key is None:
        return None
    rows = [
        (
            " ".join(file.label),
            colours[file.subject.model],
            _thinned(file.speeds[key].wall_ms),
        )
        for file in files
        if key in file.speeds
    ]
    title = f"{key[1]} tokens, {count_threads(key[0])}"
    parts, height = strips(rows, title, "ms of one inference; the bar is the median")
    alt = f"Every timed run ({title}; of long series evenly chosen {MOST_DOTS}), outliers included."
    return Plot(
        "distributions",
        "How the times are spread",
        alt,
        picture(parts, 2 * WIDTH, height, alt),
    )


def _thinned(samples: Sequence[float]) -> Sequence[float]:
    """At most MOST_DOTS samples, evenly chosen from the sorted ones, both ends included."""
    if len(samples) <= MOST_DOTS:
        return samples
    ordered = sorted(samples)
    return [ordered[i * (len(ordered) - 1) // (MOST_DOTS - 1)] for i in range(MOST_DOTS)]


def speed_ups(files: Sequence[File], key: Key) -> list[tuple[File, Interval]]:
    """Each file against BERT-base of the same precision and runtime, measured in turns."""
    bases = {(f.subject.recipe, f.runtime): f for f in files if f.subject.model == BASELINE}
    found = []
    for file in files:
        base = bases.get((file.subject.recipe, file.runtime))
        if file.subject.model == BASELINE or base is None:
            continue
        slow, fast = base.speeds.get(key), file.speeds.get(key)
        if slow and fast and slow.session == fast.session:
            found.append((file, ratio_interval(slow, fast)))
    return found


def draw_speed_up(files: Sequence[File]) -> Plot | None:
    """Bars with 95 % intervals."""
    key, colours = first_key(files), model_colours(files)
    found = speed_ups(files, key) if key else []
    if not found or key is None:
        return None
    rows = [
        (" ".join(file.label), colours[file.subject.model], ratio.estimate, ratio.low, ratio.high)
        for file, ratio in found
    ]
    title = f"{key[1]} tokens, {count_threads(key[0])}"
    parts, height = bars(rows, title, "times faster than BERT-base", PAPER_SPEED_UP)
    alt = (
        "Times faster than the BERT-base shape at the same length, precision and runtime, with "
        f"95 % intervals; the dashed line is the paper's {PAPER_SPEED_UP}x for DistilBERT on a "
        "server CPU."
    )
    svg = picture(parts, 2 * WIDTH, height, alt)
    return Plot("speed-up", "Times faster than BERT-base", alt, svg)
