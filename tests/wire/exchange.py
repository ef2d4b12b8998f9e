"""Judges one recorded exchange: the request, its signature and the reply."""

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

from cbor import CONTENT_TYPE, PROTOCOL, parse_cbor, untagged_times
from shapes import compare
from signature import Request, Secrets, check_signature

JSON_SERVICES = ("codepipeline", "codedeploy", "ecs", "ecr", "events", "kms", "logs", "cloudwatch")
CBOR_PATH = re.compile(r"/service/(?P<prefix>[^/]+)/operation/(?P<name>[^/]+)")

# What every AWS service may answer, whatever its operation models.
COMMON_ERRORS = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InternalFailure",
        "InternalServerError",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SerializationException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationException",
    }
)

# What the query of an address has that needs no credentials.
PRESIGNED = "X-Amz-Signature="

# Sent with errors also where the model declares no such member.
ERROR_MEMBERS = ("__type", "message", "Message")


def load_services() -> dict[str, ServiceModel]:
    session = botocore.session.get_session()
    models = map(session.get_service_model, JSON_SERVICES)
    return {model.metadata["targetPrefix"]: model for model in models}


SERVICES = load_services()


def check_exchange(exchange: dict, secrets: Secrets) -> Iterator[str]:
    """Everything that is wrong with one exchange and is not allowed there."""
    allowed = [re.compile(text) for text in exchange.get("allow", [])]
    for finding in find_faults(exchange, secrets):
        if not any(pattern.search(finding) for pattern in allowed):
            yield finding


def find_faults(exchange: dict, secrets: Secrets) -> Iterator[str]:
    request = read_request(exchange["request"])
    response = exchange["response"]
    target = request.headers.get("x-amz-target")
    if request.headers.get("smithy-protocol") == PROTOCOL:
        yield from check_cbor_exchange(request, response, secrets)
        return
    if target is None:
        if PRESIGNED in request.path:
            yield from check_presigned(request)
        else:
            yield from check_signature(request, None, secrets)
        yield from check_xml_exchange(request, response)
        return
    prefix, _, name = target.rpartition(".")
    model = SERVICES.get(prefix)
    if model is None or name not in model.operation_names:
        yield f"request: X-Amz-Target {target!r} is unknown"
        return
    operation = model.operation_model(name)
    yield from check_signature(request, model.signing_name, secrets)
    yield from check_json_request(request, operation)
    yield from check_json_response(response, operation)


def read_request(recorded: dict) -> Request:
    return Request(
        recorded["method"], recorded["path"], lower(recorded["headers"]), body_of(recorded)
    )


def body_of(recorded: dict) -> bytes:
    """CBOR is recorded in hexadecimal digits."""
    if "cbor" in recorded:
        return bytes.fromhex(recorded["cbor"])
    return (recorded.get("body") or "").encode()


def check_cbor_exchange(request: Request, response: dict, secrets: Secrets) -> Iterator[str]:
    named = CBOR_PATH.fullmatch(request.path)
    model = SERVICES.get(named["prefix"]) if named else None
    if model is None or named["name"] not in model.operation_names:
        yield f"request: {request.path!r} is unknown"
        return
    if "smithy-rpc-v2-cbor" not in model.metadata["protocols"]:
        yield f"request: {model.service_name} has no CBOR"
    operation = model.operation_model(named["name"])
    yield from check_signature(request, model.signing_name, secrets)
    if request.method != "POST":
        yield f"request: {request.method} instead of POST"
    yield from check_cbor(request.headers, request.body, operation.input_shape, "request")
    status, headers = response["status"], lower(response.get("headers", {}))
    body = body_of(response)
    if headers.get("smithy-protocol") != PROTOCOL:
        yield "response: no smithy-protocol"
    if status == 200:
        yield from check_cbor(headers, body, operation.output_shape, "response")
        return
    value, faults = parse_cbor(body)
    yield from (f"response: {fault}" for fault in faults)
    if not faults:
        yield from check_json_error(status, {}, value, operation)


def check_cbor(
    headers: dict[str, str], body: bytes, shape: Shape | None, side: str
) -> Iterator[str]:
    if shape is None:
        if body:
            yield f"{side}: the body is not empty"
        return
    if headers.get("content-type") != CONTENT_TYPE:
        yield f"{side}: content type {headers.get('content-type')!r} instead of {CONTENT_TYPE!r}"
    value, faults = parse_cbor(body)
    yield from (f"{side}: {fault}" for fault in faults)
    if not faults:
        yield from compare(value, shape, side, sent=side == "request")
        yield from untagged_times(value, shape, side)


