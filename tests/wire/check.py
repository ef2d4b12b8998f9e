#!/usr/bin/env python3
"""Checks recorded AWS exchanges against the service models of botocore.

Reads JSON lines, one exchange a line:

    {"request":  {"method": …, "path": …, "headers": {…}, "body": "…"},
     "response": {"status": …, "headers": {…}, "body": "…"},
     "allow": ["regular expression", …]}

JSON services (X-Amz-Target) are compared member by member with the model of
their operation; so is CBOR, recorded as "cbor" in hexadecimal digits instead
of "body". S3 and query requests carry neither and are judged by what can be
seen: signature, headers, well-formed XML. `allow` lists findings that an
exchange is meant to have. Exits with 1 if there is a finding or no exchange.
"""

import argparse
import json
import sys
from pathlib import Path

import self_test
from exchange import check_exchange, lower


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("exchanges", type=Path, nargs="*", help="files of JSON lines")
    parser.add_argument(
        "--secrets",
        type=Path,
        help='sign again with {"ACCESS KEY": {"secret_access_key": …, "session_token": …}}',
    )
    parser.add_argument("--self-test", action="store_true", help="plant faults and find them")
    options = parser.parse_args()
    if options.self_test:
        return self_test.run()
    secrets = json.loads(options.secrets.read_text()) if options.secrets else {}
    checked = findings = 0
    for file in options.exchanges:
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
            if not line.strip():
                continue
            exchange = json.loads(line)
            checked += 1
            request = exchange["request"]
            what = lower(request["headers"]).get("x-amz-target", request["path"])
            for finding in check_exchange(exchange, secrets):
                findings += 1
                print(f"{file}:{number}: {what}: {finding}")
    print(f"{checked} exchanges checked, {findings} findings")
    return 1 if findings or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
