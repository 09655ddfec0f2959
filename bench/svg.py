"""Small pictures as SVG text: they follow the page's colours, print well, and need no library."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 460.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 14.0, 26.0, 42.0
GLYPH = 6.2  # average width of a character of the labels
ABOUT_TICKS = 5
# A style inside an SVG counts for the whole page: its names must be its own.
STYLE = (
    "svg text{font:11px system-ui,sans-serif;fill:currentColor}.p-soft{opacity:.7}"
    ".p-axis{stroke:currentColor;opacity:.55}.p-grid{stroke:currentColor;opacity:.13}"
    ".p-dash{stroke-dasharray:4 3}"
)


@dataclass(frozen=True)
class Scale:
    """Maps values to places; `log` for a logarithmic axis."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def place(self, value: float) -> float:
        """Where `value` is, in pixels."""
        low, high, at = (
            (math.log(self.low), math.log(self.high), math.log(value))
            if self.log
            else (self.low, self.high, value)
        )
        return self.start + (self.end - self.start) * (at - low) / (high - low)

    def ticks(self) -> list[float]:
        """Round numbers inside the axis."""
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = [step * 10.0**power for power in powers for step in (1, 2, 5)]
        else:
            step = 10.0 ** math.floor(math.log10((self.high - self.low) / ABOUT_TICKS))
            step *= next(m for m in (1, 2, 5, 10) if (self.high - self.low) / (m * step) <= 6)
            first = math.ceil(self.low / step)
            found = [step * n for n in range(first, math.floor(self.high / step) + 1)]
        return [tick for tick in found if self.low <= tick <= self.high]


def fit_scale(values: Sequence[float], start: float, end: float, log: bool) -> Scale:
    """A scale that shows all `values` with a margin."""
    low, high = min(values), max(values)
    if log:
        return Scale(low / 1.25, high * 1.25, start, end, log=True)
    margin = 0.12 * (high - low) or 0.05 * abs(high) or 1.0
    return Scale(low - margin, high + margin, start, end, log=False)


@dataclass
class Panel:
    """One pair of axes; what is drawn is kept as text. Colours are CSS colours."""

    x: Scale
    y: Scale
    title: str
    x_label: str
    y_label: str
    parts: list[str] = field(default_factory=list)

    def draw(self, shift: float) -> str:
        """The panel as an SVG group, `shift` pixels to the right."""
        lines = [f'<text x="{LEFT:g}" y="14" font-weight="600">{escape(self.title)}</text>']
        for tick in self.x.ticks():
            at, foot = self.x.place(tick), HEIGHT - BOTTOM
            lines.append(_line(at, TOP, at, foot, "p-grid"))
            lines.append(_text(at, foot + 15, f"{tick:g}", "middle"))
        for tick in self.y.ticks():
            at = self.y.place(tick)
            lines.append(_line(LEFT, at, WIDTH - RIGHT, at, "p-grid"))
            lines.append(_text(LEFT - 6, at + 4, f"{tick:g}", "end"))
        lines.append(_line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "p-axis"))
        lines.append(_line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "p-axis"))
        middle = (LEFT + WIDTH - RIGHT) / 2
        lines.append(_text(middle, HEIGHT - 8, self.x_label, "middle", "p-soft"))
        turned = f'transform="rotate(-90 14 {HEIGHT / 2:g})"'
        lines.append(
            f'<text x="14" y="{HEIGHT / 2:g}" text-anchor="middle" class="p-soft" {turned}>'
            f"{escape(self.y_label)}</text>"
        )
        return f'<g transform="translate({shift:g} 0)">{"".join([*lines, *self.parts])}</g>'

    def point(
        self, x: float, y: float, shape: str, colour: str, hollow: bool, about: str, ring: bool
    ) -> None:
        """A mark with a text that shows when it is pointed at."""
        mark = shape_path(shape, self.x.place(x), self.y.place(y), 5.0)
        fill = "none" if hollow else colour
        around = (
            f'<circle cx="{self.x.place(x):.1f}" cy="{self.y.place(y):.1f}" r="9.5" fill="none" '
            'stroke="currentColor"/>'
            if ring
            else ""
        )
        self.parts.append(
            f'<g><title>{escape(about)}</title>{around}<path d="{mark}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="2"/></g>'
        )


def shape_path(shape: str, x: float, y: float, r: float) -> str:
    """The outline of a mark: circle, square, triangle or diamond."""
    if shape == "circle":
        return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "triangle": ((0, -1.1), (1.05, 0.8), (-1.05, 0.8)),
        "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    }[shape]
    return "M" + "L".join(f"{x + r * a:.1f} {y + r * b:.1f}" for a, b in corners) + "z"


