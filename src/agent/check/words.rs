//! The sentences of a check: Vietnamese, and English beside it.

use super::sheet::Step;
use crate::{AgentError, CertificateError, http::Server};
use diemcau_protocol::{LineGrade, LineResult, Role, SignedIn, Text, Transport};
use std::{io::ErrorKind, time::Duration};
use tokio_tungstenite::tungstenite::Error as WebSocketError;

fn text(vi: impl Into<String>, en: impl Into<String>) -> Text {
    Text {
        vi: vi.into(),
        en: en.into(),
    }
}

fn milliseconds(time: Duration) -> u128 {
    time.as_millis()
}

pub(super) fn reached(server: &Server, after: Duration) -> Text {
    let (origin, ms) = (server.origin(), milliseconds(after));
    text(
        format!("Kết nối được tới máy chủ {origin} sau {ms} ms."),
        format!("The server {origin} was reached after {ms} ms."),
    )
}

pub(super) fn not_reached(server: &Server, error: &AgentError) -> (Text, Text) {
    let (origin, why) = (server.origin(), said(error));
    let what = text(
        format!("Không kết nối được tới máy chủ {origin}: {}", why.vi),
        format!("The server {origin} is not reached: {}", why.en),
    );
    let kind = match error {
        AgentError::Network(error) => Some(error.kind()),
        _ => None,
    };
    let mend = match kind {
        Some(ErrorKind::ConnectionRefused) => text(
            "Máy chủ chưa chạy, hoặc sai số cổng trong địa chỉ: xem lại địa chỉ trong thư mời.",
            "The server does not run, or the port is wrong: compare the address with the invitation.",
        ),
        Some(ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            text(
                "Kiểm tra dây mạng và tường lửa: cổng TCP của máy chủ phải được mở từ máy này.",
                "Look at the network cable and the firewall: the server's TCP port must be open from here.",
            )
        }
        _ => text(
            "Xem lại địa chỉ máy chủ, dây mạng, và tường lửa giữa máy này và máy chủ.",
            "Look at the server's address, the network cable, and the firewall between here and there.",
        ),
    };
    (what, mend)
}

pub(super) fn certificate(server: &Server) -> Text {
    if server.is_encrypted() {
        text(
            "Chứng thư của máy chủ hợp lệ và được máy này tin cậy.",
            "The server's certificate is valid and trusted here.",
        )
    } else {
        text(
            "Kết nối không mã hóa (http): chỉ nên dùng trên chính máy chủ; trình duyệt ở nơi khác \
             không mở được camera và micrô.",
            "The connection is not encrypted (http): only for the server's own machine; browsers \
             elsewhere do not open camera and microphone.",
        )
    }
}

pub(super) fn no_tls(error: &AgentError) -> (Text, Text) {
    let AgentError::Certificate(error) = error else {
        let why = said(error);
        return (
            text(
                format!("Không lập được kết nối mã hóa: {}", why.vi),
                format!("There is no encrypted connection: {}", why.en),
            ),
            text(
                "Kiểm tra cổng của máy chủ có phải cổng https, và tường lửa có chặn TLS không.",
                "See whether the port is that of https, and whether a firewall stops TLS.",
            ),
        );
    };
    match error {
        CertificateError::Untrusted { origin } => (
            text(
                "Máy này không tin cậy chứng thư của máy chủ.",
                "The server's certificate is not trusted here.",
            ),
            text(
                format!("Tải {origin}/ca.crt (hoặc xin tệp var/tls/ca.pem) rồi thêm --ca ca.crt."),
                format!(
                    "Download {origin}/ca.crt (or ask for var/tls/ca.pem) and name it with --ca ca.crt."
                ),
            ),
        ),
        CertificateError::OtherName { names, .. } => (
            text(
                format!("Chứng thư của máy chủ dành cho tên khác: {names}."),
                format!("The server's certificate is for other names: {names}."),
            ),
            text(
                "Dùng đúng tên trong chứng thư, hoặc nhờ kỹ thuật viên thêm tên này.",
                "Use a name of the certificate, or have the operator add this one.",
            ),
        ),
        CertificateError::OutOfDate { .. } => (
            text(
                "Chứng thư của máy chủ không có giá trị vào hôm nay.",
                "The server's certificate is not valid today.",
            ),
            text(
                "Chỉnh lại ngày giờ của máy này; nếu đã đúng, nhờ kỹ thuật viên gia hạn chứng thư.",
                "Set this machine's date and time; if they are right, have the operator renew it.",
            ),
        ),
        CertificateError::Tls { problem, .. } => (
            text(
                format!("Không lập được kết nối mã hóa: {problem}."),
                format!("There is no encrypted connection: {problem}."),
            ),
            text(
                "Kiểm tra cổng của máy chủ có phải cổng https không.",
                "See whether the server's port is that of https.",
            ),
        ),
    }
}

