//! Credentials from a person's session: IAM Identity Center and `aws login`.
//! The services that issue them are on loopback.

use std::fs;

use axum::Router;
use axum::http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

use crate::account::{Account, LONGEST};

/// `base` gets its credentials from `dev`.
const PROFILES: &str = "\
[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Developer

[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start

[profile base]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = dev

[profile legacy]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Developer

[profile console]
login_session = arn:aws:iam::111122223333:user/dev
";

/// Where the AWS CLI keeps the tokens: named by a digest of the session's name,
/// its start URL, or its ARN.
const CORP: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const LEGACY: &str = ".aws/sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json";
const CONSOLE: &str =
    ".aws/login/cache/11fc4cc919a5a20db9df757c8a1b149bd4c42115ef36c7152c0d33f1e05a9027.json";

/// A P-256 key whose bytes are 1 to 32, in SEC 1 form without its public half.
const KEY: &str = "MDECAQEEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8goAoGCCqGSM49\nAwEH";

const EXPIRED: &str = "2026-01-01T00:00:00Z";
const VALID: &str = "2126-01-01T00:00:00Z";

/// A person's home directory, in the account's folder.
struct Desk<'a> {
    account: &'a Account,
}

impl<'a> Desk<'a> {
    fn of(account: &'a Account) -> Self {
        let desk = Self { account };
        desk.write(".aws/config", PROFILES);
        desk
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.account.folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
        fs::write(file, text).expect("written");
    }

    fn identity_center(&self, file: &str, expires: &str) {
        let token = json!({"accessToken": "token", "expiresAt": expires});
        self.write(file, &token.to_string());
    }

    fn console(&self) {
        let kind = "EC PRIVATE KEY";
        let token = json!({
            "accessToken": {
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                "secretAccessKey": "secret",
                "sessionToken": "session",
                "accountId": "111122223333",
                "expiresAt": EXPIRED,
            },
            "tokenType": "aws_sigv4",
            "refreshToken": "refresh",
            "clientId": "arn:aws:signin:::devtools/same-device",
            "dpopKey": format!("-----BEGIN {kind}-----\n{KEY}\n-----END {kind}-----\n"),
        });
        self.write(CONSOLE, &token.to_string());
    }

    /// A command with the profile, without keys in the environment.
    fn command(&self, profile: &str, words: &str) -> Command {
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut command = self.account.command(&words);
        command
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env("HOME", self.account.folder.path())
            .env("AWS_PROFILE", profile)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    async fn ask(&self, command: &mut Command) -> (Option<i32>, String) {
        let ended = timeout(LONGEST, command.output()).await;
        let ended = ended.expect("it ends").expect("it starts");
        let text = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(text).expect("text"))
    }
}

/// A service that gives the same answer to every request, and its URL.
async fn service(status: u16, kind: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let status = StatusCode::from_u16(status).expect("a status");
    let answer = move || async move { (status, [("x-amzn-errortype", kind)], body) };
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_session_names_the_command_that_renews_it_in_every_command() {
    let account = Account::new().await;
    let desk = Desk::of(&account);
    desk.identity_center(CORP, EXPIRED);
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/webapp");
    let sentence = "the IAM Identity Center session of the profile `dev` has expired";
    let command = "renew it with `aws sso login --profile dev`";
    for (words, code) in [
        ("action-type register", 2),
        (&*format!("render {bundle} --diff running"), 2),
        (
            &*format!("policy check {bundle} --policy s3://policies/team/"),
            2,
        ),
        ("history --pipeline webapp", 2),
        ("run --config worker.toml", 2),
    ] {
        let (ended, text) = desk.ask(&mut desk.command("dev", words)).await;
        let last = text.lines().last().unwrap_or_default();
        assert_eq!(
            last,
            format!("error: {sentence}; {command}"),
            "{words}: {text}"
        );
        assert!(
            !text.contains("Error"),
            "{words} prints the SDK's error: {text}"
        );
        assert!(
            !text.contains("aws_config"),
            "{words} prints the SDK's log: {text}"
        );
        assert_eq!(ended, Some(code), "{words}: {text}");
    }
    let (ended, text) = desk
        .ask(&mut desk.command("dev", "doctor --config worker.toml"))
        .await;
    let line = format!("FAIL  credentials: {sentence} → {command}");
    assert!(text.lines().any(|one| one == line), "{text}");
    assert_eq!(ended, Some(1));
    // The session belongs to the profile that the selected one is based on.
    let (_, text) = desk
        .ask(&mut desk.command("base", "action-type register"))
        .await;
    assert_eq!(text, format!("error: {sentence}; {command}\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_aws_ends_or_that_was_never_begun_names_its_command() {
    let account = Account::new().await;
    let desk = Desk::of(&account);
    for (profile, command) in [
        ("dev", "aws sso login --profile dev"),
        ("legacy", "aws sso login --profile legacy"),
        ("console", "aws login --profile console"),
    ] {
        let (_, text) = desk
            .ask(&mut desk.command(profile, "action-type register"))
            .await;
        assert!(text.starts_with("error: there is no "), "{text}");
        assert!(
            text.ends_with(&format!("begin one with `{command}`\n")),
            "{text}"
        );
    }
    // The file of this kind of profile does not tell when its session ends.
    desk.identity_center(LEGACY, VALID);
    desk.console();
    let portal = r#"{"message":"Session token not found or invalid"}"#;
    let portal = service(401, "UnauthorizedException", portal.into()).await;
    let sign_in = r#"{"error":"TOKEN_EXPIRED","message":"expired"}"#;
    let sign_in = service(401, "AccessDeniedException", sign_in.into()).await;
    for (profile, command) in [
        ("legacy", "aws sso login --profile legacy"),
        ("console", "aws login --profile console"),
    ] {
        let mut asked = desk.command(profile, "action-type register");
        asked
            .env("AWS_ENDPOINT_URL_SSO", &portal)
            .env("AWS_ENDPOINT_URL_SIGNIN", &sign_in);
        let (_, text) = desk.ask(&mut asked).await;
        assert!(
            text.contains(&format!("profile `{profile}` has expired; ")),
            "{text}"
        );
        assert!(
            text.ends_with(&format!("renew it with `{command}`\n")),
            "{text}"
        );
    }
    let (ended, text) = desk
        .ask(&mut desk.command("dve", "action-type register"))
        .await;
    assert_eq!(ended, Some(2));
    assert!(
        text.contains("have no profile `dve`; correct AWS_PROFILE"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_gives_the_credentials_of_every_call() {
    let account = Account::new().await;
    let desk = Desk::of(&account);
    desk.identity_center(CORP, VALID);
    let key = account.world(|world| world.keys.account.clone());
    let credentials = json!({"roleCredentials": {
        "accessKeyId": key.access_key_id,
        "secretAccessKey": key.secret_access_key,
        "expiration": 4_923_000_000_000_u64,
    }});
    let portal = service(200, "", credentials.to_string()).await;
    let mut doctor = desk.command("dev", "doctor --config worker.toml");
    doctor.env("AWS_ENDPOINT_URL_SSO", portal);
    let (ended, text) = desk.ask(&mut doctor).await;
    assert!(text.contains("ok    credentials: arn:aws:"), "{text}");
    assert_eq!(ended, Some(0), "{text}");
}
