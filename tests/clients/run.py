#!/usr/bin/env python3
"""Lets the AWS CLI and boto3, which nobody wrote for it, use the simulator.

Each story is a function that raises where a client does not get what AWS would
give it. What went over the wire is then checked against the service models.
"""

import sys
import time
import zipfile
from collections.abc import Callable

import service_deployments
from protocols import a_release_completes_in_every_protocol
from simulator import Simulator, Unexpected, expect

ACTION_TYPE = {
    "category": "Deploy",
    "owner": "Custom",
    "provider": "RustBlueGreenDeploy",
    "version": "1",
}
ACTION = {
    "pipeline": "webapp",
    "stage": "Deploy",
    "action": "BlueGreen",
    "configuration": {
        "ApplicationName": "webapp",
        "DeploymentGroupName": "webapp",
        "TaskDefinitionTemplateArtifact": "Bundle",
        "AppSpecTemplateArtifact": "Bundle",
    },
    "artifacts": {"Bundle": {"files": {"taskdef.json": "{}", "appspec.yaml": "version: 0.0\n"}}},
}

# What `describe-task-definition` tells and `register-task-definition` takes.
REGISTERED = (
    "family",
    "networkMode",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "executionRoleArn",
    "taskRoleArn",
    "containerDefinitions",
)

# Artifact credentials live 15 minutes of the simulator's time.
REAL_TIME = 1
# A linear rollout with its termination wait takes a quarter of an hour.
FAST = 600


def the_caller_has_an_identity(simulator: Simulator) -> None:
    identity = simulator.aws("sts get-caller-identity")
    expect(len(identity["Account"]) == 12, "a 12-digit account", identity)
    expect(identity["Arn"].startswith("arn:aws:"), "an ARN", identity)


def a_job_is_taken_read_and_reported(simulator: Simulator) -> None:
    job = take_job(simulator)
    expect(not offered(simulator), "no second offer of a job that is taken", job)
    details = simulator.aws("codepipeline get-job-details", job_id=job["id"])
    read_by_range(simulator, details["jobDetails"]["data"])
    result = {
        "job_id": job["id"],
        "execution_details": {"summary": "s", "externalExecutionId": "d", "percentComplete": 100},
        "output_variables": {"DeploymentId": "d"},
    }
    simulator.aws("codepipeline put-job-success-result", **result)
    again = simulator.try_aws("codepipeline put-job-success-result", **result)
    expect("(InvalidJobStateException)" in again.stderr, "InvalidJobStateException", again.stderr)


def a_job_may_fail(simulator: Simulator) -> None:
    job = take_job(simulator)
    details = {"type": "ConfigurationError", "message": "No."}
    simulator.aws("codepipeline put-job-failure-result", job_id=job["id"], failure_details=details)


def ecs_deploy_runs_to_the_end(simulator: Simulator) -> None:
    blue = webapp(simulator)["taskDefinition"]
    told = simulator.aws("ecs describe-task-definition", task_definition=blue)["taskDefinition"]
    definition = {name: told[name] for name in REGISTERED if name in told}
    path = simulator.file("taskdef.json", definition)
    simulator.aws("ecs register-task-definition", cli_input_json=f"file://{path}")

    group = {"application_name": "webapp", "deployment_group_name": "webapp"}
    said = simulator.aws(
        "ecs deploy",
        cluster="demo",
        service="webapp",
        task_definition=path,
        codedeploy_appspec=simulator.file("appspec.json", app_spec(definition)),
        **{f"codedeploy_{name.removesuffix('_name')}": value for name, value in group.items()},
    )
    expect("Successfully deployed" in said.get("text", ""), "a deployment", said)
    newest = simulator.aws("deploy list-deployments", **group)["deployments"][0]
    simulator.aws("deploy wait deployment-successful", deployment_id=newest)
    task_sets = webapp(simulator)["taskSets"]
    primary = [it["taskDefinition"] for it in task_sets if it["status"] == "PRIMARY"]
    expect(primary and primary != [blue], "a new task definition in service", task_sets)


