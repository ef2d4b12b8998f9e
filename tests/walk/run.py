#!/usr/bin/env python3
"""Does what `docs/first-release.md` says, word by word, on a simulated account.

Every `console` block of the page becomes one script for bash. What went over
the wire is then checked against the service models.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from commands import commands as shown
from simulator import AWS, ROOT, Simulator, Unexpected

PAGE = ROOT / "docs/first-release.md"
# The speed that the page proposes.
SPEED = 100
WHOLE_WALK_SECONDS = 900
# Fewer would mean that the page is written otherwise, and not read any more.
LEAST_COMMANDS = 40


def commands() -> list[str]:
    found = [command.text for command in shown(PAGE) if command.prompt]
    if len(found) < LEAST_COMMANDS:
        raise Unexpected(f"only {len(found)} commands are on the page")
    return found


def script() -> str:
    """Ends with the first command that fails, and says which one it was."""
    lines = ["set -euo pipefail", "trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR"]
    return "\n".join([*lines, *commands(), ""])


def walk(simulator: Simulator, folder: Path) -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    environment = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
        "HOME": str(folder),
        "NO_PROXY": "*",
        "PATH": f"{target}/debug:{AWS.parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=folder,
        env=environment | simulator.exports,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WHOLE_WALK_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        log = folder / "worker.log"
        said = log.read_text() if log.exists() else ""
        raise Unexpected(f"exit code {done.returncode}\n{done.stdout[-6000:]}\n{said[-3000:]}")


def the_release_is_live(simulator: Simulator) -> None:
    """Seen from outside: by the ledger of the account, and by its services."""
    actions = simulator.control("GET", "actions")
    first = actions[0]
    if first["status"] != "Succeeded":
        raise Unexpected(f"the release has not succeeded: {first}")
    said = simulator.aws("ecs describe-services", cluster="webapp", services="webapp")
    primary = [it for it in said["services"][0]["taskSets"] if it["status"] == "PRIMARY"]
    definition = simulator.aws(
        "ecs describe-task-definition", task_definition=primary[0]["taskDefinition"]
    )["taskDefinition"]
    image = definition["containerDefinitions"][0]["image"]
    if definition["revision"] < 2 or not image.endswith(":1.29"):
        raise Unexpected(f"the release does not run, but {definition}")


def know_the_keys_of_jobs(simulator: Simulator) -> None:
    """Each job brought credentials of its own, whose signatures are checked too."""
    for line in simulator.record.read_text().splitlines():
        body = json.loads(line)["response"]["body"]
        if "artifactCredentials" not in body:
            continue
        answer = json.loads(body)
        jobs = answer.get("jobs") or [answer["jobDetails"]]
        for job in jobs:
            key = job["data"]["artifactCredentials"]
            simulator.secrets[key["accessKeyId"]] = {
                "secret_access_key": key["secretAccessKey"],
                "session_token": key["sessionToken"],
            }


def main() -> int:
    started = time.monotonic()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="walk-") as folder,
            Simulator(SPEED, "--empty") as simulator,
        ):
            walk(simulator, Path(folder))
            the_release_is_live(simulator)
            know_the_keys_of_jobs(simulator)
            simulator.check_exchanges()
    except Unexpected as fault:
        print(f"docs/first-release.md: FAILED\n{fault}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - started
    print(f"docs/first-release.md: {len(commands())} commands ok, {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
