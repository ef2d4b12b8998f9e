//! The `Range` header as S3 interprets it (docs/aws.md §3).

use std::ops::Range;

/// The requested part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// No range, several ranges, or an invalid header.
    Whole,
    Part(Range<u64>),
    /// The range is beyond the end of the object: status 416.
    Unsatisfiable,
}

/// Evaluates one `bytes=` range for an object of `length` bytes.
pub(super) fn select(header: Option<&str>, length: u64) -> Selection {
    let Some((first, last)) = header
        .and_then(|text| text.strip_prefix("bytes="))
        .and_then(|text| text.split_once('-'))
    else {
        return Selection::Whole;
    };
    let number = |text: &str| {
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let range = match (number(first), number(last)) {
        (Some(start), Some(end)) if start <= end => start..end.saturating_add(1).min(length),
        (Some(start), None) if last.is_empty() => start..length,
        (None, Some(count)) if first.is_empty() => length.saturating_sub(count)..length,
        (Some(_) | None, Some(_) | None) => return Selection::Whole,
    };
    if range.start < range.end {
        Selection::Part(range)
    } else {
        Selection::Unsatisfiable
    }
}

#[cfg(test)]
mod tests {
    use super::Selection::{Part, Unsatisfiable, Whole};
    use super::*;

    fn check(header: &str, length: u64, expected: &Selection) {
        assert_eq!(
            &select(Some(header), length),
            expected,
            "{header} of {length}"
        );
    }

    #[test]
    fn ranges_are_read_as_s3_reads_them() {
        check("bytes=0-3", 10, &Part(0..4));
        check("bytes=8-99", 10, &Part(8..10));
        check("bytes=4-", 10, &Part(4..10));
        check("bytes=-4", 10, &Part(6..10));
        check("bytes=-40", 10, &Part(0..10));
        check("bytes=0-99999999999999999999999", 10, &Part(0..10));
        assert_eq!(select(None, 10), Whole);
    }

    #[test]
    fn a_range_behind_the_end_cannot_be_satisfied() {
        check("bytes=10-12", 10, &Unsatisfiable);
        check("bytes=10-", 10, &Unsatisfiable);
        check("bytes=-0", 10, &Unsatisfiable);
        check("bytes=-5", 0, &Unsatisfiable);
        check("bytes=0-", 0, &Unsatisfiable);
    }

    #[test]
    fn what_cannot_be_read_gives_the_whole_object() {
        check("bytes=0-1,4-5", 10, &Whole);
        check("bytes=5-4", 10, &Whole);
        check("bytes=-", 10, &Whole);
        check("bytes=+1-2", 10, &Whole);
        check("items=0-1", 10, &Whole);
        check("bytes", 10, &Whole);
    }
}
