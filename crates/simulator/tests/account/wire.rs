//! Both ways to call the simulator, tested with the AWS SDK: signatures,
//! faults, ledger and time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_codepipeline::error::ProvideErrorMetadata;
use aws_sdk_codepipeline::types::{ActionCategory, ActionOwner, ActionTypeId, Job};
use aws_sdk_s3::primitives::ByteStream;
use clock::Clock;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;

use simulator::codepipeline::{ActionDeclaration, InputArtifact, Source};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::ledger::Outcome;
use simulator::wire::{Exchange, MAX_BODY, Options, Recorder, Simulator, message};
use simulator::world::World;

use crate::prepared::action_type;

const URL: &str = "http://127.0.0.1:1";

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn exchange() -> Exchange {
    let clock = Clock::simulated(start(), 1.0);
    Exchange::new(
        World::webapp(start(), &[action_type()]),
        clock,
        Options::default(),
    )
}

fn config(
    exchange: &Exchange,
    id: &str,
    secret: &str,
    token: Option<&str>,
) -> aws_config::SdkConfig {
    let credentials = Credentials::new(id, secret, token.map(str::to_owned), None, "test");
    aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(URL)
        .http_client(exchange.http_client())
        .credentials_provider(
            aws_credential_types::provider::SharedCredentialsProvider::new(credentials),
        )
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build()
}

fn account(exchange: &Exchange) -> aws_config::SdkConfig {
    let world = exchange.world();
    let world = world.lock();
    let key = &world.keys.account;
    config(exchange, &key.access_key_id, &key.secret_access_key, None)
}

fn queue(exchange: &Exchange) {
    let names = [
        "ApplicationName",
        "DeploymentGroupName",
        "TaskDefinitionTemplateArtifact",
        "AppSpecTemplateArtifact",
    ];
    let declaration = ActionDeclaration {
        action_type: simulator::codepipeline::ActionTypeId::custom(
            "Deploy",
            "RustBlueGreenDeploy",
            "1",
        ),
        pipeline: "webapp".into(),
        stage: "Deploy".into(),
        action: "Deploy".into(),
        execution: None,
        configuration: names.map(|name| (name.to_owned(), "x".to_owned())).into(),
        inputs: vec![InputArtifact {
            name: "Build".into(),
            source: Source::Content(b"0123456789".to_vec().into()),
        }],
        encryption_key: None,
    };
    let world = exchange.world();
    world.lock().queue_action(declaration).unwrap();
}

async fn poll(config: &aws_config::SdkConfig) -> Result<Vec<Job>, aws_sdk_codepipeline::Error> {
    let action_type = ActionTypeId::builder()
        .category(ActionCategory::Deploy)
        .owner(ActionOwner::Custom)
        .provider("RustBlueGreenDeploy")
        .version("1")
        .build()
        .unwrap();
    let answer = aws_sdk_codepipeline::Client::new(config)
        .poll_for_jobs()
        .action_type_id(action_type)
        .max_batch_size(10)
        .send()
        .await?;
    Ok(answer.jobs.unwrap_or_default())
}

fn set(exchange: &Exchange, service: &str, kind: Kind) {
    let fault = Fault {
        service: service.into(),
        operation: "*".into(),
        occurrence: Occurrence::Next(1),
        kind,
    };
    exchange.world().lock().faults.add(fault).unwrap();
}

async fn read(
    exchange: &Exchange,
    job: &Job,
    secret: Option<&str>,
) -> Result<Vec<u8>, Option<String>> {
    let data = job.data().unwrap();
    let key = data.artifact_credentials().unwrap();
    let config = config(
        exchange,
        key.access_key_id(),
        secret.unwrap_or(key.secret_access_key()),
        Some(key.session_token()),
    );
    let place = data.input_artifacts()[0].location().unwrap();
    let place = place.s3_location().unwrap();
    let answer = aws_sdk_s3::Client::new(&config)
        .get_object()
        .bucket(place.bucket_name())
        .key(place.object_key())
        .range("bytes=-4")
        .send()
        .await
        .map_err(|error| error.code().map(str::to_owned))?;
    Ok(answer.body.collect().await.unwrap().to_vec())
}

