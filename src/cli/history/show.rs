//! Formats releases as a table or as JSON.

use std::iter;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::release::{Release, Source};
use crate::cli::json_text;
use crate::cli::table::{Row, clean, table};
use crate::job::duration::rounded;
use crate::messages::limit::fit;

/// The version of the JSON output. It changes only with incompatible changes.
const VERSION: u32 = 1;

/// The most characters of a commit message in the table.
const MAX_SUMMARY: usize = 50;

/// The number of characters of a commit id, as on code hosts.
const COMMIT: usize = 7;

/// The most findings of a refused release in the table.
const MAX_FINDINGS: usize = 3;

const HEADINGS: [&str; 8] = [
    "STARTED",
    "TOOK",
    "RESULT",
    "DEPLOYMENT",
    "TASK DEFINITION",
    "PIPELINE",
    "STARTED BY",
    "SOURCE",
];

pub(super) fn json(releases: &[Release], notes: &[String]) -> String {
    json_text(&json!({ "version": VERSION, "releases": releases, "notes": notes }))
}

pub(super) fn text(releases: &[Release], notes: &[String]) -> String {
    let mut text = match releases {
        [] => "No releases in this time.\n".to_owned(),
        releases => {
            let rows: Vec<Row<8>> = releases.iter().map(row).collect();
            table(HEADINGS, &rows)
        }
    };
    for note in notes {
        text += &format!("\n{}\n", clean(note));
    }
    text
}

fn row(release: &Release) -> Row<8> {
    let reason = release.reason.as_deref().map(headline);
    Row {
        cells: cells(release),
        below: reason.filter(|reason| !reason.is_empty()),
    }
}

/// The first line of a message is the summary. One that ends with a colon
/// introduces the findings, which refused the release.
fn headline(message: &str) -> String {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    match first.ends_with(':') {
        true => iter::once(first)
            .chain(lines.take(MAX_FINDINGS))
            .collect::<Vec<_>>()
            .join(" "),
        false => first.to_owned(),
    }
}

fn cells(release: &Release) -> [String; 8] {
    let result = match &release.rolls_back {
        Some(other) => format!("{} (rolls back {other})", release.result),
        None => release.result.clone(),
    };
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let sources: Vec<String> = release.sources.iter().map(source).collect();
    [
        release.started.map_or_else(|| "-".to_owned(), moment),
        took(release),
        result,
        known(&release.deployment),
        known(&release.task_definition),
        known(&release.pipeline),
        known(&release.started_by),
        match sources.is_empty() {
            true => "-".to_owned(),
            false => sources.join(", "),
        },
    ]
}

fn source(source: &Source) -> String {
    let is_commit =
        source.revision.len() >= 40 && source.revision.chars().all(|c| c.is_ascii_hexdigit());
    let id = match is_commit {
        true => &source.revision[..COMMIT],
        false => &source.revision,
    };
    let first = source
        .summary
        .as_deref()
        .and_then(|text| text.lines().next());
    match first {
        Some(summary) => format!("{id} {}", fit(summary, MAX_SUMMARY)),
        None => id.to_owned(),
    }
}

/// A time to the minute, in UTC.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

fn took(release: &Release) -> String {
    let (Some(started), Some(ended)) = (release.started, release.ended) else {
        return "-".to_owned();
    };
    rounded(Duration::try_from(ended.duration_since(started)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Release {
        Release {
            started: "2026-11-28T09:00:30Z".parse().ok(),
            ended: "2026-11-28T09:12:00Z".parse().ok(),
            result: "Failed".into(),
            deployment: Some("d-1".into()),
            task_definition: Some("web:7".into()),
            pipeline: Some("shop".into()),
            started_by: Some("ada".into()),
            sources: vec![Source {
                artifact: "Source".into(),
                revision: "0123456789abcdef0123456789abcdef01234567".into(),
                summary: Some("Mend the cart\n\nAt last.".into()),
                url: None,
            }],
            reason: Some("An alarm\u{1b}[31m went off.\nWhat to do: look".into()),
            ..Release::default()
        }
    }

    #[test]
    fn a_row_has_what_people_ask_for_and_the_reason_below() {
        let by_hand = Release {
            result: "Stopped".into(),
            rolls_back: Some("d-1".into()),
            ..Release::default()
        };
        let text = text(
            &[release(), by_hand],
            &["Some commits are not shown.".into()],
        );
        insta::assert_snapshot!(text, @r"
        STARTED            TOOK    RESULT                    DEPLOYMENT  TASK DEFINITION  PIPELINE  STARTED BY  SOURCE
        2026-11-28 09:00Z  12 min  Failed                    d-1         web:7            shop      ada         0123456 Mend the cart
          An alarm [31m went off.
        -                  -       Stopped (rolls back d-1)  -           -                -         -           -

        Some commits are not shown.
        ");
    }

    #[test]
    fn what_refused_a_release_is_named() {
        let message = "It was refused. There are 4 errors:\na → b\nc\nd\ne\nWhat to do: look";
        let expected = "It was refused. There are 4 errors: a → b c d";
        assert_eq!(headline(message), expected);
        assert_eq!(headline("It failed.\nWhat to do: look"), "It failed.");
    }

    #[test]
    fn programs_get_what_is_known_and_no_more() {
        let text = json(&[release()], &[]);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["releases"][0]["taskDefinition"], "web:7");
        assert_eq!(value["releases"][0].get("rollsBack"), None);
        assert_eq!(value["releases"][0]["sources"][0]["artifact"], "Source");
    }
}
