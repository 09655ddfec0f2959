"""The JSON Schema of a dataclass; `result.schema.json` is made from it and tested against it."""

import dataclasses
import json
import types
import typing
from typing import Any

from export.strict_json import LATER

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLAIN: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema_text(kind: type) -> str:
    """The schema of `kind` as the text of a file."""
    definitions: dict[str, Any] = {}
    top = _describe(kind, definitions)
    return json.dumps({"$schema": DRAFT, **top, "$defs": definitions}, indent=1) + "\n"


def _describe(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _describe_dataclass(kind, definitions)
    if origin is types.UnionType:
        return {
            "anyOf": [
                {"type": "null"} if part is type(None) else _describe(part, definitions)
                for part in arguments
            ]
        }
    if origin is tuple:
        return {"type": "array", "items": _describe(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _describe(arguments[1], definitions)}
    return {"type": PLAIN[kind]}


def _describe_dataclass(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}  # its place, before the ones it needs
        hints = typing.get_type_hints(kind)
        fields = dataclasses.fields(kind)
        definitions[kind.__name__] = {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").split()),
            "properties": {item.name: _describe(hints[item.name], definitions) for item in fields},
            "required": [item.name for item in fields if LATER not in item.metadata],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{kind.__name__}"}