#[tokio::test(start_paused = true)]
async fn a_job_reads_its_artifact_until_its_credentials_expire() {
    let exchange = exchange();
    queue(&exchange);
    let job = poll(&account(&exchange)).await.unwrap().remove(0);
    assert_eq!(read(&exchange, &job, None).await.unwrap(), b"6789");
    let refused = read(&exchange, &job, Some("wrong")).await;
    assert_eq!(refused, Err(Some("SignatureDoesNotMatch".into())));
    Clock::system().sleep(Duration::from_secs(901)).await;
    let refused = read(&exchange, &job, None).await;
    assert_eq!(refused, Err(Some("ExpiredToken".into())));
}

#[tokio::test(start_paused = true)]
async fn job_credentials_open_no_other_service() {
    let exchange = exchange();
    queue(&exchange);
    let job = poll(&account(&exchange)).await.unwrap().remove(0);
    let key = job.data().unwrap().artifact_credentials().unwrap();
    let ask = async |secret: &str, token: Option<&str>| {
        let config = config(&exchange, key.access_key_id(), secret, token);
        poll(&config).await.unwrap_err().code().map(str::to_owned)
    };
    let (secret, token) = (key.secret_access_key(), key.session_token());
    assert_eq!(
        ask(secret, Some(token)).await.as_deref(),
        Some("AccessDeniedException")
    );
    assert_eq!(
        ask("wrong", Some(token)).await.as_deref(),
        Some("InvalidSignatureException")
    );
    assert_eq!(
        ask(secret, None).await.as_deref(),
        Some("UnrecognizedClientException")
    );
    assert_eq!(
        ask(secret, Some("other")).await.as_deref(),
        Some("UnrecognizedClientException")
    );
}

#[tokio::test(start_paused = true)]
async fn any_foreign_key_is_the_accounts_own() {
    let exchange = exchange();
    queue(&exchange);
    let jobs = poll(&config(&exchange, "AKIAFOREIGN", "any", None)).await;
    assert_eq!(jobs.unwrap().len(), 1);
    let id = exchange.world().lock().keys.account.access_key_id.clone();
    let refused = poll(&config(&exchange, &id, "wrong", None))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("InvalidSignatureException"));
}

