//! Where a policy means something else to OPA than to this engine: a warning
//! for each such place, with file and line.

use serde_json::Value;

use super::question::Text;

/// Built-in functions of OPA and conftest that are not here. A rule that comes
/// to use one refuses the release.
pub(super) const MISSING: &[&str] = &[
    "crypto.hmac.equal",
    "crypto.hmac.md5",
    "crypto.hmac.sha1",
    "crypto.hmac.sha256",
    "crypto.hmac.sha512",
    "crypto.md5",
    "crypto.parse_private_keys",
    "crypto.sha1",
    "crypto.x509.parse_and_verify_certificates",
    "crypto.x509.parse_certificate_request",
    "crypto.x509.parse_certificates",
    "crypto.x509.parse_keypair",
    "crypto.x509.parse_rsa_private_key",
    "graphql.is_valid",
    "graphql.parse",
    "graphql.parse_and_verify",
    "graphql.parse_query",
    "graphql.parse_schema",
    "graphql.schema_is_valid",
    "http.send",
    "io.jwt.decode",
    "io.jwt.decode_verify",
    "io.jwt.encode_sign",
    "io.jwt.encode_sign_raw",
    "io.jwt.verify_es256",
    "io.jwt.verify_hs256",
    "io.jwt.verify_rs256",
    "json.match_schema",
    "json.verify_schema",
    "net.cidr_contains_matches",
    "net.cidr_merge",
    "net.lookup_ip_addr",
    "opa.runtime",
    "parse_config",
    "parse_config_file",
    "parse_combined_config_files",
    "providers.aws.sign_req",
    "regex.globs_match",
    "rego.metadata.chain",
    "rego.metadata.rule",
    "rego.parse_module",
    "strings.render_template",
    "uuid.parse",
    "uuid.rfc4122",
];

/// Every such place in a file. `module` is the engine's tree of it.
pub(super) fn warnings(file: &Text, module: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(file, module, &mut found);
    found.sort_unstable_by_key(|(line, _)| *line);
    found.dedup();
    let place = |(line, what): (u64, String)| format!("{}:{line}: {what}", file.path);
    found.into_iter().map(place).collect()
}

