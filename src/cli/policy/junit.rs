//! Test results in JUnit's format, for build servers.

use std::fmt::Write as _;

use super::test::failure;
use crate::policy::{TestReport, TestResult};

/// The most characters of a text. Build servers show the first lines.
const MAX_TEXT: usize = 4_000;

/// The report as XML.
pub(super) fn junit(report: &TestReport) -> String {
    let failed = report.results.iter().filter(|r| r.failure.is_some());
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" skipped=\"{}\"",
        report.results.len(),
        failed.count(),
        report.left_out.len()
    );
    let cases: String = report.results.iter().map(case).collect();
    let untested = report
        .untested
        .iter()
        .map(|rule| format!("{rule}: this rule finds nothing in any test that passes\n"));
    let untested: String = match report.left_out.is_empty() {
        true => untested.collect(),
        false => String::new(),
    };
    let said = element("system-err", "    ", &untested);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"policy\" {counts}>\n{cases}{said}  </testsuite>\n</testsuites>\n"
    )
}

fn case(result: &TestResult) -> String {
    // The name of a table's case may contain dots.
    let end = result.name.find('[').unwrap_or(result.name.len());
    let (package, name) = match result.name[..end].rfind('.') {
        Some(dot) => (&result.name[..dot], &result.name[dot + 1..]),
        None => ("", result.name.as_str()),
    };
    let (file, line) = result.place.rsplit_once(':').unwrap_or((&result.place, ""));
    let failure = result.failure.as_ref().map_or_else(String::new, |why| {
        let seen = failure(result);
        format!(
            "      <failure message=\"{}\">{}</failure>\n",
            escaped(why),
            escaped(&seen)
        )
    });
    let prints = element("system-out", "      ", &result.prints.join("\n"));
    format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">\n{failure}{prints}    </testcase>\n",
        escaped(package),
        escaped(name),
        escaped(file),
        escaped(line)
    )
}

/// An element with this text, if it is not empty.
fn element(name: &str, indent: &str, text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("{indent}<{name}>{}</{name}>\n", escaped(text)),
    }
}

/// Shortens and escapes a text for content and attributes. Characters that XML
/// cannot represent are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars().take(MAX_TEXT) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    if text.chars().nth(MAX_TEXT).is_some() {
        escaped.push('…');
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, failure: Option<&str>, prints: &[&str]) -> TestReport {
        TestReport {
            results: vec![TestResult {
                name: name.into(),
                place: "a_test.rego:3".into(),
                failure: failure.map(Into::into),
                definitions: Vec::new(),
                prints: prints.iter().map(|it| (*it).into()).collect(),
            }],
            untested: vec!["team.rego:3: main.deny".into()],
            ..TestReport::default()
        }
    }

    #[test]
    fn names_messages_and_prints_are_where_build_servers_look() {
        let xml = junit(&report(
            "main_test.test_a[\"x.y\"]",
            Some("it is <1>"),
            &["here\u{1b}[0m"],
        ));
        for expected in [
            "<testsuite name=\"policy\" tests=\"1\" failures=\"1\" skipped=\"0\">",
            "<testcase classname=\"main_test\" name=\"test_a[&quot;x.y&quot;]\" file=\"a_test.rego\" line=\"3\">",
            "<failure message=\"it is &lt;1&gt;\">",
            "<system-out>here\u{fffd}[0m</system-out>",
            "<system-err>team.rego:3: main.deny: this rule finds nothing",
        ] {
            assert!(xml.contains(expected), "{xml}");
        }
    }

    #[test]
    fn a_text_is_bounded() {
        let long = "é".repeat(MAX_TEXT);
        assert_eq!(escaped(&long), long);
        assert_eq!(escaped(&format!("{long}é")), format!("{long}…"));
    }
}
