//! Generates ids in AWS's formats from a counter or a text. The same input
//! always gives the same id.

use sha2::{Digest as _, Sha256};

/// Coprime to the moduli below. Multiplying a counter with it spreads
/// consecutive values and maps no two counters below a modulus to the same one.
const SCATTER: u128 = 11_400_714_819_323_198_549;

/// Nine base-36 digits.
const DEPLOYMENT_IDS: u128 = 36u128.pow(9);

/// Nineteen decimal digits.
const TASK_SET_IDS: u128 = 10u128.pow(19);

/// `d-` and nine upper-case letters or digits (docs/aws.md §5.1).
pub(crate) fn deployment(counter: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest = scattered(counter, DEPLOYMENT_IDS);
    let mut id = String::from("d-");
    for _ in 0..9 {
        let digit = usize::try_from(rest % 36).expect("below 36");
        id.push(char::from(DIGITS[digit]));
        rest /= 36;
    }
    id
}

/// Nineteen digits, the form of a service revision's id.
pub(crate) fn service_revision(counter: u64) -> String {
    format!("{:019}", scattered(counter, TASK_SET_IDS))
}

/// Letters, digits, `_` and `-`, derived from a kind and a counter.
pub(crate) fn url_safe(kind: &str, counter: u64, length: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let block = |number: usize| Sha256::digest(format!("{kind}/{counter}/{number}"));
    let bytes = (0..).flat_map(|number| block(number).to_vec());
    bytes
        .take(length)
        .map(|byte| char::from(DIGITS[usize::from(byte % 64)]))
        .collect()
}

/// `ecs-svc/` and nineteen digits.
pub(crate) fn task_set(counter: u64) -> String {
    format!("ecs-svc/{}", service_revision(counter))
}

fn scattered(counter: u64, modulus: u128) -> u128 {
    (u128::from(counter) + 1) * SCATTER % modulus
}

/// Thirty-two hexadecimal digits, the form of a task id.
pub(crate) fn task(counter: u64) -> String {
    let half = scattered(counter, 1 << 64);
    format!("{half:016x}{:016x}", half * SCATTER % (1 << 64))
}

/// Whether a text has the twelve digits of an account's id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A lower-case UUID.
pub(crate) fn uuid(counter: u64) -> String {
    uuid_of(&task(counter))
}

/// A UUID in the format of version 4 with these hexadecimal digits, of which
/// there are at least 32.
pub(crate) fn uuid_of(hex: &str) -> String {
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

/// Sixteen hexadecimal digits derived from a name.
pub(crate) fn of_name(name: &str) -> String {
    sha256(name)[..16].to_owned()
}

/// First counter value for a name, so that objects of different names get
/// different ids.
pub(crate) fn start_of(name: &str) -> u64 {
    // 56 bits leave room to count upwards.
    u64::from_str_radix(&sha256(name)[..14], 16).expect("hexadecimal digits")
}

/// SHA-256 of a text, in lower-case hexadecimal digits.
pub(crate) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_have_the_form_that_aws_gives_them() {
        assert_eq!(deployment(0).len(), 11);
        assert!(
            deployment(7)[2..]
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        );
        assert_eq!(task_set(3).len(), "ecs-svc/".len() + 19);
        assert_eq!(task(3).len(), 32);
        assert_eq!(uuid(3).len(), 36);
        assert_eq!(service_revision(3).len(), 19);
        assert_eq!(url_safe("deployment", 3, 21).len(), 21);
        assert_ne!(url_safe("hook", 3, 43), url_safe("hook", 4, 43));
        assert_eq!(of_name("blue").len(), 16);
    }

    #[test]
    fn no_two_counters_share_an_id() {
        let ids: BTreeSet<_> = (0..2_000)
            .flat_map(|counter| [deployment(counter), task_set(counter), task(counter)])
            .collect();
        assert_eq!(ids.len(), 6_000);
    }
}
