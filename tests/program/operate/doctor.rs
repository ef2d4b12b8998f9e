//! `doctor`: no findings if all is well, and a remedy for each problem.

use std::fs;

use aws_sdk_iam::Client as Iam;
use aws_sdk_sts::Client as Sts;
use bluegreen_worker::aws::{connect_to, http_client};
use serde_json::{Value, json};
use simulator::world::World;
use tokio::time::timeout;

use crate::account::{Account, LONGEST};

const WORKER: &str = "arn:aws:iam::111122223333:role/worker";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_nothing_where_nothing_is_wrong() {
    let account = Account::new().await;
    fs::create_dir(account.folder.path().join("journal")).expect("a folder");
    account.settings(
        "journal = \"journal\"\nevent_bus = \"default\"\nroles = [\"arn:aws:iam::111122223333:role/deploy shop-42\"]\n",
    );
    let words = "doctor --config worker.toml --application webapp --group webapp";
    let words: Vec<&str> = words.split(' ').collect();
    let (code, out, err) = account.ask(&words).await;
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let (last, before) = out
        .trim_end()
        .rsplit_once('\n')
        .map(|(before, last)| (last, before))
        .expect("lines");
    assert!(
        before.lines().all(|line| line.starts_with("ok    ")),
        "{out}"
    );
    assert!(last.starts_with("----  other calls: "), "{out}");
    for name in [
        "settings",
        "policies",
        "journal",
        "address",
        "proxy",
        "certificates",
        "endpoints",
        "traces",
        "credentials",
        "clock",
        "action type",
        "codepipeline",
        "codedeploy",
        "event bus",
        "deployment group",
        "service",
        "role",
    ] {
        assert!(out.contains(&format!("ok    {name}: ")), "{name}: {out}");
    }
    // The command only reads.
    let changed = |world: &mut World| {
        let changing = ["Create", "Register", "Put", "Acknowledge", "Stop", "Poll"];
        let entries = world.ledger.entries();
        let of = |operation: &str| changing.iter().any(|one| operation.starts_with(one));
        entries.filter(|entry| of(&entry.operation)).count()
    };
    assert_eq!(account.world(changed), 0);
}

/// A lease that it left would look like a dead worker's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_leaves_nothing_in_the_bucket_of_the_journal() {
    let account = Account::new().await;
    account.world(|world| world.s3.create_bucket("journal"));
    account.settings("journal = \"s3://journal/fleet\"\n");
    let (_, out, err) = account.ask(&["doctor", "--config", "worker.toml"]).await;
    assert!(out.contains("s3://journal/fleet can be used"), "{out}{err}");
    let (_, out, _) = account.ask(&["status", "--config", "worker.toml"]).await;
    assert!(out.contains("No worker has s3://journal/fleet"), "{out}");
    account.world(|world| {
        let of = |operation| world.ledger.effects("s3", operation);
        assert_eq!((of("PutObject"), of("DeleteObject")), (1, 1));
    });
}

