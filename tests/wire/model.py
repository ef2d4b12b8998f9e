#!/usr/bin/env python3
"""What botocore's model of ECS takes in RegisterTaskDefinition.

The simulator checks requests against a file of it, and the tests make task
definitions from that file. Without arguments this compares the file with the
botocore that is installed, and exits with 1 if they differ; with --write it
writes the file.
"""

import argparse
import json
import sys
from pathlib import Path

import botocore.session
from botocore.model import Shape

FILE = Path(__file__).parents[2] / "crates/simulator/src/ecs/register_task_definition.json"
BOUNDS = ("enum", "min", "max", "pattern")
WIDTH = 100


def compact(shape: Shape):
    """The shape without names and documentation."""
    if shape.type_name == "structure":
        members = {name: compact(member) for name, member in shape.members.items()}
        return {"members": members, "required": sorted(shape.required_members)}
    if shape.type_name == "list":
        return {"list": compact(shape.member)}
    if shape.type_name == "map":
        return {"map": compact(shape.value)}
    bounds = {name: shape.metadata[name] for name in BOUNDS if name in shape.metadata}
    return {"type": shape.type_name, **bounds} if bounds else shape.type_name


def text(value, indent: int = 0) -> str:
    """JSON with a member a line where an object is too long for one."""
    line = json.dumps(value)
    if len(line) + indent <= WIDTH or isinstance(value, str):
        return line
    if "members" in value:
        inner = ",\n".join(
            f"{' ' * (indent + 2)}{json.dumps(name)}: {text(member, indent + 2)}"
            for name, member in value["members"].items()
        )
        required = json.dumps(value["required"])
        return f'{{"members": {{\n{inner}\n{" " * indent}}}, "required": {required}}}'
    for kind in ("list", "map"):
        if kind in value:
            return f'{{"{kind}": {text(value[kind], indent)}}}'
    return line


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the file")
    arguments = parser.parse_args()
    service = botocore.session.get_session().get_service_model("ecs")
    model = text(compact(service.operation_model("RegisterTaskDefinition").input_shape)) + "\n"
    if arguments.write:
        FILE.write_text(model)
    elif FILE.read_text() != model:
        version = botocore.__version__
        print(f"{FILE} is not what botocore {version} has: tests/wire/model.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