def check_presigned(request: Request) -> Iterator[str]:
    """S3 refuses headers of its own that the address does not sign."""
    for name in request.headers:
        if name == "authorization" or name.startswith("x-amz-"):
            yield f"request: {name!r} with a presigned address"


def check_json_request(request: Request, operation: OperationModel) -> Iterator[str]:
    if (request.method, request.path) != ("POST", "/"):
        yield f"request: {request.method} {request.path} instead of POST /"
    yield from check_content_type("request", request.headers, operation)
    body, faults = parse(request.body.decode(errors="replace"))
    yield from (f"request: {fault}" for fault in faults)
    if not faults and operation.input_shape:
        yield from compare(body, operation.input_shape, "request", sent=True)


def check_json_response(response: dict, operation: OperationModel) -> Iterator[str]:
    status, text = response["status"], response.get("body") or ""
    if status >= 500 and not text.lstrip().startswith("{"):
        return  # From something on the way, such as a proxy: no model says what it holds.
    if status == 200 and not text and operation.output_shape is None:
        return
    headers = lower(response.get("headers", {}))
    yield from check_content_type("response", headers, operation)
    body, faults = parse(text)
    yield from (f"response: {fault}" for fault in faults)
    if faults:
        return
    if status != 200:
        yield from check_json_error(status, headers, body, operation)
    elif operation.output_shape:
        yield from compare(body, operation.output_shape, "response", sent=False)
    elif body:
        yield f"response: {operation.name} answers with an empty body"


def check_json_error(
    status: int, headers: dict[str, str], body: object, operation: OperationModel
) -> Iterator[str]:
    if not isinstance(body, dict):
        yield "response: an error is a JSON object"
        return
    stated = body.get("__type") or headers.get("x-amzn-errortype") or ""
    code = str(stated).rpartition("#")[2].partition(":")[0]
    shape = {error.name: error for error in operation.error_shapes}.get(code)
    if shape is None:
        if code not in COMMON_ERRORS:
            yield f"response: {operation.name} does not model the error {code!r}"
        return
    usual = 500 if code == "ServerException" else 400
    modelled = shape.metadata.get("error", {}).get("httpStatusCode", usual)
    if status != modelled:
        yield f"response: {code} came with status {status} instead of {modelled}"
    members = {name: item for name, item in body.items() if name not in ERROR_MEMBERS}
    yield from compare(members, shape, f"response {code}", sent=False)


def check_content_type(
    side: str, headers: dict[str, str], operation: OperationModel
) -> Iterator[str]:
    wanted = f"application/x-amz-json-{operation.service_model.metadata['jsonVersion']}"
    if headers.get("content-type") != wanted:
        yield f"{side}: content type {headers.get('content-type')!r} instead of {wanted!r}"


def check_xml_exchange(request: Request, response: dict) -> Iterator[str]:
    """S3, and services of the query protocol."""
    status, text = response["status"], response.get("body") or ""
    headers = lower(response.get("headers", {}))
    if request.method in ("GET", "HEAD"):
        # S3 refuses to read an encrypted object with these.
        for name in request.headers:
            if name.startswith("x-amz-server-side-encryption") and "customer" not in name:
                yield f"request: {request.method} with {name!r}"
        if status == 206 and "content-range" not in headers:
            yield "response: 206 without Content-Range"
    # A recorder may leave out what is not JSON; an empty reply says so itself.
    recorded = text or headers.get("content-length") == "0"
    if 400 <= status < 500 and request.method != "HEAD" and recorded:
        yield from check_xml_error(text)


def check_xml_error(text: str) -> Iterator[str]:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as fault:
        yield f"response: the error is not XML: {fault}"
        return
    # S3 has <Error> at the top, the query protocol inside <ErrorResponse>.
    code = root.findtext("Code") or root.findtext("{*}Error/{*}Code")
    if root.tag.rpartition("}")[2] not in ("Error", "ErrorResponse") or not code:
        yield "response: the error has no <Error> with a <Code>"


def parse(text: str) -> tuple[object, list[str]]:
    """A JSON text, and what is wrong with it as such."""
    faults: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        faults.extend(f"duplicate key {n!r}" for n in sorted(set(names)) if names.count(n) > 1)
        return dict(pairs)

    def no_number(text: str) -> None:
        faults.append(f"{text} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=no_number), faults
    except (ValueError, RecursionError) as fault:
        return None, [f"the body is not JSON: {fault}"]


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value.strip() for name, value in headers.items()}
