"""Results -> one page (index.html), report.md and paper.md with pictures beside, results.csv."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.config import ReportConfig
from bench.csv_table import csv_text
from bench.details import make_tables
from bench.headline import Headline, headline
from bench.measured import File, by_device, caveats
from bench.paper import EXPLANATION, paper_table
from bench.plots import Plot, draw_plots
from bench.result import Device, Result, find_result_files, read_result
from bench.tables import Table, Works, collect_works

if TYPE_CHECKING:
    from rich.console import Group

METHOD = (
    "Every line comes from fresh processes that import the runtime, load the file, run once, pass "
    "the golden check, and then run in rounds. Files that are compared take turns, a round each, "
    "the order reversed every other round; a round starts with an untimed run.",
    "Ratios are medians of the rounds' ratios; their intervals (95 %) come from redrawing rounds, "
    "the same for both sides, and runs in them. Nothing is thrown away: outliers are counted.",
    "Only the runtime's call is timed: no tokenising, no copying of inputs, no decoding.",
    "Inputs are full of real tokens, a question on our sample passages, without padding unless "
    "“padded to” says otherwise.",
    "Memory comes from a process of its own that is not timed: the highest resident memory less "
    "what it held with the runtime imported and no model loaded.",
    "Every file passed its SHA-256 before the measurement.",
    "EM and F1 follow the official SQuAD script; every file runs through the same code.",
)


@dataclass(frozen=True)
class Section:
    """What one device measured; `mark` is its place in the page's address."""

    mark: str
    device: tuple[tuple[str, str], ...]
    name: str
    caveats: tuple[str, ...]
    headline: Headline
    tables: tuple[Table, ...]
    plots: tuple[Plot, ...]
    paper: Table


def report(config: ReportConfig) -> Path:
    """Read result files and write the report; returns the page."""
    paths = find_result_files(config.results)
    return write_report([read_result(path) for path in paths], config.out, paths)


def write_report(results: Sequence[Result], folder: Path, paths: Sequence[Path] = ()) -> Path:
    """Write the report of `results` into `folder`, replacing an earlier report there.

    `paths` are the files of the results, which the page links to. Everything is made in a
    temporary folder first; the page is moved last. Files in `folder` that a report does not write
    are left alone. The same input gives the same bytes.
    """
    if not results:
        raise ValueError("there is nothing to report: no results were given")
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".report.", dir=folder))
    try:
        sections = _sections(results)
        values = {
            "sections": sections,
            "results": len(results),
            "measured_at": max(r.measured_at for r in results),
            "method": METHOD,
            "explanation": EXPLANATION,
            "raw": [(path.name, Path(os.path.relpath(path, folder)).as_posix()) for path in paths],
        }
        pages = {"report.md.j2": "report.md", "report.html.j2": "index.html"}
        if any(section.paper.rows for section in sections):
            pages["paper.md.j2"] = "paper.md"
        for template, name in pages.items():
            (partial / name).write_text(_render(template, values), encoding="utf-8")
        (partial / "results.csv").write_text(csv_text(results), encoding="utf-8")
        for plot in (plot for section in sections for plot in section.plots):
            (partial / f"{plot.name}.svg").write_text(_on_white(plot.svg), encoding="utf-8")
        for path in sorted(partial.iterdir(), key=lambda p: p.suffix == ".html"):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / "index.html"


def _on_white(svg: str) -> str:
    """A picture for a page whose colours are not known."""
    return svg.replace("<style>", "<style>svg{background:#fff;color:#1f2430}", 1) + "\n"


def terminal_tables(results: Sequence[Result]) -> "Group":
    """The tables that fit a terminal, as a rich renderable."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table as RichTable
    from rich.text import Text

    shown: list[Any] = []
    for device, files in by_device(results).items():
        shown.append(Text(f"{device.processor}, {device.cores} cores", style="bold"))
        for table in make_tables(files, collect_works(files)):
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


def _sections(results: Sequence[Result]) -> list[Section]:
    devices = by_device(results)
    works = collect_works([file for files in devices.values() for file in files])
    return [
        _section(number, device, files, works, list(devices))
        for number, (device, files) in enumerate(devices.items(), 1)
    ]


def _section(
    number: int, device: Device, files: Sequence[File], works: Works, devices: Sequence[Device]
) -> Section:
    mark = f"device{number}"
    runtimes = sorted({version for file in files for version in file.versions})
    return Section(
        mark=mark,
        device=(*_device_lines(device), ("Runtimes", ", ".join(runtimes))),
        name=_name_among(device, devices),
        caveats=tuple(caveats(device, files)),
        headline=headline(files),
        tables=tuple(make_tables(files, works)),
        plots=tuple(draw_plots(files, f"{mark}-" if len(devices) > 1 else "")),
        paper=paper_table(files),
    )


def _name_among(device: Device, devices: Sequence[Device]) -> str:
    """Its name, with what tells it from others of that name: the processor, then the system."""
    parts = [(one.name, one.processor, one.system) for one in devices]
    own = (device.name, device.processor, device.system)
    for count in (1, 2):
        if [part[:count] for part in parts].count(own[:count]) == 1:
            return ", ".join(own[:count])
    return ", ".join(own)


def _device_lines(device: Device) -> tuple[tuple[str, str], ...]:
    return (
        ("Device", device.name),
        ("Processor", f"{device.processor}, {device.cores} cores"),
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
