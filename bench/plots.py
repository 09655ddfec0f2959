"""The report's pictures, each for a light and for a dark page (PNG, no screen needed)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measured import PRECISIONS, RUNTIME_NAMES, File, largest_data
from bench.samples import median, paired_ratios
from bench.tables import BASELINE, count_threads

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPER_SPEED_UP = 1.63  # DistilBERT over BERT-base, CPU, arXiv 1910.01108 table 3
COLOURS = ("#d1495b", "#2f7fd1", "#2a9d6f", "#b5791f", "#8457c9", "#6b7280")
MARKERS = {"tflite": "o", "pte": "s", "torch": "^"}
THEMES = {"light": ("#ffffff", "#1f2430"), "dark": ("#14171d", "#e6e8ec")}
FLOAT_RECIPES = tuple(PRECISIONS)  # drawn hollow
WIDTH, HEIGHT, DPI = 8.0, 4.2, 150


@dataclass(frozen=True)
class Plot:
    """A picture beside the page: `<name>-light.png` and `<name>-dark.png`."""

    name: str
    title: str
    alt: str


def draw_plots(files: Sequence[File], folder: Path, prefix: str = "") -> list[Plot]:
    """Write the pictures that the results can fill."""
    drawn = []
    for name, title, draw in (
        ("size-latency", "Size against latency", draw_latency),
        ("f1", "F1 against size and latency", draw_accuracy),
        ("speed-up", "Times faster than BERT-base", draw_speed_up),
    ):
        shown = {
            "size-latency": [f for f in files if f.speeds],
            "f1": [f for f in files if f.accuracies],
        }.get(name, [])
        alt = ""
        for theme in THEMES:
            figure, axes = _new_figure(theme)
            alt = draw(files, axes, THEMES[theme][1])
            if alt:
                _finish(figure, shown, model_colours(files), THEMES[theme][1])
                figure.savefig(folder / f"{prefix}{name}-{theme}.png", dpi=DPI)
        if alt:
            drawn.append(Plot(f"{prefix}{name}", title, alt))
    return drawn


def _new_figure(theme: str) -> "tuple[Figure, Any]":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    background, ink = THEMES[theme]
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor=background)
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2)
    for axis in axes:
        axis.set_facecolor(background)
        axis.tick_params(colors=ink, which="both", labelsize=9)
        axis.grid(True, which="major", color=ink, alpha=0.12)
        for side, spine in axis.spines.items():
            spine.set_color(ink)
            spine.set_visible(side in ("left", "bottom"))
    return figure, axes


def _finish(figure: Any, files: Sequence[File], colours: dict[str, str], ink: str) -> None:
    """Add a legend of `files`, below the axes so that it covers no point."""
    from matplotlib.lines import Line2D

    handles = []
    if files:
        for model in dict.fromkeys(f.subject.model for f in files):
            handles.append(Line2D([], [], color=colours[model], lw=4, label=model))
        for runtime in dict.fromkeys(f.runtime for f in files):
            marker: dict[str, Any] = {"marker": MARKERS.get(runtime, "D"), "lw": 0, "color": ink}
            handles.append(Line2D([], [], label=RUNTIME_NAMES.get(runtime, runtime), **marker))
        for precision in dict.fromkeys(f.label[1] for f in files):
            full = precision == PRECISIONS["fp32"]
            style: dict[str, Any] = {
                "mfc": "none" if full else ink,
                "mec": ink,
                "marker": "o",
                "lw": 0,
            }
            if precision != PRECISIONS["checkpoint"]:
                handles.append(Line2D([], [], label=precision, **style))
        figure.legend(
            handles=handles,
            loc="lower center",
            ncols=min(4, len(handles)),
            frameon=False,
            labelcolor=ink,
            fontsize=9,
        )
    rows = -(-len(handles) // 4)
    figure.tight_layout(rect=(0, 0.065 * rows, 1, 1), w_pad=2.5)


def model_colours(files: Sequence[File]) -> dict[str, str]:
    """One colour a model, the same in every picture."""
    models = list(dict.fromkeys(f.subject.model for f in files))
    return {model: COLOURS[i % len(COLOURS)] for i, model in enumerate(models)}


def _point(axis: Any, file: File, x: float, y: float, colours: dict[str, str]) -> None:
    colour = colours[file.subject.model]
    full = file.subject.recipe in FLOAT_RECIPES
    axis.plot(
        x,
        y,
        marker=MARKERS.get(file.runtime, "D"),
        ms=9,
        mew=2,
        mec=colour,
        mfc="none" if full else colour,
        alpha=0.9,
    )


def _plain_log(axis: Any, which: str) -> None:
    """A logarithmic axis with ticks such as 20, 50, 100."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    getattr(axis, f"set_{which}scale")("log")
    side = getattr(axis, f"{which}axis")
    side.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    side.set_major_formatter(StrMethodFormatter("{x:g}"))
    side.set_minor_formatter(NullFormatter())


