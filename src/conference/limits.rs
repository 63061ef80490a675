//! How large what people send may be.

use crate::{Millis, Rejection};

/// Characters of the words of a request and of the reason of a denial or a revocation.
pub(crate) const WORDS: usize = 200;
/// Characters of what is written to others at a time.
pub(crate) const CHAT: usize = 500;
/// Messages that are kept to be shown; the log has them all.
pub(crate) const CHAT_SHOWN: usize = 400;
/// Characters of a name of an item, a document or a file.
pub(crate) const NAME: usize = 200;
/// Characters of the name of a delegate.
pub(crate) const PERSON: usize = 100;
/// Characters of an address of a document.
pub(crate) const URL: usize = 500;
/// Items of an agenda.
pub(crate) const ITEMS: usize = 200;
/// Documents of an item.
pub(crate) const DOCUMENTS: usize = 50;
/// Prepared speakers of an item.
pub(crate) const SPEAKERS: usize = 100;
/// Longest time of a turn or an item, and longest extension.
pub(crate) const LONGEST: Millis = Millis::from_secs(4 * 60 * 60);
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

fn check_text(text: &str, most: usize, may_be_empty: bool) -> Result<(), Rejection> {
    let says_something = may_be_empty || !text.trim().is_empty();
    if says_something && text.chars().count() <= most && is_plain(text) {
        Ok(())
    } else {
        Err(Rejection::BadText)
    }
}

/// Checks words or a reason, which may be empty.
pub(crate) fn check_words(text: &str) -> Result<(), Rejection> {
    check_text(text, WORDS, true)
}

/// Checks the name of a delegate, which may be empty.
pub(crate) fn check_person(text: &str) -> Result<(), Rejection> {
    check_text(text, PERSON, true)
}

/// Checks a line for everyone.
pub(crate) fn check_announcement(text: &str) -> Result<(), Rejection> {
    check_text(text, WORDS, false)
}

/// Checks the name of a session.
pub(crate) fn check_session_name(text: &str) -> Result<(), Rejection> {
    check_text(text, SESSION_NAME, false)
}

/// Checks the name of an item, a document or a file.
pub(crate) fn check_name(text: &str) -> Result<(), Rejection> {
    check_text(text, NAME, false)
}

/// Checks a message.
pub(crate) fn check_chat(text: &str) -> Result<(), Rejection> {
    check_text(text, CHAT, false)
}

/// Checks the address of a document: a page would open nothing else.
pub(crate) fn check_url(url: &str) -> Result<(), Rejection> {
    check_text(url, URL, false)?;
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() && !url.contains(char::is_whitespace) => Ok(()),
        _ => Err(Rejection::BadText),
    }
}

/// Checks the time of a turn or an item, if there is one.
pub(crate) fn check_length(length: Option<Millis>) -> Result<(), Rejection> {
    match length {
        Some(length) if length < Millis::from_secs(1) || length > LONGEST => {
            Err(Rejection::BadNumber)
        }
        _ => Ok(()),
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
