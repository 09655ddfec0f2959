"""JSON in ASCII, the same bytes for the same value."""

import json
from typing import Any


def dumped(value: Any) -> str:
    """One line per innermost list."""
    return _lines(value, 0) + "\n"


def _lines(value: Any, depth: int) -> str:
    if not isinstance(value, dict | list | tuple) or not value:
        return json.dumps(value)
    pad, end = " " * (depth + 1), " " * depth
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(k)}: {_lines(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inner) + "\n" + end + "}"
    if any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(pad + _lines(v, depth + 1) for v in value) + "\n" + end + "]"
    if any(isinstance(item, list) for item in value):
        return _filled([json.dumps(item) for item in value], pad, end)
    return json.dumps(value)


def _filled(items: list[str], pad: str, end: str) -> str:
    """Short items in lines of up to 120 characters."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > 120:
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + item
    return "[\n" + ",\n".join(pad + line for line in lines) + "\n" + end + "]"
