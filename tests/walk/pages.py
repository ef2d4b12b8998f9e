#!/usr/bin/env python3
"""Runs the commands of every page, each page in a folder and a simulated
account of its own, and compares the output that the page shows.

`first-release.md` has a walk of its own, `run.py`. What cannot run here is in
`elsewhere.py`, with the reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from commands import PAGES, Command, File, steps
from elsewhere import EXIT_CODES, IN_PLACE_OF, NOT_HERE
from simulator import AWS, ROOT, Simulator, Unexpected

OWN_WALK = "docs/first-release.md"
# Fewer would mean that the pages are written otherwise, and not read any more.
LEAST_COMMANDS = 50
PAGE_SECONDS = 300
PAGES_AT_ONCE = 3

# Stands before the program: a release is rehearsed faster than its reader
# would, and a worker is stopped once it polls.
IN_FRONT = """#!/usr/bin/env bash
set -u
case $1 in
rehearse)
    speed=600
    [[ " $* " == *" --serve "* ]] && speed=120
    [[ " $* " == *" --speed "* ]] || set -- "$@" --speed "$speed"
    yes '' | "$PROGRAM" "$@" --plain
    exit "${PIPESTATUS[1]}"
    ;;
run)
    exec {log}< <(exec "$PROGRAM" "$@" --listen 127.0.0.1:0 2>&1)
    worker=$!
    while IFS= read -r -u "$log" line; do
        echo "$line"
        [[ $line == *"polling for jobs"* ]] && kill "$worker"
    done
    wait "$worker"
    ;;