#[tokio::test(start_paused = true)]
async fn objects_with_odd_keys_survive_the_journey() {
    let exchange = exchange();
    let client = aws_sdk_s3::Client::new(&account(&exchange));
    client.create_bucket().bucket("odd").send().await.unwrap();
    for key in ["a b+c=é//x.zip", "a/../b~(1)!.zip", "100%", "q?x=1&y#z"] {
        let body = ByteStream::from_static(b"content");
        let put = client.put_object().bucket("odd").key(key).body(body);
        put.send().await.unwrap();
        let got = client.get_object().bucket("odd").key(key).send().await;
        let bytes = got.unwrap().body.collect().await.unwrap().to_vec();
        assert_eq!(bytes, b"content", "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_the_effect_that_it_says() {
    let check = async |kind: Kind, code: Option<&str>, offered: usize| {
        let exchange = exchange();
        queue(&exchange);
        set(&exchange, "codepipeline", kind.clone());
        let config = account(&exchange);
        let error = poll(&config).await.unwrap_err();
        assert_eq!(error.code(), code, "{kind:?}");
        assert_eq!(poll(&config).await.unwrap().len(), offered, "{kind:?}");
        let world = exchange.world();
        let world = world.lock();
        let first = world.ledger.entries().next().unwrap();
        assert_eq!(first.outcome, Outcome::Fault(kind));
        // A poll that took effect has already dispatched the job.
        assert_eq!(first.took_effect, offered == 0);
    };
    check(Kind::Throttle, Some("ThrottlingException"), 1).await;
    check(Kind::InternalError, Some("InternalFailure"), 1).await;
    check(Kind::Unavailable, Some("ServiceUnavailable"), 1).await;
    check(Kind::Denied, Some("AccessDeniedException"), 1).await;
    check(Kind::CutBefore, None, 1).await;
    check(Kind::CutAfter, None, 0).await;
    check(Kind::Garbage, None, 0).await;
    let own = Kind::Error {
        status: 400,
        code: "OwnException".into(),
        message: "own".into(),
    };
    check(own, Some("OwnException"), 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_takes_simulated_time() {
    let exchange = exchange();
    set(&exchange, "codepipeline", Kind::Slow { seconds: 2.5 });
    poll(&account(&exchange)).await.unwrap();
    let world = exchange.world();
    let world = world.lock();
    let entry = world.ledger.entries().next().unwrap();
    assert_eq!(entry.at, start() + Duration::from_millis(2500));
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_too_long_is_not_recorded() {
    let recorded = async |length: usize| {
        let exchange = exchange();
        let target = "CodePipeline_20150709.PollForJobs".to_owned();
        let request = message::Request {
            method: "POST".into(),
            path: "/".into(),
            headers: vec![("x-amz-target".into(), target)],
            body: format!("{{}}{}", " ".repeat(length - 2)).into_bytes(),
            ..message::Request::default()
        };
        exchange.answer(request).await.unwrap();
        let world = exchange.world();
        let world = world.lock();
        world.ledger.entries().next().unwrap().input.to_string()
    };
    assert_eq!(recorded(256 << 10).await, "{}");
    assert_eq!(
        recorded((256 << 10) + 1).await,
        r#"{"bytes_not_recorded":262145}"#
    );
}

#[tokio::test(start_paused = true)]
async fn latency_is_added_to_each_call() {
    let latency = Duration::from_millis(40);
    let options = Options {
        latency,
        recorder: None,
    };
    let clock = Clock::simulated(start(), 1.0);
    let exchange = Exchange::new(World::webapp(start(), &[action_type()]), clock, options);
    poll(&account(&exchange)).await.unwrap();
    let passed = exchange.world().lock().now() - start();
    let passed = Duration::try_from(passed).unwrap();
    assert!((latency..=latency + Duration::from_millis(1)).contains(&passed));
}

/// The bytes that a server sends before it closes the connection.
async fn raw(address: &str, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address: SocketAddr = address.trim_start_matches("http://").parse().unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection reset also ends the response.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Keeps everything written to it.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_server_answers_records_and_can_cut_a_connection() {
    let sink = Sink::default();
    let options = Options {
        recorder: Some(Recorder::new(sink.clone())),
        ..Options::default()
    };
    let clock = Clock::simulated(start(), 1.0);
    let simulator = Simulator::start(World::webapp(start(), &[action_type()]), clock, options)
        .await
        .unwrap();
    let request = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                   authorization: AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/codepipeline/aws4_request, SignedHeaders=host, Signature=0\r\n\
                   x-amz-security-token: hidden\r\n\
                   x-amz-target: CodePipeline_20150709.ListActionTypes\r\ncontent-length: 2\r\n\r\n{}";
    let answer = raw(&simulator.url(), request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("RustBlueGreenDeploy"));
    let fault = Fault {
        service: "codepipeline".into(),
        operation: "ListActionTypes".into(),
        occurrence: Occurrence::Next(1),
        kind: Kind::CutAfter,
    };
    simulator.world().lock().faults.add(fault).unwrap();
    assert_eq!(raw(&simulator.url(), request).await, "");
    let effects = simulator
        .world()
        .lock()
        .ledger
        .effects("codepipeline", "ListActionTypes");
    assert_eq!(effects, 2);
    simulator.shutdown().await;
    let lines = String::from_utf8(sink.0.lock().clone()).unwrap();
    assert_eq!(
        lines.lines().count(),
        1,
        "a cut call has no reply to record"
    );
    let line: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(line["response"]["status"].to_string(), "200");
    assert_eq!(line["request"]["body"], "{}");
    assert!(!lines.contains("hidden"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let clock = Clock::simulated(start(), 1.0);
    let world = World::webapp(start(), &[action_type()]);
    let simulator = Simulator::start(world, clock, Options::default())
        .await
        .unwrap();
    let request = format!(
        "PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        MAX_BODY + 1
    );
    let answer = raw(&simulator.url(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    simulator.shutdown().await;
}