pub(super) fn clock(ahead: f64) -> Text {
    // The server says whole seconds: nothing below one is known.
    let off = ahead.abs().ceil();
    text(
        format!("Đồng hồ của máy này khớp với máy chủ (lệch không quá {off:.0} giây)."),
        format!("This machine's clock agrees with the server's (no more than {off:.0} s apart)."),
    )
}

pub(super) fn clock_off(ahead: f64) -> (Text, Text) {
    let off = ahead.abs();
    let (vi, en) = if ahead > 0.0 {
        ("nhanh", "ahead of")
    } else {
        ("chậm", "behind")
    };
    (
        text(
            format!("Đồng hồ của máy này {vi} hơn máy chủ {off:.0} giây."),
            format!("This machine's clock is {off:.0} s {en} the server's."),
        ),
        text(
            "Bật tự động chỉnh giờ (NTP) trên máy này, hoặc trên máy chủ nếu máy này đúng giờ. \
             Hội nghị vẫn họp được.",
            "Let this machine set its clock (NTP), or the server if this one is right. A \
             conference can still be held.",
        ),
    )
}

pub(super) fn no_clock(error: Option<&AgentError>) -> (Text, Text) {
    let unsaid = || text("câu trả lời không ghi giờ.", "the answer has no date.");
    let why = error.map_or_else(unsaid, said);
    (
        text(
            format!("Không đọc được giờ của máy chủ: {}", why.vi),
            format!("The server's time cannot be read: {}", why.en),
        ),
        text(
            "Địa chỉ này có đúng là của máy chủ hội nghị không?",
            "Is this the address of the conference's server?",
        ),
    )
}

pub(super) fn signed_in(who: &SignedIn) -> Text {
    let site = &who.site;
    let vi = match who.role {
        Role::Chair => "chủ tọa",
        Role::Deputy => "phó chủ tọa",
        Role::Secretary => "thư ký",
        Role::Technician => "kỹ thuật viên",
        Role::Site => "điểm cầu",
        Role::Display => "màn hình",
    };
    let en = who.role.as_str();
    text(
        format!("Đăng nhập được vào điểm cầu {site} với vai {vi}."),
        format!("Signed in as {site}, in the role of {en}."),
    )
}

pub(super) fn no_sign_in(error: &AgentError) -> (Text, Text) {
    let said = said(error);
    let what = text(
        format!("Không đăng nhập được: {}", said.vi),
        format!("The sign-in is refused: {}", said.en),
    );
    let mend = match error {
        AgentError::Later { after, .. } => text(
            format!("Chờ {} giây rồi chạy lại.", after.as_secs()),
            format!("Wait {} s and run this again.", after.as_secs()),
        ),
        _ => text(
            "Xem lại mã và tên điểm cầu trong thư mời; mã có thể đã được đổi: hỏi kỹ thuật viên.",
            "Compare the code and the site with the invitation; it may have been changed: ask the operator.",
        ),
    };
    (what, mend)
}

pub(super) fn web_socket(open: Duration, answered: Duration) -> Text {
    let (seconds, ms) = (open.as_secs(), milliseconds(answered));
    text(
        format!("WebSocket mở được và giữ được {seconds} giây; máy chủ trả lời sau {ms} ms."),
        format!(
            "The WebSocket opened and stayed for {seconds} s; the server answers after {ms} ms."
        ),
    )
}

