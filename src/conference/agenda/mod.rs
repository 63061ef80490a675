//! The agenda: items in their order, what each needs, and where the conference is in it.

mod decisions;
mod item;

pub use item::{
    AgendaDraft, AgendaItem, AgendaKind, Document, DocumentFile, DocumentSource, Speaker,
};

use crate::{DocumentId, Event, ItemId, Rejection, SiteId, Timestamp};

/// The state of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Agenda {
    pub(crate) items: Vec<AgendaItem>,
    pub(crate) current: Option<ItemId>,
    last_item: ItemId,
    last_document: DocumentId,
}

impl Agenda {
    pub(crate) fn find(&self, id: ItemId) -> Result<&AgendaItem, Rejection> {
        let item = self.items.iter().find(|item| item.id == id);
        item.ok_or(Rejection::UnknownItem)
    }

    /// The item that the conference is at.
    pub(crate) fn current(&self) -> Option<&AgendaItem> {
        self.find(self.current?).ok()
    }

    /// Whether a site speaks in an item.
    pub(crate) fn names(&self, site: &SiteId) -> bool {
        let mut speakers = self.items.iter().flat_map(|item| &item.draft.speakers);
        speakers.any(|speaker| speaker.site == *site)
    }

    pub(crate) fn apply(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::AgendaAdded { item, place, draft } => {
                self.last_item = *item;
                let added = AgendaItem {
                    id: *item,
                    draft: draft.clone(),
                    documents: Vec::new(),
                    begun: None,
                    ended: None,
                };
                self.insert(added, *place);
            }
            Event::AgendaEdited { item, draft } => {
                self.change(*item, |item| item.draft = draft.clone());
            }
            Event::AgendaRemoved { item } => self.items.retain(|other| other.id != *item),
            Event::AgendaMoved { item, place } => {
                if let Some(index) = self.items.iter().position(|other| other.id == *item) {
                    let moved = self.items.remove(index);
                    self.insert(moved, *place);
                }
            }
            Event::AgendaStarted { item } => {
                self.current = Some(*item);
                self.change(*item, |item| {
                    item.begun = item.begun.or(Some(at));
                    item.ended = None;
                });
            }
            Event::AgendaFinished { item } => {
                self.current = self.current.filter(|current| current != item);
                self.change(*item, |item| item.ended = Some(at));
            }
            Event::DocumentAdded {
                document,
                item,
                title,
                source,
            } => {
                self.last_document = *document;
                let document = Document {
                    id: *document,
                    title: title.clone(),
                    source: source.clone(),
                };
                self.change(*item, |item| item.documents.push(document));
            }
            Event::DocumentRemoved { document, item } => self.change(*item, |item| {
                item.documents.retain(|other| other.id != *document);
            }),
            _ => {}
        }
    }

    fn change(&mut self, id: ItemId, change: impl FnOnce(&mut AgendaItem)) {
        if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
            change(item);
        }
    }

    /// Puts an item at a place, counted from 1; one behind the end means the end.
    fn insert(&mut self, item: AgendaItem, place: u32) {
        let index = (place as usize).saturating_sub(1).min(self.items.len());
        self.items.insert(index, item);
    }
}
