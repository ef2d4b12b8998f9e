//! Simulated IAM: roles with their policies, which are not enforced. Only
//! `SimulatePrincipalPolicy` evaluates them.

mod simulate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::simulator::api::{Answer, ApiError};
use crate::simulator::wire::query::Form;
use crate::simulator::world::World;

/// IAM's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Iam {
    roles: BTreeMap<String, Role>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Role {
    /// The `Role` object as IAM shows it.
    shown: Value,
    inline: BTreeMap<String, String>,
    attached: Vec<String>,
}

/// Handles one call of the query protocol.
pub(in crate::simulator) fn call(world: &mut World, operation: &str, form: &Form) -> Answer {
    match operation {
        "CreateRole" => create(world, form),
        "GetRole" => {
            let role = role(world, form)?;
            Ok(json!({ "Role": role.shown }))
        }
        "PutRolePolicy" => {
            let document = document(form, "PolicyDocument")?.to_owned();
            let name = form.required("PolicyName")?.to_owned();
            role(world, form)?.inline.insert(name, document);
            Ok(json!({}))
        }
        "AttachRolePolicy" => {
            let arn = form.required("PolicyArn")?;
            if !arn.starts_with("arn:aws:iam::") {
                return Err(ApiError::new(
                    "InvalidInput",
                    format!("ARN {arn} is not valid."),
                ));
            }
            let arn = arn.to_owned();
            role(world, form)?.attached.push(arn);
            Ok(json!({}))
        }
        "SimulatePrincipalPolicy" => simulate::simulate(world, form),
        _ => Err(ApiError::new(
            "InvalidAction",
            format!("The simulated IAM has no operation {operation}"),
        )),
    }
}

fn create(world: &mut World, form: &Form) -> Answer {
    let name = form.required("RoleName")?;
    let well_formed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if !(1..=64).contains(&name.len()) || !name.chars().all(well_formed) {
        return Err(ApiError::new(
            "ValidationError",
            "The specified value for roleName is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-",
        ));
    }
    if world.iam.roles.contains_key(name) {
        return Err(ApiError {
            status: 409,
            code: "EntityAlreadyExists",
            message: format!("Role with name {name} already exists."),
        });
    }
    let trust = document(form, "AssumeRolePolicyDocument")?;
    let path = form.text("Path").unwrap_or("/");
    let id = world.names.hex()[..17].to_uppercase();
    let shown = json!({
        "Path": path,
        "RoleName": name,
        "RoleId": format!("AROA{id}"),
        "Arn": format!("arn:aws:iam::{}:role{path}{name}", world.account),
        "CreateDate": world.now().to_string(),
        "AssumeRolePolicyDocument": percent(trust),
    });
    let role = Role {
        shown: shown.clone(),
        inline: BTreeMap::new(),
        attached: Vec::new(),
    };
    world.iam.roles.insert(name.to_owned(), role);
    Ok(json!({ "Role": shown }))
}

/// IAM returns policy documents URL-encoded.
fn percent(text: &str) -> String {
    crate::simulator::wire::message::percent_encode(text)
}

/// A policy document, which must be JSON with statements.
fn document<'a>(form: &'a Form, name: &str) -> Result<&'a str, ApiError> {
    let text = form.required(name)?;
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    match parsed.filter(|policy| policy.get("Statement").is_some()) {
        Some(_) => Ok(text),
        None => Err(ApiError::new(
            "MalformedPolicyDocument",
            "Syntax errors in policy.",
        )),
    }
}

fn role<'w>(world: &'w mut World, form: &Form) -> Result<&'w mut Role, ApiError> {
    let name = form.required("RoleName")?;
    world.iam.roles.get_mut(name).ok_or_else(|| ApiError {
        status: 404,
        code: "NoSuchEntity",
        message: format!("The role with name {name} cannot be found."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

    #[test]
    fn a_role_is_made_once_and_takes_policies() {
        let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
        let role = [("RoleName", "worker"), ("AssumeRolePolicyDocument", POLICY)];
        let made = call(&mut world, "CreateRole", &Form::new(&role)).unwrap();
        assert_eq!(made["Role"]["Arn"], "arn:aws:iam::111122223333:role/worker");
        let again = call(&mut world, "CreateRole", &Form::new(&role)).unwrap_err();
        assert_eq!((again.status, again.code), (409, "EntityAlreadyExists"));
        let put = |name, document| {
            Form::new(&[
                ("RoleName", name),
                ("PolicyName", "p"),
                ("PolicyDocument", document),
            ])
        };
        assert!(call(&mut world, "PutRolePolicy", &put("worker", POLICY)).is_ok());
        for (form, code) in [
            (put("worker", "{"), "MalformedPolicyDocument"),
            (put("other", POLICY), "NoSuchEntity"),
        ] {
            let refused = call(&mut world, "PutRolePolicy", &form).unwrap_err();
            assert_eq!(refused.code, code);
        }
    }
}
