//! How large what people send may be.

use crate::Rejection;

/// Characters of the words of a request and of the reason of a denial or a revocation.
pub(crate) const WORDS: usize = 200;
/// Characters of the name of a session.
pub(crate) const SESSION_NAME: usize = 60;
/// People in the room of one site.
pub(crate) const PEOPLE: u32 = 10_000;

/// Checks a text that may be empty.
pub(crate) fn check_words(text: &str) -> Result<(), Rejection> {
    if text.chars().count() > WORDS {
        Err(Rejection::BadText)
    } else {
        Ok(())
    }
}

/// Checks a text that must say something.
pub(crate) fn check_session_name(text: &str) -> Result<(), Rejection> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > SESSION_NAME {
        Err(Rejection::BadText)
    } else {
        Ok(())
    }
}

/// Checks a number of people.
pub(crate) fn check_people(people: u32) -> Result<(), Rejection> {
    if people > PEOPLE {
        Err(Rejection::BadNumber)
    } else {
        Ok(())
    }
}
