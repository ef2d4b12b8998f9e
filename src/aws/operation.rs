//! The operation of a signed request, and the code of an error response.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// Maximum length of a code; AWS's own have at most about 60 characters.
const MAX_CODE: usize = 100;

/// The operation of a request, such as `codedeploy:GetDeployment`, with the
/// service name used in the signature. Reveals nothing else of the request.
pub(super) fn name(request: &HttpRequest) -> String {
    let header = |name| request.headers().get(name).unwrap_or_default();
    let service = signed_for(request);
    let operation = header("x-amz-target")
        .rsplit_once('.')
        .map(|(_, operation)| operation)
        .or_else(|| in_path(request.uri()))
        .or_else(|| in_form(request.body().bytes()?));
    let operation = operation.unwrap_or_else(|| on_object(request.method(), request.uri()));
    format!("{service}:{operation}")
}

/// The service that the request is signed for.
pub(super) fn signed_for(request: &HttpRequest) -> &str {
    service(request.headers().get("authorization").unwrap_or_default())
}

/// The service from the credential scope of a signature:
/// `Credential=AKID/20260101/eu-west-1/ecs/aws4_request, …`.
fn service(authorization: &str) -> &str {
    let scope = authorization.split_once("/aws4_request");
    let service = scope.and_then(|(scope, _)| scope.rsplit_once('/'));
    service.map_or("unsigned", |(_, service)| service)
}

/// The RPC protocols put the operation in the path.
fn in_path(uri: &str) -> Option<&str> {
    uri.split_once("/operation/").map(|(_, name)| name)
}

/// The query protocol puts the operation in the form body.
fn in_form(body: &[u8]) -> Option<&str> {
    let mut fields = body.split(|byte| *byte == b'&');
    let name = fields.find_map(|field| field.strip_prefix(b"Action="))?;
    std::str::from_utf8(name).ok()
}

/// S3 operations follow from the method and the URI.
fn on_object(method: &str, uri: &str) -> &'static str {
    match method {
        "GET" if uri.contains("list-type=2") => "ListObjectsV2",
        "GET" => "GetObject",
        "HEAD" => "HeadObject",
        "PUT" => "PutObject",
        "DELETE" => "DeleteObject",
        _ => "request",
    }
}

/// The code in an error body, which is JSON, or XML from the older services.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    let code = match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(error) => {
            let code = error.get("__type").or_else(|| error.get("code"));
            let code = code?.as_str()?;
            code.rsplit('#').next().unwrap_or(code).to_owned()
        }
        Err(_) => {
            let text = std::str::from_utf8(body).ok()?;
            let (_, rest) = text.split_once("<Code>")?;
            rest.split_once("</Code>")?.0.to_owned()
        }
    };
    (!code.is_empty()).then(|| code.chars().take(MAX_CODE).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    fn request(method: &str, uri: &str, headers: &[(&'static str, &str)], body: &str) -> String {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).expect("a method");
        request.set_uri(uri).expect("a URI");
        for (name, value) in headers {
            request.headers_mut().insert(*name, (*value).to_owned());
        }
        name(&request)
    }

    fn scope(service: &str) -> String {
        format!("AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, x=y")
    }

    #[test]
    fn every_protocol_of_aws_names_its_operation_somewhere() {
        let ecs = scope("ecs");
        let target = "AmazonEC2ContainerServiceV20141113.DescribeServices";
        let headers = [("authorization", &*ecs), ("x-amz-target", target)];
        assert_eq!(
            request("POST", "http://x/", &headers, "{}"),
            "ecs:DescribeServices"
        );
        let path = "http://x/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
        let monitoring = scope("monitoring");
        let headers = [("authorization", &*monitoring)];
        assert_eq!(
            request("POST", path, &headers, ""),
            "monitoring:DescribeAlarms"
        );
        let form = "Version=2011-06-15&Action=AssumeRole&RoleArn=x";
        let sts = scope("sts");
        assert_eq!(
            request("POST", "http://x/", &[("authorization", &*sts)], form),
            "sts:AssumeRole"
        );
        let s3 = scope("s3");
        let headers = [("authorization", &*s3)];
        for (method, uri, name) in [
            (
                "GET",
                "http://x/bucket/a.zip?x-id=GetObject",
                "s3:GetObject",
            ),
            ("GET", "http://x/bucket?list-type=2", "s3:ListObjectsV2"),
            ("PUT", "http://x/bucket/a", "s3:PutObject"),
            ("DELETE", "http://x/bucket/a", "s3:DeleteObject"),
        ] {
            assert_eq!(request(method, uri, &headers, ""), name);
        }
        assert_eq!(request("GET", "http://x/", &[], ""), "unsigned:GetObject");
    }

    #[test]
    fn an_errors_code_is_found_in_json_and_in_xml() {
        let json = br#"{"__type":"com.amazonaws.ecs#ThrottlingException","message":"slow"}"#;
        assert_eq!(error_code(json).as_deref(), Some("ThrottlingException"));
        let xml = b"<Error><Code>AccessDenied</Code><Message>m</Message></Error>";
        assert_eq!(error_code(xml).as_deref(), Some("AccessDenied"));
        for none in [
            &b"<html>502</html>"[..],
            b"",
            b"{}",
            b"\xff",
            b"<Code></Code>",
        ] {
            assert_eq!(error_code(none), None);
        }
        let long = format!("<Code>{}</Code>", "x".repeat(MAX_CODE + 1));
        assert_eq!(
            error_code(long.as_bytes()).map(|code| code.len()),
            Some(MAX_CODE)
        );
    }
}
