#!/usr/bin/env python3
"""Compares what operators paste with the program, and lets linters read it.

With `--write` the policy of the template is made anew.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from parliament import analyze_policy_string
from parliament.finding import Finding

from monitoring import alerts_are_right, every_metric_is_real
from simulator import ROOT

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = TARGET / "debug/bluegreen-worker"
BIN = ROOT / ".tools/python/bin"
TEMPLATE = ROOT / "examples/fargate/worker.yaml"
RULE = ROOT / "examples/events/notify.yaml"

BEGIN, END = "          # BEGIN POLICY\n", "          # END POLICY\n"

# The worker hands everything back in ten seconds; half as many are for grace.
LEAST_STOP_SECONDS = 15

# What the program is asked with, and what the template has in its place.
STAND_INS = {
    "journal-stand-in": "${Journal}",
    "application-stand-in": "${ApplicationName}",
    "group-stand-in": "${DeploymentGroupName}",
    "cluster-stand-in": "${ClusterName}",
    "service-stand-in": "${ServiceName}",
    "eu-west-1": "${AWS::Region}",
    "111122223333": "${AWS::AccountId}",
    "aws-us-gov": "${AWS::Partition}",
}
ROLES = "arn:aws-us-gov:iam::111122223333:role/stand-in"


LOOKED_AT = {
    "cloudwatch:DescribeAlarms",
    "codepipeline:GetPipelineExecution",
    "codepipeline:ListActionExecutions",
    "ecs:DescribeTasks",
    "ecs:ListTasks",
    "logs:DescribeLogGroups",
}

# Of 2025 and 2026.
NEWER = {"ecs:ContinueServiceDeployment", "ecs:StopServiceDeployment"}


class Wrong(Exception):
    """What does not agree, in words for whoever reads the run."""


class Reader(yaml.SafeLoader):
    """Reads `!Ref X` as {"Ref": X}, and the same with the other functions."""


def function(reader: Reader, suffix: str, node: yaml.Node) -> dict:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: reader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: reader.construct_sequence(node, deep=True)}
    return {name: reader.construct_mapping(node, deep=True)}


Reader.add_multi_constructor("!", function)


def template() -> dict:
    # A loader of our own, made from the safe one.
    return yaml.load(TEMPLATE.read_text(), Reader)  # noqa: S506


def ask(*words: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=None if environment is None else {"PATH": os.environ["PATH"], **environment},
    )
    if done.returncode != 0:
        raise Wrong(f"{' '.join(words)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def policy(versions: str) -> dict:
    """The policy of a worker that is set as the template sets it."""
    options = {
        "--region": "eu-west-1",
        "--account": "111122223333",
        "--partition": "aws-us-gov",
        "--application": "application-stand-in",
        "--group": "group-stand-in",
        "--cluster": "cluster-stand-in",
        "--service": "service-stand-in",
        "--version": versions,
        "--pass-role": ROLES,
        "--journal": "s3://journal-stand-in/journal",
    }
    return json.loads(ask("iam-policy", *(word for pair in options.items() for word in pair)))


class Only:
    """A part of the policy that only one version of the action type needs."""

    def __init__(self, version: str, value: object) -> None:
        self.version = version
        self.value = value


def of_both() -> dict:
    """The policy for any choice of versions, with the parts that depend on it."""
    one, two, both = (policy(versions) for versions in ("1", "2", "1,2"))
    known = [{it["Sid"]: it for it in document["Statement"]} for document in (one, two)]
    statements = [merged(it, *(them.get(it["Sid"]) for them in known)) for it in both["Statement"]]
    return {**both, "Statement": statements}


def merged(both: dict, one: dict | None, two: dict | None) -> dict | Only:
    if one is None or two is None:
        return Only("1" if two is None else "2", both)
    return {key: chosen(value, one[key], two[key]) for key, value in both.items()}


def chosen(both: object, one: object, two: object) -> object:
    if one == two:
        return both
    first, second = (it if isinstance(it, list) else [it] for it in (one, two))
    return [
        it if it in first and it in second else Only("1" if it in first else "2", it) for it in both
    ]


def as_template(value: object, indent: int = 0) -> str:
    """The policy in YAML, with the parameters in place of the stand-ins."""
    pad = " " * indent
    if isinstance(value, Only):
        items = [f"UsesVersion{value.version}", value.value]
        nothing = f"{pad}  - !Ref AWS::NoValue\n"
        return f"{pad}!If\n" + "".join(item(it, indent + 2) for it in items) + nothing
    if value == ROLES:
        return f"{pad}!Ref PassRoleArns\n"
    if isinstance(value, dict):
        return "".join(entry(f"{pad}{key_of(key)}:", it, indent) for key, it in value.items())
    if isinstance(value, list):
        return "".join(item(it, indent) for it in value)
    text = json.dumps(value)
    for stand_in, parameter in STAND_INS.items():
        text = text.replace(stand_in, parameter)
    return f"{pad}{'!Sub ' if '${' in text else ''}{text}\n"


def key_of(key: str) -> str:
    return json.dumps(key) if ":" in key else key


def entry(head: str, value: object, indent: int) -> str:
    # A list of the roles is one parameter, which is a list.
    value = ROLES if value == [ROLES] else value
    if isinstance(value, dict | list):
        return f"{head}\n{as_template(value, indent + 2)}"
    return f"{head} {as_template(value).lstrip()}"


def item(value: object, indent: int) -> str:
    text = as_template(value, indent + 2)
    return f"{' ' * indent}- {text[indent + 2 :]}"


def the_policy_is_the_programs() -> None:
    written = TEMPLATE.read_text()
    before, rest = written.split(BEGIN)
    old, after = rest.split(END)
    new = " " * 10 + "PolicyDocument:\n" + as_template(of_both(), 12)
    if "--write" in sys.argv:
        TEMPLATE.write_text(before + BEGIN + new + END + after)
    elif old != new:
        raise Wrong("the policy differs; `tests/templates/run.py --write` writes it anew")


def the_templates_are_lint_free() -> None:
    lint = [BIN / "cfn-lint", TEMPLATE, RULE]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stdout.strip():
        raise Wrong(done.stdout + done.stderr)


def the_policies_are_lint_free() -> None:
    """As parliament, which knows every action, sees them."""
    own = ["--version", "2", "--cluster", "prod", "--service", "web"]
    for options in ([], own, ["--purpose", "register"], ["--event-bus", "releases"]):
        arguments = ["--region", "eu-west-1", "--account", "111122223333", *options]
        arguments += ["--pass-role", "arn:aws:iam::111122223333:role/webapp"]
        text = ask("iam-policy", *arguments)
        judge("iam-policy", text)
    for versions in ("1", "2", "1,2"):
        text = json.dumps(policy(versions)).replace("aws-us-gov", "aws")
        judge(f"the template with version {versions}", text)


def judge(whose: str, text: str) -> None:
    findings = [it for it in analyze_policy_string(text).findings if not is_meant(it)]
    if findings:
        raise Wrong(f"{whose}: " + "\n".join(map(str, findings)))


def is_meant(finding: Finding) -> bool:
    """Which alarms, pipelines, clusters and tasks are looked at is not known.

    Two actions are newer than parliament.
    """
    if finding.issue == "UNKNOWN_ACTION":
        return finding.detail.split()[-1] in NEWER
    return finding.issue == "RESOURCE_STAR" and set(finding.detail) <= LOOKED_AT


def the_settings_are_taken() -> None:
    """By the program itself, as the task would start it."""
    container = container_of(template())
    defaults = {
        name: parameter.get("Default") for name, parameter in template()["Parameters"].items()
    }
    environment = {}
    for variable in container["Environment"]:
        value = variable["Value"]
        if isinstance(value, dict) and "Ref" in value:
            value = defaults.get(value["Ref"], "eu-west-1")
        elif isinstance(value, dict):
            value = value["Fn::Sub"].replace("${Journal}", "journal-bucket")
        environment[variable["Name"]] = value
    shown = ask("config", "print", environment=environment)
    for name, value in environment.items():
        if name.startswith("BLUEGREEN_") and value not in shown:
            raise Wrong(f"{name}={value} is not in force:\n{shown}")


def it_is_stopped_and_watched_like_the_image() -> None:
    container = container_of(template())
    if container["StopTimeout"] < LEAST_STOP_SECONDS:
        raise Wrong(f"a stop takes {LEAST_STOP_SECONDS} s, not {container['StopTimeout']}")
    command = json.dumps(container["HealthCheck"]["Command"][1:])
    containerfile = (ROOT / "Containerfile").read_text()
    for what in (f"CMD {command}", f"USER {container['User']}"):
        if what not in containerfile:
            raise Wrong(f"the image has no `{what}`")


def container_of(document: dict) -> dict:
    return document["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]


CHECKS: list[Callable[[], None]] = [
    the_policy_is_the_programs,
    the_templates_are_lint_free,
    the_policies_are_lint_free,
    the_settings_are_taken,
    it_is_stopped_and_watched_like_the_image,
    every_metric_is_real,
    alerts_are_right,
]


def main() -> int:
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        started = time.monotonic()
        try:
            check()
        except Exception as fault:
            print(f"{name}: FAILED\n{fault}", file=sys.stderr)
            return 1
        print(f"{name}: ok, {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
