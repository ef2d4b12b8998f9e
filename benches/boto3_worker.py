#!/usr/bin/env python3
"""A job worker as one writes it in an afternoon, for comparison: a thread for
each job, the whole artifact in memory, one look at the deployment after another.
It polls and looks as often as it is told to, and checks nothing.

There are two kinds, which differ in how they read the artifact with the job's own
credentials. `careless` makes a session for each job, as most examples do, and each
session loads the service's model again. `careful` makes only a client for each job,
of the one session, whose loader keeps the model, and reads without the transfer
manager's threads."""

import io
import json
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import boto3
import yaml
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

POLL, LOOK, AT_ONCE = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
KIND = sys.argv[4]
TYPE = {"category": "Deploy", "owner": "Custom", "provider": "RustBlueGreenDeploy", "version": "1"}
CONFIG = Config(max_pool_connections=AT_ONCE + 1)
shared = boto3.Session()
# Sessions are not safe to use from several threads; clients are.
making = Lock()
pipeline, deploy, ecs = (
    shared.client(service, config=CONFIG) for service in ("codepipeline", "codedeploy", "ecs")
)


def artifact(key: dict, bucket: str, name: str) -> zipfile.ZipFile:
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    values = (key["accessKeyId"], key["secretAccessKey"], key["sessionToken"])
    credentials = dict(zip(names, values, strict=True))
    if KIND == "careless":
        s3 = boto3.Session(**credentials).client("s3")
    else:
        with making:
            s3 = shared.client("s3", **credentials)
    whole = io.BytesIO()
    s3.download_fileobj(bucket, name, whole, Config=TransferConfig(use_threads=KIND == "careless"))
    return zipfile.ZipFile(whole)


def release(job: dict) -> None:
    if pipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] != "InProgress":
        return
    try:
        wanted = job["data"]["actionConfiguration"]["configuration"]
        where = job["data"]["inputArtifacts"][0]["location"]["s3Location"]
        key = job["data"]["artifactCredentials"]
        files = artifact(key, where["bucketName"], where["objectKey"])
        image = json.loads(files.read("imageDetail.json"))["ImageURI"]
        text = files.read("taskdef.json").decode().replace("<IMAGE1_NAME>", image)
        revision = ecs.register_task_definition(**json.loads(text))["taskDefinition"]
        spec = yaml.safe_load(files.read("appspec.yaml"))
        service = spec["Resources"][0]["TargetService"]["Properties"]
        service["TaskDefinition"] = revision["taskDefinitionArn"]
        made = deploy.create_deployment(
            applicationName=wanted["ApplicationName"],
            deploymentGroupName=wanted["DeploymentGroupName"],
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {"content": json.dumps(spec)},
            },
        )["deploymentId"]
        while True:
            time.sleep(LOOK)
            status = deploy.get_deployment(deploymentId=made)["deploymentInfo"]["status"]
            if status in ("Failed", "Stopped"):
                raise RuntimeError(f"deployment {made} {status}")
            if status == "Succeeded":
                break
        pipeline.put_job_success_result(jobId=job["id"])
    except Exception as error:
        details = {"type": "JobFailed", "message": str(error)[:5000]}
        pipeline.put_job_failure_result(jobId=job["id"], failureDetails=details)


with ThreadPoolExecutor(AT_ONCE) as crew:
    while True:
        for job in pipeline.poll_for_jobs(actionTypeId=TYPE, maxBatchSize=AT_ONCE)["jobs"]:
            crew.submit(release, job)
        time.sleep(POLL)
