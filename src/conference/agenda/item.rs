//! What an agenda is made of.

use crate::{Millis, SiteId, Timestamp};
use serde::{Deserialize, Serialize};

/// What an agenda item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum AgendaKind {
    /// *Khai mạc*.
    Opening,
    /// *Báo cáo*.
    #[default]
    Report,
    /// *Dự thảo*: a draft is presented.
    Draft,
    /// *Hướng dẫn*.
    Guidance,
    /// *Tham luận*: speeches in an order set before.
    Speeches,
    /// *Thảo luận*.
    Discussion,
    /// *Khen thưởng*.
    Award,
    /// *Kết luận*.
    Conclusion,
    /// *Bế mạc*.
    Closing,
}

/// A speaker that an agenda item has from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Speaker {
    /// Where they sit.
    pub site: SiteId,
    /// Who, at most 100 characters; empty: not said.
    #[serde(default)]
    pub name: String,
    /// About what, at most 200 characters, may be empty.
    #[serde(default)]
    pub words: String,
    /// Time to speak; none: that of the rules.
    #[serde(default)]
    pub budget: Option<Millis>,
}

/// An agenda item as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AgendaDraft {
    /// 1 to 200 characters.
    pub title: String,
    /// What it is about.
    #[serde(default)]
    pub kind: AgendaKind,
    /// When it is to begin, as on the printed programme (`08:30`); empty: not said.
    #[serde(default)]
    pub planned: String,
    /// How long it may take; none: not said.
    #[serde(default)]
    pub time: Option<Millis>,
    /// Its prepared speakers in their order, at most 100.
    #[serde(default)]
    pub speakers: Vec<Speaker>,
}

/// A file that the server keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DocumentFile {
    /// Hash of the content, 64 lower-case hexadecimal digits: also where it is found.
    pub sha256: String,
    /// Bytes.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub size: u64,
    /// The name under which it is given out, 1 to 200 characters.
    pub name: String,
}

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum DocumentSource {
    /// Elsewhere.
    Link {
        /// `http://` or `https://`.
        url: String,
    },
    /// Here.
    File(DocumentFile),
}

/// A document of an agenda item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Names the document in commands.
    pub id: crate::DocumentId,
    /// What people read.
    pub title: String,
    /// Where it is.
    pub source: DocumentSource,
}

/// An agenda item of the conference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgendaItem {
    /// Names the item in commands.
    pub id: crate::ItemId,
    /// What it is.
    pub draft: AgendaDraft,
    /// Its documents, oldest first.
    pub documents: Vec<Document>,
    /// When it was begun; the first time, if more than once.
    pub begun: Option<Timestamp>,
    /// When it ended; none before, and while it is the current one.
    pub ended: Option<Timestamp>,
}
