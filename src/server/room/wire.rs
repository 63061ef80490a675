//! The slots of a client's connection, as the wire names them.

use diemcau_conference::SiteId;
use diemcau_media::{JoinError, Joined, Slot, SlotKind};
use diemcau_protocol::{Answer, Outcome, SlotInfo, SlotSource};

use crate::{limits::Spared, metrics, sentences::Refusal};
use std::time::Instant;

/// A page that is broken tries again and again.
static REFUSALS: Spared = Spared::new();

/// The slots of one peer and what is in them, in the order of its offer.
#[derive(Debug, Default)]
pub(super) struct Mids(Vec<SlotSource>);

impl Mids {
    /// Takes the sections of the answer. What was said of a slot before stays.
    pub(super) fn declare(&mut self, slots: &[Slot]) {
        for slot in slots {
            if !self.0.iter().any(|known| known.mid == slot.mid) {
                self.0.push(SlotSource {
                    mid: slot.mid.clone(),
                    kind: kind(slot.kind),
                    index: slot.index,
                    site: None,
                    flowing: false,
                    held: false,
                    rtp: None,
                });
            }
        }
    }

    /// Another source is in a slot, or none; `held`: it should be, and the line does not carry it.
    pub(super) fn set(&mut self, mid: &str, site: Option<SiteId>, held: bool, rtp: Option<u32>) {
        if let Some(slot) = self.0.iter_mut().find(|slot| slot.mid == mid) {
            slot.flowing = site.is_some() && rtp.is_some();
            slot.held = site.is_some() && held;
            slot.site = site;
            slot.rtp = rtp;
        }
    }

    pub(super) fn rows(&self) -> Vec<SlotSource> {
        self.0.clone()
    }
}

/// The answer to `media.join`.
pub(super) fn join_outcome(result: Result<Joined, JoinError>) -> Outcome {
    match result {
        Ok(joined) => {
            metrics::MEDIA_JOINS.count();
            Outcome::Ok(Answer {
                seq: None,
                sdp: Some(joined.answer),
                slots: joined.slots.into_iter().map(slot_info).collect(),
            })
        }
        Err(error) => {
            metrics::MEDIA_JOINS_REFUSED.count();
            if let Some(unsaid) = REFUSALS.may_say(Instant::now()) {
                tracing::warn!(%error, unsaid, "A media offer is refused");
            }
            match error {
                JoinError::BadOffer(_) => Refusal::BadOffer.outcome(),
                JoinError::Full => Refusal::MediaFull.outcome(),
                JoinError::Stopped => Refusal::Stopping.outcome(),
            }
        }
    }
}

/// A slot as the wire names it.
pub(crate) fn slot_info(slot: Slot) -> SlotInfo {
    SlotInfo {
        mid: slot.mid,
        kind: kind(slot.kind),
        index: slot.index,
    }
}

fn kind(kind: SlotKind) -> diemcau_protocol::SlotKind {
    match kind {
        SlotKind::Audio => diemcau_protocol::SlotKind::Audio,
        SlotKind::Main => diemcau_protocol::SlotKind::Main,
        SlotKind::Presentation => diemcau_protocol::SlotKind::Presentation,
        SlotKind::PresentationAudio => diemcau_protocol::SlotKind::PresentationAudio,
        SlotKind::Thumbnail => diemcau_protocol::SlotKind::Thumbnail,
    }
}
