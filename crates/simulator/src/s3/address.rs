//! Finds bucket and key of a request, in path style or with the bucket in the
//! host name.

use crate::wire::message::{Request, percent_decode};

/// Host names that can have a bucket's name in front.
const BASES: [&str; 2] = [".localhost", ".amazonaws.com"];

/// Bucket and key; either may be empty.
pub(super) fn bucket_and_key(request: &Request) -> (String, String) {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    if let Some(bucket) = request.header("host").and_then(bucket_of_host) {
        return (bucket.to_owned(), percent_decode(path));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (percent_decode(bucket), percent_decode(key))
}

fn bucket_of_host(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let front = BASES.iter().find_map(|base| name.strip_suffix(base))?;
    if !name.ends_with(".amazonaws.com") {
        return Some(front);
    }
    // `bucket.s3.eu-west-1` or `bucket.s3`. Without a bucket it is path style.
    front
        .rsplit_once(".s3.")
        .map(|(bucket, _)| bucket)
        .or_else(|| front.strip_suffix(".s3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, path: &str, bucket: &str, key: &str) {
        let request = Request {
            path: path.into(),
            headers: vec![("host".into(), host.into())],
            ..Request::default()
        };
        assert_eq!(
            bucket_and_key(&request),
            (bucket.into(), key.into()),
            "{host}{path}"
        );
    }

    #[test]
    fn both_styles_of_address_are_understood() {
        check("127.0.0.1:4599", "/b/k/x.zip", "b", "k/x.zip");
        check("localhost:4599", "/b/k", "b", "k");
        check("b.localhost:4599", "/k//x%20y", "b", "k//x y");
        check("s3.eu-west-1.amazonaws.com", "/b/k", "b", "k");
        check("my.b.s3.eu-west-1.amazonaws.com", "/k", "my.b", "k");
        check("b.s3.amazonaws.com", "/k", "b", "k");
        check("[::1]:4599", "/b", "b", "");
        check("127.0.0.1", "/", "", "");
    }
}