def legend(entries: Sequence[tuple[str, str, str, bool]], width: float, top: float) -> list[str]:
    """Marks with names, (name, shape, colour, hollow), in as many lines as they need."""
    lines, x, y = [], LEFT, top
    for name, shape, colour, hollow in entries:
        size = 26 + GLYPH * len(name)
        if x + size > width and x > LEFT:
            x, y = LEFT, y + 18
        fill = "none" if hollow else colour
        lines.append(
            f'<path d="{shape_path(shape, x, y - 4, 5.0)}" fill="{fill}" stroke="{colour}" '
            f'stroke-width="2"/>{_text(x + 10, y, name, "start")}'
        )
        x += size
    return lines


def legend_height(entries: Sequence[tuple[str, str, str, bool]], width: float) -> float:
    """The height that `legend` takes."""
    rows, x = 1, LEFT
    for name, *_ in entries:
        size = 26 + GLYPH * len(name)
        if x + size > width and x > LEFT:
            rows, x = rows + 1, LEFT
        x += size
    return 22 + 18 * rows


def picture(parts: Sequence[str], width: float, height: float, alt: str) -> str:
    """A whole SVG element; `alt` is its text for those who do not see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(alt, {chr(34): "&quot;"})}"><style>{STYLE}</style>'
        f"{''.join(parts)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{name}>{escape(text)}</text>'


def bars(
    rows: Sequence[tuple[str, str, float, float, float]],
    title: str,
    x_label: str,
    mark: float | None = None,
) -> tuple[list[str], float]:
    """Horizontal bars (label, colour, value, low, high) with whiskers; parts and their height.

    `mark` is a value with a dashed line through all bars.
    """
    left, step, width = bar_left([row[0] for row in rows]), 22.0, 2 * WIDTH
    highs = [row[4] for row in rows] + ([mark] if mark else [])
    scale = Scale(0.0, 1.1 * max(highs), left, width - 60, log=False)
    foot = TOP + step * len(rows)
    parts = [f'<text x="{left:g}" y="14" font-weight="600">{escape(title)}</text>']
    for tick in scale.ticks():
        at = scale.place(tick)
        parts += [_line(at, TOP, at, foot, "p-grid"), _text(at, foot + 15, f"{tick:g}", "middle")]
    for index, (label, colour, value, low, high) in enumerate(rows):
        y = TOP + step * index + step / 2
        reach = scale.place(value) - left
        parts.append(_text(left - 8, y + 4, label, "end"))
        parts.append(
            f'<rect x="{left:.1f}" y="{y - 7:.1f}" width="{reach:.1f}" height="14" '
            f'fill="{colour}"/>'
        )
        parts.append(_line(scale.place(low), y, scale.place(high), y, "p-axis"))
        parts.append(_text(scale.place(high) + 6, y + 4, f"{value:.2f}x", "start"))
    if mark:
        parts.append(_line(scale.place(mark), TOP - 4, scale.place(mark), foot, "p-axis p-dash"))
    parts.append(_text((left + width - 60) / 2, foot + 32, x_label, "middle", "p-soft"))
    return parts, foot + 40


def strips(
    rows: Sequence[tuple[str, str, Sequence[float]]], title: str, x_label: str
) -> tuple[list[str], float]:
    """Distributions (label, colour, samples) on one logarithmic axis: every sample is a dot."""
    left, step, width = bar_left([row[0] for row in rows]), 22.0, 2 * WIDTH
    every = [sample for _, _, samples in rows for sample in samples]
    scale = fit_scale(every, left, width - 20, log=True)
    foot = TOP + step * len(rows)
    parts = [f'<text x="{left:g}" y="14" font-weight="600">{escape(title)}</text>']
    for tick in scale.ticks():
        at = scale.place(tick)
        parts += [_line(at, TOP, at, foot, "p-grid"), _text(at, foot + 15, f"{tick:g}", "middle")]
    for index, (label, colour, samples) in enumerate(rows):
        y = TOP + step * index + step / 2
        ordered = sorted(samples)
        parts.append(_text(left - 8, y + 4, label, "end"))
        dots = "".join(
            f"M{scale.place(sample):.1f} {y - 6 + 12 * (i % 7) / 6:.1f}h.01"
            for i, sample in enumerate(samples)
        )
        parts.append(
            f'<path d="{dots}" stroke="{colour}" stroke-width="3" stroke-linecap="round" '
            'opacity=".45"/>'
        )
        middle = scale.place(ordered[len(ordered) // 2])
        parts.append(
            f'<line x1="{middle:.1f}" y1="{y - 9:.1f}" x2="{middle:.1f}" y2="{y + 9:.1f}" '
            'stroke="currentColor" stroke-width="2"/>'
        )
    parts.append(_text((left + width) / 2, foot + 32, x_label, "middle", "p-soft"))
    return parts, foot + 40


def bar_left(labels: Sequence[str]) -> float:
    """Where bars begin, right of the longest label."""
    return 16 + GLYPH * max(map(len, labels))
