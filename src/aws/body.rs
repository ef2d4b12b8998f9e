//! Reads a body that S3 streams, within a time and a size.

use std::time::Duration;

use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::timeout;

use crate::ports::TOO_LONG;

/// Maximum time for a body once the response has begun. The SDK's own limits do
/// not cover the body. Enough for a directory of 16 MiB at half a megabyte per
/// second.
const BODY_TIMEOUT: Duration = Duration::from_secs(32);

/// Reads the body. Allocates for `announced` bytes and fails if there are more
/// than `at_most`, or if they take too long.
///
/// # Errors
///
/// The code and the message of an error.
pub(super) async fn collect(
    mut body: ByteStream,
    announced: Option<i64>,
    at_most: u64,
) -> Result<Vec<u8>, (&'static str, String)> {
    let announced = u64::try_from(announced.unwrap_or(0)).unwrap_or(0);
    let expected = usize::try_from(announced.min(at_most)).unwrap_or(0);
    let read = async {
        let mut bytes = Vec::with_capacity(expected);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| ("BodyCut", error.to_string()))?;
            if (bytes.len() + chunk.len()) as u64 > at_most {
                return Err((TOO_LONG, format!("more than {at_most} bytes came")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    let read = timeout(BODY_TIMEOUT, read).await;
    read.unwrap_or_else(|_| Err(("Timeout", "the body took too long".into())))
}