*) exec "$PROGRAM" "$@" ;;
esac
"""

ACTION = {
    "pipeline": "webapp",
    "configuration": {
        "ClusterName": "prod",
        "ServiceName": "webapp",
        "TaskDefinitionTemplateArtifact": "Build",
    },
    "artifacts": {"Build": {"files": {"taskdef.json": "{}"}}},
    "action_type": {
        "category": "Deploy",
        "owner": "Custom",
        "provider": "RustBlueGreenDeploy",
        "version": "2",
    },
}

SETTINGS = 'journal = "journal"\nlisten = "127.0.0.1:0"\n'


def reason(command: Command) -> str | None:
    """Why the command is not run."""
    reasons = (why for start, why in NOT_HERE.items() if re.match(start, command.text))
    return next(reasons, None)


def exit_code(command: Command) -> int:
    codes = (code for part, code in EXIT_CODES.items() if part in command.text)
    return next(codes, 0)


def furnish(folder: Path) -> None:
    """The files that pages speak of."""
    for name in ("examples", "policies", "systemd"):
        (folder / name).symlink_to(ROOT / name)
    example = ROOT / "examples/webapp"
    for name in ("my-release", "deploy"):
        shutil.copytree(example, folder / name)
    action = json.loads((example / "action.json").read_text())
    outputs = [{"name": name} for name in ("SourceOutput", "BuildOutput")]
    source = {
        "name": "Source",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
        "outputArtifacts": outputs,
    }
    stages = [{"name": "Source", "actions": [source]}, {"name": "Deploy", "actions": [action]}]
    pipeline = {"pipeline": {"name": "webapp", "stages": stages}}
    (folder / "pipeline.json").write_text(json.dumps(pipeline))
    (folder / "bluegreen-worker.toml").write_text(SETTINGS)
    (folder / "journal").mkdir()
    shutil.copy(example / "taskdef.json", folder / "running.json")
    (folder / ".curlrc").write_text("fail\nsilent\nshow-error\n")
    in_front = folder / "bin/bluegreen-worker"
    in_front.parent.mkdir()
    in_front.write_text(IN_FRONT)
    in_front.chmod(0o755)


def script(commands: list[Command]) -> str:
    """Runs all commands in one shell, and keeps what each printed."""
    lines = []
    for number, command in enumerate(commands):
        text = command.text
        for name, real in IN_PLACE_OF.items():
            text = text.replace(name, real)
        lines.append(f"{{ {text}\n}} > out/{number} 2>&1; echo $? > out/{number}.code")
    return "\n".join([*lines, ""])


def set_up(simulator: Simulator) -> dict[str, str]:
    """A service that ECS deploys, a bucket, a deployment that is under way, and
    a pipeline with an action that no worker polls for."""
    simulator.control("POST", "services", {"cluster": "prod", "service": "webapp"})
    bucket = "journals-of-111122223333"
    simulator.aws("s3api create-bucket", bucket=bucket)
    group = {"application_name": "webapp", "deployment_group_name": "webapp"}
    read = simulator.aws("deploy get-deployment-group", **group)
    service = read["deploymentGroupInfo"]["ecsServices"][0]
    read = simulator.aws(
        "ecs describe-services", cluster=service["clusterName"], services=service["serviceName"]
    )
    task_set = read["services"][0]["taskSets"][0]
    balancer = task_set["loadBalancers"][0]
    properties = {
        "TaskDefinition": task_set["taskDefinition"],
        "LoadBalancerInfo": {
            "ContainerName": balancer["containerName"],
            "ContainerPort": balancer["containerPort"],
        },
    }
    target = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    content = json.dumps({"version": 0.0, "Resources": [target]})
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
    started = simulator.aws("deploy create-deployment", **group, revision=revision)
    simulator.control("POST", "actions", ACTION)
    return {"DEPLOYMENT": started["deploymentId"], "BUCKET": bucket}


def run(page: Path) -> tuple[int, list[str]]:
    """Runs a page. Returns how many commands ran, and what went wrong."""
    name = str(page.relative_to(ROOT))
    all_steps = steps(page)
    files = [step for step in all_steps if isinstance(step, File)]
    found = [step for step in all_steps if isinstance(step, Command)]
    # The walk of that page runs what stands after a `$`.
    found = [command for command in found if name != OWN_WALK or not command.prompt]
    wanted = [command for command in found if reason(command) is None]
    if not wanted:
        return 0, []
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    with (
        tempfile.TemporaryDirectory(prefix="pages-") as folder,
        Simulator(1) as simulator,
    ):
        home = Path(folder)
        furnish(home)
        for file in files:
            path = home / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
        out = home / "out"
        out.mkdir()
        environment = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "",
            "HOME": folder,
            "NO_PROXY": "*",
            "PATH": f"{home / 'bin'}:{AWS.parent}:{os.environ['PATH']}",
            "PROGRAM": str(target / "debug/bluegreen-worker"),
        }
        try:
            subprocess.run(
                ["bash", "-c", script(wanted)],
                cwd=folder,
                env=environment | simulator.exports | set_up(simulator),
                stdin=subprocess.DEVNULL,
                timeout=PAGE_SECONDS,
                check=True,
            )
        except subprocess.TimeoutExpired:
            ended = len(list(out.glob("*.code")))
            raise Unexpected(f"{name}: too slow: $ {wanted[ended].text}") from None
        problems = [compare(command, out / str(n)) for n, command in enumerate(wanted)]
    return len(wanted), [problem for problem in problems if problem]


def compare(command: Command, out: Path) -> str | None:
    """What is wrong with how the command ended."""
    printed = out.read_text(errors="replace")
    code = int(out.with_suffix(".code").read_text())
    wanted = exit_code(command)
    what = f"{command.page}: $ {command.text}\n"
    if code != wanted:
        return f"{what}exit code {code} instead of {wanted}:\n{printed[-3000:]}"
    if command.output and command.output.rstrip() != printed.rstrip():
        return f"{what}printed\n{printed[-3000:]}\nbut the page shows\n{command.output}"
    return None


def unused() -> list[str]:
    """What `elsewhere.py` says of commands that are on no page."""
    texts = [step.text for page in PAGES for step in steps(page) if isinstance(step, Command)]
    starts = (it for it in NOT_HERE if not any(re.match(it, text) for text in texts))
    parts = (it for it in (*EXIT_CODES, *IN_PLACE_OF) if not any(it in text for text in texts))
    return [f"elsewhere.py: no page has {it}" for it in (*starts, *parts)]


def main(names: list[str]) -> int:
    """Runs the pages of these names, or all of them."""
    started = time.monotonic()
    pages = [page for page in PAGES if not names or page.name in names]
    try:
        with ThreadPoolExecutor(PAGES_AT_ONCE) as pool:
            results = list(pool.map(run, pages))
    except Unexpected as fault:
        print(f"the pages: FAILED\n{fault}", file=sys.stderr)
        return 1
    count = sum(count for count, _ in results)
    problems = [problem for _, found in results for problem in found]
    if not names:
        problems += unused()
        if count < LEAST_COMMANDS:
            problems.append(f"only {count} commands are on the pages")
    if problems:
        print("the pages: FAILED", *problems, sep="\n", file=sys.stderr)
        return 1
    print(f"the pages: {count} commands ok, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
