"""Results -> report/index.html, report.md, plots beside them, and a table for the terminal."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.config import ReportConfig
from bench.measured import by_device, caveats
from bench.plots import Plot, draw_plots
from bench.result import Device, Result, read_results
from bench.tables import Table, comparison, make_tables

if TYPE_CHECKING:
    from rich.console import Group

METHOD = (
    "Every line is one fresh process that imports the runtime, loads the file, runs once, and then "
    "runs in rounds. Files that are compared take turns, a round each, the order reversed every "
    "other round; a round starts with an untimed run. Ratios are medians of the rounds' ratios.",
    "Only the runtime's call is timed: no tokenising, no copying of inputs, no decoding.",
    "Inputs are full of real tokens, a question on our sample passages, without padding unless "
    "“padded to” says otherwise.",
    "Memory is the highest resident memory of the process less what it held with the runtime "
    "imported and no model loaded.",
    "Every file passed its SHA-256 before, and its golden input and output after the measurement.",
    "EM and F1 follow the official SQuAD script; every file runs through the same code.",
)
PAPER = (
    "“60 % faster” on a server CPU (STS-B, batch 1): 668 s against 410 s, which is 1.63x. The "
    "DistilBERT lines under “Against BERT-base” are our like-for-like figure for it.",
    "“71 % faster” on an iPhone 7 Plus, 207 MB: the public history of the authors' app shows "
    "1.118 s for BERT on 384 real tokens against 0.319 s for a model fed 64 zeros, and a 207 MB "
    "file that lacks the attention weights. Like for like in the same repository, 384 tokens, "
    "float16: 0.472 s against 0.311 s, which is 1.52x. DistilBERT for answers takes 265.5 MB in "
    "float32.",
    "Ours: the same length, precision, runtime, threads and real tokens on both sides; a host CPU, "
    "not that phone; the published shapes with random weights.",
)


@dataclass(frozen=True)
class Section:
    """What one device measured."""

    device: tuple[tuple[str, str], ...]
    caveats: tuple[str, ...]
    tables: tuple[Table, ...]
    plots: tuple[Plot, ...]
    compared: bool


def report(config: ReportConfig) -> Path:
    """Read result files and write the report; returns the page."""
    return write_report(read_results(config.results), config.out)


def write_report(results: Sequence[Result], folder: Path) -> Path:
    """Write the report of `results` into `folder`, replacing an earlier report there.

    Everything is made in a temporary folder first; the page is moved last. Files in `folder` that
    a report does not write are left alone.
    """
    if not results:
        raise ValueError("there is nothing to report: no results were given")
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".report.", dir=folder))
    try:
        sections = _sections(results, partial)
        values = {
            "sections": sections,
            "results": len(results),
            "measured_at": max(r.measured_at for r in results),
            "method": METHOD,
            "paper": PAPER,
        }
        for template, name in (("report.md.j2", "report.md"), ("report.html.j2", "index.html")):
            (partial / name).write_text(_render(template, values), encoding="utf-8")
        for path in sorted(partial.iterdir(), key=lambda p: p.suffix == ".html"):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / "index.html"


def terminal_tables(results: Sequence[Result]) -> "Group":
    """The tables that fit a terminal, as a rich renderable."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table as RichTable
    from rich.text import Text

    shown: list[Any] = []
    for device, files in by_device(results).items():
        shown.append(Text(f"{device.processor}, {device.cores} cores", style="bold"))
        for table in make_tables(files):
            if table.folded:
                continue
            grid = RichTable(
                title=table.title,
                title_justify="left",
                box=SIMPLE_HEAD,
                pad_edge=False,
                collapse_padding=True,
            )
            for index, name in enumerate(table.header):
                if index < table.labels:
                    grid.add_column(Text(name), overflow="fold")
                else:  # a number is never cut: headers and names break instead
                    words = [*name.split(), *(_short(row[index]) for row in table.rows)]
                    widest = max(map(len, words))
                    grid.add_column(Text(name), justify="right", width=widest)
            for row in table.rows:
                grid.add_row(*(Text(_short(cell)) for cell in row))
            shown.append(grid)
        shown += [Text(f"note: {line}") for line in caveats(device, files)]
    return Group(*shown)


def _short(cell: str) -> str:
    """A cell for the terminal: without the range over rounds, which the page shows."""
    value, found, _ = cell.partition("x (")
    return f"{value}x" if found else cell.replace(" / ", "/")


def _sections(results: Sequence[Result], folder: Path) -> list[Section]:
    devices = by_device(results)
    sections = []
    for index, (device, files) in enumerate(devices.items()):
        prefix = f"device{index + 1}-" if len(devices) > 1 else ""
        runtimes = sorted({r.runtime_version for r in results if r.device == device})
        sections.append(
            Section(
                device=(*_device_lines(device), ("Runtimes", ", ".join(runtimes))),
                caveats=tuple(caveats(device, files)),
                tables=tuple(make_tables(files)),
                plots=tuple(draw_plots(files, folder, prefix)),
                compared=bool(comparison(files).rows),
            )
        )
    return sections


def _device_lines(device: Device) -> tuple[tuple[str, str], ...]:
    return (
        ("Device", device.name),
        ("Processor", f"{device.processor}, {device.cores} cores for this process"),
        ("Memory", f"{device.memory_bytes / 2**30:.0f} GiB"),
        ("System", device.system),
    )


def _render(template: str, values: dict[str, Any]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bench"),
        autoescape=template.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _markdown_text
    return environment.get_template(template).render(values)


def _markdown_text(text: str) -> str:
    """Text that cannot end a table cell or start HTML."""
    flat = " ".join(str(text).split())
    for character in "\\`|<>[]*":
        flat = flat.replace(character, f"\\{character}")
    return flat
