"""ECS's own deployments, driven by the AWS CLI and by boto3.

The simulator runs in real time, and `pass_time` moves it on. A call may take
seconds, so what a story expects lasts longer than that.
"""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator import Simulator, Unexpected, expect

SERVICE = {"cluster": "demo", "service": "shop"}
SUBNETS = ["subnet-0a1b2c3d", "subnet-1a2b3c4d"]
DEFINITION = {
    "family": "shop",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {"name": "web", "image": "shop:1", "portMappings": [{"containerPort": 8080}]}
    ],
}
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}

# Until a deployment without hooks has shifted its traffic or its first share.
UNTIL_SHIFT = 75


def a_service_is_created_and_deployed_blue_green(simulator: Simulator) -> None:
    balancer = make_balancer(simulator)
    simulator.aws("ecs create-cluster", cluster_name="demo")
    register(simulator)
    created = simulator.aws(
        "ecs create-service",
        cluster="demo",
        service_name="shop",
        task_definition="shop",
        desired_count=2,
        launch_type="FARGATE",
        deployment_configuration=BLUE_GREEN,
        load_balancers=[balancer],
        network_configuration={"awsvpcConfiguration": {"subnets": SUBNETS}},
    )["service"]
    first = created["currentServiceDeployment"]
    pass_time(simulator, 600)
    expect_status(simulator, first, "SUCCESSFUL")
    simulator.aws("ecs wait services-stable", cluster="demo", services="shop")

    second = deploy(simulator)
    expect(second != first, "a deployment of its own", second)
    pass_time(simulator, UNTIL_SHIFT)
    shown = expect_status(simulator, second, "IN_PROGRESS", stage="BAKE_TIME")
    expect(weight(shown) == 100.0, "all of the traffic", shown)
    green = balancer["advancedConfiguration"]["alternateTargetGroupArn"]
    expect(weights(simulator, balancer)[green] == 100, "the rule on green", balancer)
    health = simulator.aws("elbv2 describe-target-health", target_group_arn=green)
    expect(len(health["TargetHealthDescriptions"]) == 2, "two targets", health)

    pass_time(simulator, 400)
    shown = expect_status(simulator, second, "SUCCESSFUL")
    arn = shown["targetServiceRevision"]["arn"]
    revisions = simulator.aws("ecs describe-service-revisions", service_revision_arns=[arn])
    resolved = revisions["serviceRevisions"][0]["resolvedConfiguration"]["loadBalancers"][0]
    expect(resolved["targetGroupArn"] == green, "the target group of green", resolved)
    listed = simulator.aws("ecs list-service-deployments", **SERVICE, status=["SUCCESSFUL"])
    arns = [one["serviceDeploymentArn"] for one in listed["serviceDeployments"]]
    expect(arns == [second, first], "both, the newest first", arns)

    simulator.aws("ecs update-service", **SERVICE, desired_count=0)
    pass_time(simulator, 60)
    simulator.aws("ecs delete-service", **SERVICE)
    pass_time(simulator, 60)
    simulator.aws("ecs wait services-inactive", cluster="demo", services="shop")


def a_canary_pauses_until_it_is_continued(simulator: Simulator) -> None:
    pause = {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}
    share = {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 5}
    prepare(
        simulator,
        {"strategy": "CANARY", "canaryConfiguration": share, "lifecycleHooks": [pause]},
    )
    arn = deploy(simulator)
    pass_time(simulator, UNTIL_SHIFT)
    shown = expect_status(simulator, arn, "IN_PROGRESS", stage="POST_TEST_TRAFFIC_SHIFT")
    hook = shown["lifecycleHookDetails"][0]
    expect(hook["status"] == "AWAITING_ACTION", "a hook that waits", hook)
    carry_on = "ecs continue-service-deployment"
    wrong = simulator.try_aws(carry_on, service_deployment_arn=arn, hook_id="ecs-pause-other")
    expect("(InvalidParameterException)" in wrong.stderr, "a refusal", wrong.stderr)
    simulator.aws(carry_on, service_deployment_arn=arn, hook_id=hook["hookId"], action="CONTINUE")
    pass_time(simulator, 60)
    shown = expect_status(simulator, arn, "IN_PROGRESS")
    expect(weight(shown) == 12.5, "an eighth of the traffic", shown)
    pass_time(simulator, 600)
    expect_status(simulator, arn, "SUCCESSFUL")


