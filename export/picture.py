"""The account of a bundle as one picture: bytes by tensor class, operators by where they run."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from export.inspection import Account

COLOURS = {
    "embedding_tables": "#4477aa",
    "linear_weights": "#66ccee",
    "biases_and_norms": "#228833",
    "scales": "#ccbb44",
    "graph": "#bbbbbb",
}
DUPLICATE = "#ee6677"
LINE = 120
"""Characters of small print that fit the width."""
SMALLEST_LABEL = 0.06
"""Share of the widest bar under which a part is too narrow for its own label."""


def draw_accounts(accounts: "dict[str, Account]", path: Path) -> None:
    """Draw the accounts by runtime into an .svg or .png: the same accounts, the same bytes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "account", "svg.fonttype": "path"}):
        height = 1.8 + 0.9 * len(accounts)
        figure, (sizes, operators) = pyplot.subplots(2, 1, figsize=(9, 2 * height))
        _draw_sizes(sizes, accounts)
        _draw_operators(operators, accounts)
        figure.tight_layout()
        stamp = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, dpi=120, metadata=stamp)
        pyplot.close(figure)


def _draw_sizes(axes: Any, accounts: "dict[str, Account]") -> None:
    widest = max(one.bytes for one in accounts.values())
    named = set()
    for row, one in enumerate(accounts.values()):
        left = 0.0
        for part in one.parts:
            width = part.bytes / 1e6
            label = part.kind.replace("_", " ") if part.kind not in named else None
            named.add(part.kind)
            axes.barh(row, width, left=left, color=COLOURS[part.kind], label=label, edgecolor="w")
            if part.bytes > SMALLEST_LABEL * widest:
                text = f"{part.dtype}\n{100 * part.share:.0f} %"
                axes.text(left + width / 2, row, text, ha="center", va="center", fontsize=8)
            left += width
        text = f" {one.bytes / 1e6:.1f} MB"
        if one.duplicate_bytes:
            wasted = one.duplicate_bytes / 1e6
            axes.barh(row, wasted, color=DUPLICATE, height=0.12, label="stored more than once")
            text += f", {wasted:.2f} MB of it twice"
        axes.text(left, row, text, va="center", fontsize=9)
    _name_rows(axes, [one.file for one in accounts.values()])
    axes.set_xlim(0, 1.25 * widest / 1e6)
    axes.set_xlabel("MB in the file, by tensor class")


def _draw_operators(axes: Any, accounts: "dict[str, Account]") -> None:
    most = 1
    for row, one in enumerate(accounts.values()):
        inside, named = one.operators.delegated, row > 0
        most = max(most, inside + one.outside)
        labels = (None, None) if named else ("inside the delegates", "outside")
        axes.barh(row, inside, height=0.4, color="#4477aa", label=labels[0])
        axes.barh(row, one.outside, height=0.4, left=inside, color=DUPLICATE, label=labels[1])
        left_over = one.operators.left_over.items()
        kinds = ", ".join(f"{count} {name.rpartition('::')[2]}" for name, count in left_over)
        text = f"{one.outside} outside: {kinds}" if one.outside else "none outside"
        axes.text(0, row - 0.25, textwrap.fill(text, LINE), va="bottom", fontsize=7)
    _name_rows(axes, [one.file for one in accounts.values()])
    axes.set_xlim(0, 1.25 * most)
    axes.set_xlabel("operators of one inference, by where they run")


def _name_rows(axes: Any, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.65)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=6, fontsize=8, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
