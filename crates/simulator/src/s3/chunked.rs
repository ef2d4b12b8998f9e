//! Decodes uploads in `aws-chunked` format, which the SDKs use to send a
//! checksum after the body. Checksums and chunk signatures are not verified.

use crate::api::Failure;
use crate::wire::message::Request;

/// The body without chunked framing.
pub(super) fn payload(request: &Request) -> Result<Vec<u8>, Failure> {
    let is_chunked = request
        .header("x-amz-content-sha256")
        .is_some_and(|hash| hash.starts_with("STREAMING-"));
    if !is_chunked {
        return Ok(request.body.clone());
    }
    let body = decode(&request.body).ok_or_else(incomplete)?;
    let expected = request.header("x-amz-decoded-content-length");
    if expected.is_some_and(|length| length != body.len().to_string()) {
        return Err(incomplete());
    }
    Ok(body)
}

/// Decodes chunks of `<hex length>[;extension]\r\n<bytes>\r\n` up to one of
/// length zero. Trailing headers are ignored.
fn decode(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = str::from_utf8(&rest[..line_end]).ok()?;
        let length = line.split(';').next()?;
        let length = usize::from_str_radix(length, 16).ok()?;
        rest = &rest[line_end + 2..];
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length..)?.strip_prefix(b"\r\n")?;
    }
}

fn incomplete() -> Failure {
    Failure::new(
        400,
        "IncompleteBody",
        "The request body terminated unexpectedly",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_trailers_dropped() {
        let body =
            b"4;chunk-signature=ab\r\nspam\r\n3\r\n\r\nx\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(decode(body).unwrap(), b"spam\r\nx");
        assert_eq!(decode(b"0\r\n\r\n").unwrap(), b"");
    }

    #[test]
    fn a_body_that_ends_early_is_not_taken() {
        for body in [
            &b""[..],
            b"4\r\nsp",
            b"4\r\nspam",
            b"4\r\nspamXX0\r\n",
            b"zz\r\n",
            b"ffffffffffffffff\r\n",
            b"-4\r\nspam\r\n0\r\n",
        ] {
            assert_eq!(decode(body), None, "{body:?}");
        }
    }
}