def boto3_releases_in_json_and_in_cbor(simulator: Simulator) -> None:
    def offer(simulator: Simulator) -> None:
        simulator.control("POST", "actions", ACTION)

    a_release_completes_in_every_protocol(simulator, offer, ACTION_TYPE)


def app_spec(definition: dict) -> dict:
    container = definition["containerDefinitions"][0]
    balanced = {
        "ContainerName": container["name"],
        "ContainerPort": container["portMappings"][0]["containerPort"],
    }
    properties = {"TaskDefinition": "<TASK_DEFINITION>", "LoadBalancerInfo": balanced}
    target = {"Type": "AWS::ECS::Service", "Properties": properties}
    return {"version": 0.0, "Resources": [{"TargetService": target}]}


def take_job(simulator: Simulator) -> dict:
    """Queues an action and takes its job, the wrong way first."""
    simulator.control("POST", "actions", ACTION)
    jobs = offered(simulator)
    expect(len(jobs) == 1, "one job", jobs)
    job = jobs[0]
    acknowledge = "codepipeline acknowledge-job"
    wrong = simulator.try_aws(acknowledge, job_id=job["id"], nonce=job["nonce"] + "0")
    expect("(InvalidNonceException)" in wrong.stderr, "InvalidNonceException", wrong.stderr)
    taken = simulator.aws(acknowledge, job_id=job["id"], nonce=job["nonce"])
    expect(taken["status"] == "InProgress", "the status InProgress", taken)
    return job


def offered(simulator: Simulator) -> list[dict]:
    answer = simulator.aws("codepipeline poll-for-jobs", action_type_id=ACTION_TYPE)
    return answer.get("jobs", [])


def read_by_range(simulator: Simulator, data: dict) -> None:
    """Reads the artifact with the job's own credentials: whole, then its end."""
    credentials = data["artifactCredentials"]
    key = {
        "AWS_ACCESS_KEY_ID": credentials["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["secretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["sessionToken"],
    }
    location = data["inputArtifacts"][0]["location"]["s3Location"]
    place = {"bucket": location["bucketName"], "key": location["objectKey"]}
    whole, end = simulator.file("whole.zip", ""), simulator.file("end", "")
    simulator.aws("s3api get-object", whole, caller=key, **place)
    with zipfile.ZipFile(whole) as bundle:
        expect(len(bundle.namelist()) == 2, "the bundle's files", bundle.namelist())
    part = simulator.aws("s3api get-object", end, caller=key, range="bytes=-22", **place)
    size = whole.stat().st_size
    expect(part["ContentRange"] == f"bytes {size - 22}-{size - 1}/{size}", "22 bytes", part)
    expect(end.read_bytes() == whole.read_bytes()[-22:], "the same bytes", part)


def webapp(simulator: Simulator) -> dict:
    described = simulator.aws("ecs describe-services", cluster="demo", services="webapp")
    expect(not described["failures"], "the service webapp", described)
    return described["services"][0]


STORIES: list[tuple[Callable[[Simulator], None], int]] = [
    (the_caller_has_an_identity, REAL_TIME),
    (a_job_is_taken_read_and_reported, REAL_TIME),
    (a_job_may_fail, REAL_TIME),
    (ecs_deploy_runs_to_the_end, FAST),
    (boto3_releases_in_json_and_in_cbor, FAST),
    *((story, REAL_TIME) for story in service_deployments.STORIES),
]


def main() -> int:
    for story, speed in STORIES:
        name = story.__name__.replace("_", " ")
        started = time.monotonic()
        try:
            with Simulator(speed) as simulator:
                story(simulator)
                simulator.check_exchanges()
        except Unexpected as fault:
            print(f"{name}: FAILED\n{fault}", file=sys.stderr)
            return 1
        print(f"{name}: ok, {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
