//! How many files may be open: each page is one, and so is each office whose media comes over TCP.

use super::{Notes, text};
use crate::{config::Config, machine};

/// The log, the assets, the threads' own.
const OWN: u64 = 128;
/// Pages and media connections at one site, with room for those that come back before the old ones
/// have ended.
const A_SITE: u64 = 24;

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    let need = OWN + A_SITE * config.setup.sites.len() as u64;
    let mend = || {
        text(
            "đặt LimitNOFILE=65536 trong dịch vụ systemd, hoặc chạy ulimit -n 65536 trước",
            "set LimitNOFILE=65536 in the systemd service, or run ulimit -n 65536 before it",
        )
    };
    match machine::open_file_limit() {
        None => notes.warn(
            text(
                "không đọc được /proc/self/limits",
                "/proc/self/limits cannot be read",
            ),
            mend(),
        ),
        Some(limit) if limit < need => notes.bad(
            text(
                format!("giới hạn {limit}, hội nghị này cần khoảng {need}"),
                format!("the limit is {limit}, and this conference needs about {need}"),
            ),
            mend(),
        ),
        Some(limit) => notes.good(text(
            format!("giới hạn {limit}, hội nghị này cần khoảng {need}"),
            format!("the limit is {limit}; this conference needs about {need}"),
        )),
    }
}
