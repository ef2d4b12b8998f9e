//! Converts SDK errors to [`CallError`].

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ecs::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use metrics::counter;
use rustix::io::Errno;

use super::credentials::carried;
use super::error_text::{MAX_CODE, chain, clean_line, with_sources};
use crate::ports::{CallError, CallErrorKind};

/// Maximum length of an error's message, in characters. AWS's own are shorter;
/// this protects logs and messages from other servers that may answer, such as
/// a proxy.
const MAX_TEXT: usize = 2000;

/// Converts an error of `call` on `resource`, and counts it.
pub(super) fn call_error<E>(
    call: &'static str,
    resource: Option<&str>,
    error: &SdkError<E, HttpResponse>,
) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (kind, code) = judge(error);
    counter!("bluegreen_api_errors_total", "call" => call, "kind" => kind.name()).increment(1);
    let message = if let SdkError::ServiceError(refused) = error {
        refused.err().message().unwrap_or_default().to_owned()
    } else if let Some(problem) = carried(error) {
        problem.to_string()
    } else {
        with_sources(error)
    };
    CallError {
        call,
        resource: resource.map(str::to_owned),
        kind,
        code: clean_line(&code, MAX_CODE),
        message: clean_line(&message, MAX_TEXT),
        request_id: error
            .raw_response()
            .and_then(|_| error.request_id())
            .map(|id| clean_line(id, MAX_CODE)),
    }
}

/// The answer of `call` on `resource`; `None` for an error with one of `codes`.
pub(super) fn none_if<T, E>(
    codes: &[&str],
    call: &'static str,
    resource: &str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, CallError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code().is_some_and(|code| codes.contains(&code)) => Ok(None),
        Err(error) => Err(call_error(call, Some(resource), &error)),
    }
}

/// An error for a response that could not be interpreted: the call may have
/// taken effect.
pub(super) fn unclear(call: &'static str, resource: &str, code: &str, message: &str) -> CallError {
    answered(CallErrorKind::Unclear, call, resource, code, message)
}

/// An error that no retry removes: a response that refuses for good, or a
/// request that cannot be built.
pub(super) fn refused(call: &'static str, resource: &str, code: &str, message: &str) -> CallError {
    answered(CallErrorKind::Refused, call, resource, code, message)
}

/// An error for a response that was read and interpreted.
pub(super) fn answered(
    kind: CallErrorKind,
    call: &'static str,
    resource: &str,
    code: &str,
    message: &str,
) -> CallError {
    CallError {
        resource: Some(resource.to_owned()),
        ..CallError::new(call, kind, code, clean_line(message, MAX_TEXT))
    }
}

/// An error for a response that lacks what was requested.
pub(super) fn incomplete(call: &'static str, resource: &str) -> CallError {
    let message = "the answer lacks what was asked for";
    unclear(call, resource, "IncompleteAnswer", message)
}

/// The HTTP status of the response, if there was one.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    Some(error.raw_response()?.status().as_u16())
}

/// The kind of an error.
pub(super) fn kind<E>(error: &SdkError<E, HttpResponse>) -> CallErrorKind
where
    E: ProvideErrorMetadata + Error + 'static,
{
    judge(error).0
}

fn judge<E>(error: &SdkError<E, HttpResponse>) -> (CallErrorKind, String)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            let code = refused.err().code();
            let word = code.map_or_else(|| format!("HTTP {status}"), str::to_owned);
            let message = refused.err().message().unwrap_or_default();
            (CallErrorKind::of_answer(code, message, status), word)
        }
        // The request could not be built, and cannot be later.
        SdkError::ConstructionFailure(_) => (CallErrorKind::Refused, "NotSent".into()),
        SdkError::TimeoutError(_) => (CallErrorKind::Unclear, "Timeout".into()),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) if never_signed(error) => {
                (CallErrorKind::Unreachable, "NoCredentials".into())
            }
            Some(error) if never_connected(error) => {
                (CallErrorKind::Unreachable, "NoConnection".into())
            }
            Some(error) if error.is_timeout() => (CallErrorKind::Unclear, "Timeout".into()),
            Some(_) | None => (CallErrorKind::Unclear, "ConnectionLost".into()),
        },
        // Only the status can be read, and 429 is the only status that
        // guarantees that the call had no effect.
        SdkError::ResponseError(unreadable) if unreadable.raw().status().as_u16() == 429 => {
            (CallErrorKind::Throttled, "HTTP 429".into())
        }
        SdkError::ResponseError(_) => (CallErrorKind::Unclear, "UnreadableAnswer".into()),
        _ => (CallErrorKind::Unclear, "Unrecognised".into()),
    }
}

/// Whether the worker's own credentials were unavailable, perhaps only
/// temporarily.
fn never_signed(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(<dyn Error>::is::<CredentialsError>)
}

/// Whether no connection was made, so that the call cannot have had any effect.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| {
        let no_socket = cause.downcast_ref::<io::Error>().is_some_and(|error| {
            let refused = matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::AddrNotAvailable
            );
            // Without a file descriptor there was no socket.
            let short = [Errno::MFILE, Errno::NFILE].map(|errno| Some(errno.raw_os_error()));
            refused || short.contains(&error.raw_os_error())
        });
        // The connector's types for these two errors are private, so match on
        // their text. If the text changes, the error counts as unclear, which
        // is safe.
        let words = cause.to_string();
        no_socket || words == "dns error" || words.starts_with("HTTP connect timeout")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_descriptor_nothing_was_sent() {
        let failed = |code: i32| never_connected(&io::Error::from_raw_os_error(code));
        assert!(failed(Errno::MFILE.raw_os_error()));
        assert!(failed(Errno::NFILE.raw_os_error()));
        assert!(failed(Errno::CONNREFUSED.raw_os_error()));
        // An established connection may fail with this error.
        assert!(!failed(Errno::NOBUFS.raw_os_error()));
        assert!(!failed(Errno::CONNRESET.raw_os_error()));
    }
}
