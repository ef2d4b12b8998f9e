//! Validates the log filter. `tracing` takes a bare word for a module, so a
//! misspelt level would log nothing at all; here it is an error.

use tracing_subscriber::EnvFilter;

use crate::job::nearest;

/// The levels, most verbose first.
const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "off"];

/// Checks a filter such as `info,bluegreen_worker=debug`.
///
/// # Errors
///
/// A message for the operator if a part is neither a level nor a directive.
pub fn parse_log_filter(text: &str) -> Result<String, String> {
    let parts = text.split(',').map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err("no log level is given; to log nothing, write off".to_owned());
    }
    for part in parts {
        let is_level = LEVELS.contains(&part.to_ascii_lowercase().as_str());
        // Spans and fields are in brackets and may contain commas.
        let is_rest = part.contains(['=', '[', ']', '{', '}', '"']);
        if !is_level && !is_rest {
            return Err(unknown(part));
        }
    }
    match text.parse::<EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(problem) => Err(format!("`{text}` is not a log filter: {problem}")),
    }
}

fn unknown(word: &str) -> String {
    let meant = match nearest(word, LEVELS) {
        Some(level) => format!("did you mean {level}?"),
        None => format!("the levels are {}", LEVELS.join(", ")),
    };
    format!("`{word}` is not a log level: {meant} A module is written with its level: {word}=debug")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_modules_with_levels_are_taken() {
        for text in [
            "info",
            "INFO",
            "off",
            "warn,bluegreen_worker=debug",
            "info,bluegreen_worker[job]=trace",
        ] {
            assert_eq!(parse_log_filter(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_misspelt_level_is_an_error_and_does_not_silence_the_log() {
        for (text, expected) in [
            ("", "no log level is given"),
            (" ,", "no log level is given"),
            ("inof", "did you mean info?"),
            ("info,bluegreen_worker", "bluegreen_worker=debug"),
            ("verbose", "the levels are trace, debug"),
            ("bluegreen_worker=loud", "is not a log filter"),
            ("==", "is not a log filter"),
        ] {
            let problem = parse_log_filter(text).expect_err(text);
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
