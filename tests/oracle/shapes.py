"""Task definitions as teams write them, each of which every control lets pass,
and single changes to them, most of which some control minds."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

DIGEST = "@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
REGISTRY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"

Json = dict[str, Any]


class Case(NamedTuple):
    """A release: what its two files hold."""

    name: str
    task: Json
    app_spec: Json


class Change(NamedTuple):
    """What is done to a release, and on which kinds of machine it can be."""

    name: str
    make: Callable[[Json, Json], object]
    machines: tuple[str, ...] = ("fargate", "ec2", "windows")


def container(name: str, port: int | None = None, **members: object) -> Json:
    made: Json = {
        "name": name,
        "image": f"{REGISTRY}/team/{name}{DIGEST}",
        "essential": True,
        "user": "10001:10001",
        "readonlyRootFilesystem": True,
        "healthCheck": {"command": ["CMD", f"/{name}", "health"]},
        "dockerLabels": {"team": "web"},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": name,
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": name,
            },
        },
    }
    if port is not None:
        made["portMappings"] = [{"containerPort": port}]
    return made | members


def task(machine: str, containers: list[Json], **members: object) -> Json:
    made: Json = {
        "family": "webapp",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["EC2" if machine == "ec2" else "FARGATE"],
        "cpu": "1024",
        "memory": "2048",
        "executionRoleArn": "arn:aws:iam::111122223333:role/execution",
        "tags": [{"key": "owner", "value": "web"}],
        "containerDefinitions": containers,
    }
    return made | members


def shapes() -> dict[str, tuple[str, Json]]:
    """By name: the machine it is for, and the task definition."""
    router = container(
        "log-router",
        essential=False,
        image=f"public.ecr.aws/team/fluent-bit{DIGEST}",
        user="0",
        firelensConfiguration={"type": "fluentbit"},
    )
    fluent = {"logDriver": "awsfirelens", "options": {"Name": "cloudwatch"}}
    files = {"fileSystemId": "fs-0123456789abcdef0", "transitEncryption": "ENABLED"}
    windows = {
        "user": "ContainerUser",
        "healthCheck": {"command": ["CMD-SHELL", "curl.exe -f http://localhost:8080/"]},
    }
    server = container("web", 8080, **windows)
    server.pop("readonlyRootFilesystem")
    return {
        "one container": ("fargate", task("fargate", [container("web", 8080)])),
        "logs through a router": (
            "fargate",
            # First and last are changed.
            task(
                "fargate",
                [
                    container("web", 8080, logConfiguration=fluent),
                    router,
                    container("agent"),
                ],
            ),
        ),
        "three containers on arm": (
            "fargate",
            task(
                "fargate",
                [container("web", 8080), container("cache", 6379), container("agent")],
                cpu="1 vCPU",
                memory="2 GB",
                runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            ),
        ),
        "files on EFS": (
            "fargate",
            task(
                "fargate",
                [
                    container(
                        "web",
                        8080,
                        mountPoints=[{"sourceVolume": "files", "containerPath": "/files"}],
                    )
                ],
                volumes=[{"name": "scratch"}, {"name": "files", "efsVolumeConfiguration": files}],
            ),
        ),
        "machines of our own": (
            "ec2",
            task("ec2", [container("web", 8080), container("agent")], networkMode="bridge"),
        ),
        "Windows": (
            "windows",
            task(
                "windows",
                [server],
                runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
            ),
        ),
    }


def app_spec() -> Json:
    properties = {
        "TaskDefinition": "<TASK_DEFINITION>",
        "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 8080},
    }
    return {
        "version": 0.0,
        "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}],
    }


def of_last(**members: object) -> Callable[[Json, Json], object]:
    """Gives the last container these members."""
    return lambda task, _: task["containerDefinitions"][-1].update(members)


def of_first(**members: object) -> Callable[[Json, Json], object]:
    return lambda task, _: task["containerDefinitions"][0].update(members)


def of_all_without(member: str) -> Callable[[Json, Json], object]:
    def make(task: Json, _: Json) -> None:
        for each in task["containerDefinitions"]:
            each.pop(member, None)

    return make


def of_last_without(member: str) -> Callable[[Json, Json], object]:
    return lambda task, _: task["containerDefinitions"][-1].pop(member, None)


def of_task(**members: object) -> Callable[[Json, Json], object]:
    return lambda task, _: task.update(members)


def of_app_spec(**members: object) -> Callable[[Json, Json], object]:
    def make(_: Json, app_spec: Json) -> None:
        app_spec["Resources"][0]["TargetService"]["Properties"].update(members)

    return make


def variable(name: str, value: str) -> Callable[[Json, Json], object]:
    plain = {"name": "GREETING", "value": "hello"}
    return of_last(environment=[plain, {"name": name, "value": value}])


def network(public: str) -> Callable[[Json, Json], object]:
    vpc = {
        "Subnets": ["subnet-0a1b2c3d"],
        "SecurityGroups": ["sg-0a1b2c3d"],
        "AssignPublicIp": public,
    }
    return of_app_spec(NetworkConfiguration={"AwsvpcConfiguration": vpc})


def volume(**members: object) -> Callable[[Json, Json], object]:
    def make(task: Json, _: Json) -> None:
        task.setdefault("volumes", []).append({"name": "added"} | members)

    return make


def efs(**members: object) -> Callable[[Json, Json], object]:
    return volume(efsVolumeConfiguration={"fileSystemId": "fs-0123456789abcdef0"} | members)


def docker(**options: str) -> Callable[[Json, Json], object]:
    return volume(dockerVolumeConfiguration={"scope": "task", "driverOpts": options})


def add_helper(task: Json, _: Json) -> None:
    made = container("helper", essential=False)
    made.pop("healthCheck")
    task["containerDefinitions"].append(made)


ONLY_EC2 = ("ec2",)
FARGATE = ("fargate",)
LINUX = ("fargate", "ec2")
WINDOWS = ("windows",)

CHANGES = [
    Change("nothing", lambda *_: None),
    Change("the host's processes", of_task(pidMode="host"), ONLY_EC2),
    Change("the task's own processes", of_task(pidMode="task"), LINUX),
    Change("the host's IPC", of_task(ipcMode="host"), ONLY_EC2),
    Change("IPC of the task", of_task(ipcMode="task"), ONLY_EC2),
    Change("the host's network", of_task(networkMode="host"), ONLY_EC2),
    Change("privileged", of_last(privileged=True), ONLY_EC2),
    Change("not privileged", of_last(privileged=False), LINUX),
    Change("writable by silence", of_last_without("readonlyRootFilesystem"), LINUX),
    Change("writable", of_first(readonlyRootFilesystem=False), LINUX),
    Change("no user", of_all_without("user")),
    Change("root", of_last(user="root"), LINUX),
    Change("zero", of_last(user="0"), LINUX),
    Change("zero and a group", of_last(user="0:1000"), LINUX),
    Change("root and a group", of_first(user="root:app"), LINUX),
    Change("plus zero", of_last(user="+0"), LINUX),
    Change("minus zeros and a group", of_last(user="-00:5"), LINUX),
    Change("a group alone", of_last(user=":1000"), LINUX),
    Change("one with a sign", of_last(user="+1"), LINUX),
    Change("a user with a zero in it", of_last(user="1000:0"), LINUX),
    Change("a user called like root", of_last(user="rootless"), LINUX),
    Change("the administrator", of_last(user="ContainerAdministrator"), WINDOWS),
    Change("the administrator, in small letters", of_last(user="containeradministrator"), WINDOWS),
    Change("the administrator of a domain", of_last(user="x\\Administrator"), WINDOWS),
    Change("no logs", of_last_without("logConfiguration")),
    Change("the log driver none", of_first(logConfiguration={"logDriver": "none"}), ONLY_EC2),
    Change("logs to a file", of_last(logConfiguration={"logDriver": "json-file"}), ONLY_EC2),
    Change("an access key's id", variable("AWS_ACCESS_KEY_ID", "x")),
    Change("an access key", variable("AWS_SECRET_ACCESS_KEY", "x")),
    Change("a registry's password", variable("ECS_ENGINE_AUTH_DATA", "{}"), ONLY_EC2),
    Change("a key of the name only", variable("OLD_AWS_ACCESS_KEY_ID_NAME", "x")),
    Change("a password", variable("DB_PASSWORD", "hunter2")),
    Change("an empty password", variable("DB_PASSWORD", "")),
    Change("a password's file", variable("DB_PASSWORD_FILE", "/run/secrets/db")),
    Change("a URL with a password", variable("DB", "postgres://app:hunter2@db/app")),
    Change("a URL without one", variable("DB", "postgres://app@db/app")),
    Change("EFS as it comes", efs(), FARGATE),
    Change("EFS in the clear", efs(transitEncryption="DISABLED"), FARGATE),
    Change("EFS encrypted", efs(transitEncryption="ENABLED"), FARGATE),
    Change("a directory of the host", volume(host={"sourcePath": "/var/run"}), ONLY_EC2),
    Change("an allowed directory", volume(host={"sourcePath": "/var/log/app/web"}), ONLY_EC2),
    Change("one that begins alike", volume(host={"sourcePath": "/var/log/apps"}), ONLY_EC2),
    Change("a way out of it", volume(host={"sourcePath": "/var/log/app/../.."}), ONLY_EC2),
    Change("Docker binds the host", docker(type="none", o="bind", device="/"), ONLY_EC2),
    Change("Docker binds it as NFS", docker(type="nfs", o="ro,bind", device="/"), ONLY_EC2),
    Change(
        "Docker binds what it may", docker(type="none", o="bind", device="/var/log/app"), ONLY_EC2
    ),
    Change("Docker mounts a disk", docker(type="ext4", o="rw", device="/dev/xvda1"), ONLY_EC2),
    Change("Docker mounts NFS", docker(type="nfs", o="addr=10.0.0.1", device=":/"), ONLY_EC2),
    Change("a device", of_last(linuxParameters={"devices": [{"hostPath": "/dev/fuse"}]}), ONLY_EC2),
    Change(
        "a capability",
        of_last(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}}),
        ONLY_EC2,
    ),
    Change(
        "an allowed capability",
        of_last(linuxParameters={"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}}),
        ONLY_EC2,
    ),
    Change("a tag", of_last(image=f"{REGISTRY}/team/web:1.4")),
    Change("a tag and a digest", of_last(image=f"{REGISTRY}/team/web:latest{DIGEST}")),
    Change("the latest", of_last(image=f"{REGISTRY}/team/web:latest")),
    Change("the latest by silence", of_first(image=f"{REGISTRY}/team/web")),
    Change("another registry", of_last(image=f"docker.io/library/nginx{DIGEST}")),
    Change("no registry", of_last(image=f"nginx{DIGEST}")),
    Change("a registry with a port", of_last(image="registry.example.com:5000/nginx")),
    Change("no health check", of_all_without("healthCheck")),
    Change("the health check off", of_first(healthCheck={"command": ["NONE"]})),
    Change("a health check behind NONE", of_first(healthCheck={"command": ["NONE", "CMD", "x"]})),
    Change("a health check of nothing", of_first(healthCheck={"command": ["CMD"]})),
    Change("a helper without health check", add_helper),
    Change("no labels", of_last_without("dockerLabels")),
    Change("an empty label", of_last(dockerLabels={"team": " "})),
    Change("no tags", lambda task, _: task.pop("tags")),
    Change("other tags", of_task(tags=[{"key": "team", "value": "web"}])),
    Change("an empty tag", of_task(tags=[{"key": "owner", "value": ""}])),
    Change("too much CPU", of_task(cpu="4096", memory="8192")),
    Change("too much memory", of_task(cpu="2048", memory="5 GB"), FARGATE),
    Change("just enough", of_task(cpu="2 vCPU", memory="4096"), FARGATE),
    Change("public addresses", network("ENABLED"), FARGATE),
    Change("no public addresses", network("DISABLED"), FARGATE),
    Change("an old platform", of_app_spec(PlatformVersion="1.3.0"), FARGATE),
    Change("the platform of today", of_app_spec(PlatformVersion="1.4.0"), FARGATE),
    Change("the latest platform", of_app_spec(PlatformVersion="LATEST"), FARGATE),
    Change("the platform for Windows", of_app_spec(PlatformVersion="1.0.0"), WINDOWS),
    Change(
        "several at once",
        lambda task, app_spec: (
            of_first(user="root", image="nginx")(task, app_spec),
            of_last(readonlyRootFilesystem=False, dockerLabels={})(task, app_spec),
            of_task(tags=[{"key": "owner"}])(task, app_spec),
        ),
        LINUX,
    ),
]


def cases() -> Iterator[Case]:
    """Every change on every shape that can have it."""
    for shape, (machine, definition) in shapes().items():
        for change in CHANGES:
            if machine not in change.machines:
                continue
            made, spec = copy.deepcopy(definition), app_spec()
            change.make(made, spec)
            yield Case(f"{shape}: {change.name}", made, spec)
