//! AWS JSON 1.0 and 1.1: inputs, responses and errors (docs/aws.md §0).

use serde_json::{Value, json};

use crate::api::ApiError;

use super::message::{Reply, Request};

/// Largest JSON request in bytes; no simulated operation needs more.
pub(super) const MAX_INPUT: usize = 2 << 20;

/// The input of a call: an object, empty if there is no body.
pub(super) fn input(request: &Request) -> Result<Value, ApiError> {
    if request.method != "POST" || request.path != "/" {
        return Err(ApiError::with_status(
            404,
            "UnknownOperationException",
            "JSON operations are POST /",
        ));
    }
    if request.body.len() > MAX_INPUT {
        return Err(ApiError::with_status(
            413,
            "RequestEntityTooLargeException",
            format!("A request has at most {MAX_INPUT} bytes"),
        ));
    }
    if request.body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice::<Value>(&request.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| ApiError::new("SerializationException", "The body is not a JSON object"))
}

/// A success response. An operation without output has an empty body.
pub(super) fn success(output: &Value, content_type: &str) -> Reply {
    let body = if output.is_null() {
        String::new()
    } else {
        output.to_string()
    };
    Reply::new(200, body).with("content-type", content_type)
}

/// An error response.
pub(super) fn error(failure: &ApiError, content_type: &str) -> Reply {
    let body = json!({ "__type": failure.code, "message": failure.message });
    Reply::new(failure.status, body.to_string())
        .with("content-type", content_type)
        .with("x-amzn-errortype", &failure.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_be_as_large_as_the_limit_and_no_larger() {
        let request = |size: usize| Request {
            method: "POST".into(),
            path: "/".into(),
            body: format!("{{}}{}", " ".repeat(size - 2)).into_bytes(),
            ..Request::default()
        };
        assert!(input(&request(MAX_INPUT)).is_ok());
        assert_eq!(input(&request(MAX_INPUT + 1)).unwrap_err().status, 413);
    }

    #[test]
    fn a_body_that_is_not_an_object_is_a_serialization_error() {
        for body in ["[]", "3", "{", "{\"a\":1}x", "\u{feff}{}"] {
            let request = Request {
                method: "POST".into(),
                path: "/".into(),
                body: body.into(),
                ..Request::default()
            };
            assert_eq!(input(&request).unwrap_err().code, "SerializationException");
        }
    }
}
