//! What a line is good for: the thresholds and the sentences, for page and agent alike.
//!
//! A site receives the main picture (1 Mbit/s), the sound and the thumbnails, and sends its camera
//! (1 Mbit/s) and its sound. Loss up to the thresholds is repaired unnoticed; beyond 400 ms people
//! talk over each other (ITU-T G.114 has 150 and 400 ms one way; here it is both ways).

use crate::sentences::Refusal;
use diemcau_conference::Text;
use diemcau_protocol::{LineFinding, LineGrade, LineResult, LineVerdict, Transport};

/// Up to where a figure is good, and up to where it is usable.
struct Limits {
    good: f64,
    usable: f64,
}

/// Share of packets.
const LOSS: Limits = Limits {
    good: 0.01,
    usable: 0.05,
};
/// Milliseconds, there and back.
const ROUND_TRIP: Limits = Limits {
    good: 150.0,
    usable: 400.0,
};
/// Milliseconds.
const JITTER: Limits = Limits {
    good: 30.0,
    usable: 80.0,
};
/// kbit/s.
const RATE_UP: Limits = Limits {
    good: 1000.0,
    usable: 500.0,
};
/// kbit/s.
const RATE_DOWN: Limits = Limits {
    good: 2000.0,
    usable: 800.0,
};

/// No time is longer, in milliseconds.
const MAX_TIME: f64 = 600_000.0;
/// No line is faster, in kbit/s.
const MAX_RATE: f64 = 100_000_000.0;

/// Says what measurements mean. `port` is that of media.
///
/// # Errors
/// [`Refusal::BadMessage`] for figures that no line has.
pub(crate) fn judge(result: &LineResult, port: u16) -> Result<LineVerdict, Refusal> {
    if !is_possible(result) {
        return Err(Refusal::BadMessage);
    }
    let mut findings = Vec::new();
    findings.extend(transport(result.transport, port));
    if result.transport != Transport::None {
        findings.extend(loss_up(result.loss_up));
        findings.extend(loss_down(result.loss_down));
        findings.extend(round_trip(result.rtt_ms));
        findings.extend(jitter(result.jitter_ms));
    }
    findings.extend(rate_up(result.rate_up_kbps));
    findings.extend(rate_down(result.rate_down_kbps));
    findings.extend(not_measured(result));
    // Stable: those of one grade stay in the order above.
    findings.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    Ok(LineVerdict {
        verdict: findings
            .first()
            .map_or(LineGrade::Good, |(grade, _)| *grade),
        findings: findings.into_iter().map(|(_, finding)| finding).collect(),
    })
}

fn is_possible(result: &LineResult) -> bool {
    let within = |value: Option<f64>, most: f64| {
        value.is_none_or(|value| value.is_finite() && (0.0..=most).contains(&value))
    };
    result
        .connect_ms
        .is_none_or(|millis| f64::from(millis) <= MAX_TIME)
        && within(result.rtt_ms, MAX_TIME)
        && within(result.jitter_ms, MAX_TIME)
        && within(result.loss_up, 1.0)
        && within(result.loss_down, 1.0)
        && within(result.rate_up_kbps, MAX_RATE)
        && within(result.rate_down_kbps, MAX_RATE)
}

type Found = Option<(LineGrade, LineFinding)>;

fn transport(transport: Transport, port: u16) -> Found {
    match transport {
        Transport::Udp => None,
        Transport::Tcp => found(
            LineGrade::Usable,
            "no-udp",
            format!(
                "UDP cổng {port} bị chặn nên hình và tiếng phải đi bằng TCP: mạng bận thì hình giật, tiếng vấp. Hãy nhờ bộ phận công nghệ thông tin của cơ quan mở UDP cổng {port} tới máy chủ."
            ),
            format!(
                "UDP port {port} is blocked, so sound and picture go over TCP and stutter when the line is busy. Ask the office's IT to open UDP port {port} to the server."
            ),
        ),
        Transport::None => found(
            LineGrade::Bad,
            "no-media",
            format!(
                "Hình và tiếng không tới được máy chủ: cả UDP và TCP cổng {port} đều không thông. Hãy nhờ bộ phận công nghệ thông tin của cơ quan mở UDP và TCP cổng {port} tới máy chủ."
            ),
            format!(
                "Sound and picture do not come through: neither UDP nor TCP port {port} reaches the server. Ask the office's IT to let UDP and TCP port {port} through to the server."
            ),
        ),
    }
}