pub(super) fn no_web_socket(error: &AgentError) -> (Text, Text) {
    let status = match error {
        AgentError::Link(error) => match &**error {
            WebSocketError::Http(response) => Some(response.status().as_u16()),
            _ => None,
        },
        _ => None,
    };
    let why = status.map_or_else(
        || said(error),
        |status| text(format!("HTTP {status}."), format!("HTTP {status}.")),
    );
    (
        text(
            format!("WebSocket không mở được: {}", why.vi),
            format!("The WebSocket does not open: {}", why.en),
        ),
        text(
            "Có proxy hoặc phần mềm diệt vi-rút ở giữa? Cho phép WebSocket (Upgrade) tới máy chủ, \
             hoặc đi thẳng không qua proxy.",
            "Is there a proxy or a virus scanner between? Let WebSocket (Upgrade) through to the \
             server, or go there without the proxy.",
        ),
    )
}

pub(super) fn web_socket_lost(open: Duration) -> (Text, Text) {
    let seconds = open.as_secs();
    (
        text(
            format!("WebSocket mở được nhưng bị ngắt trong vòng {seconds} giây."),
            format!("The WebSocket opened but was cut within {seconds} s."),
        ),
        text(
            "Proxy hoặc tường lửa ngắt kết nối lâu: cho phép kết nối lâu dài tới máy chủ. Nếu có \
             thiết bị khác vừa vào cùng điểm cầu, hoặc chủ tọa vừa đưa máy này ra, hãy chạy lại.",
            "A proxy or firewall cuts long connections: allow them to the server. If this device \
             was removed or the code changed meanwhile, run this again.",
        ),
    )
}

pub(super) fn no_line_check(error: &AgentError) -> (Text, Text) {
    let said = said(error);
    let mend = match error {
        AgentError::Protocol(_) => text(
            "Máy chủ này chưa có phần kiểm tra đường truyền: nhờ kỹ thuật viên cập nhật.",
            "This server does not have the line check: have the operator update it.",
        ),
        AgentError::Later { after, .. } => text(
            format!("Chờ {} giây rồi chạy lại.", after.as_secs()),
            format!("Wait {} s and run this again.", after.as_secs()),
        ),
        _ => text(
            "Chạy lại; nếu vẫn vậy, báo kỹ thuật viên câu trên.",
            "Run this again; if it stays, tell the operator the sentence above.",
        ),
    };
    (
        text(
            format!("Không thử được đường truyền: {}", said.vi),
            format!("The line cannot be tried: {}", said.en),
        ),
        mend,
    )
}

pub(super) fn no_verdict(error: &AgentError) -> (Text, Text) {
    let said = said(error);
    (
        text(
            format!("Máy chủ không đánh giá được đường truyền: {}", said.vi),
            format!("The server did not judge the line: {}", said.en),
        ),
        text(
            "Chạy lại; nếu vẫn vậy, báo kỹ thuật viên câu trên.",
            "Run this again; if it stays, tell the operator the sentence above.",
        ),
    )
}

/// What media went over, and the mend if that is not UDP.
pub(super) fn path(result: &LineResult) -> (Text, Option<Text>) {
    let ms = result.connect_ms.unwrap_or_default();
    match result.transport {
        Transport::Udp => (
            text(
                format!("Đường hình và tiếng: UDP, nối được sau {ms} ms."),
                format!("Picture and sound: UDP, connected after {ms} ms."),
            ),
            None,
        ),
        Transport::Tcp => (
            text(
                format!("Đường hình và tiếng: chỉ đi được TCP, nối được sau {ms} ms."),
                format!("Picture and sound: only TCP, connected after {ms} ms."),
            ),
            Some(text(
                "Mở cổng UDP của máy chủ trên tường lửa: qua TCP hình và tiếng dễ bị trễ.",
                "Open the server's UDP port in the firewall: over TCP picture and sound come late.",
            )),
        ),
        Transport::None => (
            text(
                "Đường hình và tiếng: không nối được, cả UDP lẫn TCP.",
                "Picture and sound: no connection, neither over UDP nor over TCP.",
            ),
            Some(text(
                "Mở cổng UDP (hoặc ít nhất TCP) dành cho hình và tiếng của máy chủ trên tường lửa.",
                "Open the server's port for picture and sound in the firewall: UDP, or TCP at least.",
            )),
        ),
    }
}

