//! Decodes uploads in `aws-chunked` format, which the SDKs use to send a
//! checksum after the body. The signatures of chunks are not verified.

use crate::api::ApiError;
use crate::wire::message::Request;

/// The body without chunked framing, and the headers that came after it.
pub(super) fn payload(request: &Request) -> Result<Payload, ApiError> {
    let is_chunked = request
        .header("x-amz-content-sha256")
        .is_some_and(|hash| hash.starts_with("STREAMING-"));
    if !is_chunked {
        return Ok((request.body.clone(), Vec::new()));
    }
    let (body, trailers) = decode(&request.body).ok_or_else(incomplete)?;
    let expected = request.header("x-amz-decoded-content-length");
    if expected.is_some_and(|length| length != body.len().to_string()) {
        return Err(incomplete());
    }
    Ok((body, trailers))
}

/// A body, and headers with names in lower case.
type Payload = (Vec<u8>, Vec<(String, String)>);

/// Decodes chunks of `<hex length>[;extension]\r\n<bytes>\r\n` up to one of
/// length zero, and the lines `<name>:<value>` after it.
fn decode(mut rest: &[u8]) -> Option<Payload> {
    let mut body = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = str::from_utf8(&rest[..line_end]).ok()?;
        let length = line.split(';').next()?;
        let length = usize::from_str_radix(length, 16).ok()?;
        rest = &rest[line_end + 2..];
        if length == 0 {
            let lines = str::from_utf8(rest).ok()?.lines();
            let trailers = lines.filter_map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_ascii_lowercase(), value.trim().to_owned()))
            });
            return Some((body, trailers.collect()));
        }
        body.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length..)?.strip_prefix(b"\r\n")?;
    }
}

fn incomplete() -> ApiError {
    ApiError::new("IncompleteBody", "The request body terminated unexpectedly")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_trailers_read() {
        let body =
            b"4;chunk-signature=ab\r\nspam\r\n3\r\n\r\nx\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        let trailer = ("x-amz-checksum-crc32".to_owned(), "AAAA".to_owned());
        assert_eq!(
            decode(body).unwrap(),
            (b"spam\r\nx".to_vec(), vec![trailer])
        );
        assert_eq!(decode(b"0\r\n\r\n").unwrap(), (Vec::new(), Vec::new()));
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
