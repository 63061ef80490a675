//! Sessions (*buổi*) and the end of the conference.

use crate::{Conference, Event, Floor, Rejection, RevokeCause, SessionId, Timestamp, limits};

/// The session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// When it was opened.
    pub opened: Timestamp,
}

/// Decisions.
impl Conference {
    pub(crate) fn open_session(&self) -> Result<&Session, Rejection> {
        self.session.as_ref().ok_or(Rejection::NoSession)
    }

    pub(crate) fn begin_session(&self, name: &str) -> Result<Vec<Event>, Rejection> {
        if self.session.is_some() {
            return Err(Rejection::SessionOpen);
        }
        limits::check_session_name(name)?;
        Ok(vec![Event::SessionOpened {
            session: self.last_session.next(),
            name: name.to_owned(),
        }])
    }

    /// What was asked for in a session is over with it: running turns, requests and the agenda item.
    /// Who is on a prepared list waits for its item.
    pub(crate) fn end_session(&self, now: Timestamp) -> Result<Vec<Event>, Rejection> {
        let session = self.open_session()?;
        let turns = self.floor.turns();
        let ended = turns.map(|turn| turn.revoked(now, RevokeCause::SessionClosed, ""));
        let mut events: Vec<Event> = ended.collect();
        events.extend(Floor::ALL.iter().flat_map(|floor| self.cleared(*floor)));
        events.extend(self.finished());
        events.push(Event::SessionClosed {
            session: session.id,
        });
        Ok(events)
    }

    /// Attendance ends with the conference: nobody is linked to one that is over.
    pub(crate) fn close(&self, now: Timestamp) -> Vec<Event> {
        let mut events = self.end_session(now).unwrap_or_default();
        if self.override_open {
            events.push(Event::MicrophoneOverridden { open: false });
        }
        events.extend(self.links.all_ended(now));
        events.push(Event::ConferenceClosed);
        events
    }
}
