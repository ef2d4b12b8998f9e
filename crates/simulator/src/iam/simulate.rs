//! `SimulatePrincipalPolicy`: what the inline policies of a role allow.
//!
//! The answer has one result per action: the most restrictive decision on its
//! resources. The account's own principal may do everything. IAM knows more
//! than this: what is not evaluated here is answered as an error of the
//! evaluation, and never as allowed or denied.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::page;
use crate::keys::Caller;
use crate::wire::query::Form;
use crate::world::World;

use super::no_such_entity;

/// Results on one page. IAM's own limit is 100, but it may return fewer; small
/// pages make every client follow the marker.
const PAGE: usize = 3;

/// The policy of the account's own principal.
const EVERYTHING: &str =
    r#"{ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }"#;

/// A policy, whose kind has statements with these members.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policy<S> {
    pub(super) statement: List<S>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default, rename = "Sid")]
    _sid: String,
    effect: Effect,
    action: List<String>,
    resource: List<String>,
    #[serde(default)]
    condition: Conditions,
}

/// The conditions that are evaluated: the values of each context key.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Conditions {
    #[serde(default)]
    pub(super) string_equals: BTreeMap<String, List<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// IAM writes a list of one also without brackets.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum List<T> {
    One(T),
    Several(Vec<T>),
}

/// From the least to the most restrictive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Decision {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

pub(super) fn simulate(world: &World, form: &Form) -> Answer {
    let actions = form.list("ActionNames.member");
    if actions.is_empty() {
        form.required("ActionNames")?;
    }
    let mut resources = form.list("ResourceArns.member");
    if resources.is_empty() {
        resources.push("*");
    }
    let statements = statements(world, form.required("PolicySourceArn")?)?;
    let context = context(form);
    let page = page(actions, form.text("Marker"), PAGE);
    let page = page.ok_or_else(|| invalid("Invalid Marker."))?;
    let actions = page.items.into_iter();
    let results = actions.map(|action| result(&statements, action, &resources, &context));
    Ok(json!({
        "EvaluationResults": results.collect::<Vec<Value>>(),
        "IsTruncated": page.next.is_some(),
        "Marker": page.next,
    }))
}

/// The statements of the principal's policies.
fn statements(world: &World, arn: &str) -> Result<Vec<Statement>, ApiError> {
    let mut statements = Vec::new();
    for (name, document) in documents(world, arn)? {
        let policy: Policy<Statement> = serde_json::from_str(document)
            .map_err(|error| cannot_evaluate(&format!("the policy {name}: {error}")))?;
        match policy.statement {
            List::One(one) => statements.push(one),
            List::Several(several) => statements.extend(several),
        }
    }
    Ok(statements)
}

/// The names and texts of the principal's policies.
fn documents<'w>(world: &'w World, arn: &str) -> Result<Vec<(&'w str, &'w str)>, ApiError> {
    if arn == Caller::Account.arn(&world.account) {
        return Ok(vec![("everything", EVERYTHING)]);
    }
    if !arn.starts_with("arn:aws:iam::") {
        return Err(invalid(&format!("Invalid Entity Arn: {arn}")));
    }
    let role = world.iam.role_with_arn(arn);
    let role = role.ok_or_else(|| no_such_entity(&format!("entity {arn}")))?;
    if let Some(policy) = role.attached.first() {
        return Err(cannot_evaluate(&format!("the document of {policy}")));
    }
    let inline = role.inline.iter();
    Ok(inline.map(|(name, text)| (&**name, &**text)).collect())
}

/// The context keys, in lower case, with their values.
fn context(form: &Form) -> BTreeMap<String, Vec<&str>> {
    let entry = |number: usize| {
        let entry = format!("ContextEntries.member.{number}");
        let name = form.text(&format!("{entry}.ContextKeyName"))?;
        let values = form.list(&format!("{entry}.ContextKeyValues.member"));
        Some((name.to_ascii_lowercase(), values))
    };
    (1..).map_while(entry).collect()
}

fn result(
    statements: &[Statement],
    action: &str,
    resources: &[&str],
    context: &BTreeMap<String, Vec<&str>>,
) -> Value {
    let mut decision = Decision::Allowed;
    let mut missing = BTreeSet::new();
    let mut specific = Vec::new();
    for resource in resources {
        let (on_this, lacks) = decide(statements, action, resource, context);
        specific.push(json!({
            "EvalResourceName": resource,
            "EvalResourceDecision": on_this.name(),
            "MissingContextValues": lacks,
        }));
        decision = decision.max(on_this);
        missing.extend(lacks);
    }
    json!({
        "EvalActionName": action,
        "EvalResourceName": "*",
        "EvalDecision": decision.name(),
        "MissingContextValues": missing,
        "ResourceSpecificResults": specific,
    })
}

/// The decision, and the condition keys that have no value.
fn decide<'a>(
    statements: &'a [Statement],
    action: &str,
    resource: &str,
    context: &BTreeMap<String, Vec<&str>>,
) -> (Decision, BTreeSet<&'a str>) {
    let action = action.to_ascii_lowercase();
    let mut missing = BTreeSet::new();
    let mut decision = Decision::ImplicitDeny;
    for statement in statements {
        let mut actions = statement.action.items().iter();
        let mut on = statement.resource.items().iter();
        let applies = actions.any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
            && on.any(|pattern| matches(pattern, resource));
        if !applies {
            continue;
        }
        let conditions = statement.condition.string_equals.iter();
        let holds = |(key, wanted): (&'a String, &List<String>)| {
            let Some(given) = context.get(&key.to_ascii_lowercase()) else {
                missing.insert(key.as_str());
                return false;
            };
            let mut wanted = wanted.items().iter();
            wanted.any(|value| given.contains(&value.as_str()))
        };
        // Every condition is looked at, so that every missing key is named.
        let held: Vec<bool> = conditions.map(holds).collect();
        if !held.contains(&false) {
            decision = match (statement.effect, decision) {
                (Effect::Deny, _) | (Effect::Allow, Decision::ExplicitDeny) => {
                    Decision::ExplicitDeny
                }
                (Effect::Allow, Decision::Allowed | Decision::ImplicitDeny) => Decision::Allowed,
            };
        }
    }
    (decision, missing)
}

/// Whether the text fits a pattern with `*` and `?`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut place, mut at) = (0, 0);
    // Behind the last star, and where in the text its part ends.
    let mut star = None;
    while at < text.len() {
        match (pattern.get(place), star) {
            (Some('*'), _) => {
                place += 1;
                star = Some((place, at));
            }
            (Some(c), _) if *c == '?' || *c == text[at] => (place, at) = (place + 1, at + 1),
            (Some(_) | None, Some((behind, end))) => {
                star = Some((behind, end + 1));
                (place, at) = (behind, end + 1);
            }
            (Some(_) | None, None) => return false,
        }
    }
    pattern[place..].iter().all(|c| *c == '*')
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidInput", message)
}

pub(super) fn cannot_evaluate(what: &str) -> ApiError {
    let message = format!("The simulated IAM cannot evaluate {what}");
    ApiError::with_status(500, "PolicyEvaluation", message)
}

impl Decision {
    fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
        }
    }
}

impl<T> List<T> {
    pub(super) fn items(&self) -> &[T] {
        match self {
            Self::One(item) => std::slice::from_ref(item),
            Self::Several(items) => items,
        }
    }
}