fn loss_up(share: Option<f64>) -> Found {
    let (share, grade) = at_most(share, &LOSS)?;
    let lost = Tenths::of_percent(share);
    let (vi, en) = match grade {
        LineGrade::Bad => (
            "các điểm cầu khác không nghe và nhìn rõ",
            "the other sites cannot hear and see you well",
        ),
        _ => (
            "các điểm cầu khác có lúc thấy hình giật, nghe tiếng vấp",
            "the other sites will notice it now and then",
        ),
    };
    found(
        grade,
        "loss-up",
        format!(
            "Đường truyền lên mất {} % gói: {vi}. Hãy dùng dây mạng thay Wi-Fi, tắt các chương trình tải nặng; vẫn mất thì báo nhà mạng.",
            lost.vi()
        ),
        format!(
            "The line up loses {} % of its packets: {en}. Use the cable instead of Wi-Fi and stop heavy transfers; if it stays, tell the provider.",
            lost.en()
        ),
    )
}

fn loss_down(share: Option<f64>) -> Found {
    let (share, grade) = at_most(share, &LOSS)?;
    let lost = Tenths::of_percent(share);
    let (vi, en) = match grade {
        LineGrade::Bad => (
            "khó theo dõi hội nghị",
            "the conference can hardly be followed",
        ),
        _ => (
            "có lúc hình giật, tiếng vấp",
            "picture and sound will stutter now and then",
        ),
    };
    found(
        grade,
        "loss-down",
        format!(
            "Đường truyền xuống mất {} % gói: {vi}. Hãy dùng dây mạng thay Wi-Fi, tắt các chương trình tải nặng; vẫn mất thì báo nhà mạng.",
            lost.vi()
        ),
        format!(
            "The line down loses {} % of its packets: {en}. Use the cable instead of Wi-Fi and stop heavy transfers; if it stays, tell the provider.",
            lost.en()
        ),
    )
}

fn round_trip(millis: Option<f64>) -> Found {
    let (millis, grade) = at_most(millis, &ROUND_TRIP)?;
    let millis = millis.ceil();
    let (vi, en) = match grade {
        LineGrade::Bad => (
            "hai bên sẽ nói chồng lên nhau",
            "people will talk over each other",
        ),
        _ => ("hỏi đáp sẽ chậm", "question and answer will be slow"),
    };
    found(
        grade,
        "round-trip",
        format!(
            "Tín hiệu đi và về mất {millis} ms: {vi}. Hãy tắt VPN, dùng mạng cáp quang thay 4G hoặc vệ tinh."
        ),
        format!(
            "The way there and back takes {millis} ms: {en}. Turn the VPN off; use fibre instead of 4G or satellite."
        ),
    )
}

fn jitter(millis: Option<f64>) -> Found {
    let (millis, grade) = at_most(millis, &JITTER)?;
    let millis = millis.ceil();
    let (vi, en) = match grade {
        LineGrade::Bad => ("tiếng sẽ ngắt quãng", "sound will break up"),
        _ => ("tiếng có thể bị trễ", "sound may lag"),
    };
    found(
        grade,
        "jitter",
        format!(
            "Gói tin tới không đều, lệch {millis} ms: {vi}. Hãy dùng dây mạng thay Wi-Fi và ngồi gần bộ phát, bớt máy dùng chung đường truyền."
        ),
        format!(
            "Packets come unevenly, {millis} ms apart: {en}. Use the cable instead of Wi-Fi, or move closer; keep other machines off the line."
        ),
    )
}

