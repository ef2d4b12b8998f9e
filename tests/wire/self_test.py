"""Plants faults in exchanges that are right and sees that each is found."""

import json
from collections.abc import Callable

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import Shape
from botocore.serialize import RpcV2CBORSerializer

from exchange import SERVICES, check_exchange, find_faults

KEY, SECRET, TOKEN = "AKIDEXAMPLE", "secret", "token"
SECRETS = {KEY: {"secret_access_key": SECRET, "session_token": TOKEN}}
JOB = "11111111-2222-3333-4444-555555555555"


def json_exchange(prefix: str, operation: str, sent: object, answered: object) -> dict:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{prefix}.{operation}",
    }
    body = json.dumps(sent)
    service = SERVICES[prefix].signing_name
    return {
        "request": signed("POST", "/", headers, body, SigV4Auth, service),
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/x-amz-json-1.1"},
            "body": "" if answered is None else json.dumps(answered),
        },
    }


def signed(
    method: str, path: str, headers: dict[str, str], body: str | bytes, signer: type, service: str
) -> dict:
    request = AWSRequest(method, f"http://127.0.0.1:1{path}", headers, body)
    request.headers["Host"] = "127.0.0.1:1"
    signer(Credentials(KEY, SECRET, TOKEN), service, "eu-west-1").add_auth(request)
    return {
        "method": method,
        "path": path,
        "headers": dict(request.headers),
        "body": body if isinstance(body, str) else "",
    }


def poll() -> dict:
    action_type = {"category": "Deploy", "owner": "Custom", "provider": "P", "version": "1"}
    credentials = {"accessKeyId": "A", "secretAccessKey": "S", "sessionToken": "T"}
    data = {"actionTypeId": action_type, "artifactCredentials": {"__type": "x", **credentials}}
    job = {"id": JOB, "nonce": "3", "accountId": "111122223333", "data": data}
    sent = {"actionTypeId": action_type, "maxBatchSize": 1, "queryParam": {"K": "v"}}
    return json_exchange("CodePipeline_20150709", "PollForJobs", sent, {"jobs": [job]})


def succeed() -> dict:
    details = {"summary": "s", "externalExecutionId": "d-1", "percentComplete": 100}
    sent = {"jobId": JOB, "executionDetails": details, "outputVariables": {"DeploymentId": "d-1"}}
    return json_exchange("CodePipeline_20150709", "PutJobSuccessResult", sent, None)


def deployment() -> dict:
    info = {"deploymentId": "d-1", "status": "InProgress", "createTime": 1.5e9}
    answered = {"deploymentInfo": info}
    return json_exchange("CodeDeploy_20141006", "GetDeployment", {"deploymentId": "d-1"}, answered)


def refused() -> dict:
    exchange = deployment()
    body = json.dumps({"__type": "DeploymentDoesNotExistException", "message": "no"})
    exchange["response"] |= {"status": 400, "body": body}
    return exchange


def read() -> dict:
    path = "/b/k%20/%C3%A9?x-id=GetObject"
    request = signed("GET", path, {"Range": "bytes=-9"}, "", S3SigV4Auth, "s3")
    headers = {"Content-Range": "bytes 0-8/9"}
    return {"request": request, "response": {"status": 206, "headers": headers, "body": "PK"}}


def missing() -> dict:
    body = "<Error><Code>NoSuchKey</Code></Error>"
    return read() | {"response": {"status": 404, "headers": {}, "body": body}}


def presigned() -> dict:
    exchange = read()
    path = "/layers/x?X-Amz-Signature=0"
    return exchange | {"request": {"method": "GET", "path": path, "headers": {"Host": "h"}}}


def identity() -> dict:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = signed("POST", "/", headers, "Action=GetCallerIdentity", SigV4Auth, "sts")
    xml = '<ErrorResponse xmlns="x"><Error><Code>ExpiredToken</Code></Error></ErrorResponse>'
    return {"request": request, "response": {"status": 403, "headers": {}, "body": xml}}


def sparsely_recorded() -> dict:
    """What is secret, or no JSON, may be left out of a record."""
    exchange = identity()
    del exchange["request"]["headers"]["X-Amz-Security-Token"]
    exchange["request"] |= {"body": ""}
    exchange["request"]["headers"]["Content-Length"] = "24"
    exchange["response"] |= {"body": ""}
    return exchange


