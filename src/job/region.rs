//! Names of AWS Regions.

/// Maximum length of a Region's name in characters; AWS's have at most 15.
const MAX_REGION: usize = 32;

/// Whether a text has the form of a Region's name: at least two words in lower
/// case and a number, such as `us-gov-west-1`. A Region becomes part of host
/// names that receive signed requests, so nothing else may pass.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let (words, number) = text.rsplit_once('-').unwrap_or_default();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    text.len() <= MAX_REGION
        && words.contains('-')
        && words.split('-').all(is_word)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_words_and_a_number() {
        let longest = format!("{}-west-1", "a".repeat(MAX_REGION - "-west-1".len()));
        for text in [
            "eu-west-1",
            "us-gov-west-1",
            "us-isob-east-1",
            "eusc-de-east-1",
            "ap-southeast-12",
            &longest,
        ] {
            assert!(is_region(text), "{text}");
        }
        for text in [
            "",
            "*",
            "-1",
            "eu-west",
            "eu west-1",
            "eu-west-1a",
            "eu/west-1",
            "eu--1",
            "<region>",
            "west-1",
            "EU-WEST-1",
            &format!("a{longest}"),
        ] {
            assert!(!is_region(text), "{text}");
        }
    }
}
