//! The certificate: readable, with its key, for the right names, and for how long.

use super::{Notes, text};
use crate::{
    config::{Config, TlsFiles},
    tls::{
        TlsError, files,
        inspect::{self, Facts, Names},
        own,
    },
};
use diemcau_conference::Text;
use std::path::Path;
use time::OffsetDateTime;

/// Days before its end from which a certificate should be renewed.
const SOON: i64 = 21;

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    if config.server.https.0.is_none() {
        notes.good(text("không dùng https", "https is off"));
    } else if let Some(paths) = &config.server.tls {
        of_others(paths, &config.server.origins, notes);
    } else {
        own(&config.server.data.join("tls"), notes);
    }
}

/// A certificate that others made.
fn of_others(paths: &TlsFiles, origins: &[String], notes: &mut Notes) {
    let name = paths.certificate.display().to_string();
    let unusable = |notes: &mut Notes, why: String| {
        notes.bad(
            text(
                format!("không dùng được: {why}"),
                format!("it cannot be used: {why}"),
            ),
            text(
                "đặt vào đó chứng thư và khóa dạng PEM; chứng thư của máy chủ trước, của nơi cấp sau",
                "put certificates and key in PEM there; the server's certificate first, its issuer's after it",
            ),
        );
    };
    let chain = match files::chain(&paths.certificate) {
        Ok(chain) => chain,
        Err(error) => return unusable(notes, error.to_string()),
    };
    let facts = match inspect::read(&chain[0]) {
        Ok(facts) => facts,
        Err(why) => return unusable(notes, format!("{name}: {why}")),
    };
    validity(&name, &facts, notes);
    match files::key(&paths.key).map(|key| files::pair(chain, key)) {
        Ok(Ok(_)) => {}
        Ok(Err(_)) => {
            let key = paths.key.display();
            notes.bad(
                text(
                    format!("khóa {key} không vừa với {name}"),
                    format!("the key {key} does not fit {name}"),
                ),
                text(
                    "đặt khóa riêng (PEM) cùng cấp với chứng thư đó",
                    "put the private key (PEM) that was made with this certificate there",
                ),
            );
        }
        Err(error) => unusable(notes, error.to_string()),
    }
    names(&name, &facts.names, origins, notes);
}

fn validity(name: &str, facts: &Facts, notes: &mut Notes) {
    let left = days_until(facts.not_after);
    let renew = || {
        text(
            "xin cấp lại và thay tệp",
            "have it renewed and replace the file",
        )
    };
    if facts.not_before > OffsetDateTime::now_utc() {
        notes.bad(
            text(
                format!("{name} chưa đến ngày dùng được"),
                format!("{name} is not valid yet"),
            ),
            text("xem đồng hồ của máy", "look at the machine's clock"),
        );
    } else if left < 0 {
        let ago = -left;
        notes.bad(
            text(
                format!("{name} đã hết hạn {ago} ngày"),
                format!("{name} ended {ago} days ago"),
            ),
            renew(),
        );
    } else if left < SOON {
        notes.warn(days(name, left), renew());
    } else {
        notes.good(days(name, left));
    }
}

fn names(file: &str, names: &Names, origins: &[String], notes: &mut Notes) {
    // Through a proxy people see the proxy's certificate: an origin need not be this one's.
    for origin in origins.iter().filter(|o| o.starts_with("https://")) {
        if Names::of_origin(origin).is_none_or(|wanted| names.speak_for(&wanted)) {
            continue;
        }
        notes.warn(
            text(
                format!("{file} không dành cho {origin} (có: {names})"),
                format!("{file} is not for {origin} (it is for: {names})"),
            ),
            text(
                format!(
                    "nếu {origin} không phải của proxy: xin chứng thư có tên đó, hoặc sửa server.origins"
                ),
                format!(
                    "unless {origin} is a proxy's: have a certificate made for it, or mend server.origins"
                ),
            ),
        );
    }
    notes.good(is_for(file, names));
}

/// The server's own CA, and the certificate that it gave.
fn own(folder: &Path, notes: &mut Notes) {
    let place = folder.display();
    let found = match own::find(folder) {
        Ok(Some(found)) => found,
        Ok(None) => {
            return notes.good(text(
                format!("{place} chưa có chứng thư: lần chạy đầu sẽ tạo"),
                format!("{place} has no certificate yet: the first start makes it"),
            ));
        }
        Err(TlsError::Damaged { what, .. }) => {
            return notes.bad(
                text(
                    format!("CA riêng trong {place} bị hỏng: {what}"),
                    format!("the server's own CA in {place} is damaged: {what}"),
                ),
                text(
                    "chép lại các tệp từ bản sao, hoặc xóa thư mục: lần chạy sau tạo CA mới, mọi thiết bị phải tin cậy lại",
                    "bring its files back from a copy, or remove the folder: the next start makes a new CA, which every device must be told to trust",
                ),
            );
        }
        Err(error) => {
            return notes.bad(
                text(
                    format!("không đọc được {place}: {error}"),
                    format!("{place} cannot be read: {error}"),
                ),
                text(
                    "chạy bằng người dùng của máy chủ",
                    "run this as the server's user",
                ),
            );
        }
    };
    let left = days_until(found.authority_until);
    let end = found.authority_until.date();
    if left < SOON {
        notes.warn(
            text(
                format!("CA riêng hết hạn ngày {end}"),
                format!("the server's own CA ends on {end}"),
            ),
            text(
                "sau ngày đó lần chạy kế tiếp tạo CA mới, mọi thiết bị phải tin cậy lại",
                "the start after that day makes a new one, which every device must be told to trust",
            ),
        );
    } else {
        notes.good(text(
            format!("CA riêng còn {left} ngày"),
            format!("the server's own CA has {left} days left"),
        ));
    }
    let Some(facts) = found.current else {
        return notes.good(text(
            "lần chạy sau cấp chứng thư mới cho máy chủ",
            "the next start makes a new certificate for the server",
        ));
    };
    let left = days_until(facts.not_after);
    let end = facts.not_after.date();
    notes.good(if left < SOON {
        text(
            format!(
                "chứng thư của máy chủ hết hạn ngày {end}: lần chạy hay ngày kế tiếp tự gia hạn"
            ),
            format!("the server's certificate ends on {end}: the next start or day renews it"),
        )
    } else {
        days("server.pem", left)
    });
    notes.good(is_for("server.pem", &facts.names));
}

fn days_until(end: OffsetDateTime) -> i64 {
    let left = (end - OffsetDateTime::now_utc()).whole_seconds();
    left.div_euclid(86_400)
}

fn days(name: &str, left: i64) -> Text {
    text(
        format!("{name} còn {left} ngày"),
        format!("{name} has {left} days left"),
    )
}

fn is_for(name: &str, names: &Names) -> Text {
    text(
        format!("{name} dành cho {names}"),
        format!("{name} is for {names}"),
    )
}