/// The figures of the line, those that were measured.
pub(super) fn figures(result: &LineResult) -> Text {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let ms = |value: f64| format!("{value:.0} ms");
    let rate = |kbps: f64| format!("{:.1} Mbit/s", kbps / 1000.0);
    let rows = [
        ("mất gói chiều đi", "loss up", result.loss_up.map(percent)),
        ("chiều về", "loss down", result.loss_down.map(percent)),
        ("thời gian đi và về", "round trip", result.rtt_ms.map(ms)),
        ("độ lệch gói tin", "jitter", result.jitter_ms.map(ms)),
        ("tốc độ đi", "rate up", result.rate_up_kbps.map(rate)),
        ("tốc độ về", "rate down", result.rate_down_kbps.map(rate)),
    ];
    let list = |vietnamese: bool| {
        let rows = rows.iter().filter_map(|(vi, en, value)| {
            let name = if vietnamese { vi } else { en };
            Some(format!("{name} {}", value.as_ref()?))
        });
        rows.collect::<Vec<_>>().join(", ")
    };
    let decimal_comma = list(true).replace('.', ",");
    text(
        format!("Đường truyền: {decimal_comma}."),
        format!("The line: {}.", list(false)),
    )
}

pub(super) fn skipped(step: Step) -> Text {
    let (vi, en) = match step {
        Step::Server => ("Máy chủ", "Server"),
        Step::Certificate => ("Chứng thư", "Certificate"),
        Step::Clock => ("Đồng hồ", "Clock"),
        Step::SignIn => ("Đăng nhập", "Sign-in"),
        Step::WebSocket => ("WebSocket", "WebSocket"),
        Step::Media => ("Đường hình và tiếng", "Picture and sound"),
        Step::Line => ("Đường truyền", "Line"),
    };
    text(format!("{vi}: chưa thử được."), format!("{en}: not tried."))
}

pub(super) fn conclusion(grade: Option<LineGrade>) -> Text {
    match grade {
        Some(LineGrade::Good) => text(
            "Máy này sẵn sàng cho hội nghị.",
            "This machine is ready for the conference.",
        ),
        Some(LineGrade::Usable) => text(
            "Máy này họp được, nhưng nên sửa những điểm nêu trên.",
            "A conference can be held from here, but mend what is named above.",
        ),
        Some(LineGrade::Bad) | None => text(
            "Chưa họp được từ máy này: sửa những điểm có dấu ✘ rồi chạy lại.",
            "No conference can be held from here yet: mend what has a ✘ and run this again.",
        ),
    }
}

/// The server's own words in both languages, or what went wrong, with the detail for whoever mends
/// it.
fn said(error: &AgentError) -> Text {
    match error {
        AgentError::Refused(error) | AgentError::Later { error, .. } => error.message.clone(),
        AgentError::Late { limit, .. } => text(
            format!("quá {} giây không có trả lời.", limit.as_secs()),
            format!("{error}."),
        ),
        AgentError::Protocol(detail) => text(
            format!("máy chủ trả lời không như mong đợi ({detail})."),
            format!("{error}."),
        ),
        AgentError::Http(detail) => text(
            format!("máy chủ không trả lời ({detail})."),
            format!("{error}."),
        ),
        AgentError::Network(detail) => {
            text(format!("mạng không thông ({detail})."), format!("{error}."))
        }
        AgentError::Link(_) | AgentError::Closed => {
            text(format!("kết nối bị đóng ({error})."), format!("{error}."))
        }
        other => text(format!("lỗi: {other}."), format!("{other}.")),
    }
}
