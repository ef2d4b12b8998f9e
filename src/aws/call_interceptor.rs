//! An interceptor, installed in every client, that counts each request by its
//! outcome, opens a span for each call, and tells the HTTP client what each
//! request is for.

use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use metrics::counter;
use tracing::field::Empty;
use tracing::{Span, debug_span};

use super::error_text::MAX_CODE;
use crate::job::excerpt::first_chars;
use crate::ports::CallErrorKind;

/// The outcome of a request that AWS accepted.
const OK: &str = "Ok";

/// The outcome of a request that got no response, or whose response was lost.
const NO_RESPONSE: &str = "NoAnswer";

/// The service and operation of a request, named as in IAM.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) service: String,
    name: String,
}

/// Counts and traces the calls of the client it is installed in.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallInterceptor;

/// State of a call in progress.
#[derive(Debug)]
struct CallState {
    span: Span,
    attempts: u32,
}

impl Storable for CallState {
    type Storer = StoreReplace<Self>;
}

impl Intercept for CallInterceptor {
    fn name(&self) -> &'static str {
        "CallInterceptor"
    }

    // The first hook in which the operation's name is known.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Operation {
            service,
            name: operation,
        } = Operation::of(config);
        let span = debug_span!(
            "call",
            otel.name = format!("{service}:{operation}"),
            otel.kind = "client",
            rpc.system = "aws-api",
            rpc.service = service,
            rpc.method = operation,
            attempts = Empty,
            outcome = Empty,
            http.response.status_code = Empty,
            aws.request_id = Empty,
        );
        let state = CallState { span, attempts: 0 };
        config.interceptor_state().store_put(state);
        Ok(())
    }

    /// Tells the HTTP client what the request is for.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(Operation::of(config));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Operation {
            service,
            name: operation,
        } = Operation::of(config);
        let outcome = context.response().map_or(NO_RESPONSE, outcome);
        counter!(
            "bluegreen_api_requests_total",
            "service" => service,
            "operation" => operation,
            "outcome" => outcome
        )
        .increment(1);
        if let Some(state) = config.get_mut_from_interceptor_state::<CallState>() {
            state.attempts += 1;
            state.span.record("attempts", state.attempts);
            state.span.record("outcome", outcome);
            if let Some(response) = context.response() {
                let status = response.status().as_u16();
                state.span.record("http.response.status_code", status);
                let headers = response.headers();
                let id = ["x-amzn-requestid", "x-amz-request-id"]
                    .iter()
                    .find_map(|name| headers.get(*name));
                state.span.record("aws.request_id", id);
            }
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Drop the span with the call, even if the caller keeps the output.
        config.interceptor_state().unset::<CallState>();
        Ok(())
    }
}

impl Operation {
    fn of(config: &ConfigBag) -> Self {
        let Some(metadata) = config.load::<Metadata>() else {
            return Self {
                service: "unknown".to_owned(),
                name: "unknown".to_owned(),
            };
        };
        let service = match metadata.service() {
            "CloudWatch Logs" => "logs".to_owned(),
            "Elastic Load Balancing v2" => "elasticloadbalancing".to_owned(),
            "EventBridge" => "events".to_owned(),
            other => other.to_lowercase(),
        };
        Self {
            service,
            name: metadata.name().to_owned(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

/// What became of the request, as one of a few words.
pub(super) fn outcome(response: &HttpResponse) -> &'static str {
    let status = response.status();
    if is_accepted(status) {
        return OK;
    }
    let code = code(response);
    // The span of an attempt does not need AWS's message.
    CallErrorKind::of_answer(code.as_deref(), "", status.as_u16()).name()
}

/// Whether the status is that of an accepted request. S3 refuses a bucket of
/// another Region with a redirect.
pub(super) fn is_accepted(status: StatusCode) -> bool {
    status.is_success() || status.as_u16() == 304
}

/// The error code from the places where AWS's protocols put it. If the body has
/// not been read yet, the caller falls back to the status.
fn code(response: &HttpResponse) -> Option<String> {
    match response.headers().get("x-amzn-errortype") {
        Some(code) => plain(code),
        None => error_code(response.body().bytes()?),
    }
}

/// The code in an error body, which is JSON, or XML from the older services.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(error) => {
            let code = error.get("__type").or_else(|| error.get("code"));
            plain(code?.as_str()?)
        }
        Err(_) => {
            let text = std::str::from_utf8(body).ok()?;
            let (_, rest) = text.split_once("<Code>")?;
            plain(rest.split_once("</Code>")?.0)
        }
    }
}

/// The code without its namespace, and without the URL that may follow it.
fn plain(code: &str) -> Option<String> {
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    (!code.is_empty()).then(|| first_chars(code, MAX_CODE).to_owned())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(status: u16, body: &'static str) -> HttpResponse {
        let status = StatusCode::try_from(status).expect("a status");
        HttpResponse::new(status, SdkBody::from(body))
    }

    #[test]
    fn an_answer_counts_as_what_its_code_says() {
        let xml = "<Error><Code>SlowDown</Code></Error>";
        for (status, body, expected) in [
            (200, "{}", "Ok"),
            (206, "bytes", "Ok"),
            (304, "", "Ok"),
            (400, r#"{"__type":"ThrottlingException"}"#, "Throttled"),
            (
                400,
                r#"{"__type":"com.amazonaws#AccessDeniedException"}"#,
                "Denied",
            ),
            (400, r#"{"__type":"InvalidNonceException"}"#, "Refused"),
            (503, xml, "Throttled"),
            (429, "", "Throttled"),
            (301, "<Code>PermanentRedirect</Code>", "Refused"),
            (307, "<Code>TemporaryRedirect</Code>", "Unclear"),
            (302, "<html>", "Unclear"),
            (403, "<html>", "Unclear"),
            (500, "", "Unclear"),
            (502, "<html>", "Unclear"),
        ] {
            assert_eq!(outcome(&answer(status, body)), expected, "{status} {body}");
        }
        let mut named = answer(400, "");
        let code = "ThrottlingException:http://internal.amazon.com/";
        named.headers_mut().insert("x-amzn-errortype", code);
        assert_eq!(outcome(&named), "Throttled");
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
