//! The printed IAM policy must allow exactly the calls in the program's code.

mod ledger;
mod roles;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bluegreen_worker::job::permissions::CALLS;

/// Calls that need no permission.
const FREE: [&str; 1] = ["sts:GetCallerIdentity"];

/// Calls that no worker makes: a flag of `doctor` asks for them.
const ON_REQUEST: [&str; 1] = ["iam:SimulatePrincipalPolicy"];

#[test]
fn the_policy_lists_every_call_that_the_adapters_make() {
    let mut made = BTreeSet::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws"),
        &mut made,
    );
    for call in FREE.into_iter().chain(ON_REQUEST) {
        assert!(made.remove(call), "{call} is not made any more");
    }
    let listed: BTreeSet<String> = CALLS.iter().map(|call| call.action.to_owned()).collect();
    assert_eq!(made, listed);
}

/// Every `"service:Operation"` in the adapters' sources. Each adapter names its
/// call in this form for its errors.
fn collect(folder: &Path, made: &mut BTreeSet<String>) {
    for item in fs::read_dir(folder).expect("the sources are there") {
        let path = item.expect("readable").path();
        if path.ends_with("tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, made);
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        made.extend(
            code.split('"')
                .filter(|word| is_call(word))
                .map(str::to_owned),
        );
    }
}

fn is_call(word: &str) -> bool {
    word.split_once(':').is_some_and(|(service, operation)| {
        !service.is_empty()
            && service
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            && operation.starts_with(|c: char| c.is_ascii_uppercase())
            && operation.chars().all(|c| c.is_ascii_alphanumeric())
    })
}
