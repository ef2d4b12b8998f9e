//! Requests and replies, used both over HTTP and in process.

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// An HTTP request with its complete body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The part after `?` as sent; empty if there is none.
    pub query: String,
    /// Names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// An HTTP reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The request with this head and this body.
    pub(super) fn new(head: &Parts, body: Vec<u8>) -> Self {
        let headers = head.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into_owned())
        });
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body,
        }
    }

    /// The first header with this lower-case name, trimmed.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.trim())
    }

    /// The decoded query parameters. A parameter without `=` has an empty
    /// value.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        parameters(&self.query)
    }

    /// The request of a presigned URL, whose query may have headers in it. Other
    /// requests are as they were.
    pub(super) fn with_headers_of_query(mut self) -> Self {
        if self.query.contains("X-Amz-Signature=") {
            let parameters = parameters(&self.query).into_iter();
            let headers = parameters.filter(|(name, _)| name.starts_with("x-amz-"));
            self.headers.extend(headers);
        }
        self
    }

    /// The fields of the form in the body.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

impl Reply {
    /// A reply without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The HTTP response, with a body that is made of the bytes.
    pub(super) fn into_http<B>(self, body: impl FnOnce(Vec<u8>) -> B) -> Response<B> {
        let mut response = Response::new(body(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name).ok();
            if let Some((name, value)) = name.zip(HeaderValue::try_from(value).ok()) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// Parses the query `a=b&c`. A `+` stays a plus, as in everything that AWS
/// clients sign.
fn parameters(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

/// Decodes `%41` to `A`. Invalid escapes are kept, and bytes that are not UTF-8
/// become replacement characters.
pub(crate) fn percent_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Escapes everything except AWS's unreserved characters (letters, digits,
/// `-._~`).
pub(crate) fn percent_encode(text: &str) -> String {
    const ESCAPED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, &ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_broken_ones_left_alone() {
        assert_eq!(percent_decode("a%20b+c%C3%A9"), "a b+cé");
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%4"), "%4");
        assert_eq!(percent_decode("%zz%+1"), "%zz%+1");
    }

    #[test]
    fn encoding_undoes_decoding() {
        let text = "a b+c=é//x.zip~(1)!";
        assert_eq!(percent_decode(&percent_encode(text)), text);
    }

    #[test]
    fn a_parameter_without_a_value_is_empty() {
        let request = Request {
            query: "versioning&prefix=a%2Fb".into(),
            ..Request::default()
        };
        assert_eq!(
            request.parameters(),
            [
                ("versioning".into(), String::new()),
                ("prefix".into(), "a/b".into())
            ]
        );
    }
}