def cbor_exchange(operation: str, sent: dict, answered: dict) -> dict:
    prefix = "CodeDeploy_20141006"
    model = SERVICES[prefix].operation_model(operation)
    headers = {"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"}
    path = f"/service/{prefix}/operation/{operation}"
    body = as_cbor(sent, model.input_shape)
    request = signed("POST", path, headers, body, SigV4Auth, "codedeploy")
    answer = as_cbor(answered, model.output_shape).hex()
    response = {"status": 200, "headers": dict(headers), "cbor": answer}
    return {"request": request | {"cbor": body.hex()}, "response": response}


def as_cbor(value: dict, shape: Shape) -> bytes:
    body = bytearray()
    RpcV2CBORSerializer()._serialize_data_item(body, value, shape)  # noqa: SLF001
    return bytes(body)


def cbor() -> dict:
    info = {"deploymentId": "d-1", "status": "InProgress", "createTime": 1.5e9}
    return cbor_exchange("GetDeployment", {"deploymentId": "d-1"}, {"deploymentInfo": info})


RIGHT = [
    cbor,
    poll,
    succeed,
    deployment,
    refused,
    read,
    missing,
    presigned,
    identity,
    sparsely_recorded,
]


def body(side: str, *path: str | int, value: object) -> Callable[[dict], None]:
    """Replaces one place in a body."""

    def plant(exchange: dict) -> None:
        whole = place = json.loads(exchange[side]["body"])
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        exchange[side]["body"] = json.dumps(whole)

    return plant


def octets(side: str, old: bytes, new: bytes) -> Callable[[dict], None]:
    """Replaces bytes anywhere in a CBOR body."""

    def plant(exchange: dict) -> None:
        whole = bytes.fromhex(exchange[side]["cbor"])
        assert old in whole, old
        exchange[side]["cbor"] = whole.replace(old, new).hex()

    return plant


def text(side: str, old: str, new: str) -> Callable[[dict], None]:
    """Replaces text anywhere in a body."""

    def plant(exchange: dict) -> None:
        assert old in exchange[side]["body"], old
        exchange[side]["body"] = exchange[side]["body"].replace(old, new)

    return plant


def header(side: str, name: str, value: str | None) -> Callable[[dict], None]:
    """Sets or removes a header."""

    def plant(exchange: dict) -> None:
        headers = exchange[side]["headers"]
        if value is None:
            del headers[name]
        else:
            headers[name] = value

    return plant


def entry(side: str, name: str, value: object) -> Callable[[dict], None]:
    """Replaces method, path, status or body as a whole."""
    return lambda exchange: exchange[side].update({name: value})


