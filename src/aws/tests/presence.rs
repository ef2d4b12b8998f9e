//! Whether roles and log groups exist.

use serde_json::{Value, json};

use super::wire::{Wire, answer, error, json};
use crate::aws::service_clients;
use crate::ports::{CallErrorKind, Iam, LogGroups};

#[tokio::test(start_paused = true)]
async fn a_role_is_found_by_its_name() {
    let arn = "arn:aws:iam::111122223333:role/service-role/web";
    let found = format!(
        "<GetRoleResponse><GetRoleResult><Role><Path>/service-role/</Path><RoleName>web</RoleName>\
         <RoleId>AROA1</RoleId><Arn>{arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>\
         </GetRoleResult></GetRoleResponse>"
    );
    let failed = |code: &str| {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message>\
             </Error><RequestId>r</RequestId></ErrorResponse>"
        )
    };
    let wire = Wire::new([
        answer(200, found),
        answer(404, failed("NoSuchEntity")),
        answer(403, failed("AccessDenied")),
    ]);
    let iam = service_clients::iam(&wire.config());
    assert_eq!(iam.role_arn("web").await.unwrap().as_deref(), Some(arn));
    assert_eq!(iam.role_arn("web").await.unwrap(), None);
    let denied = iam.role_arn("web").await.unwrap_err();
    assert_eq!(
        (denied.kind, denied.call),
        (CallErrorKind::Denied, "iam:GetRole")
    );
    assert!(wire.sent()[0].body.contains("RoleName=web"));
}

fn groups(names: &[&str], next: Option<&str>) -> Value {
    let groups = names.iter().map(|name| json!({ "logGroupName": name }));
    json!({ "logGroups": groups.collect::<Value>(), "nextToken": next })
}

#[tokio::test(start_paused = true)]
async fn a_log_group_is_found_by_its_whole_name_in_its_region() {
    let wire = Wire::new([
        json(&groups(&["/ecs/web"], Some("more"))),
        json(&groups(&["/ecs/web-2"], Some("more"))),
        json(&groups(&["/ecs/web"], None)),
        json(&groups(&["/ecs/web-2"], None)),
    ]);
    let logs = service_clients::logs(&wire.config());
    for exists in [true, true, false] {
        assert_eq!(logs.exists("/ecs/web", "eu-north-1").await.unwrap(), exists);
    }
    let sent = wire.sent();
    assert_eq!(sent.len(), 4);
    assert_eq!(sent[0].uri, "https://logs.eu-north-1.amazonaws.com/");
    let signature = sent[0].header("authorization").unwrap();
    assert!(signature.contains("/eu-north-1/logs/"), "{signature}");
    assert_eq!(sent[0].json(), json!({ "logGroupNamePrefix": "/ecs/web" }));
    assert_eq!(sent[2].json()["nextToken"], "more");
}

#[tokio::test(start_paused = true)]
async fn names_are_read_from_three_pages_at_most() {
    let page = |number: usize| json(&groups(&["/ecs/web-2"], Some(&number.to_string())));
    let wire = Wire::new((1..=3).map(page));
    let logs = service_clients::logs(&wire.config());
    let endless = logs.exists("/ecs/web", "eu-west-1").await.unwrap_err();
    assert_eq!(endless.code, "EndlessList");
    assert_eq!(wire.sent().len(), 3);
    let wire = Wire::new([error(
        "AccessDeniedException",
        "not authorized to perform: logs:DescribeLogGroups",
    )]);
    let logs = service_clients::logs(&wire.config());
    let denied = logs.exists("/ecs/web", "eu-west-1").await.unwrap_err();
    assert_eq!(denied.kind, CallErrorKind::Denied);
}
