use super::*;
use diemcau_media::Held;
use diemcau_protocol::{CameraLimit, CameraQuality, PictureQuality};

const PORT: Ports = Ports::new(8081, 1);

fn id(name: &str) -> SiteId {
    SiteId::new(name)
}

fn device(name: &str) -> DeviceId {
    DeviceId::new(name)
}

fn line(loss_up: f64) -> Quality {
    Quality {
        up: Way {
            loss: Some(loss_up),
            unrepaired: Some(0.0),
            bytes_per_second: 100_000,
            ..Way::default()
        },
        ..Quality::default()
    }
}

fn report() -> PageQuality {
    PageQuality {
        over_ms: 2_000,
        main: None,
        small: None,
        concealed_permille: None,
        camera: None,
    }
}

/// As the room does it.
fn tell(lines: &mut Lines, now: Timestamp) -> Vec<(To, Hint)> {
    let mut hints = lines.tell_pages();
    if lines.hosts_are_due(now) {
        hints.extend(lines.tell_hosts(now));
    }
    hints
}

/// What was told, as (second, to, site, grade, code).
struct Told {
    lines: Lines,
    told: Vec<(u64, To, String, LineGrade, String)>,
}

impl Told {
    fn new() -> Self {
        Self {
            lines: Lines::new(PORT),
            told: Vec::new(),
        }
    }

    /// Figures of devices, each with its site and loss, every two seconds.
    fn run(&mut self, from: u64, to: u64, lossy: &[(&str, &str, f64)]) {
        for second in (from..to).step_by(2) {
            let now = Timestamp(second * 1000);
            for (at, site, loss) in lossy {
                self.lines
                    .measured(now, &device(at), &id(site), &line(*loss), false);
                self.tell(second, now);
            }
        }
    }

    fn tell(&mut self, second: u64, now: Timestamp) {
        for (to, hint) in tell(&mut self.lines, now) {
            let Hint::Quality { sites } = hint else {
                panic!("{hint:?}")
            };
            for told in sites {
                let code = told.cause.map_or(String::new(), |cause| cause.code);
                self.told
                    .push((second, to.clone(), told.site.to_string(), told.grade, code));
            }
        }
    }
}

#[test]
fn a_site_that_loses_what_it_sends_is_told_to_its_page_and_to_hosts_once() {
    use LineGrade::{Good, Usable};
    let mut told = Told::new();
    told.run(0, 20, &[("d1", "can-tho", 0.03), ("d2", "nghe-an", 0.0)]);
    told.run(20, 60, &[("d1", "can-tho", 0.0), ("d2", "nghe-an", 0.0)]);
    let to_page = To::SitePage(device("d1"));
    let loss = || "loss-up".to_owned();
    let can_tho = || "can-tho".to_owned();
    assert_eq!(
        told.told,
        [
            (6, to_page.clone(), can_tho(), Usable, loss()),
            (6, To::Host, can_tho(), Usable, loss()),
            (30, to_page, can_tho(), Good, String::new()),
            (30, To::Host, can_tho(), Good, String::new()),
        ]
    );
}