SENT, BACK = "request", "response"
FAULTS: list[tuple[Callable[[], dict], Callable[[dict], None], str]] = [
    (poll, body(SENT, "maxBatch", value=1), "unknown member 'maxBatch'"),
    (poll, body(SENT, "actionTypeId", value={"category": "Deploy"}), "'owner' is missing"),
    (poll, body(SENT, "actionTypeId", "category", value="Ship"), "not in the enum"),
    (poll, body(SENT, "actionTypeId", "provider", value="a b"), "does not match"),
    (poll, body(SENT, "actionTypeId", "version", value="1234567890"), "maximum 9"),
    (poll, body(SENT, "maxBatchSize", value="1"), "a string for type integer"),
    (poll, body(SENT, "maxBatchSize", value=1.5), "a number for type integer"),
    (poll, body(SENT, "maxBatchSize", value=True), "a boolean for type integer"),
    (poll, body(SENT, "maxBatchSize", value=0), "minimum 1"),
    (poll, body(SENT, "maxBatchSize", value=2**31), "32 bits"),
    (poll, body(SENT, "maxBatchSize", value=None), "null sent"),
    (poll, body(SENT, "queryParam", value={"A": "1", "B": "2"}), "2 entries, maximum 1"),
    (poll, body(SENT, "queryParam", value={"k" * 51: "1"}), "(key): 51 characters, maximum 50"),
    (poll, body(SENT, "queryParam", value=[]), "a list for type map"),
    (poll, text(SENT, '"maxBatchSize"', '"maxBatchSize": 1, "maxBatchSize"'), "duplicate key"),
    (poll, text(SENT, '"maxBatchSize": 1', '"maxBatchSize": NaN'), "NaN is not JSON"),
    (poll, entry(SENT, "body", "{"), "not JSON"),
    (poll, entry(SENT, "body", ""), "not JSON"),
    (poll, entry(SENT, "method", "PUT"), "instead of POST /"),
    (poll, header(SENT, "Content-Type", "application/json"), "request: content type"),
    (poll, header(SENT, "X-Amz-Target", "CodePipeline_20150709.PollJobs"), "is unknown"),
    (poll, body(BACK, "jobs", 0, "nonce", value=3), "a number for type string"),
    (poll, body(BACK, "jobs", 0, "id", value=f"{JOB}0"), "does not match"),
    (poll, body(BACK, "jobs", value={}), "an object for type list"),
    (poll, header(BACK, "Content-Type", None), "response: content type None"),
    (poll, entry(BACK, "body", ""), "response: the body is not JSON"),
    (succeed, body(SENT, "executionDetails", "percentComplete", value=101), "maximum 100"),
    (succeed, body(SENT, "executionDetails", "summary", value="s" * 2049), "maximum 2048"),
    (succeed, body(SENT, "outputVariables", value={"a.b": "c"}), "does not match"),
    (succeed, entry(BACK, "body", '{"a": 1}'), "answers with an empty body"),
    (deployment, body(BACK, "deploymentInfo", "createTime", value="2026"), "for type timestamp"),
    (deployment, body(BACK, "deploymentInfo", "createTime", value=1.5e12), "no time in epoch"),
    (deployment, body(BACK, "deploymentInfo", "status", value="Done"), "not in the enum"),
    (refused, body(BACK, "__type", value="JobNotFoundException"), "does not model the error"),
    (refused, entry(BACK, "status", 404), "status 404 instead of 400"),
    (refused, body(BACK, "reason", value="x"), "unknown member 'reason'"),
    (read, header(SENT, "x-amz-server-side-encryption", "aws:kms"), "GET with 'x-amz-server"),
    (read, header(SENT, "X-Amz-Content-SHA256", None), "no x-amz-content-sha256"),
    (read, header(SENT, "X-Amz-Content-SHA256", "0" * 64), "not the hash of the body"),
    (read, header(SENT, "Range", None), "'range' is signed but was not sent"),
    (
        poll,
        header(SENT, "X-Amz-Target", "CodeDeploy_20141006.GetDeployment"),
        "instead of 'codedeploy'",
    ),
    (read, header(SENT, "Authorization", "Basic eA=="), "no Authorization header"),
    (presigned, header(SENT, "x-amz-late", "1"), "'x-amz-late' with a presigned address"),
    (read, header(BACK, "Content-Range", None), "206 without Content-Range"),
    (missing, text(BACK, "</Error>", ""), "the error is not XML"),
    (missing, text(BACK, "Code>", "Kode>"), "no <Error> with a <Code>"),
    (identity, text(BACK, "ErrorResponse", "html"), "no <Error> with a <Code>"),
    (cbor, octets(SENT, b"deploymentId", b"deploymentIt"), "unknown member 'deploymentIt'"),
    (cbor, octets(SENT, b"d-1", b"d-2"), "the signature is wrong"),
    (cbor, octets(BACK, b"InProgress", b"InProgre\xff"), "the body is not CBOR"),
    (cbor, octets(BACK, b"InProgress", b"InProgres5"), "not in the enum"),
    (cbor, octets(BACK, b"\xc1", b""), "only a time has a time's tag"),
    (cbor, header(BACK, "Smithy-Protocol", None), "no smithy-protocol"),
    (cbor, header(BACK, "Content-Type", None), "response: content type None"),
    (cbor, entry(SENT, "path", "/service/CodeDeploy_20141006/operation/None"), "is unknown"),
    # Changed after it was signed.
    (poll, body(SENT, "maxBatchSize", value=2), "the signature is wrong"),
    (read, entry(SENT, "path", "/b/other"), "the signature is wrong"),
    (read, header(SENT, "X-Amz-Security-Token", "other"), "not that of the access key"),
    (read, header(SENT, "x-amz-late", "1"), "header 'x-amz-late' is not signed"),
    (read, header(SENT, "X-Amz-Date", "20200101T000000Z"), "not that of x-amz-date"),
]


def run() -> int:
    """The number of faults that stayed hidden, or were seen where none is."""
    wrong = 0
    for make in RIGHT:
        for finding in find_faults(make(), SECRETS):
            wrong += 1
            print(f"self-test: {make.__name__} is right, but: {finding}")
    for make, plant, expected in FAULTS:
        exchange = make()
        plant(exchange)
        found = list(find_faults(exchange, SECRETS))
        if not any(expected in finding for finding in found):
            wrong += 1
            print(f"self-test: {make.__name__}: {expected!r} is not among {found}")
    meant = refused() | {"allow": ["status 404 instead"]}
    meant["response"]["status"] = 404
    if list(check_exchange(meant, SECRETS)):
        wrong += 1
        print("self-test: an allowed finding was reported")
    print(f"{len(FAULTS)} faults planted, {wrong} surprises")
    return 1 if wrong else 0
