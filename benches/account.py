"""A pretend account for the measurements: many services, each with a group."""

import json
import os
import shlex
import subprocess
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[1]
WEBAPP = ROOT / "examples/webapp"
DONE = ("Succeeded", "Failed")


class Account:
    """`bluegreen-worker simulate`, for one `with` block."""

    def __init__(self, program: Path, speed: float, latency: int = 0, record: Path | None = None):
        command = [program, "simulate", "--speed", str(speed), "--latency", str(latency)]
        command += ["--record", record] if record else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.speed = speed
        self.exports: dict[str, str] = {}
        for line in self.process.stdout:
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                self.exports |= dict(word.split("=", 1) for word in words[1:])
            if line.startswith("export AWS_EC2"):
                break
        self.session = boto3.Session(
            self.exports["AWS_ACCESS_KEY_ID"],
            self.exports["AWS_SECRET_ACCESS_KEY"],
            region_name=self.exports["AWS_REGION"],
        )

    def __enter__(self) -> "Account":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def environment(self) -> dict[str, str]:
        """What leads a process here, and to nothing else."""
        clean = {
            "PATH": os.environ["PATH"],
            "HOME": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "*",
        }
        return clean | self.exports

    def client(self, service: str):
        config = Config(proxies={}, retries={"max_attempts": 1})
        endpoint = self.exports["AWS_ENDPOINT_URL"]
        return self.session.client(service, endpoint_url=endpoint, config=config)

    def control(self, method: str, path: str, body: object = None):
        request = urllib.request.Request(
            f"{self.exports['AWS_ENDPOINT_URL']}/_control/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as reply:
            return json.loads(reply.read())

    def settle(self, count: int, config: str, termination: int = 0) -> list[str]:
        """Makes so many services with a deployment group each."""
        ecs, deploy = self.client("ecs"), self.client("codedeploy")
        given = deploy.get_deployment_group(applicationName="webapp", deploymentGroupName="webapp")[
            "deploymentGroupInfo"
        ]
        service = ecs.describe_services(cluster="demo", services=["webapp"])["services"][0]
        task_set = service["taskSets"][0]
        names = [f"shop{number:04}" for number in range(count)]
        for name in names:
            text = json.dumps(task_set["loadBalancers"]).replace("webapp-", f"{name}-")
            ecs.create_service(
                cluster="demo",
                serviceName=name,
                taskDefinition="webapp",
                desiredCount=1,
                launchType="FARGATE",
                platformVersion="1.4.0",
                schedulingStrategy="REPLICA",
                deploymentController={"type": "CODE_DEPLOY"},
                loadBalancers=json.loads(text),
                networkConfiguration=task_set["networkConfiguration"],
            )
            pair = json.dumps(given["loadBalancerInfo"])
            pair = pair.replace("webapp-", f"{name}-").replace("app/webapp/", f"app/{name}/")
            style = given["blueGreenDeploymentConfiguration"]
            blue = {"action": "TERMINATE", "terminationWaitTimeInMinutes": termination}
            deploy.create_deployment_group(
                applicationName="webapp",
                deploymentGroupName=name,
                deploymentConfigName=config,
                serviceRoleArn=given["serviceRoleArn"],
                deploymentStyle=given["deploymentStyle"],
                ecsServices=[{"clusterName": "demo", "serviceName": name}],
                blueGreenDeploymentConfiguration=style
                | {"terminateBlueInstancesOnDeploymentSuccess": blue},
                loadBalancerInfo=json.loads(pair),
            )
        return names

    def order(self, group: str, artifact: object | None = None) -> str:
        """Starts a release and gives its id."""
        configuration = {
            "ApplicationName": "webapp",
            "DeploymentGroupName": group,
            "TaskDefinitionTemplateArtifact": "Build",
            "AppSpecTemplateArtifact": "Build",
            "Image1ArtifactName": "Build",
            "Image1ContainerName": "IMAGE1_NAME",
        }
        artifacts = {"Build": artifact or {"files": self.files()}}
        order = {"configuration": configuration, "artifacts": artifacts}
        return self.control("POST", "actions", order)["action_execution_id"]

    def files(self) -> dict[str, str]:
        """The files of the example, without hooks that nobody answers."""
        files = {path.name: path.read_text() for path in sorted(WEBAPP.glob("*.*"))}
        files["appspec.yaml"] = files["appspec.yaml"].split("Hooks:")[0]
        return files

    def ended(self, actions: set[str], limit: float) -> list[dict]:
        """Waits until all of them have ended, and gives what the pipeline shows
        of those that failed."""
        end = time.monotonic() + limit
        while True:
            every = self.control("GET", "actions")
            views = [view for view in every if view["action_execution_id"] in actions]
            if all(view["status"] in DONE for view in views):
                return [view for view in views if view["status"] == "Failed"]
            if time.monotonic() > end:
                raise SystemExit(f"not all releases ended within {limit:.0f} s")
            time.sleep(0.5)
