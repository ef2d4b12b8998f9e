//! The results of IAM's policy simulator, and the bounds of its lists.

use super::wire::{Reply, Wire, answer};
use crate::aws::{Decision, PolicySimulator};
use crate::ports::CallErrorKind;

const ROLE: &str = "arn:aws:iam::111122223333:role/worker";

fn page(results: &[String], marker: Option<&str>) -> Reply {
    let (is_truncated, marker) = match marker {
        Some(marker) => (true, format!("<Marker>{marker}</Marker>")),
        None => (false, String::new()),
    };
    let results = results.concat();
    answer(
        200,
        format!(
            "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>\
             {results}</EvaluationResults><IsTruncated>{is_truncated}</IsTruncated>{marker}\
             </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        ),
    )
}

fn result(action: &str, decision: &str, details: &str) -> String {
    format!(
        "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision>\
         {details}</member>"
    )
}

fn simulator(wire: &Wire) -> PolicySimulator {
    PolicySimulator::new(&wire.config(), ROLE)
}

#[tokio::test(start_paused = true)]
async fn a_decision_says_which_policy_stands_in_the_way() {
    let denied = "<MissingContextValues><member>aws:SourceVpc</member></MissingContextValues>";
    let organization = "<OrganizationsDecisionDetail><AllowedByOrganizations>false\
                        </AllowedByOrganizations></OrganizationsDecisionDetail>";
    let boundary = "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false\
                    </AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>";
    let on_resource = format!(
        "<ResourceSpecificResults><member><EvalResourceName>r</EvalResourceName>\
         <EvalResourceDecision>implicitDeny</EvalResourceDecision>{boundary}</member>\
         </ResourceSpecificResults>"
    );
    let cases = [
        ("allowed", "", Decision::Allowed),
        ("implicitDeny", "", Decision::NotAllowed),
        ("explicitDeny", "", Decision::Denied),
        ("later", "", Decision::NotAllowed),
        ("explicitDeny", organization, Decision::DeniedByOrganization),
        ("implicitDeny", boundary, Decision::DeniedByBoundary),
        ("implicitDeny", &on_resource, Decision::DeniedByBoundary),
        (
            "implicitDeny",
            denied,
            Decision::Unclear(vec!["aws:SourceVpc".into()]),
        ),
        ("allowed", denied, Decision::Allowed),
    ];
    let results = cases
        .iter()
        .enumerate()
        .map(|(number, case)| result(&format!("a:{number}"), case.0, case.1));
    let wire = Wire::new([page(&results.collect::<Vec<_>>(), None)]);
    let actions: Vec<String> = (0..cases.len())
        .map(|number| format!("a:{number}"))
        .collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let context = [("iam:PassedToService", "ecs-tasks.amazonaws.com")];
    let decisions = simulator(&wire)
        .decide(&actions, &["*".into()], &context)
        .await
        .unwrap();
    let expected: Vec<Decision> = cases.into_iter().map(|case| case.2).collect();
    assert_eq!(decisions, expected);
    let sent = &wire.sent()[0];
    // IAM has one endpoint, in one Region.
    assert_eq!(sent.uri, "https://iam.amazonaws.com/");
    let signature = sent.header("authorization").unwrap();
    assert!(signature.contains("/us-east-1/iam/"), "{signature}");
    for field in [
        "PolicySourceArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fworker",
        "ActionNames.member.9=a%3A8",
        "ResourceArns.member.1=%2A",
        "ContextEntries.member.1.ContextKeyValues.member.1=ecs-tasks.amazonaws.com",
    ] {
        assert!(sent.body.contains(field), "{field}: {}", sent.body);
    }
}

#[tokio::test(start_paused = true)]
async fn one_result_that_is_not_allowed_decides() {
    let results = ["allowed", "implicitDeny", "allowed"].map(|it| result("a:b", it, ""));
    let wire = Wire::new([page(&results, None)]);
    let decisions = simulator(&wire).decide(&["a:b"], &[], &[]).await;
    assert_eq!(decisions.unwrap(), [Decision::NotAllowed]);
    let wire = Wire::new([page(&results[..1], None)]);
    let error = simulator(&wire).decide(&["a:b", "a:c"], &[], &[]).await;
    let error = error.unwrap_err();
    assert_eq!(error.code, "IncompleteAnswer");
    assert_eq!(error.resource.as_deref(), Some("a:c"));
}

#[tokio::test(start_paused = true)]
async fn a_call_has_at_most_a_hundred_actions_and_a_hundred_pages() {
    let names: Vec<String> = (1..=101).map(|number| format!("a:{number}")).collect();
    let actions: Vec<&str> = names.iter().map(String::as_str).collect();
    let results: Vec<String> = actions.iter().map(|it| result(it, "allowed", "")).collect();
    let wire = Wire::new([
        page(&results[..60], Some("60")),
        page(&results[60..100], None),
        page(&results[100..], None),
    ]);
    let decisions = simulator(&wire).decide(&actions, &[], &[]).await.unwrap();
    assert_eq!(decisions, vec![Decision::Allowed; 101]);
    let bodies: Vec<String> = wire.sent().into_iter().map(|sent| sent.body).collect();
    assert!(bodies[0].contains("ActionNames.member.100=") && !bodies[0].contains("member.101="));
    assert!(bodies[1].contains("Marker=60"), "{}", bodies[1]);
    assert!(
        bodies[2].contains("ActionNames.member.1=a%3A101"),
        "{}",
        bodies[2]
    );

    let markers: Vec<String> = (1..=100).map(|number| number.to_string()).collect();
    let endless = markers
        .iter()
        .map(|marker| page(&results[..1], Some(marker)));
    let wire = Wire::new(endless);
    let error = simulator(&wire).decide(&actions[..1], &[], &[]).await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind, &*error.code),
        (CallErrorKind::Unclear, "EndlessList")
    );
    assert_eq!(wire.sent().len(), 100);
}
