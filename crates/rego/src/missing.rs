//! Functions of OPA and conftest that are not implemented.

/// A rule that calls one of these is rejected when the set is loaded.
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
    // regorus has it, but lays out its text in another way.
    "yaml.marshal",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_missing_is_missing_and_documented() {
        let docs = include_str!("../../../docs/policies.md");
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
