//! What people read when something is refused: a stable code, and a sentence in two languages
//! that names the mend.

use crate::setup::NoRandom;
use diemcau_conference::{Rejection, Text};
use diemcau_protocol::{ErrorBody, Outcome};
use serde::Serialize;

/// What the edge itself refuses, before or beside the rules of the conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No valid cookie.
    Unauthorized,
    /// Site and code do not belong together.
    WrongCode,
    /// Too many requests.
    TooFast,
    /// The request comes from another site's page.
    BadOrigin,
    /// The message cannot be read.
    BadMessage,
    /// A command of the conference without a key.
    MissingKey,
    /// The offer cannot be used.
    BadOffer,
    /// The media plane takes no more connections.
    MediaFull,
    /// As many line checks run as may.
    LineChecksFull,
    /// As many rates are measured as may be at once.
    RatesBusy,
    /// A line check of a device that is in the conference.
    InConference,
    /// The log cannot be written.
    StoreFailed,
    /// Only the host may see this.
    HostOnly,
    /// There is no such thing.
    NotFound,
    /// The WebSocket's subprotocol is missing.
    BadSubprotocol,
    /// The body is compressed.
    EncodedBody,
    /// The request took too long to come, or to answer.
    TooLate,
    /// The system gives no random bytes.
    NoRandom,
    /// The server stops.
    Stopping,
}

