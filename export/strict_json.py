"""JSON text to frozen dataclasses and back, refusing whatever the types do not say."""

import dataclasses
import json
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")

LATER = "later"
"""Metadata of a field that files written before it existed lack; its default stands in there."""


def dump(value: Any) -> str:
    """Write a dataclass as JSON that is the same bytes for the same content."""
    return json.dumps(dataclasses.asdict(value), indent=1, ensure_ascii=False) + "\n"


def parse(kind: type[T], text: str, name: str) -> T:
    """Read `text` as the dataclass `kind`; every fault is a ValueError that says where it is."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name} is not valid JSON: {error}") from None
    return build(kind, data, name)


def build(kind: type[T], data: Any, name: str) -> T:
    """Make the dataclass `kind` of parsed JSON; every fault is a ValueError that says where."""
    return typing.cast(T, _read(kind, data, name))


def _read(kind: Any, data: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, data, where)
    if origin is types.UnionType:
        if data is None and type(None) in arguments:
            return None
        members = [member for member in arguments if member is not type(None)]
        matching = [m for m in members if m in (int, str) and type(data) is m]
        return _read((matching or members)[0], data, where)
    if origin is tuple:
        items = _expect(list, data, where)
        return tuple(_read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(items))
    if origin is dict:
        items = _expect(dict, data, where)
        return {key: _read(arguments[1], item, f"{where}.{key}") for key, item in items.items()}
    if kind is float and type(data) is int:
        return float(data)
    return _expect(kind, data, where)


def _read_dataclass(kind: Any, data: Any, where: str) -> Any:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    given = _expect(dict, data, where)
    needed = [name for name, item in fields.items() if LATER not in item.metadata]
    missing = [name for name in needed if name not in given]
    unknown = [name for name in given if name not in fields]
    if missing or unknown:
        faults = [f"lacks {name!r}" for name in missing] + [f"has {name!r}" for name in unknown]
        raise ValueError(f"{where} {' and '.join(faults)}; expected fields: {', '.join(fields)}")
    found = {name: _read(hints[name], value, f"{where}.{name}") for name, value in given.items()}
    return kind(**found)


def _expect(kind: Any, data: Any, where: str) -> Any:
    if type(data) is not kind:
        raise ValueError(f"{where} must be {kind.__name__}, found {json.dumps(data)[:60]}")
    return data