def an_alarm_rolls_back(simulator: Simulator) -> None:
    alarms = {"alarmNames": ["shop-errors"], "enable": True, "rollback": True}
    prepare(simulator, BLUE_GREEN | {"alarms": alarms})
    before = service(simulator)["taskDefinition"]
    arn = deploy(simulator)
    pass_time(simulator, UNTIL_SHIFT)
    simulator.control("POST", "alarms", {"name": "shop-errors", "state": "ALARM"})
    shown = expect_status(simulator, arn, "ROLLBACK_IN_PROGRESS")
    expect(weight(shown) == 0.0, "no traffic", shown)
    pass_time(simulator, 120)
    shown = expect_status(simulator, arn, "ROLLBACK_SUCCESSFUL")
    expect(shown["alarms"]["triggeredAlarmNames"] == ["shop-errors"], "the alarm", shown)
    expect(service(simulator)["taskDefinition"] == before, "the old one", service(simulator))


def a_second_deployment_supersedes_the_first(simulator: Simulator) -> None:
    prepare(simulator, BLUE_GREEN)
    first = deploy(simulator)
    pass_time(simulator, 20)
    second = deploy(simulator)
    pass_time(simulator, 5)
    expect_status(simulator, first, "STOPPED")
    expect_status(simulator, second, "IN_PROGRESS", stage="RECONCILE_SERVICE")
    pass_time(simulator, 600)
    expect_status(simulator, second, "SUCCESSFUL")


def a_deployment_is_stopped_and_nothing_stops_it_again(simulator: Simulator) -> None:
    prepare(simulator, BLUE_GREEN)
    arn = deploy(simulator)
    pass_time(simulator, 20)
    stop = {"service_deployment_arn": arn, "stop_type": "ROLLBACK"}
    simulator.aws("ecs stop-service-deployment", **stop)
    pass_time(simulator, 120)
    expect_status(simulator, arn, "ROLLBACK_SUCCESSFUL")
    again = simulator.try_aws("ecs stop-service-deployment", **stop)
    expect("(ConflictException)" in again.stderr, "ConflictException", again.stderr)


def a_lost_answer_is_found_again_by_the_task_definition(simulator: Simulator) -> None:
    prepare(simulator, BLUE_GREEN)
    definition = register(simulator)
    lost = {"occurrence": {"nth": 1}, "kind": "cut_after"}
    simulator.control("POST", "faults", {"service": "ecs", "operation": "UpdateService", **lost})
    done = simulator.try_aws("ecs update-service", **SERVICE, task_definition=definition)
    expect(done.returncode != 0, "no answer", done.stdout)
    live = ["PENDING", "IN_PROGRESS"]
    listed = simulator.aws("ecs list-service-deployments", **SERVICE, status=live)
    arns = [one["targetServiceRevisionArn"] for one in listed["serviceDeployments"]]
    revisions = simulator.aws("ecs describe-service-revisions", service_revision_arns=arns)
    found = [one["taskDefinition"] for one in revisions["serviceRevisions"]]
    expect(found == [definition], "its deployment", found)
    entries = simulator.control("GET", "ledger?service=ecs&operation=UpdateService")
    expect([entry["took_effect"] for entry in entries] == [True], "one effect", entries)


def boto3_follows_a_linear_deployment(simulator: Simulator) -> None:
    steps = {"stepPercent": 50.0, "stepBakeTimeInMinutes": 2}
    prepare(simulator, {"strategy": "LINEAR", "linearConfiguration": steps})
    ecs = client(simulator)
    definition = ecs.register_task_definition(**DEFINITION)["taskDefinition"]
    ecs.update_service(**SERVICE, taskDefinition=definition["taskDefinitionArn"])
    newest = ecs.list_service_deployments(**SERVICE, maxResults=1)
    arn = newest["serviceDeployments"][0]["serviceDeploymentArn"]
    expect("nextToken" in newest, "a further page", newest)
    seen = []
    for _ in range(20):
        pass_time(simulator, 30)
        answer = ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        shown = answer["serviceDeployments"][0]
        if not seen or seen[-1] != weight(shown):
            seen.append(weight(shown))
        if shown["status"] == "SUCCESSFUL":
            break
    expect(seen == [0.0, 50.0, 100.0], "three weights", seen)
    expect(shown["status"] == "SUCCESSFUL", "its end", shown)
    try:
        ecs.stop_service_deployment(serviceDeploymentArn=f"{arn}x")
    except ecs.exceptions.ServiceDeploymentNotFoundException:
        return
    except ClientError as error:
        raise Unexpected(str(error)) from None
    raise Unexpected("a deployment that does not exist was stopped")


