"""Compares the dashboard and the alerts with what the worker really exports."""

import json
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from simulator import ROOT, Simulator, Unexpected

MONITORING = ROOT / "examples/monitoring"
PROMTOOL = ROOT / ".tools/bin/promtool"

METRIC = re.compile(r"\bbluegreen_[a-z_]+")

PATIENCE_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.2


def every_metric_is_real() -> None:
    """Each that an alert names is in `/metrics` of a worker that has just
    started: what appears late is missing when it is looked for first. Panels
    may also show what appears late, as long as operators are told of it."""
    exported = set(METRIC.findall(metrics_of_a_worker()))
    documented = set(METRIC.findall((ROOT / "docs/operating.md").read_text()))
    for name, expression in panels():
        require(name, expression, exported | documented)
    require("alerts.yaml", (MONITORING / "alerts.yaml").read_text(), exported)


def require(name: str, expression: str, known: set[str]) -> None:
    unknown = [it for it in METRIC.findall(expression) if it not in known]
    if unknown:
        raise Unexpected(f"{name}: no worker exports {unknown}; there are {sorted(known)}")


def alerts_are_right() -> None:
    """Judged by Prometheus' own tool, with the time series of their tests."""
    if not PROMTOOL.exists():
        raise Unexpected("promtool is missing; `tests/run templates` fetches it")
    promtool("check", "rules", MONITORING / "alerts.yaml")
    promtool("test", "rules", MONITORING / "alerts_test.yaml")
    # The panels' queries are rules to it, with Grafana's variables filled in.
    rules = [
        {"record": f"panel:{number}", "expr": variables_filled_in(expression)}
        for number, (_, expression) in enumerate(panels())
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panels.yaml"
        file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
        promtool("check", "rules", file)


def promtool(*words: object) -> None:
    done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unexpected(done.stdout + done.stderr)


def variables_filled_in(expression: str) -> str:
    return expression.replace("$__rate_interval", "5m").replace("$__range", "24h")


def panels() -> list[tuple[str, str]]:
    """Title and query of every panel."""
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    found = [
        (panel["title"], target["expr"])
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]
    if not found:
        raise Unexpected("the dashboard shows nothing")
    return found


def metrics_of_a_worker() -> str:
    """What a worker exports that has polled and has had no job yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with Simulator(1) as simulator:
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        options = ["--listen", address, "--poll-interval", "100ms", "--log", "warn"]
        worker = subprocess.Popen(
            [target / "debug/bluegreen-worker", "run", *options],
            env={"PATH": os.environ["PATH"], **simulator.exports},
            stdin=subprocess.DEVNULL,
        )
        try:
            end = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < end:
                if asked(f"http://{address}/ready") is not None:
                    return asked(f"http://{address}/metrics") or ""
                time.sleep(LOOK_AGAIN_SECONDS)
            raise Unexpected("the worker is not ready")
        finally:
            worker.terminate()
            worker.wait()


def asked(url: str) -> str | None:
    """The answer, if it is a good one."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=PATIENCE_SECONDS) as reply:
            return reply.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return None
