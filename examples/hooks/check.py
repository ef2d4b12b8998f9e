#!/usr/bin/env python3
"""A hook for AfterAllowTestTraffic: checks that the test listener serves the
new version and that production still serves the old one.

Exit code 0 continues the deployment. Any other exit code fails it, and the
output is shown to the release's author.
"""

import json
import os
import sys
import urllib.request


def version(listener):
    with urllib.request.urlopen(os.environ[listener]) as response:
        served = json.load(response)["version"]
    print(f"{listener} {os.environ[listener]} serves {served}")
    return served


if (version("TEST_URL"), version("PRODUCTION_URL")) != ("green", "blue"):
    sys.exit("The test listener must serve green, and production blue.")
