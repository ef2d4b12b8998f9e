//! Walks through the pages of a list, and not in circles: what answers in
//! AWS's place may name a next page for ever.

use super::error::unclear;
use crate::ports::CallError;

/// The walk through one list.
pub(super) struct Pages {
    call: &'static str,
    resource: String,
    /// Pages that may still be asked for.
    left: usize,
    /// What the next page is asked for with; nothing for the first one.
    token: Option<String>,
}

impl Pages {
    /// At most `most` pages of what `call` lists about `resource`.
    pub(super) fn new(call: &'static str, resource: &str, most: usize) -> Self {
        Self {
            call,
            resource: resource.to_owned(),
            left: most.saturating_sub(1),
            token: None,
        }
    }

    /// What to ask for the page with.
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Whether there is a page after the one that named `next`, and it may be
    /// asked for.
    ///
    /// # Errors
    ///
    /// When the next page is the one that was just read.
    pub(super) fn advance(&mut self, next: Option<&str>) -> Result<bool, CallError> {
        let next = next.filter(|next| !next.is_empty()).map(str::to_owned);
        if next.is_some() && next == self.token {
            return Err(self.endless("a page of the list names itself as the next one"));
        }
        self.token = next;
        let may_go_on = self.token.is_some() && self.left > 0;
        self.left = self.left.saturating_sub(1);
        Ok(may_go_on)
    }

    /// The same, where nothing can be made of a part of the list.
    ///
    /// # Errors
    ///
    /// Also when there are more pages than may be asked for.
    pub(super) fn advance_to_end(&mut self, next: Option<&str>) -> Result<bool, CallError> {
        match self.advance(next)? {
            false if self.token.is_some() => Err(self.endless("the list does not end")),
            goes_on => Ok(goes_on),
        }
    }

    fn endless(&self, what: &str) -> CallError {
        unclear(self.call, &self.resource, "EndlessList", what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::CallErrorKind;

    fn pages(most: usize) -> Pages {
        Pages::new("s3:ListBucket", "bucket", most)
    }

    #[test]
    fn a_list_is_walked_through_to_its_end() {
        let mut walk = pages(3);
        assert_eq!(walk.token(), None);
        assert_eq!(walk.advance(Some("a")), Ok(true));
        assert_eq!(walk.token().as_deref(), Some("a"));
        assert_eq!(walk.advance(Some("b")), Ok(true));
        assert_eq!(walk.advance(None), Ok(false));
        assert_eq!(pages(1).advance_to_end(None), Ok(false));
        assert_eq!(pages(9).advance(Some("")), Ok(false), "an empty token");
    }

    #[test]
    fn a_page_that_does_not_advance_is_an_error() {
        let mut walk = pages(100);
        assert_eq!(walk.advance(Some("a")), Ok(true));
        let error = walk.advance(Some("a")).unwrap_err();
        assert_eq!(error.code, "EndlessList");
        assert_eq!(error.kind, CallErrorKind::Unclear);
    }

    #[test]
    fn pages_have_their_number() {
        for most in [1, 2, 5] {
            let mut walk = pages(most);
            let asked = (1..).take_while(|page| walk.advance(Some(&page.to_string())).unwrap());
            assert_eq!(1 + asked.count(), most);
        }
        let mut walk = pages(2);
        assert_eq!(walk.advance_to_end(Some("a")), Ok(true));
        assert!(walk.advance_to_end(Some("b")).is_err());
    }
}
