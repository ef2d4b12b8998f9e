//! Requests and replies, used both over HTTP and in process.

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
}

/// Parses `a=b&c`. A `+` stays a plus, as in everything that AWS clients sign.
pub(crate) fn parameters(text: &str) -> Vec<(String, String)> {
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
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                Some(digit(digits[0])? * 16 + digit(digits[1])?)
            })
            .and_then(|byte| u8::try_from(byte).ok());
        if let Some(byte) = escape {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Escapes everything except AWS's unreserved characters (letters, digits,
/// `-._~`).
pub(crate) fn percent_encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
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
