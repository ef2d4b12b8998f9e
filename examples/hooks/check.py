#!/usr/bin/env python3
"""A hook for AfterAllowTestTraffic: the test listener must answer with the new
version, and production must still answer with the old one.

Exits with 0 if it is so, which lets the deployment go on. What it prints is
what the release's author reads if it is not.
"""

import json
import os
import sys
import urllib.request


def version(listener):
    with urllib.request.urlopen(os.environ[listener]) as answer:
        found = json.load(answer)["version"]
    print(f"{listener} {os.environ[listener]} answers {found}")
    return found


if (version("TEST_URL"), version("PRODUCTION_URL")) != ("green", "blue"):
    sys.exit("The new version is not where it should be.")
