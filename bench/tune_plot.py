"""The picture of a search: size against F1, with the limits and the files that nothing beats."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.config import TuneConfig
from bench.measured import RUNTIME_NAMES
from bench.plots import COLOURS

if TYPE_CHECKING:
    from bench.tune import Tried

MARKERS = {"tflite": "o", "pte": "s"}
NAMES = {runtime: RUNTIME_NAMES[runtime] for runtime in MARKERS}
WIDTH, HEIGHT, DPI = 8.0, 4.2, 150


def draw_front(judged: "Sequence[Tried]", config: TuneConfig, path: Path) -> None:
    """Draw every measured file; filled where it fits, ringed where no other beats it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    measured = [one for one in judged if one.refused is None]
    for colour, (runtime, name) in zip(COLOURS, NAMES.items(), strict=False):
        for one in (found for found in measured if found.runtime == runtime):
            axes.plot(
                one.mb,
                one.f1,
                MARKERS[runtime],
                color=colour,
                fillstyle="full" if one.fits else "none",
                markersize=10 if one.on_front else 6,
            )
            label = f" {one.candidate}\n {one.speedup:.1f}x"
            axes.annotate(label, (one.mb, one.f1), fontsize=6, va="center")
        axes.plot([], [], MARKERS[runtime], color=colour, label=name)
    if config.max_mb < float("inf"):
        axes.axvline(config.max_mb, color="grey", linewidth=0.8, label=f"{config.max_mb:g} MB")
    axes.margins(x=0.2, y=0.15)
    axes.set_xlabel("file, MB")
    axes.set_ylabel("F1")
    axes.set_title("filled: within all limits; large: nothing is smaller, faster and better")
    axes.legend(fontsize=7)
    figure.savefig(path, dpi=DPI)
