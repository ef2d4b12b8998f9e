//! Everything that is wrong at once, instead of the first problem alone.

/// The value, unless there are problems.
pub fn unless<T, P>(problems: Vec<P>, value: T) -> Result<T, Vec<P>> {
    match problems.is_empty() {
        true => Ok(value),
        false => Err(problems),
    }
}