/// Its releases would wait for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_warns_of_a_target_whose_version_is_not_polled_for() {
    let account = Account::new().await;
    let words = "doctor --cluster prod --service webapp";
    let words: Vec<&str> = words.split(' ').collect();
    let (_, out, _) = account.ask(&words).await;
    let warning = "warn  action version: the worker does not poll for version 2, by which ECS";
    assert!(out.contains(warning), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_says_what_to_do_about_each_thing_that_is_wrong() {
    let account = Account::new().await;
    let file = account.folder.path().join("file");
    fs::write(&file, "no folder").expect("written");
    account.settings("journal = \"file\"\nevent_bus = \"relaeses\"\naction_version = \"1-none\"\nroles = \"arn:aws:iam::111122223333:role/other\"\n");
    for name in ["ecs:DescribeServices", "codedeploy:*"] {
        account.deny(name);
    }
    let (code, out, _) = account
        .ask(&["doctor", "--json", "--config", "worker.toml"])
        .await;
    assert_eq!(code, Some(1), "{out}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    let failed: Vec<&str> = report["checks"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|check| check["state"] == "failed")
        .map(|check| {
            assert!(check["remedy"].is_string(), "{check}");
            check["check"].as_str().expect("a name")
        })
        .collect();
    assert_eq!(
        failed,
        [
            "journal",
            "action type",
            "ecs services",
            "codedeploy",
            "event bus",
            "role"
        ]
    );
    // A denied `DescribeEventBus` is only a warning, since the worker never
    // calls it.
    account.settings("event_bus = \"default\"\n");
    account.deny("events:DescribeEventBus");
    let (_, out, _) = account.ask(&["doctor", "--config", "worker.toml"]).await;
    let remedy = "allow events:DescribeEventBus";
    let is_enabled = |line: &str| line.starts_with("warn  event bus: ") && line.contains(remedy);
    assert!(out.lines().any(is_enabled), "{out}");
    // Problems of AWS are not found offline.
    let (code, out, _) = account.ask(&["doctor", "--offline"]).await;
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains("credentials"), "{out}");
    account.settings("watch = \"soon\"\n");
    let (code, out, _) = account.ask(&["doctor", "--config", "worker.toml"]).await;
    assert_eq!(code, Some(2));
    assert!(out.starts_with("FAIL  settings: worker.toml:6:1"), "{out}");
}

/// The policy that `iam-policy` prints for the settings.
async fn printed_policy(account: &Account) -> Value {
    let words = ["iam-policy", "--config", "worker.toml"];
    let (_, out, err) = account.ask(&words).await;
    serde_json::from_str(&out).expect(&err)
}

/// The statement of the policy with this name.
fn statement<'p>(policy: &'p mut Value, sid: &str) -> &'p mut Value {
    let statements = policy["Statement"].as_array_mut().expect("statements");
    let mut named = statements.iter_mut().filter(|one| one["Sid"] == sid);
    named.next().expect("a statement with this name")
}

