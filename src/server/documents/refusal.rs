//! Why a file is not taken or given, for people.

use crate::{limits::Spared, sentences};
use axum::http::StatusCode;
use diemcau_protocol::ErrorBody;
use std::{io, time::Instant};

/// A disk stays full for many uploads.
static FAILURES: Spared = Spared::new();

/// What is refused of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentRefusal {
    /// More than the configuration allows.
    TooLarge {
        /// What it allows.
        megabytes: u64,
    },
    /// There is nothing in it.
    Empty,
    /// All files together have as much as the configuration allows.
    Full,
    /// The disk has no room that the log would not miss.
    DiskFull,
    /// The disk fails.
    Failed,
    /// As many files are on their way as may be.
    Busy,
    /// It broke off on its way.
    Broken,
    /// A document names it, and it is not there.
    Lost,
}

impl DocumentRefusal {
    /// The status over HTTP.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Empty | Self::Broken => StatusCode::BAD_REQUEST,
            Self::Full | Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Lost => StatusCode::NOT_FOUND,
        }
    }

    /// The code on the wire.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "document-too-large",
            Self::Empty => "document-empty",
            Self::Full => "documents-full",
            Self::DiskFull => "disk-full",
            Self::Failed => "store-failed",
            Self::Busy => "uploads-busy",
            Self::Broken => "upload-broken",
            Self::Lost => "document-lost",
        }
    }

    /// What goes over the wire.
    pub(crate) fn body(self) -> ErrorBody {
        let (vi, en) = match self {
            Self::TooLarge { megabytes } => {
                let vi = format!(
                    "Tệp lớn hơn {megabytes} MB. Hãy nén hoặc chia nhỏ tệp, gắn liên kết, hoặc nhờ kỹ thuật viên tăng server.document_mb."
                );
                let en = format!(
                    "The file has more than {megabytes} MB. Make it smaller, add a link instead, or have the technician raise server.document_mb."
                );
                return sentences::body(self.code(), &vi, &en);
            }
            Self::Empty => (
                "Tệp trống. Hãy chọn tệp khác.",
                "The file is empty. Choose another.",
            ),
            Self::Full => (
                "Tài liệu của hội nghị đã đủ dung lượng. Hãy gắn liên kết, hoặc nhờ kỹ thuật viên tăng server.documents_mb.",
                "The documents have as much room as they may. Add a link instead, or have the technician raise server.documents_mb.",
            ),
            Self::DiskFull => (
                "Đĩa của máy chủ gần đầy nên không nhận tệp; hội nghị vẫn tiếp tục. Hãy báo kỹ thuật viên giải phóng đĩa.",
                "The server's disk is nearly full and takes no files; the conference goes on. Tell the technician to free some space.",
            ),
            Self::Failed => (
                "Máy chủ không ghi hoặc đọc được tệp. Hãy báo kỹ thuật viên xem đĩa của máy chủ, rồi thử lại.",
                "The server cannot write or read the file. Tell the technician to look at its disk, then try again.",
            ),
            Self::Busy => (
                "Nhiều tệp đang được tải lên. Hãy đợi vài giây rồi thử lại.",
                "Many files are on their way. Wait a few seconds and try again.",
            ),
            Self::Broken => (
                "Tệp không đến đủ. Hãy tải lên lại.",
                "The file did not come whole. Upload it again.",
            ),
            Self::Lost => (
                "Máy chủ không còn tệp này. Hãy nhờ thư ký tải lên lại.",
                "The server has this file no more. Ask the secretary to upload it again.",
            ),
        };
        sentences::body(self.code(), vi, en)
    }
}

/// What an error of the disk means; told in the log.
pub(super) fn of_disk(error: &io::Error) -> DocumentRefusal {
    if let Some(unsaid) = FAILURES.may_say(Instant::now()) {
        tracing::error!(%error, unsaid, "A document could not be written");
    }
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            DocumentRefusal::DiskFull
        }
        _ => DocumentRefusal::Failed,
    }
}