impl Refusal {
    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::WrongCode => "wrong-code",
            Self::TooFast | Self::RatesBusy => "too-fast",
            Self::BadOrigin => "bad-origin",
            Self::BadMessage | Self::MissingKey => "bad-message",
            Self::BadOffer => "bad-offer",
            Self::MediaFull | Self::LineChecksFull => "media-full",
            Self::InConference => "in-conference",
            Self::StoreFailed => "store-failed",
            Self::HostOnly => "host-only",
            Self::NotFound => "not-found",
            Self::BadSubprotocol => "bad-subprotocol",
            Self::EncodedBody => "encoded-body",
            Self::TooLate => "too-late",
            Self::NoRandom => "no-random",
            Self::Stopping => "stopping",
        }
    }

    /// What goes over the wire.
    #[must_use]
    pub fn body(self) -> ErrorBody {
        let (vi, en) = match self {
            Self::Unauthorized => (
                "Phiên đăng nhập không còn hiệu lực. Hãy đăng nhập lại bằng mã của điểm cầu.",
                "You are not signed in. Sign in with your site's code.",
            ),
            Self::WrongCode => (
                "Mã không đúng với điểm cầu này. Hãy xem lại mã, hoặc hỏi kỹ thuật viên.",
                "The code does not belong to this site. Check it, or ask the technician.",
            ),
            Self::TooFast => (
                "Thao tác quá nhanh. Hãy đợi vài giây rồi thử lại.",
                "Too many requests. Wait a few seconds and try again.",
            ),
            Self::BadOrigin => (
                "Yêu cầu đến từ một trang khác. Hãy mở trang của hội nghị rồi thử lại.",
                "The request comes from another site. Open the conference's own page.",
            ),
            Self::BadMessage => (
                "Máy chủ không đọc được yêu cầu. Hãy tải lại trang.",
                "The server cannot read this message. Reload the page.",
            ),
            Self::MissingKey => (
                "Yêu cầu thiếu khóa nhận dạng (UUID). Hãy tải lại trang.",
                "The command carries no key (a UUID). Reload the page.",
            ),
            Self::BadOffer => (
                "Trình duyệt gửi mô tả hình và tiếng không dùng được. Hãy dùng Chrome, Edge hoặc Firefox mới.",
                "The browser's media offer cannot be used. Use a current Chrome, Edge or Firefox.",
            ),
            Self::MediaFull => (
                "Máy chủ đã đủ số kết nối hình ảnh. Hãy đóng bớt thiết bị rồi thử lại.",
                "The media server is full. Close a device and try again.",
            ),
            Self::LineChecksFull => (
                "Nhiều điểm cầu đang cùng kiểm tra đường truyền. Hãy đợi nửa phút rồi thử lại.",
                "Many sites are checking their lines now. Wait half a minute, then try again.",
            ),
            Self::RatesBusy => (
                "Nhiều điểm cầu đang cùng đo tốc độ. Hãy đợi vài giây rồi thử lại.",
                "Many sites are measuring their rates now. Wait a few seconds, then try again.",
            ),
            Self::InConference => (
                "Thiết bị này đang ở trong hội nghị. Hãy rời hội nghị rồi kiểm tra đường truyền.",
                "This device is in the conference. Leave it, then check the line.",
            ),
            Self::StoreFailed => (
                "Máy chủ không ghi được nhật ký nên chưa thực hiện. Hãy báo kỹ thuật viên kiểm tra ổ đĩa rồi thử lại.",
                "The log cannot be written, so nothing was done. Tell the technician to check the disk, then try again.",
            ),
            Self::HostOnly => (
                "Chỉ chủ tọa, thư ký và kỹ thuật viên xem được. Hãy đăng nhập bằng mã của một trong các vai đó.",
                "Only chair, secretary and technician may see this. Sign in with such a code.",
            ),
            Self::NotFound => (
                "Không có nội dung này. Hãy kiểm tra lại địa chỉ.",
                "There is nothing here. Check the address.",
            ),
            Self::EncodedBody => (
                "Máy chủ không nhận yêu cầu được nén. Hãy gửi nội dung không nén.",
                "Compressed requests are not accepted. Send the body as it is.",
            ),
            Self::TooLate => (
                "Yêu cầu mất quá nhiều thời gian. Hãy kiểm tra đường truyền rồi thử lại.",
                "The request took too long. Check the line and try again.",
            ),
            Self::BadSubprotocol => (
                "Kết nối phải dùng giao thức diemcau.v1. Hãy tải lại trang.",
                "The connection must name the subprotocol diemcau.v1. Reload the page.",
            ),
            Self::NoRandom => (
                "Hệ điều hành của máy chủ không cấp được số ngẫu nhiên. Hãy báo kỹ thuật viên khởi động lại máy chủ.",
                "The server's system gives no random numbers. Tell the technician to restart the machine.",
            ),
            Self::Stopping => (
                "Máy chủ đang dừng. Trang sẽ tự kết nối lại.",
                "The server is stopping. The page comes back by itself.",
            ),
        };
        body(self.code(), vi, en)
    }

    /// The outcome of a request that is refused so.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        Outcome::Error(self.body())
    }
}

impl From<NoRandom> for Refusal {
    fn from(NoRandom: NoRandom) -> Self {
        Self::NoRandom
    }
}

