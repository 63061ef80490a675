use super::*;

const MS: Duration = Duration::from_millis(1);
const ROUND_TRIPS: [Duration; 2] = [Duration::from_millis(40), Duration::from_millis(120)];

/// A tenth is lost each way.
fn line(burst: Option<u64>) -> Impairment {
    Impairment {
        loss_percent: 10,
        burst,
        ..Impairment::default()
    }
}

fn script(seed: u64, round_trip: Duration) -> Script {
    Script {
        seed,
        round_trip,
        line: line(None),
        length: Duration::from_secs(60),
        repairs_sound: true,
    }
}

fn played(script: &Script) -> Outcome {
    let outcome = play(script).expect("both are connected");
    println!("{script:?}\n{outcome:?}");
    assert_eq!(outcome.resealed, 0, "a seal was broken");
    assert!(outcome.frames >= 1_700 && outcome.sound >= 2_800);
    outcome
}

#[test]
fn a_tenth_that_is_lost_each_way_is_repaired() {
    for round_trip in ROUND_TRIPS {
        let mut all = Outcome::default();
        for seed in 1..=4 {
            let outcome = played(&script(seed, round_trip));
            assert!(outcome.repeated > 100, "sound came again");
            all.add(&outcome);
        }
        let (frames, missing) = (all.frames_percent(), all.missing_percent());
        assert!(frames >= 98.0, "{frames} % of the frames");
        assert!(missing <= 1.0, "{missing} % of the sound is missing");
        // A tenth of some ten thousand packets for each seed; some are lost more than once, and on a
        // long line some are sent twice.
        let most = if round_trip < 80 * MS { 7_000 } else { 14_000 };
        assert!(all.retransmitted < most, "{} sent again", all.retransmitted);
    }
}

#[test]
fn a_line_that_loses_nothing_needs_nothing() {
    let good = Script {
        line: Impairment::default(),
        ..script(1, 40 * MS)
    };
    let outcome = played(&good);
    assert_eq!(outcome.decoded, outcome.frames);
    assert_eq!((outcome.late, outcome.missing), (0, 0));
    assert_eq!((outcome.asked, outcome.retransmitted), (0, 0));
    assert_eq!((outcome.repeated, outcome.told_loss), (0, 0));
}

/// As with Firefox at both ends: a fifth is lost on the two lines, and of that a fifth twice in a row.
#[test]
fn without_nack_of_sound_there_is_fec_alone() {
    let script = Script {
        repairs_sound: false,
        ..script(5, 40 * MS)
    };
    let outcome = played(&script);
    let late = 100 * outcome.late / outcome.sound;
    assert!((17..=21).contains(&late), "{late} % are lost");
    let missing = outcome.missing_percent();
    assert!((2.5..5.0).contains(&missing), "{missing} % beyond FEC");
    assert_eq!(outcome.repeated, 0);
    assert!(outcome.frames_percent() >= 98.0, "pictures are repaired");
}

/// A publisher adds FEC by the loss that it is told of; what repair brings back is still lost at first.
#[test]
fn a_publisher_is_told_of_the_loss_of_its_sound() {
    for repairs_sound in [true, false] {
        let script = Script {
            repairs_sound,
            ..script(6, 40 * MS)
        };
        let told = f64::from(played(&script).told_loss) / 2.56;
        // A tenth on its own line; or, with what those who hear it lose, nearly a fifth.
        assert!((9.0..25.0).contains(&told), "{told} %");
    }
}

#[test]
fn a_seed_plays_the_same_again() {
    let script = script(7, 40 * MS);
    assert_eq!(played(&script), played(&script));
}

/// What is lost in a row is repaired less well: its requests and its retransmissions may be lost together
/// too. FEC replaces single packets only.
#[test]
fn a_tenth_that_is_lost_in_bursts_is_repaired() {
    // Frames in time and sound that is missing, in percent: a little worse than any of many seeds.
    let bounds = [
        (3, [(99.4, 0.05), (98.6, 0.35)]),
        (BURST, [(97.5, 0.35), (94.5, 1.3)]),
    ];
    for (burst, bounds) in bounds {
        for (round_trip, (least_frames, most_missing)) in ROUND_TRIPS.into_iter().zip(bounds) {
            let mut all = Outcome::default();
            for seed in 1..=8 {
                all.add(&played(&Script {
                    line: line(Some(burst)),
                    ..script(seed, round_trip)
                }));
            }
            let (frames, missing) = (all.frames_percent(), all.missing_percent());
            let of = format!("bursts of {burst} on a line of {round_trip:?}");
            assert!(frames >= least_frames, "{frames} % of the frames in {of}");
            assert!(
                missing <= most_missing,
                "{missing} % of the sound is missing in {of}"
            );
            // No more than for losses that come one by one, twice the runs.
            let most = if round_trip < 80 * MS { 14_000 } else { 28_000 };
            assert!(
                all.retransmitted < most,
                "{} sent again in {of}",
                all.retransmitted
            );
        }
    }
}

/// As with Firefox at both ends: the packet behind a lost one, which has its FEC, is lost with it.
#[test]
fn fec_alone_does_little_for_bursts() {
    let missing = |burst| {
        let script = Script {
            repairs_sound: false,
            line: line(burst),
            ..script(5, 40 * MS)
        };
        played(&script).missing_percent()
    };
    let (singles, bursts) = (missing(None), missing(Some(BURST)));
    assert!(bursts > 1.5 * singles, "{bursts} % and {singles} %");
}

/// Packets that come late and out of order, while some are lost, are neither asked for nor taken for lost
/// much more often than the lost ones alone.
#[test]
fn jitter_and_reordering_beside_losses_do_no_harm() {
    let calm = played(&script(8, 40 * MS));
    let rough = played(&Script {
        line: Impairment {
            jitter: 20 * MS,
            reorder_percent: 2,
            late: 10 * MS,
            ..line(None)
        },
        ..script(8, 40 * MS)
    });
    assert!(rough.frames_percent() >= 98.0, "{rough:?}");
    assert!(rough.missing_percent() <= 1.0, "{rough:?}");
    assert!(
        rough.asked > calm.asked,
        "{rough:?}: nothing was out of order"
    );
    assert!(rough.asked < calm.asked * 3 / 2, "{rough:?} {calm:?}");
}
