//! What the centre and the sites write to each other.

use crate::{Conference, Event, Rejection, Role, Setup, SiteId, Timestamp, floor::Asker, limits};

/// Something that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub at: Timestamp,
    /// Where the writer sits.
    pub from: SiteId,
    /// What the writer is.
    pub role: Role,
    /// The site whose thread it is in; none: to all.
    pub site: Option<SiteId>,
    /// Plain text.
    pub text: String,
}

impl Conference {
    pub(crate) fn send_chat(
        &self,
        setup: &Setup,
        asker: &Asker<'_>,
        site: Option<&SiteId>,
        text: &str,
    ) -> Result<Vec<Event>, Rejection> {
        limits::check_chat(text)?;
        let own = Some(asker.site);
        let site = match (asker.role.is_host(), site) {
            (true, site) => site,
            (false, None) => own,
            (false, site) if site == own => own,
            (false, Some(_)) => return Err(Rejection::NotYours),
        };
        if let Some(site) = site {
            setup.site(site).ok_or(Rejection::UnknownSite)?;
        }
        Ok(vec![Event::ChatSent {
            site: site.cloned(),
            from: asker.site.clone(),
            role: asker.role,
            text: text.to_owned(),
        }])
    }

    pub(crate) fn apply_chat(&mut self, at: Timestamp, event: &Event) {
        let Event::ChatSent {
            site,
            from,
            role,
            text,
        } = event
        else {
            return;
        };
        if self.chat.len() >= limits::CHAT_SHOWN {
            self.chat.remove(0);
        }
        self.chat.push(Message {
            at,
            from: from.clone(),
            role: *role,
            site: site.clone(),
            text: text.clone(),
        });
    }
}
