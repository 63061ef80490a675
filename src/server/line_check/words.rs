//! What can be wrong with a site's line or machine, and how it is said: the one place for causes,
//! sentences and mends, before a conference (the line check) and in it (`room::quality`).

use diemcau_conference::Text;
use diemcau_media::Ports;
use diemcau_protocol::{LineFinding, LineGrade};

/// What is wrong, with the figure that shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cause {
    /// Media goes over TCP.
    NoUdp { port: Ports },
    /// Media does not come through at all.
    NoMedia { port: Ports },
    /// Media came through, and does not any more.
    Silent,
    /// A share of the packets that are sent is lost.
    LossUp { share: f64 },
    /// A share of the packets that should come is lost.
    LossDown { share: f64 },
    /// Milliseconds there and back.
    RoundTrip { millis: f64 },
    /// Milliseconds between one packet's delay and another's.
    Jitter { millis: f64 },
    /// kbit/s that can be sent, and that would be good.
    RateUp { kbps: f64, good: f64 },
    /// kbit/s that can be received, and that would be good.
    RateDown { kbps: f64, good: f64 },
    /// kbit/s that can be received, which is too little for some pictures, or for large ones.
    Narrow { kbps: f64, large: bool },
    /// Frames a second that the camera gives.
    CameraSlow { frames: f64 },
    /// The machine cannot encode or decode its pictures in time.
    ComputerSlow,
    /// Something was not measured.
    NotMeasured,
}

impl Cause {
    /// Stable, kebab-case.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoUdp { .. } => "no-udp",
            Self::NoMedia { .. } => "no-media",
            Self::Silent => "silent",
            Self::LossUp { .. } => "loss-up",
            Self::LossDown { .. } => "loss-down",
            Self::RoundTrip { .. } => "round-trip",
            Self::Jitter { .. } => "jitter",
            Self::RateUp { .. } => "rate-up",
            Self::RateDown { .. } => "rate-down",
            Self::Narrow { .. } => "narrow",
            Self::CameraSlow { .. } => "camera-slow",
            Self::ComputerSlow => "computer-slow",
            Self::NotMeasured => "not-measured",
        }
    }

    /// A few words, with the figure, for where there is room for no more. How bad it is they do not say.
    pub(crate) fn short(self) -> Text {
        match self {
            Self::NoUdp { .. } => text("Tường lửa chặn một phần", "The firewall blocks a part"),
            Self::NoMedia { .. } | Self::Silent => text("Mất hình và tiếng", "No sound or picture"),
            Self::LossUp { share } => {
                let lost = Tenths::of_percent(share);
                let (vi, en) = (lost.vi(), lost.en());
                text(
                    format!("Gửi đi bị mất {vi} %"),
                    format!("Sending loses {en} %"),
                )
            }
            Self::LossDown { share } => {
                let lost = Tenths::of_percent(share);
                let (vi, en) = (lost.vi(), lost.en());
                text(
                    format!("Nhận về bị mất {vi} %"),
                    format!("Receiving loses {en} %"),
                )
            }
            Self::RoundTrip { millis } => {
                let millis = millis.ceil();
                text(format!("Trễ {millis} ms"), format!("Delay {millis} ms"))
            }
            Self::Jitter { .. } => text("Mạng chập chờn", "Uneven line"),
            Self::RateUp { kbps, .. } => {
                let rate = Tenths::of_megabits(kbps);
                let (vi, en) = (rate.vi(), rate.en());
                text(
                    format!("Tải lên chỉ {vi} Mbit/s"),
                    format!("Only {en} Mbit/s up"),
                )
            }
            Self::RateDown { kbps, .. } | Self::Narrow { kbps, .. } => {
                let rate = Tenths::of_megabits(kbps.max(100.0));
                let (vi, en) = (rate.vi(), rate.en());
                text(
                    format!("Tải xuống chỉ {vi} Mbit/s"),
                    format!("Only {en} Mbit/s down"),
                )
            }
            Self::CameraSlow { frames } if is_still(frames) => {
                text("Camera không cho hình", "No camera picture")
            }
            Self::CameraSlow { .. } => text("Camera chậm", "Slow camera"),
            Self::ComputerSlow => text("Máy tính chậm", "Slow computer"),
            Self::NotMeasured => text("Chưa đo hết", "Not all measured"),
        }
    }

    /// What it means for people, and what to do.
    pub(crate) fn finding(self, grade: LineGrade) -> LineFinding {
        LineFinding {
            code: self.code().to_owned(),
            message: self.message(grade),
        }
    }

    fn message(self, grade: LineGrade) -> Text {
        let bad = grade == LineGrade::Bad;
        match self {
            Self::NoUdp { port } => no_udp(port),
            Self::NoMedia { port } => no_media(port),
            Self::Silent => text(
                "Hình và tiếng không còn tới máy chủ. Hãy kiểm tra dây mạng hoặc Wi-Fi; có mạng lại thì hình và tiếng tự trở lại.",
                "Sound and picture do not reach the server any more. Look at the network cable or the Wi-Fi; both come back by themselves when the network does.",
            ),
            Self::LossUp { share } => loss_up(share, bad),
            Self::LossDown { share } => loss_down(share, bad),
            Self::RoundTrip { millis } => round_trip(millis.ceil(), bad),
            Self::Jitter { millis } => jitter(millis.ceil(), bad),
            Self::RateUp { kbps, good } => rate_up(kbps, good, bad),
            Self::RateDown { kbps, good } => rate_down(kbps, good, bad),
            Self::Narrow { kbps, large } => narrow(kbps, large),
            Self::CameraSlow { frames } => camera_slow(frames),
            Self::ComputerSlow => text(
                "Máy tính xử lý hình không kịp nên hình giật. Hãy đóng bớt chương trình và thẻ trình duyệt khác, cắm nguồn điện; vẫn chậm thì đổi máy khác.",
                "The computer cannot keep up with the pictures, so they stutter. Close other programs and tabs and plug the power in; if it stays, use another computer.",
            ),
            Self::NotMeasured => text(
                "Chưa đo được hết đường truyền. Hãy bật camera, micrô, để trang mở đến khi đo xong rồi kiểm tra lại.",
                "Not all of the line could be measured. Turn camera and microphone on, leave the page open to the end, and check again.",
            ),
        }
    }
}