fn rate_up(kbps: Option<f64>) -> Found {
    let (kbps, grade) = at_least(kbps, &RATE_UP)?;
    let (rate, need) = (Tenths::of_megabits(kbps), Tenths::of_megabits(RATE_UP.good));
    let (vi, en) = match grade {
        LineGrade::Bad => ("không đủ để gửi hình", "too little to send the camera"),
        _ => (
            "hình gửi đi sẽ kém nét",
            "the camera will be seen less sharp",
        ),
    };
    found(
        grade,
        "rate-up",
        format!(
            "Tốc độ tải lên {} Mbit/s: {vi} (cần {}). Hãy tắt các chương trình tải lên, bớt máy dùng chung, hoặc nhờ nhà mạng nâng gói cước.",
            rate.vi(),
            need.vi()
        ),
        format!(
            "The line carries {} Mbit/s up: {en} ({} needed). Stop uploads, keep other machines off the line, or ask the provider for more.",
            rate.en(),
            need.en()
        ),
    )
}

fn rate_down(kbps: Option<f64>) -> Found {
    let (kbps, grade) = at_least(kbps, &RATE_DOWN)?;
    let (rate, need) = (
        Tenths::of_megabits(kbps),
        Tenths::of_megabits(RATE_DOWN.good),
    );
    let (vi, en) = match grade {
        LineGrade::Bad => ("không đủ để xem hình", "too little to receive the picture"),
        _ => (
            "hình nhận về có lúc bị giật",
            "the picture will stutter now and then",
        ),
    };
    found(
        grade,
        "rate-down",
        format!(
            "Tốc độ tải xuống {} Mbit/s: {vi} (cần {}). Hãy tắt các chương trình tải xuống, bớt máy dùng chung, hoặc nhờ nhà mạng nâng gói cước.",
            rate.vi(),
            need.vi()
        ),
        format!(
            "The line carries {} Mbit/s down: {en} ({} needed). Stop downloads, keep other machines off the line, or ask the provider for more.",
            rate.en(),
            need.en()
        ),
    )
}

/// A line is not called good for what nobody measured. Round trip and jitter are not in every
/// browser's figures, and loss shows a bad line without them.
fn not_measured(result: &LineResult) -> Found {
    let loss = result.loss_up.is_some() && result.loss_down.is_some();
    let rates = result.rate_up_kbps.is_some() && result.rate_down_kbps.is_some();
    if rates && (loss || result.transport == Transport::None) {
        return None;
    }
    found(
        LineGrade::Usable,
        "not-measured",
        "Chưa đo được hết đường truyền. Hãy bật camera, micrô, để trang mở đến khi đo xong rồi kiểm tra lại.".to_owned(),
        "Not all of the line could be measured. Turn camera and microphone on, leave the page open to the end, and check again.".to_owned(),
    )
}

fn found(grade: LineGrade, code: &str, vi: String, en: String) -> Found {
    let finding = LineFinding {
        code: code.to_owned(),
        message: Text { vi, en },
    };
    Some((grade, finding))
}

/// A figure that should be small, if it is not good.
fn at_most(value: Option<f64>, limits: &Limits) -> Option<(f64, LineGrade)> {
    let value = value.filter(|value| *value > limits.good)?;
    Some((value, usable_or_bad(value <= limits.usable)))
}

/// A figure that should be large, if it is not good.
fn at_least(value: Option<f64>, limits: &Limits) -> Option<(f64, LineGrade)> {
    let value = value.filter(|value| *value < limits.good)?;
    Some((value, usable_or_bad(value >= limits.usable)))
}

fn usable_or_bad(usable: bool) -> LineGrade {
    if usable {
        LineGrade::Usable
    } else {
        LineGrade::Bad
    }
}

/// A number with one decimal, rounded to the worse side: nobody reads "1 %" as a fault.
struct Tenths(i64);

impl Tenths {
    /// What a binary fraction may be off.
    const SLACK: f64 = 1e-6;

    fn of_percent(share: f64) -> Self {
        Self((share * 1000.0 - Self::SLACK).ceil() as i64)
    }

    fn of_megabits(kbps: f64) -> Self {
        Self((kbps / 100.0 + Self::SLACK).floor() as i64)
    }

    fn write(&self, point: char) -> String {
        match (self.0 / 10, self.0 % 10) {
            (whole, 0) => whole.to_string(),
            (whole, tenth) => format!("{whole}{point}{tenth}"),
        }
    }

    fn vi(&self) -> String {
        self.write(',')
    }

    fn en(&self) -> String {
        self.write('.')
    }
}

#[cfg(test)]
mod tests;
