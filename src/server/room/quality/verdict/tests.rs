use super::*;
use LineGrade::{Bad, Good, Usable};

const PORT: Ports = Ports::new(8081, 1);

fn good() -> Figures {
    Figures {
        loss_up: Some(0.0),
        unrepaired_up: Some(0.0),
        loss_down: Some(0.0),
        jitter_up: Some(4.0),
        jitter_down: Some(4.0),
        round_trip: Some(30.0),
        rate_up: Some(900.0),
        rate_down: Some(700.0),
        held: Held::Nothing,
        over_tcp: false,
        silent: false,
        frozen: Some(0.0),
        concealed: Some(0.0),
        decoding: Some(0.1),
        camera: Some(25.0),
        limit: CameraLimit::None,
    }
}

fn told(figures: &Figures) -> (LineGrade, &'static str) {
    let Verdict { grade, cause } = judge(figures, PORT);
    (grade, cause.map_or("", Cause::code))
}

#[test]
fn every_cause_is_told_where_its_limit_is() {
    type Set = fn(&mut Figures);
    let cases: &[(&str, Set, LineGrade, &str)] = &[
        ("nothing", |_| {}, Good, ""),
        ("nothing known", |it| *it = Figures::default(), Good, ""),
        ("little loss up", |it| it.loss_up = Some(0.02), Good, ""),
        ("loss up", |it| it.loss_up = Some(0.08), Usable, "loss-up"),
        ("much loss up", |it| it.loss_up = Some(0.16), Bad, "loss-up"),
        (
            "loss up that repair does not mend",
            |it| (it.loss_up, it.unrepaired_up) = (Some(0.08), Some(0.04)),
            Bad,
            "loss-up",
        ),
        ("little loss down", |it| it.loss_down = Some(0.02), Good, ""),
        (
            "loss down",
            |it| it.loss_down = Some(0.1),
            Usable,
            "loss-down",
        ),
        (
            "much loss down",
            |it| it.loss_down = Some(0.2),
            Bad,
            "loss-down",
        ),
        (
            "little loss down and a frozen picture",
            |it| (it.loss_down, it.frozen) = (Some(0.01), Some(0.1)),
            Usable,
            "loss-down",
        ),
        (
            "loss down and gaps in the sound",
            |it| (it.loss_down, it.concealed) = (Some(0.04), Some(0.1)),
            Bad,
            "loss-down",
        ),
        (
            "a frozen picture on a good line",
            |it| it.frozen = Some(1.0),
            Good,
            "",
        ),
        (
            "jitter up",
            |it| it.jitter_up = Some(50.1),
            Usable,
            "jitter",
        ),
        (
            "jitter down",
            |it| it.jitter_down = Some(121.0),
            Bad,
            "jitter",
        ),
        (
            "jitter down that is noticed",
            |it| (it.jitter_down, it.frozen) = (Some(40.0), Some(0.2)),
            Usable,
            "jitter",
        ),
        (
            "a line that loses much and is uneven by that",
            |it| (it.loss_up, it.jitter_up) = (Some(0.08), Some(128.0)),
            Bad,
            "loss-up",
        ),
        (
            "a full line that is uneven by that",
            |it| (it.held, it.jitter_down) = (Held::Thumbnails, Some(60.0)),
            Usable,
            "narrow",
        ),
        (
            "delay",
            |it| it.round_trip = Some(301.0),
            Usable,
            "round-trip",
        ),
        (
            "long delay",
            |it| it.round_trip = Some(601.0),
            Bad,
            "round-trip",
        ),
        (
            "a low rate by choice",
            |it| it.rate_up = Some(100.0),
            Good,
            "",
        ),
        (
            "a rate that the line limits",
            |it| (it.rate_up, it.limit) = (Some(400.0), CameraLimit::Bandwidth),
            Usable,
            "rate-up",
        ),
        (
            "a rate that the line limits much",
            |it| (it.rate_up, it.limit) = (Some(200.0), CameraLimit::Bandwidth),
            Bad,
            "rate-up",
        ),
        (
            "a rate that is limited and enough",
            |it| (it.rate_up, it.limit) = (Some(1000.0), CameraLimit::Bandwidth),
            Good,
            "",
        ),
        (
            "a line that does not carry all small pictures",
            |it| (it.held, it.loss_down) = (Held::Thumbnails, Some(0.1)),
            Usable,
            "narrow",
        ),
        (
            "a line that does not carry the main picture",
            |it| it.held = Held::Large,
            Bad,
            "narrow",
        ),
        (
            "a new line of which nothing is known",
            |it| (it.held, it.rate_down) = (Held::Large, None),
            Good,
            "",
        ),
        (
            "an encoder that is too slow",
            |it| it.limit = CameraLimit::Cpu,
            Usable,
            "computer-slow",
        ),
        (
            "another limit",
            |it| it.limit = CameraLimit::Other,
            Good,
            "",
        ),
        (
            "a decoder that is too slow",
            |it| it.decoding = Some(0.8),
            Usable,
            "computer-slow",
        ),
        (
            "a decoder that is far too slow",
            |it| (it.decoding, it.limit) = (Some(1.0), CameraLimit::Cpu),
            Bad,
            "computer-slow",
        ),
        ("a dark room", |it| it.camera = Some(5.0), Good, ""),
        (
            "a camera that hardly moves",
            |it| it.camera = Some(0.0),
            Usable,
            "camera-slow",
        ),
        ("TCP", |it| it.over_tcp = true, Usable, "no-udp"),
        (
            "TCP that holds the picture up",
            |it| (it.over_tcp, it.frozen, it.jitter_down) = (true, Some(0.5), Some(40.0)),
            Bad,
            "no-udp",
        ),
        (
            "TCP, and a picture that stands still by itself",
            |it| (it.over_tcp, it.frozen) = (true, Some(0.5)),
            Usable,
            "no-udp",
        ),
        (
            "nothing comes any more, and it was full before",
            |it| (it.silent, it.held) = (true, Held::Large),
            Bad,
            "silent",
        ),
    ];
    for (name, set, grade, code) in cases {
        let mut figures = good();
        set(&mut figures);
        assert_eq!(told(&figures), (*grade, *code), "{name}");
    }
}

#[test]
fn the_worst_is_told_and_of_two_that_are_as_bad_the_one_that_explains_the_other() {
    let mut figures = Figures {
        loss_up: Some(0.05),
        rate_up: Some(400.0),
        limit: CameraLimit::Bandwidth,
        over_tcp: true,
        ..good()
    };
    assert_eq!(told(&figures), (Usable, "loss-up"));
    figures.round_trip = Some(900.0);
    assert_eq!(told(&figures), (Bad, "round-trip"));
}

#[test]
fn one_bad_moment_is_half_as_bad_and_one_in_two_is_as_bad_always() {
    let lossy = Figures {
        loss_up: Some(0.06),
        loss_down: None,
        ..good()
    };
    let mean = lossy.mean(&good());
    assert_eq!((mean.loss_up, mean.loss_down), (Some(0.03), Some(0.0)));
    assert_eq!(mean, good().mean(&lossy));
}
