//! Suggests the known name that a misspelt one probably stands for.

/// Minimum similarity for a suggestion. Below it, suggestions become absurd.
const ALIKE: f64 = 0.6;

/// Maximum length of names to compare: the cost is the product of both lengths,
/// and no artifact name is longer (docs/aws.md §1.1).
const MAX_COMPARED: usize = 100;

/// Maximum number of candidates. A hostile file may have thousands.
const MAX_CANDIDATES: usize = 100;

/// Returns the candidate most similar to `name`, if any is similar enough.
/// Ignores case and the difference between `-` and `_`.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_COMPARED {
        return None;
    }
    let name = folded(name);
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len() <= MAX_COMPARED)
        .map(|candidate| {
            let likeness = strsim::normalized_damerau_levenshtein(&name, &folded(candidate));
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_finds_none() {
        let known = ["containerPort", "hostPort", "protocol"];
        assert_eq!(nearest("containerport", known), Some("containerPort"));
        assert_eq!(nearest("hostProt", known), Some("hostPort"));
        assert_eq!(nearest("essential", known), None);
    }

    #[test]
    fn very_long_names_are_not_compared() {
        let long = "a".repeat(MAX_COMPARED + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }

    #[test]
    fn only_so_many_candidates_are_looked_at() {
        let few = vec!["x"; MAX_CANDIDATES - 1];
        let last = few.iter().copied().chain(["name"]);
        assert_eq!(nearest("nam", last), Some("name"));
        let beyond = few.iter().copied().chain(["x", "name"]);
        assert_eq!(nearest("nam", beyond), None);
    }
}
