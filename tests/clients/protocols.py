"""Lets boto3 complete a release in each protocol that a service's model lists.

botocore prefers JSON. Here it is given models that list only one protocol, so
that the simulator must answer in that one as well, and with the same values.
"""

import copy
import time
from collections.abc import Callable, Iterator

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from simulator import Simulator, expect

JSON, CBOR = "json", "smithy-rpc-v2-cbor"
FOR_TASKS = '{"Version":"2012-10-17","Statement":[]}'

# A linear rollout takes a few seconds at the simulator's speed.
LONGEST_SECONDS = 60


class OneProtocol(Loader):
    """Loads models as if they listed one protocol, where they list it at all."""

    def __init__(self, protocol: str) -> None:
        super().__init__(include_default_search_paths=True)
        self.protocol = protocol
        # Where a `Session` of its own adds the folder of the models.
        default = botocore.session.get_session().get_component("data_loader")
        self.search_paths.extend(it for it in default.search_paths if it not in self.search_paths)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> dict:
        model = super().load_service_model(service_name, type_name, api_version)
        if type_name != "service-2":
            return model
        model = copy.deepcopy(model)
        if self.protocol in model["metadata"].get("protocols", []):
            model["metadata"]["protocols"] = [self.protocol]
        return model


class Clients:
    """boto3's clients of one simulator that speak one protocol."""

    def __init__(self, simulator: Simulator, protocol: str) -> None:
        core = botocore.session.Session()
        core.register_component("data_loader", OneProtocol(protocol))
        exports = simulator.exports
        self.session = boto3.Session(
            aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
            region_name=exports["AWS_REGION"],
            botocore_session=core,
        )
        simulator.secrets[exports["AWS_ACCESS_KEY_ID"]] = {
            "secret_access_key": exports["AWS_SECRET_ACCESS_KEY"],
            "session_token": None,
        }
        self.endpoint = exports["AWS_ENDPOINT_URL"]

    def of(self, service: str) -> object:
        # No proxy of the environment stands between here and loopback.
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        return self.session.client(service, endpoint_url=self.endpoint, config=config)


def a_release_completes_in_every_protocol(
    simulator: Simulator, offer: Callable[[Simulator], None], action_type: dict
) -> None:
    for protocol in (JSON, CBOR):
        offer(simulator)
        release(Clients(simulator, protocol), action_type)
        sent = protocols_of(simulator)
        expect((CBOR in sent) == (protocol == CBOR), f"requests in {protocol}", sent)
    in_json, in_cbor = (list(read(Clients(simulator, it))) for it in (JSON, CBOR))
    expect(in_json == in_cbor, f"the same as in JSON, {in_json}", in_cbor)


def protocols_of(simulator: Simulator) -> set[str]:
    lines = simulator.record.read_text().splitlines()
    return {CBOR if '"smithy-protocol":"rpc-v2-cbor"' in line else JSON for line in lines}


def release(clients: Clients, action_type: dict) -> None:
    pipeline, deploy, ecs = (clients.of(it) for it in ("codepipeline", "codedeploy", "ecs"))
    (job,) = pipeline.poll_for_jobs(actionTypeId=action_type, maxBatchSize=1)["jobs"]
    wrong = code_of(lambda: pipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"] + "0"))
    expect(wrong == "InvalidNonceException", "InvalidNonceException", wrong)
    pipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    service = ecs.describe_services(cluster="demo", services=["webapp"])["services"][0]
    running = service["taskSets"][0]["taskDefinition"]
    group = {"applicationName": "webapp", "deploymentGroupName": "webapp"}
    content = app_spec(running)
    started = deploy.create_deployment(
        **group, revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
    )
    deployment = started["deploymentId"]
    busy = code_of(
        lambda: deploy.create_deployment(
            **group,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        )
    )
    expect(busy == "DeploymentLimitExceededException", "a busy group", busy)
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        info = deploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
        if info["status"] == "Succeeded":
            break
        expect(time.monotonic() < end, "a deployment that succeeds", info)
        time.sleep(0.2)
    expect(info["completeTime"] > info["createTime"], "times", info)
    done = {"summary": "done", "externalExecutionId": deployment, "percentComplete": 100}
    pipeline.put_job_success_result(jobId=job["id"], executionDetails=done)
    again = code_of(
        lambda: pipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": "no"}
        )
    )
    expect(again == "InvalidJobStateException", "InvalidJobStateException", again)


def read(clients: Clients) -> Iterator[dict]:
    """What does not change while nothing happens, from every service."""
    deploy = clients.of("codedeploy")
    group = {"applicationName": "webapp", "deploymentGroupName": "webapp"}
    newest = deploy.list_deployments(**group)["deployments"][0]
    target = {"deploymentId": newest, "targetId": "demo:webapp"}
    logs, iam = clients.of("logs"), clients.of("iam")
    calls = [
        lambda: deploy.get_deployment_group(**group),
        lambda: deploy.get_deployment(deploymentId=newest),
        lambda: deploy.batch_get_deployments(deploymentIds=[newest]),
        lambda: deploy.get_deployment_target(**target),
        lambda: clients.of("codepipeline").list_action_types(actionOwnerFilter="Custom"),
        lambda: clients.of("codepipeline").list_action_executions(pipelineName="webapp"),
        lambda: clients.of("cloudwatch").describe_alarms(AlarmNames=["webapp-errors"]),
        lambda: clients.of("ecs").describe_task_definition(taskDefinition="webapp"),
        lambda: logs.describe_log_groups(logGroupNamePrefix="/ecs/webapp"),
        lambda: iam.get_role(RoleName="webapp-task"),
    ]
    for call in calls:
        answer = call()
        del answer["ResponseMetadata"]
        yield answer
    groups = logs.describe_log_groups(logGroupNamePrefix="/ecs/webapp")["logGroups"]
    expect([it["logGroupName"] for it in groups] == ["/ecs/webapp"], "a log group", groups)
    missing = code_of(lambda: iam.get_role(RoleName="none"))
    expect(missing == "NoSuchEntity", "NoSuchEntity", missing)
    missing = code_of(lambda: deploy.get_deployment(deploymentId="d-AAAAAAAAA"))
    expect(missing == "DeploymentDoesNotExistException", "no deployment", missing)


def app_spec(task_definition: str) -> str:
    return f"""version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: {task_definition}
        LoadBalancerInfo:
          ContainerName: web
          ContainerPort: 8080
"""


def code_of(call: Callable[[], object]) -> str:
    try:
        return f"no error, but {call()}"
    except ClientError as error:
        return error.response["Error"]["Code"]