/// A refusal of the rules, for the wire.
#[must_use]
pub fn rejection(rejection: Rejection) -> ErrorBody {
    let (vi, en) = match rejection {
        Rejection::NotAllowed => (
            "Vai trò của bạn không làm được việc này. Hãy nhờ chủ tọa.",
            "Your role may not do this. Ask the chair.",
        ),
        Rejection::NotChair => (
            "Chỉ chủ tọa làm được việc này. Hãy nhờ chủ tọa.",
            "Only the chair may do this. Ask the chair.",
        ),
        Rejection::ConferenceClosed => (
            "Hội nghị đã bế mạc. Nếu cần họp tiếp, hãy gọi kỹ thuật viên.",
            "The conference is closed. Call the technician if it must go on.",
        ),
        Rejection::NoSession => (
            "Chưa khai mạc buổi họp. Hãy đợi chủ tọa khai mạc.",
            "No session is open. Wait for the chair to open it.",
        ),
        Rejection::SessionOpen => (
            "Buổi họp đang mở. Hãy kết thúc buổi này trước.",
            "A session is open. Close it first.",
        ),
        Rejection::UnknownSite => (
            "Không có điểm cầu này. Hãy chọn trong danh sách.",
            "There is no such site. Choose one from the list.",
        ),
        Rejection::UnknownRequest => (
            "Không có lượt đăng ký này. Hãy tải lại trang.",
            "There is no such request. Reload the page.",
        ),
        Rejection::UnknownDevice => (
            "Thiết bị không còn kết nối. Hãy chọn thiết bị khác.",
            "The device is not linked. Choose another.",
        ),
        Rejection::DeviceRemoved => (
            "Chủ tọa đã đưa thiết bị này ra khỏi hội nghị. Nếu nhầm, hãy gọi kỹ thuật viên rồi đăng nhập lại.",
            "The chair removed this device. If by mistake, call the technician and sign in again.",
        ),
        Rejection::OwnDevice => (
            "Đây là thiết bị của chính bạn. Hãy dùng nút Rời hội nghị.",
            "That is your own device. Use the leave button.",
        ),
        Rejection::RoomLocked => (
            "Chủ tọa đã khóa phòng họp: không nhận thêm thiết bị mới. Hãy gọi kỹ thuật viên trung tâm.",
            "The chair locked the room: no new devices. Call the centre's technician.",
        ),
        Rejection::TooManyDevices => (
            "Mã này đã đủ số thiết bị. Hãy đóng bớt một thiết bị rồi thử lại.",
            "This code is used by as many devices as it may be. Close one and try again.",
        ),
        Rejection::RequestClosed => (
            "Lượt đăng ký này đã xong. Hãy đăng ký lượt mới.",
            "The request is closed. Make a new one.",
        ),
        Rejection::AlreadyAccepted => (
            "Lượt đăng ký đã có trong hàng chờ; không cần làm gì thêm.",
            "The request is in the queue; nothing needs doing.",
        ),
        Rejection::AlreadyRequested => (
            "Điểm cầu đã đăng ký. Hãy bấm Hủy đăng ký trước khi đăng ký lại.",
            "The site has an open request. Press Cancel request before making another.",
        ),
        Rejection::HoldsFloor => (
            "Điểm cầu đang phát biểu. Hãy kết thúc lượt này trước.",
            "The site holds the floor. Release it first.",
        ),
        Rejection::SiteAbsent => (
            "Điểm cầu chưa kết nối. Hãy đợi điểm cầu vào hội nghị.",
            "The site is not linked. Wait until it has joined.",
        ),
        Rejection::StaleEpoch => (
            "Lượt phát biểu đó đã kết thúc. Hãy xem lượt hiện tại.",
            "That turn is over. Look at the current one.",
        ),
        Rejection::NotYours => (
            "Việc này thuộc về điểm cầu khác. Hãy để điểm cầu đó thực hiện.",
            "That belongs to another site. Leave it to that site.",
        ),
        Rejection::BadText => (
            "Nội dung bị trống, quá dài hoặc có ký tự lạ. Hãy sửa lại.",
            "A text is missing, too long or not plain. Change it.",
        ),
        Rejection::BadNumber => (
            "Con số ngoài phạm vi cho phép. Hãy sửa lại.",
            "A number is out of range. Change it.",
        ),
        Rejection::QueueClosed => (
            "Chủ tọa đã đóng hàng đợi của mục này. Hãy đợi chủ tọa mở lại.",
            "The chair has closed the queue of this item. Wait until it is opened again.",
        ),
        Rejection::NoTurnsLeft => (
            "Điểm cầu đã hết số lượt phát biểu ở mục này. Hãy nhắn thư ký nếu thật cần.",
            "Your site has had all its turns in this item. Write to the secretary if it must be.",
        ),
        Rejection::NoTimeLeft => (
            "Điểm cầu đã dùng hết thời gian phát biểu ở mục này. Hãy nhắn thư ký nếu thật cần.",
            "Your site has used all its time in this item. Write to the secretary if it must be.",
        ),
        Rejection::TooSoon => (
            "Điểm cầu vừa phát biểu hoặc vừa bị từ chối. Hãy đợi một lát rồi đăng ký lại.",
            "Your site has just spoken, or was just refused. Wait a little, then ask again.",
        ),
        Rejection::NotInQueue => (
            "Yêu cầu này chưa có chỗ trong hàng đợi. Hãy nhận yêu cầu trước.",
            "The request has no place in the queue yet. Accept it first.",
        ),
        Rejection::NobodyWaits => (
            "Không có điểm cầu nào đang kết nối và chờ phát biểu. Hãy mời một điểm cầu.",
            "No site that is linked waits for the floor. Call a site up.",
        ),
        Rejection::TooManyHolders => (
            "Đã đủ số điểm cầu cùng phát biểu. Hãy kết thúc một lượt trước.",
            "As many sites speak together as may. End one of the turns first.",
        ),
        Rejection::NotCalled => (
            "Lời gọi chuẩn bị đã hết hạn hoặc dành cho yêu cầu khác. Hãy đợi chủ tọa gọi lại.",
            "The call is over, or was for another request. Wait until you are called again.",
        ),
        Rejection::NotInterrupted => (
            "Không còn lượt nào bị ngắt để trả lại. Hãy mời điểm cầu đó phát biểu.",
            "There is no such interrupted turn any more. Call the site up instead.",
        ),
        Rejection::PresentationLocked => (
            "Chủ tọa đã khóa trình chiếu. Hãy đợi chủ tọa mở lại.",
            "The chair has locked the presentation. Wait until it is opened again.",
        ),
        Rejection::NotChairing => (
            "Ghế chủ tọa đang do người khác giữ. Hãy nhận lại ghế chủ tọa trước.",
            "Somebody else sits on the chair. Take the chair first.",
        ),
        Rejection::ChairPresent => (
            "Chủ tọa đang có mặt, nên không thể nhận ghế chủ tọa.",
            "The chair is there, so you cannot take the chair.",
        ),
        Rejection::Changed => (
            "Mọi việc vừa thay đổi. Hãy xem lại rồi chọn lại.",
            "Things have just changed. Look again, then choose again.",
        ),
        Rejection::UnknownItem => (
            "Không có mục này trong chương trình. Hãy tải lại trang.",
            "There is no such agenda item. Reload the page.",
        ),
        Rejection::NoItem => (
            "Chưa có mục nào đang diễn ra. Hãy bắt đầu một mục.",
            "No agenda item is under way. Start one.",
        ),
        Rejection::ItemBegun => (
            "Mục này đã bắt đầu, nên không xóa hay đổi người phát biểu được nữa.",
            "The item was begun: it stays, and so do its speakers.",
        ),
        Rejection::UnknownDocument => (
            "Không có tài liệu này. Hãy tải lại trang.",
            "There is no such document. Reload the page.",
        ),
        Rejection::TooMany => (
            "Đã đủ số lượng cho phép. Hãy bỏ bớt rồi thêm lại.",
            "There are as many of these as there may be. Remove one first.",
        ),
        Rejection::NoChange => (
            "Đã như vậy rồi; không cần làm gì thêm.",
            "That is so already; nothing needs doing.",
        ),
        Rejection::BadSetup => (
            "Cấu hình không dùng được. Hãy chạy `diemcau config check`.",
            "The configuration cannot be used. Run `diemcau config check`.",
        ),
    };
    body(&rejection_code(rejection), vi, en)
}

/// The stable code: the kebab-case name that serde gives.
fn rejection_code(rejection: Rejection) -> String {
    match serde_json::to_value(rejection) {
        Ok(serde_json::Value::String(code)) => code,
        _ => rejection.to_string(),
    }
}

/// A refusal with its sentences.
pub(crate) fn body(code: &str, vi: &str, en: &str) -> ErrorBody {
    ErrorBody {
        code: code.to_owned(),
        message: Text {
            vi: vi.to_owned(),
            en: en.to_owned(),
        },
    }
}
