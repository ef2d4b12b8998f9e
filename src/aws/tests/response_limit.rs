//! Responses longer than any of AWS's.

use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http_body_util::Limited;

use super::wire::{Wire, answer};
use crate::aws::http_client::{instrumented, limit_of};
use crate::aws::service_clients;
use crate::ports::{CallErrorKind, Services as _};
use crate::release::target::ServiceName;

async fn collected(bytes: usize, service: Option<&str>) -> Option<usize> {
    let body = SdkBody::from(vec![b' '; bytes]);
    let body = SdkBody::from_body_1_x(Limited::new(body, limit_of(service)));
    let collected = ByteStream::new(body).collect().await.ok()?;
    Some(collected.into_bytes().len())
}

#[tokio::test]
async fn an_answer_ends_at_its_bound() {
    for service in [Some("s3"), Some("codepipeline"), Some("ecs"), None] {
        let most = limit_of(service);
        assert_eq!(collected(most, service).await, Some(most), "{service:?}");
        assert_eq!(collected(most + 1, service).await, None, "{service:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_long_is_passing_error() {
    let name = ServiceName {
        cluster: "prod".into(),
        service: "web".into(),
    };
    let beyond = limit_of(Some("ecs")) + 1;
    for bytes in [beyond - 1, beyond] {
        let (begin, end) = ("{\"services\":[],\"x\":\"", "\"}");
        let filling = "y".repeat(bytes - begin.len() - end.len());
        let reply = answer(200, format!("{begin}{filling}{end}"));
        let wire = Wire::new([reply.clone(), reply.clone(), reply]);
        let config = wire.config();
        let client = instrumented(config.http_client().unwrap(), None);
        let config = config.to_builder().http_client(client).build();
        let described = service_clients::ecs(&config).describe(&name).await;
        let unreadable = described.is_err_and(|call_error| {
            call_error.kind == CallErrorKind::Unclear && call_error.code == "UnreadableAnswer"
        });
        assert_eq!(unreadable, bytes == beyond, "{bytes}");
    }
}
