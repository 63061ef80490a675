//! A command that carries what its asker had seen (rule 14): if what it touches has changed since, it is
//! refused; if nothing of it has, it is decided as any other.

use diemcau_conference::{
    Actor, Command, Conference, Epoch, Event, PauseCause, Rejection, RequestId, Timestamp,
};

/// Checks the answers to a command on an older state. True: it is refused as changed.
pub(crate) fn check(
    core: &Conference,
    now: Timestamp,
    actor: &Actor,
    command: &Command,
    seen: u64,
    log: &[(Timestamp, Event)],
) -> bool {
    let plain = core.decide(now, actor, command);
    let unseen = core.decide_seen(now, actor, command, None);
    assert_eq!(
        unseen, plain,
        "without what was seen it is decided as it is"
    );
    let current = core.decide_seen(now, actor, command, Some(core.applied()));
    assert_eq!(current, plain, "on the newest state it is decided as it is");
    let answer = core.decide_seen(now, actor, command, Some(seen));
    let changed = answer == Err(Rejection::Changed);
    assert!(
        changed || answer == plain,
        "it is changed, or decided as it is: {answer:?}"
    );
    let since = &log[usize::try_from(seen).expect("a short log")..];
    if let Some((_, event)) = since.iter().find(|(_, event)| touches(command, event)) {
        assert!(
            answer.is_err(),
            "what {command:?} touches has changed: {event:?}"
        );
    }
    if since.iter().all(|(_, event)| is_elsewhere(event)) {
        assert!(!changed, "nothing of {command:?} has changed: {since:?}");
    }
    if changed && let Some(earlier) = seen.checked_sub(1) {
        let answer = core.decide_seen(now, actor, command, Some(earlier));
        assert_eq!(
            answer,
            Err(Rejection::Changed),
            "who saw less is not better off"
        );
    }
    changed
}

/// Whether an event changes what a command names, for certain.
fn touches(command: &Command, event: &Event) -> bool {
    match command {
        Command::FloorGrant { request }
        | Command::FloorMove { request, .. }
        | Command::FloorDefer { request }
        | Command::FloorAccept { request, .. } => changes_request(event, *request),
        Command::FloorDeny { request, .. } => changes_request(event, *request),
        Command::FloorExtend { epoch, .. } | Command::FloorRevoke { epoch, .. } => {
            changes_turn(event, *epoch)
        }
        _ => false,
    }
}

fn changes_request(event: &Event, id: RequestId) -> bool {
    matches!(
        event,
        Event::FloorAccepted { request, .. }
        | Event::FloorMoved { request, .. }
        | Event::FloorDeferred { request, .. }
        | Event::FloorDenied { request, .. }
        | Event::FloorCancelled { request, .. }
        | Event::FloorGranted { request: Some(request), .. } if *request == id
    )
}

fn changes_turn(event: &Event, id: Epoch) -> bool {
    matches!(
        event,
        Event::FloorExtended { epoch, .. }
        | Event::FloorReleased { epoch, .. }
        | Event::FloorRevoked { epoch, .. }
        | Event::FloorPaused { epoch, cause: PauseCause::Chair, .. }
        | Event::FloorResumed { epoch, cause: PauseCause::Chair, .. } if *epoch == id
    )
}

/// Events that concern no command about the floor.
fn is_elsewhere(event: &Event) -> bool {
    matches!(
        event,
        Event::HeadcountDeclared { .. } | Event::ChatSent { .. } | Event::CodeChanged { .. }
    )
}
