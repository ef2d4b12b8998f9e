//! The allowlist of roles that pipelines may name in `RoleArn`.

use crate::job::{AllowedRole, RoleArn, is_external_id};

/// Maximum number of roles. Each role has its own clients and credentials; more
/// would need more memory than a small task has.
pub(super) const MAX_ROLES: usize = 100;

/// Parses entries separated by semicolons. Each is an ARN, optionally followed
/// by a space and the external ID that the role requires. Neither can contain a
/// space or a semicolon.
pub(super) fn parse(text: &str) -> Result<Vec<AllowedRole>, String> {
    let mut roles: Vec<AllowedRole> = Vec::new();
    let mut problems = Vec::new();
    for entry in entries(text) {
        match role(entry) {
            Ok(role) if roles.iter().any(|other| other.arn == role.arn) => {
                problems.push(format!("`{}` is named twice", role.arn));
            }
            Ok(role) => roles.push(role),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    match roles.len() {
        0 => Err("no role is named; without roles, leave the key out".into()),
        1..=MAX_ROLES => Ok(roles),
        more => Err(format!(
            "{more} roles are named; at most {MAX_ROLES} are possible"
        )),
    }
}

fn role(entry: &str) -> Result<AllowedRole, String> {
    let mut words = entry.split_whitespace();
    let arn = words.next().unwrap_or_default();
    let external_id = words.next();
    if !is_role(arn) {
        return Err(format!(
            "`{arn}` is not the ARN of a role; write it like arn:aws:iam::111122223333:role/name"
        ));
    }
    if !external_id.is_none_or(is_external_id) || words.next().is_some() {
        return Err(format!(
            "after `{arn}`, only one external ID of 2 to 1224 letters, digits and _+=,.@:/- is possible"
        ));
    }
    Ok(AllowedRole {
        arn: arn.to_owned(),
        external_id: external_id.map(str::to_owned),
    })
}

/// Masks the external IDs.
pub(super) fn masked(text: &str) -> String {
    let masked = |entry: &str| match entry.split_once(char::is_whitespace) {
        Some((arn, _)) => format!("{arn} ***"),
        None => entry.to_owned(),
    };
    entries(text).map(masked).collect::<Vec<_>>().join("; ")
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

fn is_role(arn: &str) -> bool {
    RoleArn::parse(arn).is_some_and(|role| role.is_exact())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:iam::222233334444:role/deploy/shop+1=x,y.z@w-v";

    #[test]
    fn a_role_has_an_external_id_or_none() {
        let roles = parse(&format!(
            "{ARN} shop-42;\n arn:aws-cn:iam::111122223333:role/b "
        ))
        .unwrap();
        assert_eq!(roles[0].arn, ARN);
        assert_eq!(roles[0].external_id.as_deref(), Some("shop-42"));
        assert_eq!(roles[1].external_id, None);
    }

    #[test]
    fn only_exact_roles_are_accepted() {
        for text in [
            "",
            " ; ",
            "deploy",
            "arn:aws:iam::222233334444:user/deploy",
            "arn:aws:iam::222233334444:role/*",
            "arn:aws:iam::2222:role/deploy",
            "arn:aws:iam::222233334444:role/deploy x",
            "arn:aws:iam::222233334444:role/deploy one two",
            "arn:aws:iam::222233334444:role/a; arn:aws:iam::222233334444:role/a xy",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_entry_that_is_wrong_is_named() {
        let text = format!("deploy; {ARN}; {ARN}; arn:aws:iam::222233334444:role/b x y");
        let problem = parse(&text).unwrap_err();
        for words in [
            "`deploy` is not the ARN",
            "is named twice",
            "role/b`, only one external ID",
        ] {
            assert!(problem.contains(words), "{problem}");
        }
    }

    #[test]
    fn a_hundred_roles_are_possible() {
        let role = |n: usize| format!("arn:aws:iam::222233334444:role/r{n};");
        let roles = |count| (0..count).map(role).collect::<String>();
        assert_eq!(parse(&roles(MAX_ROLES)).unwrap().len(), MAX_ROLES);
        assert!(parse(&roles(MAX_ROLES + 1)).is_err());
    }

    #[test]
    fn an_external_id_is_never_shown() {
        assert_eq!(
            masked(&format!("{ARN} shop-42; {ARN}2")),
            format!("{ARN} ***; {ARN}2")
        );
        let shown = format!("{:?}", parse(&format!("{ARN} shop-42")).unwrap());
        assert!(!shown.contains("shop-42"), "{shown}");
    }
}
