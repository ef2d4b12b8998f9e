//! Message for an unknown name, with the most similar known one.

/// Similarity from which a name counts as a typing error.
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