fn text(vi: impl Into<String>, en: impl Into<String>) -> Text {
    Text {
        vi: vi.into(),
        en: en.into(),
    }
}

fn no_udp(port: Ports) -> Text {
    text(
        format!(
            "UDP cổng {port} bị chặn nên hình và tiếng phải đi bằng TCP: mạng bận thì hình giật, tiếng vấp. Hãy nhờ bộ phận công nghệ thông tin của cơ quan mở UDP cổng {port} tới máy chủ."
        ),
        format!(
            "UDP port {port} is blocked, so sound and picture go over TCP and stutter when the line is busy. Ask the office's IT to open UDP port {port} to the server."
        ),
    )
}

fn no_media(port: Ports) -> Text {
    text(
        format!(
            "Hình và tiếng không tới được máy chủ: cả UDP và TCP cổng {port} đều không thông. Hãy nhờ bộ phận công nghệ thông tin của cơ quan mở UDP và TCP cổng {port} tới máy chủ."
        ),
        format!(
            "Sound and picture do not come through: neither UDP nor TCP port {port} reaches the server. Ask the office's IT to let UDP and TCP port {port} through to the server."
        ),
    )
}

fn loss_up(share: f64, bad: bool) -> Text {
    let lost = Tenths::of_percent(share);
    let (vi, en) = if bad {
        (
            "các điểm cầu khác không nghe và nhìn rõ",
            "the other sites cannot hear and see you well",
        )
    } else {
        (
            "các điểm cầu khác có lúc thấy hình giật, nghe tiếng vấp",
            "the other sites will notice it now and then",
        )
    };
    text(
        format!(
            "Đường truyền lên mất {} % gói tin: {vi}. Hãy dùng dây mạng thay Wi-Fi, tắt các chương trình tải nặng; vẫn mất thì báo nhà mạng.",
            lost.vi()
        ),
        format!(
            "The line up loses {} % of its packets: {en}. Use the cable instead of Wi-Fi and stop heavy transfers; if it stays, tell the provider.",
            lost.en()
        ),
    )
}

fn loss_down(share: f64, bad: bool) -> Text {
    let lost = Tenths::of_percent(share);
    let (vi, en) = if bad {
        (
            "khó theo dõi hội nghị",
            "the conference can hardly be followed",
        )
    } else {
        (
            "có lúc hình giật, tiếng vấp",
            "picture and sound will stutter now and then",
        )
    };
    text(
        format!(
            "Đường truyền xuống mất {} % gói tin: {vi}. Hãy dùng dây mạng thay Wi-Fi, tắt các chương trình tải nặng; vẫn mất thì báo nhà mạng.",
            lost.vi()
        ),
        format!(
            "The line down loses {} % of its packets: {en}. Use the cable instead of Wi-Fi and stop heavy transfers; if it stays, tell the provider.",
            lost.en()
        ),
    )
}

fn round_trip(millis: f64, bad: bool) -> Text {
    let (vi, en) = if bad {
        (
            "hai bên sẽ nói chồng lên nhau",
            "people will talk over each other",
        )
    } else {
        ("hỏi đáp sẽ chậm", "question and answer will be slow")
    };
    text(
        format!(
            "Tín hiệu đi và về mất {millis} ms: {vi}. Hãy tắt VPN, dùng mạng cáp quang thay 4G hoặc vệ tinh."
        ),
        format!(
            "The way there and back takes {millis} ms: {en}. Turn the VPN off; use fibre instead of 4G or satellite."
        ),
    )
}

