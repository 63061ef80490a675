//! The clock: minutes and attendance are only as good as it is.

use super::{Notes, text};
use crate::{config::Config, setup, store::LogReader};
use diemcau_media::clock_is_synchronised;
use std::time::{SystemTime, UNIX_EPOCH};

/// A running server writes its sign of life every second.
const TOLERATED: u64 = 2_000;

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    match clock_is_synchronised() {
        Some(true) => notes.good(text("được đồng bộ", "it is synchronised")),
        Some(false) => notes.warn(
            text(
                "chưa đồng bộ: giờ trong biên bản có thể sai",
                "it is not synchronised: the times of the record may be wrong",
            ),
            text(
                "chạy timedatectl set-ntp true, hoặc cài chrony với máy chủ giờ của mạng",
                "run timedatectl set-ntp true, or install chrony with your network's time server",
            ),
        ),
        None => notes.warn(
            text("hệ thống không cho biết", "the system does not say"),
            text(
                "xem chrony hoặc systemd-timesyncd trên máy chủ chứa máy ảo này",
                "look at chrony or systemd-timesyncd on the machine that hosts this one",
            ),
        ),
    }
    let log = config.server.data.join(setup::LOG);
    let alive = LogReader::open(&log).and_then(|log| log.alive_at());
    let Ok(Some(alive)) = alive else {
        return;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
    if now + TOLERATED < alive.0 {
        let behind = (alive.0 - now) / 1000;
        notes.bad(
            text(
                format!("chậm {behind} giây so với nhật ký"),
                format!("it is {behind} seconds behind the log"),
            ),
            text(
                "đặt lại giờ trước khi khai mạc, nếu không nhật ký dùng giờ của chính nó",
                "set the clock before the opening; until then the log goes by its own time",
            ),
        );
    }
}
