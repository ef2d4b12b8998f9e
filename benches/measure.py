#!/usr/bin/env python3
"""Measures this worker beside its peers and prints what it saw as JSON.

Usage: benches/run [NAME…] [--program FILE] [--releases 500] [--in-flight 10,100,1000]
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import flight
import releases
import start

ROOT = Path(__file__).resolve().parents[1]
SHAPES = ("300 MB", "4.2 GB", "100,000 entries")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benches/run")
    names = ("releases", "ecs-deploy", "artifacts", "start", "policy", "in-flight", "waiting")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--program", type=Path, default=target / "release/bluegreen-worker")
    parser.add_argument("--simulator", type=Path, help="the program that plays AWS; the same")
    parser.add_argument("--releases", type=int, default=500)
    parser.add_argument("--in-flight", default="10,100,1000,5000")
    parser.add_argument("--waiting", type=int, default=10_000)
    wanted = parser.parse_args()
    # The processes under measurement end with whoever measures.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    unknown = set(wanted.names) - set(names)
    if unknown:
        parser.error(f"no measurement {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    program, aws = wanted.program, wanted.simulator or wanted.program
    ours = releases.rust(program)
    peers = {kind: releases.python(kind) for kind in ("careful", "careless")}

    def show(name: str, figures: dict) -> None:
        print(json.dumps({name: figures}), flush=True)

    for name in wanted.names or names:
        match name:
            case "releases":
                own = releases.many(aws, ours, wanted.releases)
                show(name, own)
                with tempfile.TemporaryDirectory() as journal:
                    noting = [*ours, "--journal", journal]
                    figures = releases.many(aws, noting, wanted.releases)
                    show(f"{name}, with a journal", figures)
                for kind, peer in peers.items():
                    figures = releases.many(aws, peer, wanted.releases)
                    show(f"{name}, boto3, {kind}", figures | releases.ratios(figures, own))
            case "ecs-deploy":
                show(name, releases.ecs_deploy(aws, 3))
            case "artifacts":
                for shape in SHAPES:
                    show(f"{name}, {shape}", releases.artifact(aws, ours, shape))
                    # Nobody would want 4.2 GB in memory.
                    for kind, peer in peers.items() if shape != "4.2 GB" else ():
                        figures = releases.artifact(aws, peer, shape)
                        show(f"{name}, {shape}, boto3, {kind}", figures)
            case "start":
                # Both kinds start alike.
                show(name, start.starts(program, ours, peers["careful"]))
            case "policy":
                show(name, start.policy(program))
            case "in-flight":
                for count in map(int, wanted.in_flight.split(",")):
                    show(f"{name}, {count}", flight.followed(aws, program, count))
            case "waiting":
                show(name, flight.waiting(aws, program, wanted.waiting))


if __name__ == "__main__":
    main()
