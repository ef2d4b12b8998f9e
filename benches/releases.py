"""Many small releases, a large artifact, and what each worker costs for them."""

import io
import json
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from account import Account
from process import Measured, once

BENCHES = Path(__file__).resolve().parent
AWS = BENCHES.parent / ".tools/python/bin/aws"
# Simulated seconds in a real one. The workers' intervals are divided by it.
SPEED = 20
AT_ONCE = 20
LARGE = 300_000_000
# As far as an archive without extensions reaches.
HUGE = 4_200_000_000
ENTRIES = 100_000


def rust(program: Path, speed: float = SPEED, at_once: int = AT_ONCE, rate: float = 5) -> list:
    """This worker, as often at work in simulated time as by default, with so
    many calls to CodePipeline a second."""
    return [
        program, "run", "--listen", "127.0.0.1:0", "--log", "error",
        "--poll-interval", f"{5000 / speed:.0f}ms",
        "--observe-interval", f"{10000 / speed:.0f}ms",
        "--watch", f"{20000 / speed:.0f}ms",
        "--report-rate", f"{rate * speed:.0f}/s",
        "--max-jobs", at_once,
    ]  # fmt: skip


def python(kind: str, speed: float = SPEED) -> list:
    """The worker written for comparison, `careful` or `careless`, at the same
    intervals."""
    return [sys.executable, BENCHES / "boto3_worker.py", 5 / speed, 10 / speed, AT_ONCE, kind]


def many(program: Path, worker: list, count: int) -> dict:
    """Releases in waves, each to a group of its own."""
    with tempfile.TemporaryDirectory() as home:
        record = Path(home) / "exchanges.jsonl"
        with Account(program, SPEED, record=record) as account:
            groups = account.settle(AT_ONCE, "CodeDeployDefault.ECSAllAtOnce")
            before = record.stat().st_size
            with Measured(worker, account.environment()) as measured:
                time.sleep(1)
                idle_cpu = measured.cpu()
                begun = time.monotonic()
                failed = 0
                for wave in range(0, count, AT_ONCE):
                    wanted = groups[: min(AT_ONCE, count - wave)]
                    failed += len(account.ended({account.order(group) for group in wanted}, 300))
                time_taken = time.monotonic() - begun
                cpu, peak = measured.cpu(), measured.peak()
        calls, size = traffic(record, before)
    return {
        "releases": count,
        "failed": failed,
        "seconds": round(time_taken, 1),
        "cpu_start_s": round(idle_cpu, 2),
        "cpu_ms_per_release": round((cpu - idle_cpu) * 1000 / count, 2),
        "peak_mib": round(peak, 1),
        "calls_per_release": round(sum(calls.values()) / count, 1),
        "kib_per_release": round(size / count / 1024, 1),
        "calls": {name: round(number / count, 2) for name, number in calls.most_common()},
    }


def ratios(peer: dict, own: dict) -> dict:
    """How often a peer needs what this worker needs, measured in the same run."""
    names = ("cpu_ms_per_release", "peak_mib", "calls_per_release")
    return {"times_ours": {name: round(peer[name] / own[name], 1) for name in names}}


def traffic(record: Path, start: int) -> tuple[Counter, int]:
    """Calls by operation, and the bytes of their bodies, both ways."""
    calls, size = Counter(), 0
    with record.open("rb") as lines:
        lines.seek(start)
        for line in lines:
            exchange = json.loads(line)
            asked, answered = exchange["request"], exchange["response"]
            headers = {name.lower(): text for name, text in answered["headers"].items()}
            target = {name.lower(): text for name, text in asked["headers"].items()}
            name = target.get("x-amz-target", f"S3.{asked['method']}").rpartition(".")[2]
            calls[name] += 1
            size += len(asked["body"]) + len(answered["body"])
            if "x-amz-target" not in target and "content-range" in headers:
                first, _, last = headers["content-range"].split()[1].split("/")[0].partition("-")
                size += int(last) + 1 - int(first)
    return calls, size


def artifact(program: Path, worker: list, shape: str) -> dict:
    """One release whose artifact is large."""
    with Account(program, SPEED) as account:
        group = account.settle(1, "CodeDeployDefault.ECSAllAtOnce")[0]
        content, total = contents(account, shape)
        with Measured(worker, account.environment()) as measured:
            time.sleep(1)
            idle, idle_cpu = measured.memory(), measured.cpu()
            if failed := account.ended({account.order(group, content)}, 300):
                raise SystemExit(f"the release failed: {failed[0]['error']}")
            peak, cpu = measured.peak(), measured.cpu()
        reads = account.control("GET", "ledger?service=s3&operation=GetObject")
    ranges = [read["input"].get("range") for read in reads]
    return {
        "gets": len(ranges),
        "mib_asked": round(sum(length(text, total) for text in ranges) / 2**20, 2),
        "mib_above_idle": round(peak - idle, 1),
        "peak_mib": round(peak, 1),
        "cpu_s": round(cpu - idle_cpu, 2),
    }


def contents(account: Account, shape: str) -> tuple[object, int]:
    if shape in ("300 MB", "4.2 GB"):
        gap = LARGE if shape == "300 MB" else HUGE
        return {"files_with_gap": {"files": account.files(), "gap": gap}}, gap
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for number in range(ENTRIES - len(account.files())):
            archive.writestr(f"assets/{number:06}.txt", "")
        for name, text in account.files().items():
            archive.writestr(name, text)
    bucket = account.control("GET", "world")["artifact_bucket"]
    account.client("s3").put_object(Bucket=bucket, Key="many.zip", Body=whole.getvalue())
    return {"object": {"bucket": bucket, "key": "many.zip"}}, whole.tell()


def length(text: str | None, total: int) -> int:
    """The bytes that a `Range` header asks for."""
    start, _, end = (text or "bytes=0-").removeprefix("bytes=").partition("-")
    if not start:
        return min(int(end), total)
    return (min(int(end) + 1, total) if end else total) - int(start)


def ecs_deploy(program: Path, count: int) -> dict:
    """`aws ecs deploy`: registers, deploys and waits, of files that are there."""
    with Account(program, 600) as account, tempfile.TemporaryDirectory() as home:
        groups = account.settle(count, "CodeDeployDefault.ECSAllAtOnce")
        task_definition, app_spec = Path(home) / "taskdef.json", Path(home) / "appspec.yaml"
        files = account.files()
        task_definition.write_text(files["taskdef.json"].replace("<IMAGE1_NAME>", "webapp:2"))
        app_spec.write_text(files["appspec.yaml"])
        costs = [
            once(
                [
                    AWS, "ecs", "deploy", "--cluster", "demo", "--service", group,
                    "--task-definition", task_definition, "--codedeploy-appspec", app_spec,
                    "--codedeploy-application", "webapp", "--codedeploy-deployment-group", group,
                ],
                account.environment(),
            )
            for group in groups
        ]  # fmt: skip
    return {
        "releases": count,
        "cpu_ms_per_release": round(sum(cpu for cpu, _ in costs) * 1000 / count),
        "peak_mib": round(max(peak for _, peak in costs), 1),
    }
