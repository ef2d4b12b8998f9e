"""Checks AWS Signature Version 4 of a recorded request."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[a-z0-9-]+)"
    r"/(?P<service>[a-z0-9-]+)/aws4_request,\s*SignedHeaders=(?P<signed>[a-z0-9;_-]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-"

# Signed as any header, but a recorder may leave it out, for it is a secret.
TOKEN = "x-amz-security-token"


class Request(NamedTuple):
    """A recorded request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Secrets = Mapping[str, Mapping[str, str]]


def check_signature(request: Request, service: str | None, secrets: Secrets) -> Iterator[str]:
    """Judges the form of the signature and, where the access key's secret is
    known, makes it again. `service` is the expected scope."""
    scope = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if not scope:
        yield "no Authorization header of Signature Version 4"
        return
    if service and scope["service"] != service:
        yield f"signed for {scope['service']!r} instead of {service!r}"
    yield from check_signed_headers(request, scope)
    yield from check_payload_hash(request, scope["service"])
    if secrets:
        yield from sign_again(request, scope, secrets)


def check_signed_headers(request: Request, scope: re.Match[str]) -> Iterator[str]:
    signed = scope["signed"].split(";")
    if signed != sorted(set(signed)):
        yield "SignedHeaders are not sorted"
    needed = {"host", "x-amz-date"} | {n for n in request.headers if n.startswith("x-amz-")}
    for name in sorted(needed.difference(signed)):
        yield f"header {name!r} is not signed"
    for name in sorted(set(signed).difference(request.headers, [TOKEN])):
        yield f"header {name!r} is signed but was not sent"
    if not request.headers.get("x-amz-date", "").startswith(scope["day"]):
        yield "the credential's day is not that of x-amz-date"


def check_payload_hash(request: Request, service: str) -> Iterator[str]:
    stated = request.headers.get("x-amz-content-sha256")
    if stated is None:
        if service == "s3":
            yield "no x-amz-content-sha256"
        return
    if stated == UNSIGNED or stated.startswith(STREAMING) or body_left_out(request):
        return
    if stated != hashlib.sha256(request.body).hexdigest():
        yield "x-amz-content-sha256 is not the hash of the body"


def sign_again(request: Request, scope: re.Match[str], secrets: Secrets) -> Iterator[str]:
    secret = secrets.get(scope["key"])
    if secret is None:
        yield f"access key {scope['key']!r} is unknown"
        return
    token = secret.get("session_token")
    signed = scope["signed"].split(";")
    if (TOKEN in signed) != bool(token) or request.headers.get(TOKEN, token) != token:
        yield f"{TOKEN} is not that of the access key"
        return
    if body_left_out(request) and "x-amz-content-sha256" not in request.headers:
        return
    headers = {name: request.headers.get(name, "") for name in signed}
    if token:
        headers[TOKEN] = token
    credentials = Credentials(scope["key"], secret["secret_access_key"], token)
    kind = S3SigV4Auth if scope["service"] == "s3" else SigV4Auth
    signer = kind(credentials, scope["service"], scope["region"])
    again = AWSRequest(
        method=request.method,
        url=f"http://{request.headers.get('host', '')}{request.path}",
        headers=headers,
        data=request.body,
    )
    again.context["timestamp"] = request.headers.get("x-amz-date", "")
    canonical = signer.canonical_request(again)
    signature = signer.signature(signer.string_to_sign(again, canonical), again)
    if signature != scope["signature"]:
        yield f"the signature is wrong; the canonical request is {canonical!r}"


def body_left_out(request: Request) -> bool:
    """Whether there was a body that is not in the record."""
    headers = request.headers
    announced = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    return announced and not request.body