fn visit(file: &Text, node: &Value, found: &mut Vec<(u64, String)>) {
    match node {
        Value::Array(nodes) => nodes.iter().for_each(|node| visit(file, node, found)),
        Value::Object(members) => {
            for (name, member) in members {
                let what = match name.as_str() {
                    "NotExpr" => negation(member),
                    "Call" => call(file, member),
                    "with_mods" => replacement(file, member),
                    _ => None,
                };
                if let Some(what) = what {
                    found.push((line(member), what));
                }
                visit(file, member, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// OPA takes `input.x` out of the negation: with `input.x` missing the body is
/// undefined there, and true here.
fn negation(member: &Value) -> Option<String> {
    let is_plain = is_plain_reference(&member["expr"]);
    (!is_plain && mentions_input(&member["expr"])).then(|| {
        "`not` around more than a reference: where what it takes from the input is missing, this is true here and undefined in OPA".to_owned()
    })
}

/// `input.a.b[i]`, whose being missing is what both understand.
fn is_plain_reference(expr: &Value) -> bool {
    if expr.get("Var").is_some() {
        return true;
    }
    if let Some(inner) = expr.get("RefDot") {
        return is_plain_reference(&inner["refr"]);
    }
    expr.get("RefBrack")
        .is_some_and(|inner| is_plain_reference(&inner["refr"]) && !mentions_input(&inner["index"]))
}

fn mentions_input(node: &Value) -> bool {
    match node {
        Value::Array(nodes) => nodes.iter().any(mentions_input),
        Value::Object(members) => members.iter().any(|(name, member)| {
            (name == "Var" && member["value"] == "input") || mentions_input(member)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn call(file: &Text, member: &Value) -> Option<String> {
    let function = first_value(&member["fcn"])?;
    let name = source(file, function)?;
    if is_on_a_new_line(file, function) {
        return Some("a line that begins with `(` goes on with the line before here, as a call of what stands there".to_owned());
    }
    if MISSING.contains(&name) {
        return Some(format!(
            "`{name}` is not there; a rule that comes to use it refuses the release"
        ));
    }
    let format = first_value(member["params"].get(0)?)?;
    let format = format.get("value").and_then(Value::as_str)?;
    if name != "sprintf" || is_dependable(format) {
        return None;
    }
    Some("of sprintf, only %s %d %v %x %q and %.3f print as in OPA".to_owned())
}

/// Whether the arguments of a call begin on another line than its name ends.
fn is_on_a_new_line(file: &Text, function: &Value) -> bool {
    let end = function["span"]["end"].as_u64();
    let end = end.and_then(|end| usize::try_from(end).ok());
    let rest = end.and_then(|end| file.text.get(end..)).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start().len();
    rest[..blanks].contains('\n')
}

/// Whether a format has only verbs that print as in OPA.
fn is_dependable(format: &str) -> bool {
    format.replace("%%", "").split('%').skip(1).all(|rest| {
        let rest = match rest.strip_prefix('.') {
            Some(digits) => {
                let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
                return rest.starts_with('f');
            }
            None => rest,
        };
        rest.starts_with(['s', 'd', 'v', 'x', 'q'])
    })
}

/// `with limit as 3` names a rule of the package to OPA and nothing here.
fn replacement(file: &Text, member: &Value) -> Option<String> {
    let bare = member.as_array()?.iter().find_map(|replacement| {
        let variable = replacement["refr"].get("Var")?;
        let name = source(file, variable)?;
        let is_known =
            matches!(name, "input" | "data") || regorus::unstable::BUILTINS.contains_key(name);
        (!is_known).then_some(name)
    })?;
    Some(format!(
        "`with {bare} as …` wants the full path here, such as `with data.main.{bare} as …`"
    ))
}

/// What an enum's one variant holds.
fn first_value(node: &Value) -> Option<&Value> {
    node.as_object()?.values().next()
}

/// The text that a node was read from.
fn source<'a>(file: &'a Text, node: &Value) -> Option<&'a str> {
    let at = |name: &str| usize::try_from(node["span"][name].as_u64()?).ok();
    file.text.get(at("start")?..at("end")?)
}

/// The line of a node or of its first part.
fn line(node: &Value) -> u64 {
    let own = &node["span"]["line"];
    own.as_u64()
        .or_else(|| node[0]["span"]["line"].as_u64())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regorus::Engine;

    fn found(policy: &str) -> Vec<String> {
        let file = Text {
            path: "team.rego".into(),
            text: format!("package main\n{policy}\n"),
        };
        let mut engine = Engine::new();
        let added = engine.add_policy(file.path.clone(), file.text.clone());
        added.expect(policy);
        let module = serde_json::to_value(&engine.get_modules()[0]).expect("a tree");
        warnings(&file, &module)
    }

    #[test]
    fn each_difference_is_warned_of_with_its_line() {
        for (policy, expected) in [
            (
                "deny contains 1 if {\n\tnot startswith(input.x, \"a\")\n}",
                "team.rego:3: `not`",
            ),
            ("deny contains 1 if not input.x == 1", "team.rego:2: `not`"),
            (
                "deny contains 1 if not input.x in {1}",
                "team.rego:2: `not`",
            ),
            (
                "deny contains 1 if not data.s[input.x]",
                "team.rego:2: `not`",
            ),
            (
                "deny contains 1 if http.send({})",
                "team.rego:2: `http.send`",
            ),
            (
                "deny contains 1 if {\n\tx := input.a\n\t(x + 1) > 2\n}",
                "team.rego:4: a line that begins with `(`",
            ),
            (
                "deny contains sprintf(\"%5.2f\", [1])",
                "team.rego:2: of sprintf",
            ),
            (
                "deny contains sprintf(`%-5s %d`, [1, 2])",
                "team.rego:2: of sprintf",
            ),
            (
                "limit := 1\ntest_a if limit == 3 with limit as 3",
                "team.rego:3: `with limit",
            ),
        ] {
            let found = found(policy);
            assert!(
                found.len() == 1 && found[0].starts_with(expected),
                "{policy}: {found:?}"
            );
        }
    }

    #[test]
    fn what_both_understand_is_not_warned_of() {
        for policy in [
            "deny contains 1 if not input.x",
            "deny contains sprintf(\n\t\"%s\",\n\t[\n\t\t1\n\t],\n)",
            "deny contains 1 if {\n\tsome c in input.list\n\tnot c.user\n}",
            "deny contains 1 if {\n\tsome i, _ in input.list\n\tnot input.list[i].user\n}",
            "deny contains sprintf(\"%s %d %v %x %q %.3f 100%%\", [1, 2, 3, 4, 5, 6])",
            "test_a if count(deny) == 0 with input as {} with data.limits as {}",
            "test_a if time.now_ns() == 1 with time.now_ns as 1",
        ] {
            assert_eq!(found(policy), [""; 0], "{policy}");
        }
    }

    #[test]
    fn what_is_called_missing_is_missing_and_documented() {
        let docs = include_str!("../../docs/policies.md");
        for name in MISSING {
            assert!(!regorus::unstable::BUILTINS.contains_key(name), "{name}");
            let family = name.rsplit_once('.').map_or(*name, |(family, _)| family);
            let named =
                docs.contains(&format!("`{name}`")) || docs.contains(&format!("`{family}.*`"));
            assert!(named, "{name}");
        }
    }
}