def draw_latency(files: Sequence[File], axes: Any, ink: str) -> str:
    """Draw latency over size for the shortest and the longest input, fewest threads."""
    keys = sorted({key for file in files for key in file.speeds})
    if not keys:
        return ""
    threads = keys[0][0]
    lengths = [tokens for count, tokens in keys if count == threads]
    colours = model_colours(files)
    for axis, tokens in zip(axes, (lengths[0], lengths[-1]), strict=True):
        for file in files:
            speed = file.speeds.get((threads, tokens))
            if speed:
                _point(axis, file, file.megabytes, median(speed.wall_ms), colours)
        _plain_log(axis, "x")
        _plain_log(axis, "y")
        axis.set_xlabel("file size, MB", color=ink)
        axis.set_ylabel("median latency, ms", color=ink)
        axis.set_title(f"{tokens} tokens, {count_threads(threads)}", color=ink, fontsize=10)
    return (
        f"Median latency against file size, {count_threads(threads)}, at {lengths[0]} and at "
        f"{lengths[-1]} tokens; lower left is better."
    )


def draw_accuracy(files: Sequence[File], axes: Any, ink: str) -> str:
    """Draw F1 over size and over latency, for the data with the most questions."""
    data = largest_data(files)
    scored = [f for f in files if data in f.accuracies] if data else []
    if not data or not scored:
        return ""
    colours = model_colours(files)
    keys = sorted({key for file in scored for key in file.speeds})
    for file in scored:
        f1 = file.accuracies[data].f1
        _point(axes[0], file, file.megabytes, f1, colours)
        if keys and keys[0] in file.speeds:
            _point(axes[1], file, median(file.speeds[keys[0]].wall_ms), f1, colours)
    axes[0].set_xlabel("file size, MB", color=ink)
    axes[0].set_ylabel("F1", color=ink)
    axes[0].margins(0.15)
    axes[1].set_visible(bool(keys))
    if keys:
        axes[1].set_xlabel(f"ms at {keys[0][1]} tokens, {count_threads(keys[0][0])}", color=ink)
        axes[1].set_ylabel("F1", color=ink)
        axes[1].margins(0.15)
        axes[1].set_ylim(axes[0].get_ylim())
    return f"F1 on {data}, against file size and against latency; upper left is better."


def draw_speed_up(files: Sequence[File], axes: Any, ink: str) -> str:
    """Draw the speed-up over BERT-base, as bars with the range over rounds."""
    bases = {(f.subject.recipe, f.runtime): f for f in files if f.subject.model == BASELINE}
    keys = sorted({key for base in bases.values() for key in base.speeds})
    others = [f for f in files if f.subject.model != BASELINE]
    colours = model_colours(files)
    bars = 0
    lengths = [tokens for threads, tokens in keys if threads == keys[0][0]]
    for axis, tokens in zip(axes, (lengths[0], lengths[-1]) if lengths else (), strict=False):
        labels: list[str] = []
        for file in others:
            base = bases.get((file.subject.recipe, file.runtime))
            key = (keys[0][0], tokens)
            if not base or key not in base.speeds or key not in file.speeds:
                continue
            ratios = paired_ratios(base.speeds[key], file.speeds[key])
            if not ratios:
                continue
            middle, place = median(ratios), len(labels)
            reach = [[middle - min(ratios)], [max(ratios) - middle]]
            axis.barh(place, middle, color=colours[file.subject.model], height=0.7)
            axis.errorbar(middle, place, xerr=reach, color=ink, capsize=3, lw=1)
            axis.annotate(
                f"{middle:.2f}x",
                (max(ratios), place),
                xytext=(6, 0),
                textcoords="offset points",
                color=ink,
                va="center",
                fontsize=8,
            )
            labels.append("\n".join((file.subject.model, " ".join(file.label[1:]))))
        axis.set_yticks(range(len(labels)), labels, fontsize=7)
        axis.invert_yaxis()
        axis.margins(x=0.2)
        axis.axvline(PAPER_SPEED_UP, color=ink, ls="--", lw=1)
        axis.set_title(f"{tokens} tokens, {count_threads(keys[0][0])}", color=ink, fontsize=10)
        axis.set_xlabel("times faster than BERT-base", color=ink)
        bars += len(labels)
    if not bars:
        return ""
    return (
        "Times faster than the BERT-base shape at the same length, precision and runtime; the "
        f"dashed line is the paper's {PAPER_SPEED_UP}x for DistilBERT on a server CPU."
    )
