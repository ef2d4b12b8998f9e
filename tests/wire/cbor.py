"""Reads and judges the bodies of Smithy RPC v2 with CBOR."""

from collections.abc import Iterator

from botocore.model import Shape
from botocore.parsers import ResponseParserError, RpcV2CBORParser

PROTOCOL = "rpc-v2-cbor"
CONTENT_TYPE = "application/cbor"


class Time(float):
    """Seconds since 1970 that are tagged as a time."""


PARSER = RpcV2CBORParser(timestamp_parser=Time)


def parse_cbor(body: bytes) -> tuple[object, list[str]]:
    """The value of a body, and what is wrong with it as such."""
    stream = PARSER.get_peekable_stream_from_bytes(body)
    try:
        value = PARSER.parse_data_item(stream)
    except (ResponseParserError, ValueError, RecursionError) as fault:
        return None, [f"the body is not CBOR: {fault}"]
    return value, ["bytes after the end of the body"] if stream.read(1) else []


def untagged_times(value: object, shape: Shape, path: str) -> Iterator[str]:
    """A number without a tag is no time for a client that reads CBOR."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, item in value.items():
            if name in shape.members:
                yield from untagged_times(item, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for number, item in enumerate(value):
            yield from untagged_times(item, shape.member, f"{path}[{number}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from untagged_times(item, shape.value, f"{path}.{key}")
    elif isinstance(value, int | float) and isinstance(value, Time) != (
        shape.type_name == "timestamp"
    ):
        yield f"{path}: only a time has a time's tag"