#[test]
fn a_site_is_as_good_as_the_worst_of_its_devices() {
    let mut told = Told::new();
    told.run(0, 10, &[("a", "can-tho", 0.3), ("b", "can-tho", 0.05)]);
    let pages = [("a", LineGrade::Bad), ("b", LineGrade::Usable)];
    for (at, grade) in pages {
        let to = To::SitePage(device(at));
        let own: Vec<_> = told.told.iter().filter(|it| it.1 == to).collect();
        assert_eq!(own.len(), 1);
        assert_eq!(own[0].3, grade);
    }
    let mut hosts = told.told.iter().filter(|it| it.1 == To::Host);
    assert_eq!(hosts.next_back().expect("told").3, LineGrade::Bad);
    assert_eq!(told.lines.by_grade(), [0, 0, 1]);
    // The worse device goes: the site is no worse than the other.
    let over = told.lines.keep(|it| *it == device("b"));
    let [(to, Hint::Quality { sites })] = &over[..] else {
        panic!("{over:?}")
    };
    assert_eq!(*to, To::SitePage(device("a")), "what it was told is over");
    assert_eq!(sites[0].grade, LineGrade::Good);
    told.told.clear();
    told.run(10, 14, &[("b", "can-tho", 0.05)]);
    let grades: Vec<_> = told.told.iter().map(|it| (it.1.clone(), it.3)).collect();
    assert_eq!(grades, [(To::Host, LineGrade::Usable)]);
    // The site goes: it is not shown as weak for ever.
    assert_eq!(told.lines.keep(|_| false).len(), 1);
    told.told.clear();
    told.tell(20, Timestamp(20_000));
    let grades: Vec<_> = told.told.iter().map(|it| (it.1.clone(), it.3)).collect();
    assert_eq!(grades, [(To::Host, LineGrade::Good)]);
    assert_eq!(told.lines.by_grade(), [0, 0, 0]);
}

#[test]
fn hosts_of_many_sites_are_told_at_most_every_two_seconds() {
    let mut lines = Lines::new(PORT);
    let mut at = Vec::new();
    let mut sites = 0;
    // Each of 63 sites has its own moment for its figures.
    for tick in 0..(63 * 6) {
        let now = Timestamp(tick * 2_000 / 63);
        let site = format!("site-{}", tick % 63);
        lines.measured(now, &device(&site), &id(&site), &line(0.08), false);
        for (to, hint) in tell(&mut lines, now) {
            if let (To::Host, Hint::Quality { sites: told }) = (to, hint) {
                at.push(now.0);
                sites += told.len();
            }
        }
    }
    assert_eq!(sites, 63, "each once");
    assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= HOSTS_EVERY));
    let Some(Hint::Quality { sites }) = lines.greet(&device("the-host"), true) else {
        panic!("a host that comes later is told of all")
    };
    assert_eq!(sites.len(), 63);
}

#[test]
fn a_page_that_comes_back_is_told_of_its_own_device_alone() {
    let mut told = Told::new();
    told.run(0, 10, &[("a", "can-tho", 0.3), ("b", "nghe-an", 0.0)]);
    let Some(Hint::Quality { sites }) = told.lines.greet(&device("a"), false) else {
        panic!("it is not good")
    };
    assert_eq!(sites.len(), 1);
    let cause = sites[0].cause.clone().expect("a cause");
    assert_eq!(cause.short.vi, "Gửi đi bị mất 30 %");
    assert!(cause.message.vi.contains("mất 30 % gói"), "{cause:?}");
    assert!(cause.message.vi.contains("Hãy dùng dây mạng"), "{cause:?}");
    assert_eq!(told.lines.greet(&device("b"), false), None);
}

#[test]
fn what_a_page_sees_explains_what_the_server_cannot() {
    let mut told = Told::new();
    let slow = PageQuality {
        camera: Some(CameraQuality {
            frames_per_second: Some(25),
            limited_by: CameraLimit::Cpu,
        }),
        ..report()
    };
    let report_at = |told: &mut Told, second: u64, seen: &PageQuality| {
        let now = Timestamp(second * 1000);
        let taken = told.lines.reported(now, &device("a"), seen);
        assert_eq!(taken, Reported::Taken);
    };
    told.run(0, 2, &[("a", "can-tho", 0.0)]);
    // A moment that one report tells of and the next does not is nothing to tell.
    report_at(&mut told, 1, &slow);
    told.run(2, 6, &[("a", "can-tho", 0.0)]);
    report_at(&mut told, 6, &report());
    told.run(6, 10, &[("a", "can-tho", 0.0)]);
    assert!(told.told.is_empty(), "{:?}", told.told);
    for second in (11..21).step_by(5) {
        report_at(&mut told, second, &slow);
        told.run(second + 1, second + 5, &[("a", "can-tho", 0.0)]);
    }
    let last = told.told.last().expect("told");
    assert_eq!(
        (last.3, last.4.as_str()),
        (LineGrade::Usable, "computer-slow")
    );
    // A page that reports no more says nothing for long.
    told.run(22, 50, &[("a", "can-tho", 0.0)]);
    assert_eq!(told.told.last().expect("told").3, LineGrade::Good);
}

