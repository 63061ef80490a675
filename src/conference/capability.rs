//! Which role may ask for what: one table, from which everything else is read.
//!
//! The table says what a role may *ever* do. What it may do at one moment depends on the state,
//! and [`Conference::decide`](crate::Conference::decide) answers with the reason.

use crate::{Command, Rejection, Role};

/// A command and the roles that have it.
struct Row {
    /// The name on the wire (`cmd`).
    command: &'static str,
    roles: &'static [Role],
}

/// Makes of the same rows a list to read and a `match` without a wildcard, so that a command
/// without a row does not compile.
macro_rules! table {
    ($($variant:ident $command:literal $($role:ident)+;)+) => {
        const TABLE: &[Row] = &[
            $(Row { command: $command, roles: &[$(Role::$role),+] }),+
        ];

        /// The roles that have a command.
        fn roles(command: &Command) -> &'static [Role] {
            match command {
                $(Command::$variant { .. } => &[$(Role::$role),+],)+
                // No person has it: only the room itself may say it.
                Command::Room(_) => &[],
            }
        }
    };
}

table! {
    SessionOpen         "session.open"           Chair Deputy;
    SessionClose        "session.close"          Chair Deputy;
    ConferenceClose     "conference.close"       Chair Deputy;
    FloorRequest        "floor.request"          Secretary Technician Site;
    FloorCancel         "floor.cancel"           Chair Deputy Secretary Technician Site;
    FloorAccept         "floor.accept"           Chair Deputy;
    FloorMove           "floor.move"             Chair Deputy;
    FloorDefer          "floor.defer"            Chair Deputy;
    FloorDeny           "floor.deny"             Chair Deputy;
    FloorClear          "floor.clear"            Chair Deputy;
    FloorGrant          "floor.grant"            Chair Deputy;
    FloorNext           "floor.next"             Chair Deputy;
    FloorInvite         "floor.invite"           Chair Deputy;
    FloorTake           "floor.take"             Chair Deputy;
    FloorAnswer         "floor.answer"           Chair Deputy;
    FloorRestore        "floor.restore"          Chair Deputy;
    FloorRelease        "floor.release"          Chair Deputy Site;
    FloorRevoke         "floor.revoke"           Chair Deputy;
    FloorExtend         "floor.extend"           Chair Deputy;
    FloorPause          "floor.pause"            Chair Deputy;
    FloorResume         "floor.resume"           Chair Deputy;
    FloorCall           "floor.call"             Chair Deputy;
    FloorReady          "floor.ready"            Site;
    FloorList           "floor.list"             Chair Deputy;
    FloorPolicy         "floor.policy"           Chair Deputy;
    PresentationLock    "presentation.lock"      Chair Deputy;
    MicrophoneOverride  "microphone.override"    Chair Deputy;
    MicrophoneMuteAll   "microphone.mute-all"    Chair Deputy;
    PictureMain         "picture.main"           Chair Deputy;
    AnnouncementSet     "announcement.set"       Chair Deputy Secretary;
    AgendaAdd           "agenda.add"             Chair Deputy Secretary;
    AgendaEdit          "agenda.edit"            Chair Deputy Secretary;
    AgendaRemove        "agenda.remove"          Chair Deputy Secretary;
    AgendaMove          "agenda.move"            Chair Deputy Secretary;
    AgendaStart         "agenda.start"           Chair Deputy;
    AgendaFinish        "agenda.finish"          Chair Deputy;
    DocumentLink        "document.link"          Chair Deputy Secretary;
    DocumentUpload      "document.upload"        Chair Deputy Secretary;
    DocumentRemove      "document.remove"        Chair Deputy Secretary;
    ChairTake           "chair.take"             Deputy;
    ChairReclaim        "chair.reclaim"          Chair;
    ChatSend            "chat.send"              Chair Deputy Secretary Technician Site;
    AttendanceHeadcount "attendance.headcount"   Chair Secretary Site;
    DeviceRemove        "device.remove"          Chair Deputy;
    CodeChange          "code.change"            Chair Deputy;
    RoomLock            "room.lock"              Chair Deputy;
}

/// Whether a role may ever ask for this.
#[must_use]
pub fn may(role: Role, command: &Command) -> bool {
    roles(command).contains(&role)
}

/// The wire names (`cmd`) of the commands that a role has, in the order of the table.
pub fn commands(role: Role) -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .filter(move |row| row.roles.contains(&role))
        .map(|row| row.command)
}

/// Refuses what a role may never do, and says whether the chair alone may.
pub(crate) fn check(role: Role, command: &Command) -> Result<(), Rejection> {
    match roles(command) {
        roles if roles.contains(&role) => Ok(()),
        [Role::Chair, Role::Deputy] => Err(Rejection::NotChair),
        _ => Err(Rejection::NotAllowed),
    }
}
