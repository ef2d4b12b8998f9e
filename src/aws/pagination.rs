//! Pagination with a limit on the number of pages: a faulty endpoint may return
//! next-page tokens for ever.

use super::error::unclear;
use crate::ports::CallError;

/// The position in one paginated list.
pub(super) struct Pages {
    call: &'static str,
    resource: String,
    /// How many more pages may be requested.
    left: usize,
    /// The token of the next page; `None` for the first page.
    token: Option<String>,
}

impl Pages {
    /// Reads at most `most` pages. `call` and `resource` are used for errors.
    pub(super) fn new(call: &'static str, resource: &str, most: usize) -> Self {
        Self {
            call,
            resource: resource.to_owned(),
            left: most.saturating_sub(1),
            token: None,
        }
    }

    /// The token to send with the next request.
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Records the token of the next page. Returns whether there is a next page
    /// and the limit allows requesting it.
    ///
    /// # Errors
    ///
    /// If `next` is the token of the page that was just read.
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

    /// Like [`Self::advance`], for lists that are useless unless complete.
    ///
    /// # Errors
    ///
    /// Also if the list has more pages than the limit.
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
