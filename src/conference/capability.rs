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
    SessionOpen         "session.open"         Chair;
    SessionClose        "session.close"        Chair;
    ConferenceClose     "conference.close"     Chair;
    FloorRequest        "floor.request"        Site;
    FloorCancel         "floor.cancel"         Chair Secretary Site;
    FloorAccept         "floor.accept"         Chair;
    FloorDeny           "floor.deny"           Chair;
    FloorGrant          "floor.grant"          Chair;
    FloorInvite         "floor.invite"         Chair;
    FloorTake           "floor.take"           Chair;
    FloorRelease        "floor.release"        Chair Site;
    FloorRevoke         "floor.revoke"         Chair;
    MicrophoneOverride  "microphone.override"  Chair;
    PictureMain         "picture.main"         Chair;
    AttendanceHeadcount "attendance.headcount" Chair Secretary Site;
    DeviceRemove        "device.remove"        Chair;
    CodeChange          "code.change"          Chair;
    RoomLock            "room.lock"            Chair;
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
        [Role::Chair] => Err(Rejection::NotChair),
        _ => Err(Rejection::NotAllowed),
    }
}
