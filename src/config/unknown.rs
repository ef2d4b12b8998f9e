//! A name that nobody knows, with the known one that is probably meant.

/// A name this close to a known one is taken for a slip of the finger.
const SIMILAR: f64 = 0.75;

pub(super) fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity >= SIMILAR);
    match nearest {
        Some((_, nearest)) => format!("no such {kind}; did you mean `{nearest}`?"),
        None => format!("no such {kind}"),
    }
}
