//! What goes over the wire between a page (or an agent) and the server: the messages of the
//! WebSocket subprotocol `diemcau.v1` and the bodies of the HTTP interface.
//!
//! This crate holds shapes only. It knows no socket, no rule of the floor, and no default. The
//! web client's TypeScript is generated from it ([`typescript::declarations`]).

mod hint;
mod line_check;
mod message;
mod quality;
mod sign_in;
pub mod typescript;
mod view;

pub use hint::{CheckedLine, Hint, Level, MediaState, SlotSource};
pub use line_check::{
    LineCheckOpened, LineCheckRequest, LineFinding, LineGrade, LineResult, LineVerdict,
    RateReceived, Transport,
};
pub use message::{
    Answer, ApiError, Ask, By, ErrorBody, EventBody, EventMessage, MediaCommand, Outcome, Reply,
    Request, ServerMessage, SlotInfo, SlotKind, SlotSize, UnseenMessage, Welcome, WelcomeMessage,
};
pub use quality::{
    CameraLimit, CameraQuality, PageQuality, PictureQuality, QualityCause, SiteQuality,
};
pub use sign_in::{ChangeCode, Directory, DirectorySite, NewCode, SignIn, SignInAs, SignedIn};
pub use view::{
    AgendaView, CalledView, ChairView, ChatMessage, ConferenceView, DeviceView, DocumentView,
    FloorView, InterruptedView, ItemView, LinkState, Me, Phase, PictureView, PresentationView,
    RequestView, SessionView, SiteView, SpeakingView, TurnView, View, ViewPatch,
};

/// The plain types of the conference that messages are made of.
pub use diemcau_conference::{
    Command, ConferenceId, DeviceId, Epoch, Event, Floor, Millis, RequestId, Role, Rules, SiteId,
    SpeechKind, Text, Timestamp,
};

/// The WebSocket subprotocol that both ends must name.
pub const SUBPROTOCOL: &str = "diemcau.v1";

/// No message may be larger, in bytes, after decompression. A Chromium offer of 22 sections is
/// 86 kB.
pub const MAX_MESSAGE: usize = 256 * 1024;