/// Credentials of the role [`WORKER`]. Without a policy, IAM does not know it.
async fn session(account: &Account, policy: Option<&Value>) -> [(&'static str, String); 3] {
    let key = account.world(|world| world.keys.account.clone());
    let key = (&*key.access_key_id, &*key.secret_access_key);
    let config = connect_to(
        &account.simulator.url(),
        "eu-west-1",
        key,
        http_client(None, None),
    );
    let iam = Iam::new(&config);
    let create = iam.create_role().role_name("worker");
    let trust = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
    let create = create.assume_role_policy_document(trust);
    create.send().await.expect("a role");
    if let Some(policy) = policy {
        let put = iam.put_role_policy().role_name("worker").policy_name("p");
        let put = put.policy_document(policy.to_string());
        put.send().await.expect("a policy");
    }
    let assume = Sts::new(&config).assume_role().role_arn(WORKER);
    let assumed = assume.role_session_name("i-1").send().await;
    let assumed = assumed
        .expect("a session")
        .credentials
        .expect("credentials");
    if policy.is_none() {
        let delete = iam.delete_role().role_name("worker");
        delete.send().await.expect("a role to delete");
    }
    [
        ("AWS_ACCESS_KEY_ID", assumed.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", assumed.secret_access_key),
        ("AWS_SESSION_TOKEN", assumed.session_token),
    ]
}

/// What `doctor --simulate-permissions` finds as this session: its exit code,
/// and its lines about the simulation.
async fn simulated(
    account: &Account,
    session: [(&'static str, String); 3],
    further: &[&str],
) -> (Option<i32>, Vec<String>) {
    let mut words = vec![
        "doctor",
        "--config",
        "worker.toml",
        "--simulate-permissions",
    ];
    words.extend(further);
    let output = account.command(&words).envs(session).output();
    let output = timeout(LONGEST, output)
        .await
        .expect("it ends")
        .expect("it starts");
    let out = String::from_utf8(output.stdout).expect("text");
    assert!(!out.contains("other calls"), "{out}");
    let lines = out
        .lines()
        .filter(|line| line[6..].starts_with("simulated permissions: "));
    (output.status.code(), lines.map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_with_the_printed_policy_may_do_everything() {
    let account = Account::new().await;
    account.world(|world| world.s3.create_bucket("journal"));
    account.settings("journal = \"s3://journal/fleet\"\nevent_bus = \"default\"\n");
    let policy = printed_policy(&account).await;
    let session = session(&account, Some(&policy)).await;
    let (code, lines) = simulated(&account, session, &[]).await;
    let statements = policy["Statement"].as_array().expect("statements");
    let count = |one: &Value| one["Action"].as_array().map_or(1, Vec::len);
    let actions: usize = statements.iter().map(count).sum();
    let line =
        format!("ok    simulated permissions: IAM would allow {actions} actions of {WORKER}");
    assert_eq!((code, lines), (Some(0), vec![line]));
    // Some statements have more actions than a page of the simulator.
    account.world(|world| {
        let asked = world.ledger.calls("iam", "SimulatePrincipalPolicy");
        let markers = asked.filter(|call| call.input.get("Marker").is_some());
        assert!(markers.count() > 0);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_role_may_not_do_is_named_with_its_statement() {
    let account = Account::new().await;
    let mut policy = printed_policy(&account).await;
    let any = statement(&mut policy, "DeployAny")["Action"].as_array_mut();
    any.expect("actions")
        .retain(|action| action != "codedeploy:StopDeployment");
    statement(&mut policy, "ImagesAny")["Action"] = json!("ecr:Other");
    for (sid, resource) in [
        ("DeployApplication", "application:webapp"),
        ("DeployDeploymentGroup", "deploymentgroup:webapp/webapp"),
    ] {
        let arn = format!("arn:aws:codedeploy:eu-west-1:111122223333:{resource}");
        statement(&mut policy, sid)["Resource"] = arn.into();
    }
    let statements = policy["Statement"].as_array_mut().expect("statements");
    let deny = json!({ "Effect": "Deny", "Action": "codepipeline:Poll*", "Resource": "*" });
    statements.push(deny);
    let session = session(&account, Some(&policy)).await;
    let (code, lines) = simulated(&account, session.clone(), &[]).await;
    assert_eq!(code, Some(1));
    let starts = |start: &str| {
        let mut found = lines.iter().filter(|line| line.starts_with(start));
        let line = found
            .next()
            .unwrap_or_else(|| panic!("{start}: {lines:#?}"));
        assert_eq!(found.count(), 0, "{lines:#?}");
        line.clone()
    };
    let poll = starts("FAIL  simulated permissions: IAM would deny codepipeline:PollForJobs on ");
    assert!(poll.contains("a statement denies it → remove"), "{poll}");
    let stop = "FAIL  simulated permissions: IAM would deny codedeploy:StopDeployment on *: no \
                statement allows it → add the statement DeployAny of `bluegreen-worker iam-policy`";
    starts(stop);
    let rules = starts("warn  simulated permissions: IAM would deny ecr:Describe");
    assert!(rules.ends_with("; releases go on without it"), "{rules}");
    let narrow = "warn  simulated permissions: IAM would deny codedeploy:BatchGetDeployments, ";
    let narrow = starts(narrow);
    assert!(narrow.contains("limited to fewer resources"), "{narrow}");
    starts("warn  simulated permissions: IAM would deny codedeploy:GetApplicationRevision, ");
    starts("ok    simulated permissions: IAM would allow ");
    assert_eq!(lines.len(), 6, "{lines:#?}");
    // With the group that the role is limited to, nothing is left to doubt.
    let group = ["--application", "webapp", "--group", "webapp"];
    let (_, lines) = simulated(&account, session, &group).await;
    assert_eq!(lines.len(), 4, "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_iam_does_not_answer_is_unknown_and_no_fault() {
    let account = Account::new().await;
    let session = session(&account, None).await;
    let (code, lines) = simulated(&account, session.clone(), &[]).await;
    assert_eq!((code, lines.len()), (Some(0), 1), "{lines:#?}");
    let unknown = "warn  simulated permissions: unknown for codepipeline:PollForJobs, ";
    assert!(lines[0].starts_with(unknown), "{lines:#?}");
    assert!(lines[0].contains("iam:PassRole"), "{lines:#?}");
    assert!(lines[0].contains("with the role's full ARN"), "{lines:#?}");
    account.deny("iam:SimulatePrincipalPolicy");
    let (code, lines) = simulated(&account, session, &[]).await;
    assert_eq!((code, lines.len()), (Some(0), 1), "{lines:#?}");
    assert!(lines[0].starts_with(unknown), "{lines:#?}");
    let remedy = format!("allow iam:SimulatePrincipalPolicy on {WORKER}");
    assert!(lines[0].contains(&remedy), "{lines:#?}");
}
