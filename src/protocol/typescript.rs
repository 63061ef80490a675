//! The web client's types, written from the Rust ones.

use crate::{
    AgendaView, Answer, ApiError, Ask, By, CalledView, CameraLimit, CameraQuality, ChairView,
    ChangeCode, ChatMessage, CheckedLine, ConferenceView, DeviceView, Directory, DirectorySite,
    DocumentView, ErrorBody, EventBody, EventMessage, FloorView, Hint, InterruptedView, ItemView,
    Level, LineCheckOpened, LineCheckRequest, LineFinding, LineGrade, LineResult, LineVerdict,
    LinkState, Me, MediaCommand, MediaState, NewCode, Outcome, PageQuality, Phase, PictureQuality,
    PictureView, PresentationView, QualityCause, RateReceived, Reply, Request, RequestView,
    ServerMessage, SessionView, SignIn, SignInAs, SignedIn, SiteQuality, SiteView, SlotInfo,
    SlotKind, SlotSize, SlotSource, SpeakingView, Transport, TurnView, UnseenMessage, View,
    ViewPatch, Welcome, WelcomeMessage,
};
use diemcau_conference as core;
use ts_rs::{Config, TS};

/// Every declaration, in one module: the content of `web/src/lib/signal/protocol.gen.ts`.
#[must_use]
pub fn declarations() -> String {
    let config = Config::new();
    let mut text = String::from("// Generated from src/protocol by `make types`. Do not edit.\n\n");
    macro_rules! declare {
        ($($type:ty),* $(,)?) => {
            $(
                text.push_str("export ");
                text.push_str(&<$type>::decl(&config));
                text.push_str("\n\n");
            )*
        };
    }
    declare!(
        core::Timestamp,
        core::Millis,
        core::ConferenceId,
        core::SiteId,
        core::DeviceId,
        core::RequestId,
        core::Epoch,
        core::SessionId,
        core::ItemId,
        core::DocumentId,
        core::Role,
        core::Text,
        core::SiteKind,
        core::SiteSetup,
        core::Overtime,
        core::Policy,
        core::QueueList,
        core::Rules,
        core::AgendaKind,
        core::Speaker,
        core::AgendaDraft,
        core::Setup,
        core::Floor,
        core::SpeechKind,
        core::RevokeCause,
        core::GrantReason,
        core::BudgetLimit,
        core::PauseCause,
        core::DocumentFile,
        core::DocumentSource,
        core::Command,
        core::Event,
        core::Rejection,
        Directory,
        DirectorySite,
        SignInAs,
        SignIn,
        SignedIn,
        ChangeCode,
        NewCode,
        ErrorBody,
        ApiError,
        PictureQuality,
        CameraLimit,
        CameraQuality,
        PageQuality,
        SlotSize,
        MediaCommand,
        Ask,
        Request,
        SlotKind,
        SlotInfo,
        Answer,
        LineCheckRequest,
        LineCheckOpened,
        RateReceived,
        Transport,
        LineResult,
        LineGrade,
        LineVerdict,
        CheckedLine,
        LineFinding,
        QualityCause,
        SiteQuality,
        Outcome,
        Reply,
        By,
        EventBody,
        EventMessage,
        UnseenMessage,
        Hint,
        SlotSource,
        Level,
        MediaState,
        View,
        ViewPatch,
        ConferenceView,
        Phase,
        SessionView,
        Me,
        SiteView,
        DeviceView,
        LinkState,
        FloorView,
        TurnView,
        RequestView,
        PresentationView,
        PictureView,
        ChairView,
        CalledView,
        InterruptedView,
        AgendaView,
        ItemView,
        DocumentView,
        SpeakingView,
        ChatMessage,
        Welcome,
        WelcomeMessage,
        ServerMessage,
    );
    text
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_web_client_has_these_types() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/lib/signal/protocol.gen.ts");
        let text = super::declarations();
        if std::env::var_os("UPDATE_TYPES").is_some() {
            fs::create_dir_all(path.parent().expect("the path has a folder")).expect("folder");
            fs::write(&path, &text).expect("write");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is old: run `make types`", path.display());
    }
}
