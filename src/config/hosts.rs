//! Host names accepted by the HTTP server.

/// Maximum number of names; a worker has one or two.
const MAX_HOSTS: usize = 16;

/// Maximum length of a DNS name in characters.
const MAX_NAME: usize = 253;

/// Parses names separated by commas. A name has no port.
pub(super) fn parse(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = text
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if let Some(wrong) = names
        .iter()
        .find(|name| name.len() > MAX_NAME || !name.chars().all(letter))
    {
        return Err(format!(
            "`{wrong}` is not a host name; write it like worker.ops.internal"
        ));
    }
    if names.len() > MAX_HOSTS {
        return Err(format!(
            "{} names are listed; at most {MAX_HOSTS} are possible",
            names.len()
        ));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_and_not_many() {
        let read = parse("worker.ops.internal, metrics ,").unwrap();
        assert_eq!(read, ["worker.ops.internal", "metrics"]);
        for wrong in ["worker:8080", "*", "http://worker", "a b", "ü"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse(&"n".repeat(MAX_NAME)).is_ok());
        assert!(parse(&"n".repeat(MAX_NAME + 1)).is_err());
        let many = |count| vec!["n"; count].join(",");
        assert!(parse(&many(MAX_HOSTS)).is_ok());
        assert!(parse(&many(MAX_HOSTS + 1)).is_err());
    }
}
