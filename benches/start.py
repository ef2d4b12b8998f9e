"""How soon a worker asks for jobs, and what policies cost a release."""

import json
import os
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from subprocess import PIPE

from account import ROOT, Account
from process import memory, once

TIMES = 15
RULES = 20
CONTAINERS = 3

# Seconds of what is looked at beside the reading of the rules: two round trips.
AWS_TAKES = 0.1


def first_poll(command: list, environment: dict[str, str]) -> list[float]:
    """Milliseconds from the start of the process to its first request."""
    times = []
    for _ in range(TIMES):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            asked = threading.Event()
            moment = []

            def listen(server=server, asked=asked, moment=moment) -> None:
                connection, _ = server.accept()
                connection.recv(1)
                moment.append(time.perf_counter())
                asked.set()
                connection.close()

            threading.Thread(target=listen, daemon=True).start()
            variables = environment | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
            begun = time.perf_counter()
            words = [str(word) for word in command]
            process = subprocess.Popen(
                words, env=variables, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            asked.wait(30)
            process.kill()
            process.wait()
            times.append((moment[0] - begun) * 1000)
    return times


def starts(program: Path, worker: list, peer: list) -> dict:
    with Account(program, 1) as account:
        environment = account.environment()
    ours, theirs = first_poll(worker, environment), first_poll(peer, environment)
    return {
        "ours_ms": summary(ours),
        "boto3_ms": summary(theirs),
        "binary_mb": round(program.stat().st_size / 1e6, 1),
    }


def summary(times: list[float]) -> dict:
    return {"least": round(min(times), 1), "median": round(statistics.median(times), 1)}


def policy(program: Path) -> dict:
    """What the process that evaluates policies costs one release, from its
    start to its answer. Processor time: it has one thread."""
    with tempfile.TemporaryDirectory() as home:
        bundle = release(Path(home))
        environment = {"PATH": "/usr/bin:/bin", "HOME": home}
        asked = [program, "policy", "input", bundle]
        shown = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    controls = sorted((ROOT / "policies/controls").glob("*.rego"))
    controls = [path for path in controls if not path.stem.endswith("_test")]
    rules = [{"path": f"rule{n}.rego", "text": rule(n)} for n in range(RULES)]
    texts = {path.stem: path.read_text() for path in controls}
    question = {
        "task": "Evaluate",
        "namespace": "main",
        "policies": rules + [{"path": name, "text": text} for name, text in texts.items()],
        "data": [],
        "parameters": {},
        "controls": {package(text): "Warn" for text in texts.values()},
    }
    asked = json.dumps(question).encode() + b"\n"
    costs = [evaluate(program, asked, shown.stdout.encode()) for _ in range(TIMES)]
    idle = [once([program, "--version"], {})[0] * 1000 for _ in range(TIMES)]
    return {
        "rules": RULES,
        "controls": len(texts),
        "cpu_ms": summary([cpu for cpu, _, _ in costs]),
        "after_looks_ms": summary([wall for _, wall, _ in costs]),
        "start_cpu_ms": summary(idle),
        "peak_mib": round(max(peak for _, _, peak in costs), 1),
    }


def evaluate(program: Path, asked: bytes, release: bytes) -> tuple[float, float, float]:
    """Milliseconds of processor time, and of the clock from the release to the
    answer, and the peak MiB of reading the rules."""
    words = [program, "policy-worker"]
    with subprocess.Popen(words, env={}, stdin=PIPE, stdout=PIPE) as process:
        process.stdin.write(asked)
        process.stdin.flush()
        # The rules are read while AWS is asked.
        time.sleep(AWS_TAKES)
        # The kernel's own sum at the end would have the parent's in it.
        peak = memory(process.pid, "VmHWM")
        looked = time.perf_counter()
        process.stdin.write(release)
        process.stdin.close()
        answer = json.loads(process.stdout.read().splitlines()[-1])
        answered = time.perf_counter()
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
    if code or "Findings" not in answer["Answer"]:
        raise SystemExit(f"the policies were not evaluated: {answer}")
    cpu = (usage.ru_utime + usage.ru_stime) * 1000
    return cpu, (answered - looked) * 1000, peak


def package(text: str) -> str:
    lines = (line for line in text.splitlines() if line.startswith("package "))
    return next(lines).removeprefix("package ").strip()


def release(home: Path) -> Path:
    """The example with more containers."""
    bundle = home / "bundle"
    bundle.mkdir()
    for file in (ROOT / "examples/webapp").iterdir():
        if file.is_file():
            (bundle / file.name).write_bytes(file.read_bytes())
    text = json.loads((bundle / "taskdef.json").read_text())
    first = text["containerDefinitions"][0]
    others = [first | {"name": f"side{n}", "portMappings": []} for n in range(1, CONTAINERS)]
    text["containerDefinitions"] += others
    text |= {"cpu": "1024", "memory": "2048"}
    (bundle / "taskdef.json").write_text(json.dumps(text))
    return bundle


def rule(number: int) -> str:
    return (
        "package main\n\n"
        "deny contains msg if {\n"
        "\tsome container in input.taskDefinition.containerDefinitions\n"
        f'\tcontainer.name == "forbidden{number}"\n'
        f'\tmsg := sprintf("%s is forbidden by rule {number}", [container.name])\n'
        "}\n"
    )
