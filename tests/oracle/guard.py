"""Has the shipped controls and CloudFormation Guard judge the same releases.

The one is this project's program, as `policy check` runs it; the other is a
tool of other hands, with rules written for the same controls. They must agree
on every control, container and volume of every release.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from shapes import Case, cases

HERE = Path(__file__).resolve().parent

# What they judge is known from AWS only, or changes with the day.
BEYOND_THE_FILES = {"alarms", "freeze", "gradual-traffic", "release-targets", "rollback"}

TERMS = """\
[controls.allowed-registries]
level = "deny"
registries = ["111122223333.dkr.ecr.eu-west-1.amazonaws.com", "public.ecr.aws/team"]

[controls.capabilities]
allowed = ["NET_BIND_SERVICE"]

[controls.host-mounts]
allowed = ["/var/log/app"]

[controls.required-labels]
level = "deny"
labels = ["team"]

[controls.required-tags]
level = "deny"
tags = ["owner"]

[controls.resource-ceilings]
level = "deny"
cpu = 2048
memory = 4096
"""

ACTION = {
    "name": "Release",
    "actionTypeId": {
        "category": "Deploy",
        "owner": "Custom",
        "provider": "RustBlueGreenDeploy",
        "version": "1",
    },
    "configuration": {
        "ApplicationName": "webapp",
        "DeploymentGroupName": "webapp",
        "TaskDefinitionTemplateArtifact": "Source",
        "AppSpecTemplateArtifact": "Source",
    },
    "inputArtifacts": [{"name": "Source"}],
}

# A control with the container or volume that it minds, or with neither.
Verdict = set[tuple[str, str]]


class Disagreement(Exception):
    pass


def part(path: str | None) -> str:
    found = re.search(r"(containerDefinitions|volumes)(?:\[|/)(\d+)", path or "")
    return f"{found[1]}/{found[2]}" if found else ""


def ours(program: str, folder: Path, case: Case) -> Verdict:
    """What `policy check` says of the release."""
    folder.mkdir()
    (folder / "action.json").write_text(json.dumps(ACTION))
    (folder / "taskdef.json").write_text(json.dumps(case.task))
    (folder / "appspec.yaml").write_text(json.dumps(case.app_spec))
    terms = folder.parent / "terms.toml"
    command = [program, "policy", "check", str(folder), "--controls", "all=deny"]
    command += ["--policy-terms", str(terms), "--format", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode not in (0, 1):
        raise Disagreement(f"{case.name}: exit code {ended.returncode}: {ended.stderr}")
    answer = json.loads(ended.stdout)
    errors = [finding for finding in answer["findings"] if finding["severity"] == "error"]
    for finding in errors:
        if finding["policy"] is None:
            raise Disagreement(f"{case.name}: refused before any control: {finding['message']}")
    if (ended.returncode == 1) != bool(errors):
        raise Disagreement(f"{case.name}: exit code {ended.returncode}, {len(errors)} errors")
    return {(finding["policy"], part(finding["path"])) for finding in errors}


def paths(node: Any) -> Iterator[str]:
    """Every place that a failed check of Guard's names."""
    if isinstance(node, list):
        for each in node:
            yield from paths(each)
    elif isinstance(node, dict):
        if isinstance(node.get("path"), str):
            yield node["path"]
        else:
            for each in node.values():
                yield from paths(each)


def theirs(guard: str, everything: list[Case], controls: set[str]) -> list[Verdict]:
    """What Guard says of all releases."""
    documents = [{"taskDefinition": case.task, "appSpec": case.app_spec} for case in everything]
    rules = (HERE / "controls.guard").read_text()
    payload = {"rules": [rules], "data": [json.dumps(document) for document in documents]}
    command = [guard, "validate", "--payload", "--structured"]
    command += ["--output-format", "json", "--show-summary", "none"]
    ended = subprocess.run(
        command, input=json.dumps(payload), capture_output=True, text=True, check=False
    )
    # 19: it could judge everything, and something failed.
    if ended.returncode not in (0, 19):
        raise Disagreement(f"cfn-guard: exit code {ended.returncode}: {ended.stderr}")
    answers = {answer["name"]: answer for answer in json.loads(ended.stdout)}
    names = [f"DATA_STDIN[{number}]" for number in range(1, len(everything) + 1)]
    return [verdict_of(answers[name], controls) for name in names]


def verdict_of(answer: dict[str, Any], controls: set[str]) -> Verdict:
    verdict = set()
    for failed in answer["not_compliant"]:
        rule = failed["Rule"]["name"]
        if rule == "is_windows":
            continue
        name = rule.replace("_", "-")
        # A control may be several rules, called like it and a word more.
        control = next((each for each in controls if f"{name}-".startswith(f"{each}-")), None)
        if control is None:
            raise Disagreement(f"the rule {rule} of Guard belongs to no control")
        parts = {part(path) for path in paths(failed["Rule"]["checks"]) if path}
        verdict |= {(control, each) for each in parts}
    return verdict


def listed_controls(program: str) -> set[str]:
    command = [program, "policy", "controls"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return {line.split()[0] for line in ended.stdout.splitlines()}


def main(program: str, guard: str) -> int:
    everything = list(cases())
    controls = listed_controls(program) - BEYOND_THE_FILES
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "terms.toml").write_text(TERMS)

        with ThreadPoolExecutor() as pool:
            folders = [root / str(number) for number in range(len(everything))]
            asked = [
                pool.submit(ours, program, *one) for one in zip(folders, everything, strict=True)
            ]
    problems = [str(problem) for problem in (one.exception() for one in asked) if problem]
    if problems:
        raise Disagreement("\n".join(problems))
    mine = [one.result() for one in asked]
    other = theirs(guard, everything, controls)
    failed = 0
    for case, one, two in zip(everything, mine, other, strict=True):
        for who, only in (("the control", one - two), ("Guard", two - one)):
            for control, where in sorted(only):
                print(f"{case.name}: only {who} minds: {control} {where}")
                failed += 1
    minded = {control for verdict in other for control, _ in verdict}
    for control in sorted(controls - minded):
        print(f"{control}: no release of all is refused by it")
        failed += 1
    refused = sum(bool(verdict) for verdict in other)
    print(f"{len(everything)} releases, {refused} of them refused, {len(controls)} controls")
    print(f"{len(everything) * len(controls) - failed} verdicts agree, {failed} do not")
    return 1 if failed else 0
