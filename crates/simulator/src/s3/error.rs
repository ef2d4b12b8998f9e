//! S3's errors (docs/aws.md §0, §3).

use serde_json::{Value, json};

use crate::api::ApiError;
use crate::wire::message::Reply;
use crate::wire::xml::{FLAT, elements};

impl ApiError {
    pub(crate) fn denied() -> Self {
        Self::with_status(403, "AccessDenied", "Access Denied")
    }

    pub(super) fn no_such_bucket(bucket: &str) -> Self {
        Self::with_status(404, "NoSuchBucket", "The specified bucket does not exist")
            .with("BucketName", bucket)
    }

    pub(crate) fn no_such_key(key: &str) -> Self {
        Self::with_status(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
    }

    pub(super) fn no_such_version() -> Self {
        let message = "The specified version does not exist.";
        Self::with_status(404, "NoSuchVersion", message)
    }

    pub(super) fn malformed_xml() -> Self {
        let message = "The XML you provided was not well-formed or did not validate against our \
                       published schema";
        Self::new("MalformedXML", message)
    }

    pub(super) fn invalid_argument(message: &str) -> Self {
        Self::new("InvalidArgument", message)
    }

    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequest", message)
    }

    /// What S3 has and the simulator has not.
    pub(super) fn not_simulated(what: &str) -> Self {
        Self::with_status(501, "NotImplemented", format!("{what} is not simulated"))
    }

    /// The limit of memory is reached; S3 itself has no such error.
    pub(super) fn full() -> Self {
        let message = "The simulator keeps its objects in memory and is full; remove some";
        Self::new("EntityTooLarge", message)
    }

    pub(super) fn precondition(condition: &str) -> Self {
        Self::with_status(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        )
        .with("Condition", condition)
    }

    /// The S3 response of this error. A `HEAD` request gets no body.
    pub(crate) fn s3_reply(&self, request_id: &str, is_head: bool) -> Reply {
        let mut error = json!({ "Code": self.code, "Message": self.message });
        for (name, value) in &self.details {
            error[name] = json!(value);
        }
        error["RequestId"] = json!(request_id);
        let body = match is_head {
            true => String::new(),
            false => format!("{DECLARATION}<Error>{}</Error>", elements(&error, FLAT)),
        };
        Reply::new(self.status, body).with("content-type", "application/xml")
    }
}

/// What an XML document begins with.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A successful response with an XML document whose root is `name`.
pub(super) fn document(name: &str, content: &Value) -> Reply {
    let content = elements(content, FLAT);
    let body = format!(
        "{DECLARATION}<{name} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{name}>"
    );
    Reply::new(200, body).with("content-type", "application/xml")
}
