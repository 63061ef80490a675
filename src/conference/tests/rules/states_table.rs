//! What every command gives in every state, written from the rules.

/// The states, in the order of the columns.
///
/// - `none`: no session is open; chair, deputy and Cần Thơ are linked.
/// - `free`: a session, and nobody has a floor. All that follow begin like this.
/// - `asked`: Cần Thơ has the queue's first place, Đà Nẵng waits for the chair.
/// - `own`, `other`: Cần Thơ, or Nghệ An, has turn 1.
/// - `talk`: Cần Thơ has turn 1, and Nghệ An answers it beside.
/// - `stop`, `mute`, `lost`: Cần Thơ's turn 1 stands still: the chair stopped it, all microphones are
///   closed, its link is lost.
/// - `inter`: the chair took the floor from Cần Thơ.
/// - `call`: Cần Thơ has the queue's first place and was told that it is next.
/// - `shows`, `shown`: Cần Thơ, or Nghệ An, presents, which is turn 1.
/// - `plock`: only the chair's site may present. `rlock`: the room is locked.
/// - `item`: the first agenda item, with Cần Thơ on its prepared list and a document.
/// - `away`: the chair's link is lost. `acts`: the deputy sits on the chair. `back`: so it does, and
///   the chair is there again.
pub(crate) const STATES: [&str; 19] = [
    "none", "free", "asked", "own", "other", "talk", "stop", "mute", "lost", "inter", "call",
    "shows", "shown", "plock", "item", "rlock", "away", "acts", "back",
];

/// `+` is done; every other word is a rejection by its initials. Who: see `letters`.
pub(crate) const TABLE: &str = "
session.open           C    +    so   so    so  so    so   so   so   so   so    so   so    so    so    so   so    so   so   so
session.close          C    ns   +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
conference.close       C    +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
floor.request          kts  ns   +    ar    hf  +     hf   hf   hf   hf   +     ar   +     +     +     +    +     +    +    +
floor.request:shown    kts  ns   +    +     +   +     +    +    +    +    +     +    hf    +     pl    +    +     +    +    +
floor.cancel           Ckts ur   ur   +     ur  ur    ur   ur   ur   ur   ur    +    ur    ur    ur    +    ur    ur   ur   ur
floor.accept           C    ur   ur   aa    ur  ur    ur   ur   ur   ur   ur    aa   ur    ur    ur    aa   ur    ur   ur   ur
floor.accept:second    C    ur   ur   +     ur  ur    ur   ur   ur   ur   ur    ur   ur    ur    ur    ur   ur    ur   ur   ur
floor.move             C    ur   ur   nc    ur  ur    ur   ur   ur   ur   ur    nc   ur    ur    ur    nc   ur    ur   ur   ur
floor.defer            C    ur   ur   +     ur  ur    ur   ur   ur   ur   ur    +    ur    ur    ur    +    ur    ur   ur   ur
floor.deny             C    ur   ur   +     ur  ur    ur   ur   ur   ur   ur    +    ur    ur    ur    +    ur    ur   ur   ur
floor.clear            C    nc   nc   +     nc  nc    nc   nc   nc   nc   nc    +    nc    nc    nc    nc   nc    nc   nc   nc
floor.clear:shown      C    nc   nc   nc    nc  nc    nc   nc   nc   nc   nc    nc   nc    nc    nc    nc   nc    nc   nc   nc
floor.grant            C    ur   ur   +     ur  ur    ur   ur   ur   ur   ur    +    ur    ur    ur    +    ur    ur   ur   ur
floor.next             C    ns   nw   +     nw  nw    nw   nw   nw   nw   nw    +    nw    nw    nw    +    nw    nw   nw   nw
floor.next:shown       C    ns   nw   nw    nw  nw    nw   nw   nw   nw   nw    nw   nw    nw    nw    nw   nw    nw   nw   nw
floor.invite           C    ns   +    +     hf  +     hf   hf   hf   hf   +     +    +     +     +     +    +     +    +    +
floor.invite:shown     C    ns   +    +     +   +     +    +    +    sa   +     +    hf    +     pl    +    +     +    +    +
floor.take             C    ns   +    +     +   +     +    +    +    +    hf    +    +     +     +     +    +     sa   +    +
floor.take:shown       C    ns   +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     sa   +    +
floor.answer           C    se   se   se    +   hf    hf   +    +    +    se    se   se    se    se    se   se    se   se   se
floor.restore          C    ni   ni   ni    ni  ni    ni   ni   ni   ni   +     ni   ni    ni    ni    ni   ni    ni   ni   ni
floor.release          c    se   se   se    ny  ny    ny   ny   ny   ny   se    se   ny    ny    se    se   se    se   se   se
floor.release          D    se   se   se    ny  ny    ny   ny   ny   ny   se    se   ny    ny    se    se   se    se   se   se
floor.release          s    se   se   se    +   ny    +    +    +    +    se    se   +     ny    se    se   se    se   se   se
floor.revoke           C    se   se   se    +   +     +    +    +    +    se    se   +     +     se    se   se    se   se   se
floor.extend           C    se   se   se    +   +     +    +    +    +    se    se   se    se    se    se   se    se   se   se
floor.pause            C    se   se   se    +   +     +    nc   +    +    se    se   se    se    se    se   se    se   se   se
floor.resume           C    se   se   se    nc  nc    nc   +    nc   nc   se    se   se    se    se    se   se    se   se   se
floor.call             C    ns   ur   +     ur  ur    ur   ur   ur   ur   ur    +    ur    ur    ur    +    ur    ur   ur   ur
floor.call:next        C    ns   nw   +     nw  nw    nw   nw   nw   nw   nw    +    nw    nw    nw    +    nw    nw   nw   nw
floor.ready            s    nk   nk   nk    nk  nk    nk   nk   nk   nk   nk    +    nk    nk    nk    nk   nk    nk   nk   nk
floor.list             C    +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
floor.policy           C    +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
presentation.lock      C    +    +    +     +   +     +    +    +    +    +     +    +     +     nc    +    +     +    +    +
microphone.override    C    +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
microphone.mute-all    C    +    +    +     +   +     +    +    nc   +    +     +    +     +     +     +    +     +    +    +
picture.main           C    +    +    +     +   +     +    +    +    sa   +     +    +     +     +     +    +     +    +    +
announcement.set       Ck   +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
agenda.add             Ck   +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
agenda.edit            Ck   +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
agenda.remove          Ck   +    +    +     +   +     +    +    +    +    +     +    +     +     +     ib   +     +    +    +
agenda.move            Ck   +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
agenda.start           C    ns   +    +     +   +     +    +    +    +    +     +    +     +     +     nc   +     +    +    +
agenda.finish          C    no   no   no    no  no    no   no   no   no   no    no   no    no    no    +    no    no   no   no
document.link          Ck   +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
document.upload        Ck   +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
document.remove        Ck   ud   ud   ud    ud  ud    ud   ud   ud   ud   ud    ud   ud    ud    ud    +    ud    ud   ud   ud
chair.take             d    cp   cp   cp    cp  cp    cp   cp   cp   cp   cp    cp   cp    cp    cp    cp   cp    +    nc   nc
chair.reclaim          c    nc   nc   nc    nc  nc    nc   nc   nc   nc   nc    nc   nc    nc    nc    nc   nc    nc   +    +
chat.send              cdkts +   +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
attendance.headcount   cks  +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
device.remove          C    +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
code.change            C    +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    +     +    +    +
room.lock              C    +    +    +     +   +     +    +    +    +    +     +    +     +     +     +    nc    +    +    +
";