#[test]
fn reports_that_are_impossible_too_fast_or_without_media_change_nothing() {
    let mut lines = Lines::new(PORT);
    let now = Timestamp(5_000);
    let (a, site) = (device("a"), id("can-tho"));
    assert_eq!(lines.reported(now, &a, &report()), Reported::Ignored);
    lines.measured(now, &a, &site, &line(0.0), false);
    assert_eq!(lines.reported(now, &a, &report()), Reported::Taken);
    assert_eq!(lines.reported(now, &a, &report()), Reported::Ignored);
    let later = Timestamp(10_000);
    let of_long_ago = PageQuality {
        over_ms: 10_001,
        ..report()
    };
    assert_eq!(lines.reported(later, &a, &of_long_ago), Reported::Ignored);
    let impossible = PageQuality {
        main: Some(PictureQuality {
            freezes: 0,
            frozen_ms: 2_001,
            frames_decoded: 0,
            decode_ms: None,
        }),
        ..report()
    };
    assert_eq!(lines.reported(later, &a, &impossible), Reported::Impossible);
    assert_eq!(lines.reported(later, &a, &report()), Reported::Taken);
}

#[test]
fn a_line_that_falls_silent_is_bad_until_something_comes_again() {
    let mut told = Told::new();
    told.run(0, 10, &[("a", "can-tho", 0.0)]);
    for (silent, grade, code) in [
        (true, LineGrade::Bad, "silent"),
        (false, LineGrade::Good, ""),
    ] {
        let from = if silent { 10 } else { 30 };
        for second in (from..from + 20).step_by(2) {
            let now = Timestamp(second * 1000);
            let quality = if silent {
                Quality::default()
            } else {
                line(0.0)
            };
            told.lines
                .measured(now, &device("a"), &id("can-tho"), &quality, silent);
            told.tell(second, now);
        }
        let last = told.told.last().expect("told");
        assert_eq!((last.3, last.4.as_str()), (grade, code));
    }
    assert_eq!(told.told.len(), 4, "each once to its page and to hosts");
}

#[test]
fn a_line_that_is_too_narrow_is_said_in_words_with_its_mend() {
    let mut lines = Lines::new(PORT);
    let (a, site) = (device("a"), id("can-tho"));
    let narrow = |held| Quality {
        carries: Some(640_000),
        held,
        ..line(0.0)
    };
    let mut causes = Vec::new();
    for second in (0..40).step_by(2) {
        let held = if second < 20 {
            Held::Thumbnails
        } else {
            Held::Large
        };
        let now = Timestamp(second * 1000);
        lines.measured(now, &a, &site, &narrow(held), false);
        for (to, hint) in tell(&mut lines, now) {
            let Hint::Quality { sites } = hint else {
                panic!("{hint:?}")
            };
            let told = sites[0].clone();
            causes.push((to, told.grade, told.cause.expect("a cause")));
        }
    }
    let told: Vec<_> = causes.iter().map(|it| (it.0.clone(), it.1)).collect();
    let page = To::SitePage(a);
    assert_eq!(
        told,
        [
            (page.clone(), LineGrade::Usable),
            (To::Host, LineGrade::Usable),
            (page, LineGrade::Bad),
            (To::Host, LineGrade::Bad),
        ]
    );
    for (cause, what) in [(&causes[0].2, "hình nhỏ"), (&causes[2].2, "hình chính")] {
        assert_eq!(cause.code, "narrow");
        let said = &cause.message.vi;
        assert!(said.contains("0,6 Mbit/s") && said.contains(what), "{said}");
        assert!(said.contains("Hãy tắt"), "{said}");
    }
}
