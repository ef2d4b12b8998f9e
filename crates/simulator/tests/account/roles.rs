//! `AssumeRole`, by the trust policy of the role.

use clock::Clock;
use simulator::wire::message::Request;
use simulator::wire::{Exchange, Form, Options};
use simulator::world::World;

const START: &str = "2026-01-01T00:00:00Z";

fn exchange(trust: &str) -> Exchange {
    let mut world = World::new(START.parse().unwrap());
    let form = Form::new(&[
        ("RoleName", "deployer"),
        ("AssumeRolePolicyDocument", trust),
        ("MaxSessionDuration", "7200"),
    ]);
    simulator::iam::call(&mut world, "CreateRole", &form).unwrap();
    Exchange::new(world, Clock::system(), Options::default())
}

/// Keys that the simulator did not issue are the account's own.
async fn assume(exchange: &Exchange, role: &str, more: &str) -> String {
    let role = format!("arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2F{role}");
    let body =
        format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=ci{more}");
    let authorization = "AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-1/sts/aws4_request, \
                         SignedHeaders=host, Signature=x";
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-amz-date", "20260101T000000Z"),
        ("authorization", authorization),
    ];
    let request = Request {
        method: "POST".into(),
        path: "/".into(),
        headers: headers
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        body: body.into_bytes(),
        ..Request::default()
    };
    let reply = exchange.answer(request).await.unwrap();
    String::from_utf8(reply.body).unwrap()
}

fn trusts(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"{condition}}}]}}"#
    )
}

#[tokio::test]
async fn a_role_is_assumed_by_whom_it_trusts() {
    for principal in [
        r#"{"AWS":"arn:aws:iam::111122223333:root"}"#,
        r#"{"AWS":["444455556666","111122223333"]}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/simulator"}"#,
        r#""*""#,
    ] {
        let body = assume(&exchange(&trusts(principal, "")), "deployer", "").await;
        let arn = "arn:aws:sts::111122223333:assumed-role/deployer/ci";
        assert!(body.contains(arn), "{principal}: {body}");
    }
    for principal in [
        r#"{"AWS":"arn:aws:iam::444455556666:root"}"#,
        r#"{"Service":"ecs-tasks.amazonaws.com"}"#,
    ] {
        let body = assume(&exchange(&trusts(principal, "")), "deployer", "").await;
        assert!(
            body.contains("<Code>AccessDenied</Code>"),
            "{principal}: {body}"
        );
    }
    let open = exchange(&trusts(r#""*""#, ""));
    assert!(
        assume(&open, "absent", "")
            .await
            .contains("<Code>AccessDenied</Code>")
    );
}

#[tokio::test]
async fn an_external_id_and_the_length_of_a_session_are_checked() {
    let condition = r#","Condition":{"StringEquals":{"sts:ExternalId":"shop"}}"#;
    let exchange = exchange(&trusts(r#""*""#, condition));
    for (more, expected) in [
        ("", "<Code>AccessDenied</Code>"),
        ("&ExternalId=other", "<Code>AccessDenied</Code>"),
        ("&ExternalId=shop", "<SessionToken>"),
        ("&ExternalId=shop&DurationSeconds=7200", "<SessionToken>"),
        (
            "&ExternalId=shop&DurationSeconds=7201",
            "MaxSessionDuration",
        ),
        ("&ExternalId=shop&DurationSeconds=899", "durationSeconds"),
    ] {
        let body = assume(&exchange, "deployer", more).await;
        assert!(body.contains(expected), "{more}: {body}");
    }
}

#[tokio::test]
async fn a_trust_policy_that_is_not_understood_is_an_error() {
    let condition = r#","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#;
    let exchange = exchange(&trusts(r#""*""#, condition));
    let body = assume(&exchange, "deployer", "").await;
    assert!(body.contains("<Code>PolicyEvaluation</Code>"), "{body}");
}
