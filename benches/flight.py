"""Many deployments followed at once by one worker, and many jobs that wait."""

import time
from pathlib import Path

from account import Account
from process import Measured
from releases import rust

# Simulated seconds in a real one. The worker's intervals are divided by it.
SPEED = 10
# The old tasks are kept so many minutes, so that nothing ends meanwhile.
TERMINATION = 600
# Real seconds in which the cost of following is measured: long enough for
# each job to hand its job back and to be followed by another.
WINDOW = 90


def followed(program: Path, worker: Path, count: int) -> dict:
    """Memory and processor time while so many deployments are followed."""
    with Account(program, SPEED) as account:
        groups = account.settle(count, "CodeDeployDefault.ECSAllAtOnce", TERMINATION)
        following = rust(worker, SPEED, max(count, 1000), rate(count))
        with Measured(following, account.environment()) as measured:
            time.sleep(2)
            idle = measured.memory()
            for group in groups:
                account.order(group)
            made = set()
            end = time.monotonic() + 60 + count / 4
            while len(made) < count and time.monotonic() < end:
                # The ledger is long, and whoever asks for it is waited for.
                # It forgets its beginning, so what was seen is kept.
                time.sleep(2 + count / 500)
                made |= effects(account, "CreateDeployment")
            time.sleep(10)
            before, at = measured.cpu(), time.monotonic()
            time.sleep(WINDOW)
            cpu, real = measured.cpu() - before, time.monotonic() - at
            peak = measured.peak()
    return {
        "deployments": count,
        "under_way": len(made),
        "idle_mib": round(idle, 1),
        "peak_above_idle_mib": round(peak - idle, 1),
        "kib_each": round((peak - idle) * 1024 / count, 1),
        "cpu_ms_per_deployment_minute": round(cpu * 1000 / count / (real * SPEED / 60), 3),
    }


def effects(account: Account, operation: str) -> set[int]:
    """The calls that took effect, as far as the ledger still knows them."""
    ledger = account.control("GET", f"ledger?operation={operation}")
    return {call["sequence"] for call in ledger if call["took_effect"]}


def rate(count: int) -> float:
    """Calls to CodePipeline a second: the default, and for a crowd so many that
    all of it is under way within minutes."""
    return max(5, count / 250)


def waiting(program: Path, worker: Path, count: int) -> dict:
    """Jobs for one group, of which one can be released at a time."""
    with Account(program, SPEED) as account:
        group = account.settle(1, "CodeDeployDefault.ECSAllAtOnce", TERMINATION)[0]
        with Measured(rust(worker, SPEED, 1000), account.environment()) as measured:
            time.sleep(2)
            idle = measured.memory()
            for _ in range(count):
                account.order(group)
            time.sleep(60)
            peak = measured.peak()
            made = effects(account, "CreateDeployment")
            taken = account.control("GET", "ledger?operation=AcknowledgeJob")
    return {
        "jobs": count,
        "deployments": len(made),
        "jobs_taken": len({call["input"]["jobId"] for call in taken}),
        "peak_above_idle_mib": round(peak - idle, 1),
    }
