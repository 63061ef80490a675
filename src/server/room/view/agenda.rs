//! The agenda, projected: it is the same for everyone.

use diemcau_conference::{AgendaItem, Conference};
use diemcau_protocol::{AgendaView, DocumentView, ItemView};

pub(super) fn agenda(conference: &Conference) -> AgendaView {
    AgendaView {
        items: conference.agenda().iter().map(item).collect(),
        current: conference.current_item(),
    }
}

fn item(item: &AgendaItem) -> ItemView {
    let documents = item.documents.iter().map(|document| DocumentView {
        id: document.id,
        title: document.title.clone(),
        source: document.source.clone(),
    });
    ItemView {
        id: item.id,
        draft: item.draft.clone(),
        documents: documents.collect(),
        begun: item.begun,
        ended: item.ended,
    }
}
