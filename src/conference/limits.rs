//! How large what people send may be.

use crate::Rejection;

/// Characters of the words of a request and of the reason of a denial or a revocation.
pub(crate) const WORDS: usize = 200;
/// Characters of the name of a session.
pub(crate) const SESSION_NAME: usize = 60;
/// People in the room of one site.
pub(crate) const PEOPLE: u32 = 10_000;

/// Devices that a configuration may allow at one (site, role).
pub(crate) const DEVICES: u32 = 2_000;

/// What is shown is one line of text: no control characters, and none that turn the direction of
/// what stands beside it (Unicode TR 9, explicit formatting).
fn is_plain(text: &str) -> bool {
    !text.chars().any(|character| {
        character.is_control()
            || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// Checks a text that may be empty.
pub(crate) fn check_words(text: &str) -> Result<(), Rejection> {
    if text.chars().count() > WORDS || !is_plain(text) {
        Err(Rejection::BadText)
    } else {
        Ok(())
    }
}

/// Checks a text that must say something.
pub(crate) fn check_session_name(text: &str) -> Result<(), Rejection> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > SESSION_NAME || !is_plain(text) {
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
