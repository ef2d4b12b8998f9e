//! Built-in functions of OPA that the engine lacks and that are small.

use std::net::IpAddr;

use regorus::{Engine, Value};
use sha2::{Digest as _, Sha256};

/// What a function gives for arguments that it can take.
type Function = fn(&[Value]) -> Option<Value>;

/// Adds them to an engine.
pub(super) fn add(engine: &mut Engine) {
    let functions: [(&str, u8, Function); 4] = [
        ("array.flatten", 1, flatten),
        ("crypto.sha256", 1, sha256),
        ("net.cidr_intersects", 2, cidr_intersects),
        ("re_match", 2, re_match),
    ];
    for (name, arguments, function) in functions {
        let call = move |values: Vec<Value>| {
            // What is no argument of it is an error, never silence.
            function(&values).ok_or_else(|| Wrong(name).into())
        };
        let added = engine.add_extension(name.to_owned(), arguments, Box::new(call));
        added.expect("the engine has no function of this name");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` cannot take these arguments")]
struct Wrong(&'static str);

/// One level of arrays in an array, as OPA does.
fn flatten(arguments: &[Value]) -> Option<Value> {
    let mut flat = Vec::new();
    for element in arguments.first()?.as_array().ok()? {
        match element.as_array() {
            Ok(inner) => flat.extend(inner.iter().cloned()),
            Err(_) => flat.push(element.clone()),
        }
    }
    Some(Value::from(flat))
}

fn sha256(arguments: &[Value]) -> Option<Value> {
    let text = arguments.first()?.as_string().ok()?;
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Value::from(hex))
}

fn re_match(arguments: &[Value]) -> Option<Value> {
    let pattern = arguments.first()?.as_string().ok()?;
    let text = arguments.get(1)?.as_string().ok()?;
    let pattern = regex::Regex::new(pattern).ok()?;
    Some(Value::from(pattern.is_match(text)))
}

fn cidr_intersects(arguments: &[Value]) -> Option<Value> {
    let network = |index: usize| parse(arguments.get(index)?.as_string().ok()?);
    let ((one, one_bits), (other, other_bits)) = (network(0)?, network(1)?);
    let Some(width) = (one.is_ipv4() == other.is_ipv4()).then(|| width(one)) else {
        return Some(Value::from(false));
    };
    // Two networks meet when the longer prefix begins with the shorter one.
    let bits = one_bits.min(other_bits);
    let prefix = |address: IpAddr| number(address).checked_shr(width - bits).unwrap_or(0);
    Some(Value::from(prefix(one) == prefix(other)))
}

fn parse(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    (bits <= width(address)).then_some((address, bits))
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(expression: &str) -> Option<String> {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        add(&mut engine);
        let policy = format!("package t\nx := {expression}\n");
        engine.add_policy("t.rego".into(), policy).ok()?;
        let value = engine.eval_rule("data.t.x".into()).ok()?;
        let value: serde_json::Value = serde_json::from_str(&value.to_json_str().ok()?).ok()?;
        Some(value.to_string())
    }

    #[test]
    fn they_answer_as_opa_does() {
        for (expression, expected) in [
            ("array.flatten([1, [2, [3]], []])", "[1,2,[3]]"),
            (
                "crypto.sha256(\"abc\")",
                "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
            ),
            (
                "net.cidr_intersects(\"10.0.0.0/8\", \"10.1.0.0/16\")",
                "true",
            ),
            (
                "net.cidr_intersects(\"10.0.0.0/16\", \"10.1.0.0/16\")",
                "false",
            ),
            (
                "net.cidr_intersects(\"0.0.0.0/0\", \"10.1.0.0/16\")",
                "true",
            ),
            ("net.cidr_intersects(\"::/0\", \"10.1.0.0/16\")", "false"),
            (
                "net.cidr_intersects(\"2001:db8::/32\", \"2001:db8:1::/48\")",
                "true",
            ),
            ("re_match(`^\\d+$`, \"12\")", "true"),
        ] {
            assert_eq!(value(expression).as_deref(), Some(expected), "{expression}");
        }
    }

    #[test]
    fn what_they_cannot_take_is_an_error() {
        for expression in [
            "array.flatten(1)",
            "crypto.sha256(1)",
            "net.cidr_intersects(\"10.0.0.0\", \"10.0.0.0/8\")",
            "net.cidr_intersects(\"10.0.0.0/33\", \"10.0.0.0/8\")",
            "re_match(`(`, \"\")",
        ] {
            assert_eq!(value(expression), None, "{expression}");
        }
    }
}
