//! Presigned URLs, made by the AWS SDK.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use clock::Clock;
use simulator::wire::message::{Reply, Request};
use simulator::wire::{Exchange, Options};
use simulator::world::World;

fn exchange() -> Exchange {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    world.s3.create_bucket("b");
    let now = world.now();
    let put = world
        .s3
        .put(&mut world.names, now, ("b", "k"), b"text".to_vec());
    put.unwrap();
    Exchange::new(world, Clock::system(), Options::default())
}

fn client(exchange: &Exchange) -> aws_sdk_s3::Client {
    let key = exchange.world().lock().keys.account.clone();
    let (id, secret) = (key.access_key_id, key.secret_access_key);
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:1")
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// Begun so many seconds before now.
fn valid_for(seconds: u64, ago: u64) -> PresigningConfig {
    PresigningConfig::builder()
        .start_time(SystemTime::from(Clock::system().now()) - Duration::from_secs(ago))
        .expires_in(Duration::from_secs(seconds))
        .build()
        .unwrap()
}

async fn get(exchange: &Exchange, config: PresigningConfig) -> PresignedRequest {
    let get = client(exchange).get_object().bucket("b").key("k");
    get.presigned(config).await.unwrap()
}

fn request(presigned: &PresignedRequest, body: &[u8]) -> Request {
    let rest = presigned.uri().strip_prefix("http://127.0.0.1:1").unwrap();
    let (path, query) = rest.split_once('?').unwrap();
    let mut headers = vec![("host".to_owned(), "127.0.0.1:1".to_owned())];
    let signed = presigned.headers();
    headers.extend(signed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Request {
        method: presigned.method().into(),
        path: path.into(),
        query: query.into(),
        headers,
        body: body.into(),
    }
}

async fn answer(exchange: &Exchange, request: Request) -> (u16, String) {
    let reply: Reply = exchange.answer(request).await.unwrap();
    let body = String::from_utf8(reply.body).unwrap();
    let code = body
        .split_once("<Code>")
        .map(|(_, rest)| rest.split('<').next());
    (reply.status, code.flatten().unwrap_or(&body).to_owned())
}

#[tokio::test]
async fn a_url_reads_and_writes_without_credentials() {
    let exchange = exchange();
    let put = client(&exchange).put_object().bucket("b").key("new %+é");
    let put = put.presigned(valid_for(60, 0)).await.unwrap();
    assert_eq!(answer(&exchange, request(&put, b"new")).await.0, 200);
    assert_eq!(
        exchange
            .world()
            .lock()
            .s3
            .get("b", "new %+é")
            .unwrap()
            .content
            .read(0..9),
        b"new"
    );
    let get = get(&exchange, valid_for(60, 0)).await;
    assert_eq!(
        answer(&exchange, request(&get, b"")).await,
        (200, "text".into())
    );
}

/// The presigner of the SDK for JavaScript puts headers into the query. The
/// signature of a key that the simulator did not issue is not verified.
#[tokio::test]
async fn headers_in_the_query_count_as_headers() {
    let exchange = exchange();
    let put = client(&exchange).put_object().bucket("b").key("new");
    let put = request(&put.presigned(valid_for(60, 0)).await.unwrap(), b"new");
    let with = |more: &str| {
        let mut put = put.clone();
        put.query = put.query.replace("AKIASIMULATOR", "AKIAOTHER") + more;
        answer(&exchange, put)
    };
    let refused = with("&x-amz-tagging=a%3Db").await;
    assert_eq!(refused, (501, "NotImplemented".into()));
    let wrong = with("&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32").await;
    assert_eq!(wrong, (400, "BadDigest".into()));
    assert_eq!(with("&x-amz-meta-a=b&x-id=PutObject").await.0, 200);
}

#[tokio::test]
async fn a_url_is_valid_for_its_time_and_for_what_it_signs() {
    let exchange = exchange();
    let old = request(&get(&exchange, valid_for(60, 70)).await, b"");
    assert_eq!(answer(&exchange, old).await, (403, "AccessDenied".into()));
    let new = request(&get(&exchange, valid_for(60, 50)).await, b"");
    assert_eq!(answer(&exchange, new.clone()).await.0, 200);
    let changed = |change: fn(&mut Request)| {
        let mut request = new.clone();
        change(&mut request);
        answer(&exchange, request)
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    let other = changed(|it| it.path = "/b/other".into()).await;
    assert_eq!(other, refused(403, "SignatureDoesNotMatch"));
    let longer = changed(|it| it.query = it.query.replace("Expires=60", "Expires=6000")).await;
    assert_eq!(longer, refused(403, "SignatureDoesNotMatch"));
    let endless = changed(|it| it.query = it.query.replace("Expires=60", "Expires=604801")).await;
    assert_eq!(endless, refused(400, "AuthorizationQueryParametersError"));
    let half = changed(|it| it.query = it.query.replace("X-Amz-Date", "X-Amz-Dat")).await;
    assert_eq!(half, refused(400, "AuthorizationQueryParametersError"));
    let more = changed(|it| it.headers.push(("x-amz-acl".into(), "private".into()))).await;
    assert_eq!(more, refused(403, "AccessDenied"));
    let twice = changed(|it| it.headers.push(("authorization".into(), "AWS4".into()))).await;
    assert_eq!(twice, refused(400, "InvalidArgument"));
    let version_2 = changed(|it| it.query = "AWSAccessKeyId=A&Expires=1&Signature=B".into()).await;
    assert_eq!(version_2, refused(400, "InvalidRequest"));
}
