//! Listings of several pages or without an end, and a request that cannot be built.

use super::wire::{Reply, Wire, answer};
use crate::aws::S3Objects;
use crate::ports::{CallErrorKind, Objects as _};

fn page(keys: &[&str], next: Option<&str>) -> Reply {
    let keys = keys.iter().map(|key| {
        format!("<Contents><Key>{key}</Key><ETag>&quot;1&quot;</ETag><Size>1</Size></Contents>")
    });
    let next = next.map(|next| format!("<NextContinuationToken>{next}</NextContinuationToken>"));
    let (keys, next) = (keys.collect::<String>(), next.unwrap_or_default());
    answer(
        200,
        format!("<ListBucketResult><Name>bucket</Name>{keys}{next}</ListBucketResult>"),
    )
}

#[tokio::test]
async fn a_listing_is_read_page_by_page() {
    let wire = Wire::new([
        page(&["a"], Some("1")),
        page(&[], Some("2")),
        page(&["b"], None),
    ]);
    let objects = S3Objects::new(&wire.config(), false, "bucket", "");
    let listed = objects.list("", 10).await.unwrap();
    let keys: Vec<&str> = listed.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    assert!(wire.sent()[2].uri.contains("continuation-token=2"));
}

#[tokio::test]
async fn a_listing_that_repeats_its_token_ends() {
    let endless = std::iter::repeat_n(page(&["a"], Some("same")), 50);
    let wire = Wire::new(endless);
    let objects = S3Objects::new(&wire.config(), false, "bucket", "");
    let call_error = objects.list("", 100).await.unwrap_err();
    assert_eq!(
        (call_error.kind, &*call_error.code),
        (CallErrorKind::Unclear, "EndlessList")
    );
    assert_eq!(wire.sent().len(), 2);
}

#[tokio::test]
async fn a_listing_of_empty_pages_ends() {
    let endless = (0..200).map(|n| page(&[], Some(&n.to_string())));
    let wire = Wire::new(endless);
    let objects = S3Objects::new(&wire.config(), false, "bucket", "");
    let call_error = objects.list("", 100).await.unwrap_err();
    assert_eq!(call_error.code, "EndlessList");
    assert_eq!(wire.sent().len(), 100);
}

#[tokio::test]
async fn a_request_that_cannot_be_built_is_not_tried_again() {
    let wire = Wire::new([]);
    let objects = S3Objects::new(&wire.config(), true, "bucket", "");
    let error = objects.read("", 1).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Refused);
    assert_eq!(error.code, "NotSent");
}
