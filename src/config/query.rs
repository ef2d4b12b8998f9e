//! Selects jobs by the action type's queryable property (docs/aws.md §1.2).

/// Maximum length of the property's name in characters.
const MAX_NAME: usize = 50;

/// Maximum length of its value in characters. The service's model accepts 50, its
/// documentation says 20; the smaller limit satisfies both.
const MAX_VALUE: usize = 20;

/// Name and value of the queryable property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub name: String,
    pub value: String,
}

/// Parses `Name=Value`.
pub(super) fn parse_query(text: &str) -> Result<Query, String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(format!("`{text}` is not of the form Name=Value"));
    };
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_whitespace) {
        return Err(format!(
            "`{name}` is not the name of a property; it has 1 to {MAX_NAME} characters without blanks"
        ));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if value.is_empty() || value.len() > MAX_VALUE || !value.chars().all(allowed) {
        return Err(format!(
            "`{value}` is not its value; it has 1 to {MAX_VALUE} letters, digits, - or _"
        ));
    }
    Ok(Query {
        name: name.to_owned(),
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_at_most_twenty_characters() {
        let query = parse_query("ApplicationName=shop-web_2").unwrap();
        assert_eq!(
            (query.name.as_str(), query.value.as_str()),
            ("ApplicationName", "shop-web_2")
        );
        assert!(parse_query(&format!("Name={}", "x".repeat(20))).is_ok());
        for wrong in [
            "",
            "Name",
            "=x",
            "Name=",
            "Name=a b",
            "My Name=a",
            "Name=a=b",
        ] {
            assert!(parse_query(wrong).is_err(), "{wrong}");
        }
        assert!(parse_query(&format!("Name={}", "x".repeat(21))).is_err());
        assert!(parse_query(&format!("{}=x", "n".repeat(51))).is_err());
    }
}
