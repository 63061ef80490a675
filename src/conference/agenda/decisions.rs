//! What becomes of a command about the agenda.

use super::{AgendaDraft, AgendaItem, DocumentFile, DocumentSource};
use crate::{Conference, DocumentId, Event, ItemId, Rejection, Setup, limits};

impl Conference {
    pub(crate) fn add_item(
        &self,
        setup: &Setup,
        draft: &AgendaDraft,
        place: Option<u32>,
    ) -> Result<Vec<Event>, Rejection> {
        draft.check(setup)?;
        if self.agenda.items.len() >= limits::ITEMS {
            return Err(Rejection::TooMany);
        }
        Ok(vec![Event::AgendaAdded {
            item: self.agenda.last_item.next(),
            place: self.place_in_agenda(place, self.agenda.items.len() + 1)?,
            draft: draft.clone(),
        }])
    }

    /// The agenda of the configuration, in the log like any other.
    pub(crate) fn first_items(setup: &Setup) -> impl Iterator<Item = Event> {
        let numbered = std::iter::zip(1.., &setup.agenda);
        numbered.map(|(number, draft)| Event::AgendaAdded {
            item: ItemId(number),
            place: number,
            draft: draft.clone(),
        })
    }

    /// What is said of an item that was begun may be corrected; who speaks in it is on its way.
    pub(crate) fn edit_item(
        &self,
        setup: &Setup,
        id: ItemId,
        draft: &AgendaDraft,
    ) -> Result<Vec<Event>, Rejection> {
        let item = self.agenda.find(id)?;
        draft.check(setup)?;
        if item.begun.is_some() && item.draft.speakers != draft.speakers {
            return Err(Rejection::ItemBegun);
        }
        if item.draft == *draft {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::AgendaEdited {
            item: id,
            draft: draft.clone(),
        }])
    }

    pub(crate) fn remove_item(&self, id: ItemId) -> Result<Vec<Event>, Rejection> {
        if self.agenda.find(id)?.begun.is_some() {
            return Err(Rejection::ItemBegun);
        }
        Ok(vec![Event::AgendaRemoved { item: id }])
    }

    pub(crate) fn move_item(&self, id: ItemId, place: u32) -> Result<Vec<Event>, Rejection> {
        self.agenda.find(id)?;
        let place = self.place_in_agenda(Some(place), self.agenda.items.len())?;
        if self.agenda.items[place as usize - 1].id == id {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::AgendaMoved { item: id, place }])
    }

    /// A place counted from 1; one behind the end means the end: the agenda may have become
    /// shorter since somebody looked.
    fn place_in_agenda(&self, place: Option<u32>, end: usize) -> Result<u32, Rejection> {
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        match place {
            Some(0) => Err(Rejection::BadNumber),
            Some(place) => Ok(place.min(end)),
            None => Ok(end),
        }
    }

    /// The item before it ends. Speakers come onto the prepared list when their item is begun for
    /// the first time.
    pub(crate) fn start_item(&self, id: ItemId) -> Result<Vec<Event>, Rejection> {
        self.open_session()?;
        let item = self.agenda.find(id)?;
        if self.agenda.current == Some(id) {
            return Err(Rejection::NoChange);
        }
        let mut events: Vec<Event> = self.finished().into_iter().collect();
        events.push(Event::AgendaStarted { item: id });
        if item.begun.is_none() {
            events.extend(self.floor.prepare(item));
        }
        Ok(events)
    }

    pub(crate) fn finish_item(&self) -> Result<Vec<Event>, Rejection> {
        let finished = self.finished().ok_or(Rejection::NoItem)?;
        Ok(vec![finished])
    }

    /// The end of the current item.
    pub(crate) fn finished(&self) -> Option<Event> {
        let item = self.agenda.current?;
        Some(Event::AgendaFinished { item })
    }

    pub(crate) fn link_document(
        &self,
        item: ItemId,
        title: &str,
        url: &str,
    ) -> Result<Vec<Event>, Rejection> {
        limits::check_url(url)?;
        let url = url.to_owned();
        self.add_document(item, title, DocumentSource::Link { url })
    }

    pub(crate) fn upload_document(
        &self,
        item: ItemId,
        title: &str,
        file: &DocumentFile,
    ) -> Result<Vec<Event>, Rejection> {
        limits::check_name(&file.name)?;
        self.add_document(item, title, DocumentSource::File(file.clone()))
    }

    fn add_document(
        &self,
        id: ItemId,
        title: &str,
        source: DocumentSource,
    ) -> Result<Vec<Event>, Rejection> {
        let item = self.agenda.find(id)?;
        limits::check_name(title)?;
        if item.documents.len() >= limits::DOCUMENTS {
            return Err(Rejection::TooMany);
        }
        Ok(vec![Event::DocumentAdded {
            document: self.agenda.last_document.next(),
            item: id,
            title: title.to_owned(),
            source,
        }])
    }

    pub(crate) fn remove_document(&self, id: DocumentId) -> Result<Vec<Event>, Rejection> {
        let has = |item: &&AgendaItem| item.documents.iter().any(|document| document.id == id);
        let mut items = self.agenda.items.iter();
        let item = items.find(has).ok_or(Rejection::UnknownDocument)?;
        Ok(vec![Event::DocumentRemoved {
            document: id,
            item: item.id,
        }])
    }
}

impl AgendaDraft {
    /// Checks what somebody wrote.
    pub(crate) fn check(&self, setup: &Setup) -> Result<(), Rejection> {
        limits::check_name(&self.title)?;
        if !(self.planned.is_empty() || is_time_of_day(&self.planned)) {
            return Err(Rejection::BadText);
        }
        limits::check_length(self.time)?;
        if self.speakers.len() > limits::SPEAKERS {
            return Err(Rejection::TooMany);
        }
        for speaker in &self.speakers {
            setup.site(&speaker.site).ok_or(Rejection::UnknownSite)?;
            limits::check_person(&speaker.name)?;
            limits::check_words(&speaker.words)?;
            limits::check_length(speaker.budget)?;
        }
        Ok(())
    }
}

/// `08:30`.
fn is_time_of_day(text: &str) -> bool {
    let number = |text: &str, below: u32| {
        text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse::<u32>().is_ok_and(|number| number < below)
    };
    text.split_once(':')
        .is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60))
}
