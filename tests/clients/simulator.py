"""Starts the simulator, and lets the AWS CLI talk to it."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from types import MappingProxyType, TracebackType

ROOT = Path(__file__).resolve().parents[2]
AWS = ROOT / ".tools/python/bin/aws"
CHECKER = ROOT / "tests/wire/check.py"

# Loading credentials, ports and a small world takes far less.
START_SECONDS = 30
STOP_SECONDS = 10
# `aws ecs deploy` and `aws deploy wait` look every 15 s; two looks suffice.
CALL_SECONDS = 120

# Printed after the endpoint, the Region and the access key's name.
LAST_NEEDED = "AWS_SECRET_ACCESS_KEY"

# Environment variables with somebody's credentials.
Key = Mapping[str, str]

# The key that the simulator prints.
ACCOUNT: Key = MappingProxyType({})


class Unexpected(Exception):
    """Something a client did not get, in words for whoever reads the run."""


def expect(holds: object, what: str, instead: object) -> None:
    if not holds:
        raise Unexpected(f"expected {what}, got {instead}")


class Simulator:
    """`bluegreen-worker simulate` on a free port, for one `with` block."""

    def __init__(self, speed: int, *flags: str) -> None:
        self.speed = speed
        self.flags = flags
        self.exports: dict[str, str] = {}
        self.secrets: dict[str, dict[str, str | None]] = {}
        self.home = tempfile.TemporaryDirectory(prefix="clients-")
        self.record = Path(self.home.name) / "exchanges.jsonl"

    def __enter__(self) -> "Simulator":
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = target / "debug/bluegreen-worker"
        options = {"--listen": "127.0.0.1:0", "--speed": self.speed, "--record": self.record}
        self.process = subprocess.Popen(
            [
                program,
                "simulate",
                *self.flags,
                *(str(word) for pair in options.items() for word in pair),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        watch = Timer(START_SECONDS, self.process.kill)
        watch.start()
        try:
            self.read_exports()
        except BaseException:
            self.stop()
            raise
        finally:
            watch.cancel()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        code = self.stop()
        if kind is None and code != 0:
            raise Unexpected(f"the simulator ended with exit code {code}")

    def read_exports(self) -> None:
        for line in self.process.stdout:
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                self.exports |= dict(word.split("=", 1) for word in words[1:])
            if LAST_NEEDED in self.exports:
                return
        raise Unexpected(f"the simulator printed no {LAST_NEEDED} within {START_SECONDS} s")

    def stop(self) -> int:
        self.process.terminate()
        try:
            # Also empties the pipe, so that the simulator can end.
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        self.home.cleanup()
        return self.process.returncode

    def control(self, method: str, path: str, body: object = None) -> dict:
        """Calls the control endpoint of `docs/simulator.md`."""
        request = urllib.request.Request(
            f"{self.exports['AWS_ENDPOINT_URL']}/_control/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            # No proxy of the environment stands between here and loopback.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=CALL_SECONDS) as reply:
                return json.loads(reply.read() or b"{}")
        except urllib.error.HTTPError as refusal:
            raise Unexpected(f"{method} /_control/{path}: {refusal.read().decode()}") from None

    def aws(
        self, command: str, *operands: object, caller: Key = ACCOUNT, **options: object
    ) -> dict:
        """Runs one AWS CLI command and reads the JSON that it prints."""
        done = self.try_aws(command, *operands, caller=caller, **options)
        if done.returncode != 0:
            raise Unexpected(f"aws {command}:\n{done.stdout}{done.stderr}")
        try:
            return json.loads(done.stdout or "{}")
        except ValueError:
            return {"text": done.stdout}

    def try_aws(
        self, command: str, *operands: object, caller: Key = ACCOUNT, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Runs one AWS CLI command that may fail, as the caller whose key
        is in the environment. `job_id="1"` becomes `--job-id 1`."""
        arguments = [*command.split(), *map(str, operands)]
        for name, value in options.items():
            text = value if isinstance(value, str | Path) else json.dumps(value)
            arguments += ["--" + name.replace("_", "-"), str(text)]
        known = {**self.exports, **caller}
        self.secrets[known["AWS_ACCESS_KEY_ID"]] = {
            "secret_access_key": known["AWS_SECRET_ACCESS_KEY"],
            "session_token": known.get("AWS_SESSION_TOKEN"),
        }
        environment = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "HOME": self.home.name,
            "NO_PROXY": "*",
            "PATH": os.environ["PATH"],
        }
        return subprocess.run(
            [AWS, "--output", "json", *arguments],
            env=environment | known,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CALL_SECONDS,
            check=False,
        )

    def check_exchanges(self) -> None:
        """Lets the wire checker judge what was said so far, signatures too."""
        secrets = self.file("secrets.json", self.secrets)
        checked = subprocess.run(
            [sys.executable, CHECKER, "--secrets", secrets, self.record],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if checked.returncode != 0:
            raise Unexpected(checked.stdout + checked.stderr)

    def file(self, name: str, content: object) -> Path:
        """A JSON file for a command to read."""
        path = Path(self.home.name) / name
        path.write_text(json.dumps(content))
        return path
