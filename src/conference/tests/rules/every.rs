//! One of every command, as the tables of [`capability`](crate::capability) and
//! [`states`](crate::states) ask it. Where a command means another thing on the presentation floor
//! it stands there twice, with that floor behind its name.

use crate::support::{
    CAN_THO, NGHE_AN, accept, announce, answer, call, call_next, cancel, change_code, chat, clear,
    defer, deny, draft, extend, grant, headcount, invite, invite_on, list, lock, lock_presentation,
    main_picture, move_to, mute_all, next, open, override_microphone, pause, policy, ready,
    release, remove, request_for, request_to_present, restore, resume, revoke, secs, take, take_on,
};
use diemcau_conference::{
    Command, DocumentFile, DocumentId, Epoch, Floor, ItemId, Policy, QueueList, RequestId, Role,
    SpeechKind,
};

/// The text before a colon is the name on the wire. Request, turn, item and document are the first;
/// the site is Cần Thơ, and Nghệ An answers.
pub(crate) fn every_command() -> Vec<(&'static str, Command)> {
    let mut all = of_the_session();
    all.extend(of_the_floor());
    all.extend(of_the_desk());
    all
}

fn of_the_session() -> Vec<(&'static str, Command)> {
    vec![
        ("session.open", open("chiều")),
        ("session.close", Command::SessionClose),
        ("conference.close", Command::ConferenceClose),
    ]
}

fn of_the_floor() -> Vec<(&'static str, Command)> {
    let (first, epoch, shown) = (RequestId(1), Epoch(1), Floor::Presentation);
    vec![
        (
            "floor.request",
            request_for(CAN_THO, SpeechKind::Discussion, ""),
        ),
        ("floor.request:shown", for_can_tho(request_to_present())),
        ("floor.cancel", cancel(first)),
        ("floor.accept", accept(first)),
        ("floor.accept:second", accept(RequestId(2))),
        ("floor.move", move_to(first, 1)),
        ("floor.defer", defer(first)),
        ("floor.deny", deny(first, "")),
        ("floor.clear", clear(Floor::Speech)),
        ("floor.clear:shown", clear(shown)),
        ("floor.grant", grant(first)),
        ("floor.next", next()),
        ("floor.next:shown", Command::FloorNext { floor: shown }),
        ("floor.invite", invite(CAN_THO)),
        ("floor.invite:shown", invite_on(shown, CAN_THO)),
        ("floor.take", take()),
        ("floor.take:shown", take_on(shown)),
        ("floor.answer", answer(NGHE_AN, epoch)),
        ("floor.restore", restore(epoch)),
        ("floor.release", release(epoch)),
        ("floor.revoke", revoke(epoch, "")),
        ("floor.extend", extend(epoch, secs(60))),
        ("floor.pause", pause(epoch)),
        ("floor.resume", resume(epoch)),
        ("floor.call", call(first)),
        ("floor.call:next", call_next()),
        ("floor.ready", ready(first)),
        ("floor.list", list(QueueList::Open, false)),
        ("floor.policy", policy(Policy::FirstCome)),
        ("presentation.lock", lock_presentation(true)),
        ("microphone.override", override_microphone(true)),
        ("microphone.mute-all", mute_all(true)),
    ]
}

fn of_the_desk() -> Vec<(&'static str, Command)> {
    let (item, document, title) = (ItemId(1), DocumentId(1), || "Dự thảo".to_owned());
    let file = DocumentFile {
        sha256: "0".repeat(64),
        size: 1,
        name: "du-thao.pdf".to_owned(),
    };
    let (url, edited) = ("https://example.vn/1".to_owned(), draft("Khác", &[CAN_THO]));
    let added = draft("Thêm", &[]);
    vec![
        ("picture.main", main_picture(Some(CAN_THO))),
        ("announcement.set", announce(Some("Giải lao 10 phút"))),
        (
            "agenda.add",
            Command::AgendaAdd {
                draft: added,
                place: None,
            },
        ),
        (
            "agenda.edit",
            Command::AgendaEdit {
                item,
                draft: edited,
            },
        ),
        ("agenda.remove", Command::AgendaRemove { item }),
        ("agenda.move", Command::AgendaMove { item, place: 2 }),
        ("agenda.start", Command::AgendaStart { item }),
        ("agenda.finish", Command::AgendaFinish),
        (
            "document.link",
            Command::DocumentLink {
                item,
                title: title(),
                url,
            },
        ),
        (
            "document.upload",
            Command::DocumentUpload {
                item,
                title: title(),
                file,
            },
        ),
        ("document.remove", Command::DocumentRemove { document }),
        ("chair.take", Command::ChairTake),
        ("chair.reclaim", Command::ChairReclaim),
        ("chat.send", chat(Some(CAN_THO), "Xin kiểm tra micrô")),
        ("attendance.headcount", headcount(9)),
        ("device.remove", remove("can-tho-site")),
        ("code.change", change_code(CAN_THO, Role::Site)),
        ("room.lock", lock(true)),
    ]
}

fn for_can_tho(mut command: Command) -> Command {
    if let Command::FloorRequest { site, .. } = &mut command {
        *site = Some(crate::support::site(CAN_THO));
    }
    command
}