fn jitter(millis: f64, bad: bool) -> Text {
    let (vi, en) = if bad {
        ("tiếng sẽ ngắt quãng", "sound will break up")
    } else {
        ("tiếng có thể bị trễ", "sound may lag")
    };
    text(
        format!(
            "Gói tin tới không đều, lệch {millis} ms: {vi}. Hãy dùng dây mạng thay Wi-Fi và ngồi gần bộ phát, bớt máy dùng chung đường truyền."
        ),
        format!(
            "Packets come unevenly, {millis} ms apart: {en}. Use the cable instead of Wi-Fi, or move closer; keep other machines off the line."
        ),
    )
}

fn rate_up(kbps: f64, good: f64, bad: bool) -> Text {
    let (rate, need) = (Tenths::of_megabits(kbps), Tenths::of_megabits(good));
    let (vi, en) = if bad {
        ("không đủ để gửi hình", "too little to send the camera")
    } else {
        (
            "hình gửi đi sẽ kém nét",
            "the camera will be seen less sharp",
        )
    };
    text(
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

fn rate_down(kbps: f64, good: f64, bad: bool) -> Text {
    let (rate, need) = (Tenths::of_megabits(kbps), Tenths::of_megabits(good));
    let (vi, en) = if bad {
        ("không đủ để xem hình", "too little to receive the picture")
    } else {
        (
            "hình nhận về có lúc bị giật",
            "the picture will stutter now and then",
        )
    };
    text(
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

fn narrow(kbps: f64, large: bool) -> Text {
    let rate = Tenths::of_megabits(kbps.max(100.0));
    let (vi, en) = if large {
        (
            "không đủ cho hình lớn: hình chính hoặc nội dung trình chiếu tạm tắt, tiếng vẫn được giữ",
            "too little for the large pictures: the main picture or the presentation is left out, sound is kept",
        )
    } else {
        (
            "không đủ cho mọi hình: một số hình nhỏ tạm tắt, tiếng và hình chính được ưu tiên",
            "too little for all pictures: some small ones are left out, sound and the main picture come first",
        )
    };
    text(
        format!(
            "Đường truyền xuống chỉ tải được {} Mbit/s, {vi}. Hãy tắt các chương trình tải xuống, bớt máy dùng chung, hoặc nhờ nhà mạng nâng gói cước.",
            rate.vi()
        ),
        format!(
            "The line carries {} Mbit/s down, {en}. Stop downloads, keep other machines off the line, or ask the provider for more.",
            rate.en()
        ),
    )
}

/// Not one whole picture a second.
fn is_still(frames: f64) -> bool {
    frames < 0.5
}

fn camera_slow(frames: f64) -> Text {
    if is_still(frames) {
        return text(
            "Camera không cho hình nào nên các điểm cầu khác chỉ thấy hình cũ hoặc không thấy hình. Hãy rút camera ra rồi cắm lại, tắt chương trình khác đang dùng camera.",
            "The camera gives no picture, so the other sites see an old one or none. Unplug it and plug it in again, and close other programs that use it.",
        );
    }
    let frames = frames.round();
    text(
        format!(
            "Camera chỉ cho {frames} hình mỗi giây nên các điểm cầu khác thấy hình giật. Hãy bật thêm đèn, cắm camera sang cổng USB khác, tắt chương trình khác đang dùng camera."
        ),
        format!(
            "The camera gives only {frames} frames a second, so the other sites see it stutter. Put more light on, use another USB port, and close other programs that use the camera."
        ),
    )
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
mod tests {
    use super::*;

    #[test]
    fn few_words_say_what_is_wrong_without_a_term_of_networks() {
        let cases = [
            (Cause::LossUp { share: 0.08 }, "Gửi đi bị mất 8 %"),
            (Cause::LossDown { share: 0.0301 }, "Nhận về bị mất 3,1 %"),
            (Cause::RoundTrip { millis: 400.2 }, "Trễ 401 ms"),
            (Cause::Jitter { millis: 80.0 }, "Mạng chập chờn"),
            (
                Cause::NoUdp {
                    port: Ports::new(8081, 1),
                },
                "Tường lửa chặn một phần",
            ),
            (
                Cause::RateUp {
                    kbps: 640.0,
                    good: 1000.0,
                },
                "Tải lên chỉ 0,6 Mbit/s",
            ),
            (
                Cause::Narrow {
                    kbps: 12.0,
                    large: true,
                },
                "Tải xuống chỉ 0,1 Mbit/s",
            ),
            (Cause::CameraSlow { frames: 3.0 }, "Camera chậm"),
            (Cause::CameraSlow { frames: 0.0 }, "Camera không cho hình"),
        ];
        for (cause, expected) in cases {
            assert_eq!(cause.short().vi, expected, "{cause:?}");
        }
    }

    #[test]
    fn a_camera_that_gives_nothing_is_not_said_to_stutter() {
        let said = |frames| {
            let cause = Cause::CameraSlow { frames };
            cause.finding(LineGrade::Usable).message.vi
        };
        assert!(said(3.0).contains("chỉ cho 3 hình mỗi giây"));
        let still = said(0.4);
        assert!(still.contains("không cho hình nào"), "{still}");
        assert!(!still.contains('0') && !still.contains("giật"), "{still}");
    }
}
