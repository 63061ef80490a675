use super::*;
use LineGrade::{Bad, Good, Usable};
use diemcau_protocol::LineFinding;

const PORT: Ports = Ports::new(8081, 1);

fn good() -> LineResult {
    LineResult {
        transport: Transport::Udp,
        connect_ms: Some(200),
        rtt_ms: Some(20.0),
        jitter_ms: Some(2.0),
        loss_up: Some(0.0),
        loss_down: Some(0.0),
        rate_up_kbps: Some(8000.0),
        rate_down_kbps: Some(9000.0),
    }
}

/// Grade and codes.
fn verdict(result: &LineResult) -> (LineGrade, Vec<String>) {
    let verdict = judge(result, PORT).expect("possible");
    let codes = verdict.findings.into_iter().map(|finding| finding.code);
    (verdict.verdict, codes.collect())
}

fn only(result: &LineResult) -> LineFinding {
    let mut findings = judge(result, PORT).expect("possible").findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

#[test]
fn every_threshold_is_where_it_is_said_to_be() {
    type Set = fn(&mut LineResult, f64);
    type Figure = (&'static str, Set, [(f64, LineGrade); 4]);
    let figures: [Figure; 6] = [
        (
            "loss-up",
            |result, value| result.loss_up = Some(value),
            [
                (0.01, Good),
                (0.010_1, Usable),
                (0.05, Usable),
                (0.050_1, Bad),
            ],
        ),
        (
            "loss-down",
            |result, value| result.loss_down = Some(value),
            [
                (0.01, Good),
                (0.010_1, Usable),
                (0.05, Usable),
                (0.050_1, Bad),
            ],
        ),
        (
            "round-trip",
            |result, value| result.rtt_ms = Some(value),
            [
                (150.0, Good),
                (150.1, Usable),
                (400.0, Usable),
                (400.1, Bad),
            ],
        ),
        (
            "jitter",
            |result, value| result.jitter_ms = Some(value),
            [(30.0, Good), (30.1, Usable), (80.0, Usable), (80.1, Bad)],
        ),
        (
            "rate-up",
            |result, value| result.rate_up_kbps = Some(value),
            [
                (1000.0, Good),
                (999.9, Usable),
                (500.0, Usable),
                (499.9, Bad),
            ],
        ),
        (
            "rate-down",
            |result, value| result.rate_down_kbps = Some(value),
            [
                (2000.0, Good),
                (1999.9, Usable),
                (800.0, Usable),
                (799.9, Bad),
            ],
        ),
    ];
    for (code, set, cases) in figures {
        for (value, grade) in cases {
            let mut result = good();
            set(&mut result, value);
            let codes: &[&str] = if grade == Good { &[] } else { &[code] };
            let codes = codes.iter().map(ToString::to_string).collect();
            assert_eq!(verdict(&result), (grade, codes), "{code} {value}");
        }
    }
}

#[test]
fn what_media_goes_over_decides_first() {
    let mut result = good();
    assert_eq!(verdict(&result), (Good, vec![]));
    result.transport = Transport::Tcp;
    assert_eq!(verdict(&result), (Usable, vec!["no-udp".to_owned()]));
    assert!(only(&result).message.vi.contains("UDP cổng 8081"));
    let nothing = LineResult {
        transport: Transport::None,
        connect_ms: None,
        rtt_ms: None,
        jitter_ms: None,
        loss_up: None,
        loss_down: None,
        ..good()
    };
    assert_eq!(verdict(&nothing), (Bad, vec!["no-media".to_owned()]));
    assert!(only(&nothing).message.en.contains("UDP and TCP port 8081"));
}

#[test]
fn the_worst_comes_first_and_decides() {
    let result = LineResult {
        transport: Transport::Tcp,
        loss_up: Some(0.02),
        jitter_ms: Some(300.0),
        rate_down_kbps: Some(100.0),
        ..good()
    };
    let codes = ["jitter", "rate-down", "no-udp", "loss-up"].map(str::to_owned);
    assert_eq!(verdict(&result), (Bad, codes.to_vec()));
}

#[test]
fn what_was_not_measured_is_not_called_good() {
    let missing: [fn(&mut LineResult); 4] = [
        |result| result.loss_up = None,
        |result| result.loss_down = None,
        |result| result.rate_up_kbps = None,
        |result| result.rate_down_kbps = None,
    ];
    for remove in missing {
        let mut result = good();
        remove(&mut result);
        let expected = (Usable, vec!["not-measured".to_owned()]);
        assert_eq!(verdict(&result), expected, "{result:?}");
    }
    let without = LineResult {
        rtt_ms: None,
        jitter_ms: None,
        connect_ms: None,
        ..good()
    };
    assert_eq!(verdict(&without).0, Good, "not every browser has these");
}

#[test]
fn figures_that_no_line_has_are_refused() {
    let wrong: [fn(&mut LineResult); 9] = [
        |result| result.rtt_ms = Some(f64::NAN),
        |result| result.jitter_ms = Some(f64::INFINITY),
        |result| result.rtt_ms = Some(-1.0),
        |result| result.jitter_ms = Some(600_001.0),
        |result| result.loss_up = Some(1.01),
        |result| result.loss_down = Some(-0.01),
        |result| result.rate_up_kbps = Some(f64::NEG_INFINITY),
        |result| result.rate_down_kbps = Some(1e9),
        |result| result.connect_ms = Some(u32::MAX),
    ];
    for spoil in wrong {
        let mut result = good();
        spoil(&mut result);
        let refused = judge(&result, PORT);
        assert_eq!(refused, Err(Refusal::BadMessage), "{result:?}");
    }
}

#[test]
fn numbers_are_told_to_the_worse_side_and_as_each_language_writes_them() {
    let told = |share: f64| {
        let result = LineResult {
            loss_up: Some(share),
            ..good()
        };
        let message = only(&result).message;
        let part = |text: &str| {
            let (before, _) = text.split_once(" %").expect("per cent");
            before.rsplit(' ').next().expect("a number").to_owned()
        };
        (part(&message.vi), part(&message.en))
    };
    assert_eq!(told(0.08), ("8".to_owned(), "8".to_owned()));
    assert_eq!(told(0.07), ("7".to_owned(), "7".to_owned()));
    assert_eq!(told(0.0101), ("1,1".to_owned(), "1.1".to_owned()));
    let result = LineResult {
        rate_up_kbps: Some(999.9),
        ..good()
    };
    assert!(only(&result).message.vi.contains("0,9 Mbit/s"));
    assert!(only(&result).message.en.contains("(1 needed)"));
}
