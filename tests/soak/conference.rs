//! One conference from one seed.

use crate::{
    Counts,
    client::{Page, sign_in},
    harness::{Place, Server},
    person::Person,
    random::Random,
    record::Record,
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::Semaphore;

const PEOPLE: [(&str, &str); 8] = [
    ("ha-noi", "chair"),
    ("ha-noi", "secretary"),
    ("ha-noi", "site"),
    ("da-nang", "site"),
    ("tp-hcm", "site"),
    ("can-tho", "site"),
    ("thai-nguyen", "site"),
    ("nghe-an", "site"),
];

/// Longer than all have something to say; a kill that waits for answers does not wait longer.
const ROUND: Duration = Duration::from_millis(400);

/// Runs a conference and checks what is left of it.
pub async fn run(seed: u64) -> Counts {
    let mut random = Random::new(seed);
    // Half of the conferences with the chair's consent to each request, half without.
    let automatic = random.chance(50);
    let place = Place::with(|text| {
        text.replace(
            "accept_automatically = true",
            &format!("accept_automatically = {automatic}"),
        )
    })
    .quiet();
    let mut server = place.start();
    let mut people = vec![];
    for (n, (site, role)) in (1u64..).zip(PEOPLE) {
        let cookie = sign_in(&place, &server, site, role).await;
        people.push(Person::new(role, cookie, seed.wrapping_mul(64) + n));
    }
    let mut counts = Counts::default();
    for _ in 0..2 + random.below(4) {
        for person in &mut people {
            person.enter(&server).await;
        }
        server = kill_and_start(&place, server, &mut people, &mut random, &mut counts).await;
    }
    for person in &mut people {
        person.enter(&server).await;
    }
    join_all(people.iter_mut().map(Person::settle)).await;
    assert!(!people.iter().any(Person::has_unanswered));
    check(&place, &server, &mut people, &mut counts).await;
    for person in &people {
        counts += person.counts;
    }
    counts
}

/// All are busy until so many answers have come, and some microseconds more; then the server is
/// killed, perhaps once more at its start.
async fn kill_and_start(
    place: &Place,
    server: Server,
    people: &mut [Person],
    random: &mut Random,
    counts: &mut Counts,
) -> Server {
    let answers = Semaphore::new(0);
    let reached = answers.acquire_many(random.below(150) as u32);
    let then = Duration::from_micros(random.below(6_000));
    let busy = join_all(people.iter_mut().map(|person| person.busy(&answers)));
    tokio::select! {
        _ = busy => {}
        _ = tokio::time::timeout(ROUND, reached) => {}
    }
    // Nobody reads meanwhile: answers that come now are read after the kill.
    std::thread::sleep(then);
    server.kill();
    counts.kills += 1;
    for person in &mut *people {
        person.mourn().await;
    }
    if random.chance(40) {
        place.start_and_kill(Duration::from_micros(random.below(120_000)));
        counts.kills += 1;
        counts.kills_at_start += 1;
    }
    place.start()
}

/// What was acknowledged is in the log once, nothing else is, and all who look see the same.
async fn check(place: &Place, server: &Server, people: &mut [Person], counts: &mut Counts) {
    // Somebody new sees what somebody who was told bit by bit has.
    let cookie = sign_in(place, server, "ha-noi", "chair").await;
    let newcomer = Page::connect(server, &cookie, None).await;
    let chair = people[0].page();
    chair.until(newcomer.seq).await;
    for part in ["conference", "sites", "floor", "picture"] {
        assert_eq!(chair.view[part], newcomer.view[part], "{part}");
    }

    assert_eq!(
        place.errors(),
        "",
        "a server panicked, or could not do its work"
    );
    let record = Record::read(place);
    counts.events += record.events();
    record.assert_shows(&newcomer.view);
    for person in people.iter() {
        for (key, command, seq) in &person.done {
            record.assert_once(&person.device, key, *seq, command);
        }
        for key in &person.refused {
            record.assert_never(&person.device, key);
        }
    }
    let acknowledged: usize = people.iter().map(|person| person.done.len()).sum();
    assert_eq!(
        record.commands(),
        acknowledged,
        "what is in the log was acknowledged"
    );
}
