//! Functions of OPA and conftest that are not implemented.

/// A rule that calls one of these is rejected when the set is loaded. A name that
/// ends in a dot stands for all that begin with it.
const MISSING: &[&str] = &[
    "crypto.hmac.",
    "crypto.md5",
    "crypto.parse_private_keys",
    "crypto.sha1",
    "crypto.x509.",
    "graphql.",
    "http.send",
    "io.jwt.",
    "json.match_schema",
    "json.verify_schema",
    "net.cidr_contains_matches",
    "net.cidr_merge",
    "net.lookup_ip_addr",
    "opa.runtime",
    "parse_config",
    "parse_config_file",
    "parse_combined_config_files",
    "providers.aws.",
    "regex.globs_match",
    "rego.parse_module",
    "strings.render_template",
    "uuid.",
    // regorus has it, but lays out its text in another way.
    "yaml.marshal",
];

/// Whether a function of OPA or conftest is missing.
pub(crate) fn is_missing(function: &str) -> bool {
    let is_it = |name: &&str| match name.ends_with('.') {
        true => function.starts_with(*name),
        false => function == *name,
    };
    MISSING.iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_missing_is_missing_and_documented() {
        let docs = include_str!("../../../../docs/policies.md");
        for name in MISSING {
            let is_there = regorus::unstable::BUILTINS.contains_key(name);
            assert!(!is_there || *name == "yaml.marshal", "{name}");
            let family = name.rsplit_once('.').map_or(*name, |(family, _)| family);
            let named =
                docs.contains(&format!("`{name}`")) || docs.contains(&format!("`{family}.*`"));
            assert!(named, "{name}");
        }
    }
}
