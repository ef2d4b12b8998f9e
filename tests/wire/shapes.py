"""Compares JSON values with the shapes of botocore's service models."""

import base64
import binascii
from collections.abc import Iterator
from functools import cache

import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

INT32 = range(-(2**31), 2**31)

# Epoch seconds later than this (year 5138) were meant as milliseconds.
LATEST_SECOND = 10**11

# What a shape's minimum and maximum count, by its type.
COUNTED = {"list": "items", "map": "entries", "string": "characters"}


def compare(value: object, shape: Shape, path: str, *, sent: bool) -> Iterator[str]:
    """Says where `value` is not what `shape` allows.

    `sent` marks a request. Services never get a null from a careful client;
    in a reply `__type` may stand in any object and null means absent.
    """
    if value is None:
        if sent:
            yield f"{path}: null sent"
        return
    match shape.type_name:
        case "structure":
            yield from compare_structure(value, shape, path, sent=sent)
        case "list":
            yield from compare_list(value, shape, path, sent=sent)
        case "map":
            yield from compare_map(value, shape, path, sent=sent)
        case _:
            yield from compare_scalar(value, shape, path)


def compare_structure(
    value: object, shape: StructureShape, path: str, *, sent: bool
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {kind(value)} for type structure"
        return
    members = {m.serialization.get("name", name): m for name, m in shape.members.items()}
    present = {name: item for name, item in value.items() if sent or name != "__type"}
    for name in shape.required_members:
        if name not in present:
            yield f"{path}: required member {name!r} is missing"
    if shape.is_tagged_union and sum(item is not None for item in present.values()) != 1:
        yield f"{path}: a union has exactly one member"
    for name, item in present.items():
        if name in members:
            yield from compare(item, members[name], f"{path}.{name}", sent=sent)
        else:
            yield f"{path}: unknown member {name!r}"


def compare_list(value: object, shape: ListShape, path: str, *, sent: bool) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {kind(value)} for type list"
        return
    yield from within(len(value), shape, path)
    for number, item in enumerate(value):
        yield from compare(item, shape.member, f"{path}[{number}]", sent=sent)


def compare_map(value: object, shape: MapShape, path: str, *, sent: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {kind(value)} for type map"
        return
    yield from within(len(value), shape, path)
    for key, item in value.items():
        yield from compare(key, shape.key, f"{path}.{key} (key)", sent=sent)
        yield from compare(item, shape.value, f"{path}.{key}", sent=sent)


def compare_scalar(value: object, shape: Shape, path: str) -> Iterator[str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match shape.type_name:
        case "string" | "character":
            fits = isinstance(value, str)
        case "boolean":
            fits = isinstance(value, bool)
        case "integer" | "long":
            fits = is_number and isinstance(value, int)
        case "float" | "double":
            fits = is_number
        case "timestamp":
            fits = is_number
        case "blob":
            fits = is_base64(value)
        case other:
            yield f"{path}: this checker does not know the type {other!r}"
            return
    if not fits:
        yield f"{path}: {kind(value)} for type {shape.type_name}: {value!r}"
    elif isinstance(value, str) and shape.type_name != "blob":
        yield from compare_text(value, shape, path)
    elif shape.type_name == "timestamp" and value > LATEST_SECOND:
        yield f"{path}: {value} is no time in epoch seconds"
    elif shape.type_name == "integer" and value not in INT32:
        yield f"{path}: {value} does not fit in 32 bits"
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from within(value, shape, path)


def compare_text(value: str, shape: StringShape, path: str) -> Iterator[str]:
    yield from within(len(value), shape, path)
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is not in the enum {shape.name}"
    pattern = shape.metadata.get("pattern")
    # The models write patterns without anchors; services match the whole.
    if pattern and not compiled(pattern).fullmatch(value):
        yield f"{path}: {value!r} does not match {pattern!r}"


def within(size: float, shape: Shape, path: str) -> Iterator[str]:
    what = COUNTED.get(shape.type_name, "as value")
    if "min" in shape.metadata and size < shape.metadata["min"]:
        yield f"{path}: {size} {what}, minimum {shape.metadata['min']}"
    if "max" in shape.metadata and size > shape.metadata["max"]:
        yield f"{path}: {size} {what}, maximum {shape.metadata['max']}"


@cache
def compiled(pattern: str) -> "regex.Pattern[str]":
    """The standard library's `re` cannot read all patterns of the models."""
    return regex.compile(pattern)


def is_base64(value: object) -> bool:
    try:
        base64.b64decode(str(value), validate=True)
    except binascii.Error:
        return False
    return isinstance(value, str)


def kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return names.get(type(value), "a number")
