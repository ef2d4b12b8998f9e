//! S3's errors (docs/aws.md §0, §3).

use crate::api::Failure;
use crate::wire::message::Reply;
use crate::wire::xml::element;

impl Failure {
    pub(crate) fn denied() -> Self {
        Self::new(403, "AccessDenied", "Access Denied")
    }

    pub(super) fn no_such_bucket(bucket: &str) -> Self {
        Self::new(404, "NoSuchBucket", "The specified bucket does not exist")
            .with("BucketName", bucket)
    }

    pub(crate) fn no_such_key(key: &str) -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
    }

    /// The limit of memory is reached; S3 itself has no such error.
    pub(super) fn full() -> Self {
        let message = "The simulator keeps its objects in memory and is full; remove some";
        Self::new(400, "EntityTooLarge", message)
    }

    pub(super) fn precondition(condition: &str) -> Self {
        Self::new(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        )
        .with("Condition", condition)
    }

    /// The S3 response of this error. A `HEAD` request gets no body.
    pub(crate) fn s3_reply(&self, request_id: &str, is_head: bool) -> Reply {
        let mut body = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        body += &element("Code", &self.code);
        body += &element("Message", &self.message);
        for (name, value) in &self.details {
            body += &element(name, value);
        }
        body += &element("RequestId", request_id);
        body += "</Error>";
        Reply::new(self.status, if is_head { String::new() } else { body })
            .with("content-type", "application/xml")
    }
}