def client(simulator: Simulator):  # noqa: ANN201 - boto3 has no types
    exports = simulator.exports
    key, secret = exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"]
    simulator.secrets[key] = {"secret_access_key": secret, "session_token": None}
    return boto3.client(
        "ecs",
        endpoint_url=exports["AWS_ENDPOINT_URL"],
        region_name=exports["AWS_REGION"],
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def make_balancer(simulator: Simulator) -> dict:
    """A load balancer with two target groups and a rule for each listener."""
    made = simulator.aws("elbv2 create-load-balancer", *["--subnets", *SUBNETS], name="shop")
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    groups = []
    for colour in ("blue", "green"):
        made = simulator.aws(
            "elbv2 create-target-group",
            name=f"shop-{colour}",
            protocol="HTTP",
            port=8080,
            vpc_id="vpc-0f1e2d3c4b5a69788",
            target_type="ip",
        )
        groups.append(made["TargetGroups"][0]["TargetGroupArn"])
    forward = [{"Type": "forward", "TargetGroupArn": groups[0]}]
    rules = []
    for port in (80, 8443):
        made = simulator.aws(
            "elbv2 create-listener",
            load_balancer_arn=balancer,
            protocol="HTTP",
            port=port,
            default_actions=forward,
        )
        made = simulator.aws(
            "elbv2 create-rule",
            listener_arn=made["Listeners"][0]["ListenerArn"],
            priority=1,
            conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            actions=forward,
        )
        rules.append(made["Rules"][0]["RuleArn"])
    return {
        "targetGroupArn": groups[0],
        "containerName": "web",
        "containerPort": 8080,
        "advancedConfiguration": {
            "alternateTargetGroupArn": groups[1],
            "productionListenerRule": rules[0],
            "testListenerRule": rules[1],
            "roleArn": "arn:aws:iam::111122223333:role/ecsInfrastructure",
        },
    }


def prepare(simulator: Simulator, configuration: dict) -> None:
    """A service whose first revision runs already."""
    simulator.control("POST", "services", {"deployment_configuration": configuration})


def register(simulator: Simulator) -> str:
    path = simulator.file("taskdef.json", DEFINITION)
    made = simulator.aws("ecs register-task-definition", cli_input_json=f"file://{path}")
    return made["taskDefinition"]["taskDefinitionArn"]


def deploy(simulator: Simulator) -> str:
    """Updates the service to a new task definition."""
    definition = register(simulator)
    updated = simulator.aws("ecs update-service", **SERVICE, task_definition=definition)
    return updated["service"]["currentServiceDeployment"]


def service(simulator: Simulator) -> dict:
    described = simulator.aws("ecs describe-services", cluster="demo", services="shop")
    return described["services"][0]


def expect_status(simulator: Simulator, arn: str, status: str, stage: str | None = None) -> dict:
    answer = simulator.aws("ecs describe-service-deployments", service_deployment_arns=[arn])
    shown = answer["serviceDeployments"][0]
    expect(shown["status"] == status, f"the status {status}", shown)
    if stage:
        expect(shown["lifecycleStage"] == stage, f"the stage {stage}", shown)
    return shown


def weight(shown: dict) -> float:
    return shown["targetServiceRevision"]["requestedProductionTrafficWeight"]


def weights(simulator: Simulator, balancer: dict) -> dict[str, int]:
    rule = balancer["advancedConfiguration"]["productionListenerRule"]
    shown = simulator.aws("elbv2 describe-rules", rule_arns=[rule])
    groups = shown["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return {group["TargetGroupArn"]: group["Weight"] for group in groups}


def pass_time(simulator: Simulator, seconds: int) -> None:
    simulator.control("POST", "advance", {"seconds": seconds})


STORIES = [
    a_service_is_created_and_deployed_blue_green,
    a_canary_pauses_until_it_is_continued,
    an_alarm_rolls_back,
    a_second_deployment_supersedes_the_first,
    a_deployment_is_stopped_and_nothing_stops_it_again,
    a_lost_answer_is_found_again_by_the_task_definition,
    boto3_follows_a_linear_deployment,
]
