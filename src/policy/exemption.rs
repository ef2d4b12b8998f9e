//! The operator's exemptions from rules, each with a reason and an end.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::Deserialize;

/// How long before its end an exemption warns. Two weeks are enough to fix what
/// it covers, or to ask for more time.
const WARNS_BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// An exemption as configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    rule: String,
    pipeline: Option<String>,
    container: Option<String>,
    reason: String,
    until: String,
}

/// An exemption: findings that do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exemption {
    /// The rule's name in findings; `*` matches any text.
    pub(super) rule: String,
    pipeline: Option<String>,
    container: Option<String>,
    pub(super) reason: String,
    /// The end as it was written.
    pub(super) until: String,
    end: Timestamp,
}

/// What an exemption is matched against.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) rule: &'a str,
    pub(super) pipeline: &'a str,
    /// The container that the finding's path leads to.
    pub(super) container: Option<&'a str>,
    pub(super) now: Timestamp,
}

/// The effect of the exemptions on a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict<'a> {
    /// No exemption matches: the finding counts.
    Counts,
    /// An exemption applies: the finding does not count.
    Excused { by: &'a Exemption, ends_soon: bool },
    /// The exemption that matched has ended: the finding counts.
    Ended(&'a Exemption),
}

impl TryFrom<Written> for Exemption {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if written.reason.trim().is_empty() {
            return Err("an exemption has a reason".into());
        }
        if written.rule.trim_matches('*').is_empty() {
            return Err("an exemption names a control or a rule".into());
        }
        for (name, pattern) in [
            ("pipeline", &written.pipeline),
            ("container", &written.container),
        ] {
            if pattern.as_ref().is_some_and(String::is_empty) {
                return Err(format!("{name} is empty; leave it out to mean any"));
            }
        }
        let end = end(&written.until)?;
        Ok(Self {
            rule: written.rule,
            pipeline: written.pipeline,
            container: written.container,
            reason: written.reason,
            until: written.until,
            end,
        })
    }
}

/// Parses a point in time or a day. A day includes its end, in UTC.
fn end(until: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = until.parse::<Timestamp>() {
        return Ok(moment);
    }
    let problem = || format!("until: `{until}` is not a day like 2026-12-31");
    let day: Date = until.parse().map_err(|_| problem())?;
    let next = day.checked_add(1.day()).map_err(|_| problem())?;
    let start = next.to_zoned(TimeZone::UTC).map_err(|_| problem())?;
    Ok(start.timestamp())
}

/// Applies the exemptions to a finding. Of several that match, the one that
/// ends last decides.
pub(super) fn judge<'a>(exemptions: &'a [Exemption], about: &About<'_>) -> Verdict<'a> {
    let meant = exemptions.iter().filter(|exemption| exemption.means(about));
    let Some(by) = meant.max_by_key(|exemption| exemption.end) else {
        return Verdict::Counts;
    };
    if by.end <= about.now {
        return Verdict::Ended(by);
    }
    let ends_soon = by.end.duration_since(about.now) <= WARNS_BEFORE;
    Verdict::Excused { by, ends_soon }
}

impl Exemption {
    /// Whether a finding may have the name that this exemption is for: each part
    /// of it is in one of these texts. Rules can put names together.
    pub(super) fn may_apply(&self, texts: &[&str]) -> bool {
        let parts = self.rule.split(['*', '.']);
        parts
            .filter(|part| !part.is_empty())
            .all(|part| texts.iter().any(|text| text.contains(part)))
    }

    fn means(&self, about: &About<'_>) -> bool {
        let container = match (&self.container, about.container) {
            (None, _) => true,
            (Some(pattern), Some(name)) => is_like(pattern, name),
            // An exemption for one container excuses no finding about others.
            (Some(_), None) => false,
        };
        let pipeline = self.pipeline.as_deref();
        container
            && is_like(&self.rule, about.rule)
            && pipeline.is_none_or(|pattern| is_like(pattern, about.pipeline))
    }
}

/// Whether a text matches a pattern in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemption(rule: &str, container: Option<&str>, until: &str) -> Result<Exemption, String> {
        Exemption::try_from(Written {
            rule: rule.into(),
            pipeline: Some("legacy-*".into()),
            container: container.map(Into::into),
            reason: "the vendor's image".into(),
            until: until.into(),
        })
    }

    fn about<'a>(rule: &'a str, container: Option<&'a str>, now: &str) -> About<'a> {
        About {
            rule,
            pipeline: "legacy-shop",
            container,
            now: now.parse().expect("a time"),
        }
    }

    #[test]
    fn an_exemption_counts_to_the_end_of_its_day_and_warns_two_weeks_before() {
        let exemptions = [exemption("non-root", None, "2026-12-31").expect("one")];
        let at = |now| match judge(&exemptions, &about("non-root", Some("web"), now)) {
            Verdict::Excused { ends_soon, .. } => Some(ends_soon),
            Verdict::Ended(_) => None,
            Verdict::Counts => panic!("it is meant"),
        };
        assert_eq!(at("2026-12-17T23:59:59Z"), Some(false));
        assert_eq!(at("2026-12-18T00:00:00Z"), Some(true));
        assert_eq!(at("2026-12-31T23:59:59Z"), Some(true));
        assert_eq!(at("2027-01-01T00:00:00Z"), None);
    }

    #[test]
    fn it_means_its_rule_its_pipeline_and_its_container_only() {
        let one = [exemption("non-root", Some("proxy*"), "2026-12-31").expect("one")];
        let now = "2026-06-01T00:00:00Z";
        let counts = |about: About<'_>| judge(&one, &about) == Verdict::Counts;
        assert!(!counts(about("non-root", Some("proxy-1"), now)));
        assert!(counts(about("non-root", Some("web"), now)));
        assert!(counts(about("non-root", None, now)));
        assert!(counts(about("privileged", Some("proxy-1"), now)));
        let elsewhere = About {
            pipeline: "shop",
            ..about("non-root", Some("proxy-1"), now)
        };
        assert!(counts(elsewhere));
    }

    #[test]
    fn the_one_that_lasts_longest_counts() {
        let two = [
            exemption("*root", None, "2026-01-01").expect("one"),
            exemption("non-root", None, "2027-01-01").expect("another"),
        ];
        let verdict = judge(&two, &about("non-root", None, "2026-06-01T00:00:00Z"));
        assert!(matches!(verdict, Verdict::Excused { by, .. } if by.until == "2027-01-01"));
    }

    #[test]
    fn an_exemption_from_everything_or_without_an_end_is_none() {
        assert!(exemption("*", None, "2026-12-31").is_err());
        assert!(exemption("non-root", Some(""), "2026-12-31").is_err());
        assert!(exemption("non-root", None, "2026-13-31").is_err());
        assert!(exemption("non-root", None, "for ever").is_err());
        assert!(exemption("non-root", None, "2026-12-31T12:00:00Z").is_ok());
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, like) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*b", "ab", true),
            ("a*b*c", "axbyc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ] {
            assert_eq!(is_like(pattern, text), like, "{pattern} {text}");
        }
    }
}
