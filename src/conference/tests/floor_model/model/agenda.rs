//! The agenda as far as the floor knows it (rule 4).

use super::{Against, Item, Model, Request, State, Verdict, idle, refused};
use diemcau_conference::{AgendaDraft, Floor, ItemId, Rejection, RequestId, SpeechKind, Timestamp};

impl Model {
    fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    pub(crate) fn add_item(&mut self, draft: &AgendaDraft, place: Option<u32>) -> Verdict {
        Against::default()
            .when(draft.title.trim().is_empty(), Rejection::BadText)
            .when(place == Some(0), Rejection::BadNumber)
            .or(|| {
                self.last_item += 1;
                let item = Item {
                    id: ItemId(self.last_item),
                    draft: draft.clone(),
                    begun: false,
                    ended: false,
                };
                let index = place.map_or(usize::MAX, |place| place as usize - 1);
                self.items.insert(index.min(self.items.len()), item);
            })
    }

    pub(crate) fn edit_item(&mut self, id: ItemId, draft: &AgendaDraft) -> Verdict {
        let Some(item) = self.item(id) else {
            return refused(&[Rejection::UnknownItem]);
        };
        if item.draft == *draft {
            return idle(&[Rejection::NoChange]);
        }
        // Who speaks in it is on its way.
        let others = item.begun && item.draft.speakers != draft.speakers;
        Against::default()
            .when(draft.title.trim().is_empty(), Rejection::BadText)
            .when(others, Rejection::ItemBegun)
            .or(|| {
                let item = self.items.iter_mut().find(|item| item.id == id);
                item.expect("an item").draft = draft.clone();
            })
    }

    pub(crate) fn remove_item(&mut self, id: ItemId) -> Verdict {
        match self.item(id) {
            None => refused(&[Rejection::UnknownItem]),
            Some(item) if item.begun => refused(&[Rejection::ItemBegun]),
            Some(_) => {
                self.items.retain(|item| item.id != id);
                Verdict::Done
            }
        }
    }

    pub(crate) fn move_item(&mut self, id: ItemId, place: u32) -> Verdict {
        let Some(index) = self.items.iter().position(|item| item.id == id) else {
            return refused(&[Rejection::UnknownItem]);
        };
        if place == 0 {
            return refused(&[Rejection::BadNumber]);
        }
        let item = self.items.remove(index);
        let new = (place as usize - 1).min(self.items.len());
        self.items.insert(new, item);
        if new == index {
            return idle(&[Rejection::NoChange]);
        }
        Verdict::Done
    }

    pub(crate) fn start_item(&mut self, now: Timestamp, id: ItemId) -> Verdict {
        if self.session.is_none() {
            return refused(&[Rejection::NoSession]);
        }
        if self.item(id).is_none() {
            return refused(&[Rejection::UnknownItem]);
        }
        if self.current == Some(id) {
            return idle(&[Rejection::NoChange]);
        }
        self.leave_item();
        self.current = Some(id);
        self.tell(format!("started {id}"));
        self.prepared_open = true;
        self.queue_open = true;
        let item = self.items.iter_mut().find(|item| item.id == id);
        let item = item.expect("an item");
        let first_time = !item.begun;
        item.begun = true;
        item.ended = false;
        if first_time {
            let speakers = item.draft.speakers.clone();
            for speaker in speakers {
                self.last_request += 1;
                let request = RequestId(self.last_request);
                self.tell(format!("prepared {request} {}", speaker.site));
                self.prepared.entry(id).or_default().push(request);
                let asked = Request {
                    floor: Floor::Speech,
                    site: speaker.site,
                    kind: SpeechKind::PreparedSpeech,
                    words: speaker.words,
                    beneficiary: speaker.name,
                    budget: speaker.budget,
                    at: now,
                    state: State::Accepted,
                    skipped: false,
                    device: None,
                };
                self.requests.insert(request, asked);
            }
        }
        Verdict::Done
    }

    pub(crate) fn finish_item(&mut self) -> Verdict {
        if self.current.is_none() {
            return refused(&[Rejection::NoItem]);
        }
        self.leave_item();
        Verdict::Done
    }

    /// A speaker of its list who was called up is called no more.
    pub(crate) fn leave_item(&mut self) {
        let Some(id) = self.current else { return };
        let prepared = self.prepared();
        if self
            .called
            .as_ref()
            .is_some_and(|called| prepared.contains(&called.request))
        {
            self.called = None;
        }
        self.current = None;
        let item = self.items.iter_mut().find(|item| item.id == id);
        item.expect("an item").ended = true;
        self.tell(format!("finished {id}"));
    }
}
