//! How the pictures and the lines of sites are.

use super::page::{Kind, Page};
use diemcau_protocol::PageQuality;
use std::sync::atomic::{AtomicU64, Ordering};

static FREEZES: AtomicU64 = AtomicU64::new(0);
static FROZEN_MILLIS: AtomicU64 = AtomicU64::new(0);

/// Counts what a page has seen of its main picture.
pub(crate) fn pictures_stood_still(report: &PageQuality) {
    if let Some(main) = report.main {
        FREEZES.fetch_add(main.freezes.into(), Ordering::Relaxed);
        FROZEN_MILLIS.fetch_add(main.frozen_ms.into(), Ordering::Relaxed);
    }
}

/// `sites_by_line`: good, usable, bad.
pub(super) fn write(page: &mut Page, sites_by_line: [u64; 3]) {
    page.sample(
        Kind::Counter,
        "diemcau_picture_freezes_total",
        "Times that the main picture of a page began to stand still.",
        &[],
        FREEZES.load(Ordering::Relaxed) as f64,
    );
    page.sample(
        Kind::Counter,
        "diemcau_picture_frozen_seconds_total",
        "Time for which main pictures stood still, of all pages together.",
        &[],
        FROZEN_MILLIS.load(Ordering::Relaxed) as f64 / 1000.0,
    );
    for (verdict, sites) in ["good", "usable", "bad"].into_iter().zip(sites_by_line) {
        page.sample(
            Kind::Gauge,
            "diemcau_sites_by_line",
            "Sites whose media is connected, by how their lines are now.",
            &[("verdict", verdict)],
            sites as f64,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diemcau_protocol::PictureQuality;

    #[test]
    fn what_stood_still_is_counted_in_seconds() {
        let before = FROZEN_MILLIS.load(Ordering::Relaxed);
        pictures_stood_still(&PageQuality {
            over_ms: 2_000,
            main: Some(PictureQuality {
                freezes: 1,
                frozen_ms: 1_500,
                frames_decoded: 10,
                decode_ms: None,
            }),
            small: None,
            concealed_permille: None,
            camera: None,
        });
        let mut page = Page::default();
        write(&mut page, [4, 2, 1]);
        let text = page.text();
        let seconds = (before + 1_500) as f64 / 1000.0;
        let line = format!("diemcau_picture_frozen_seconds_total {seconds}\n");
        assert!(text.contains(&line), "{text}");
        assert!(
            text.contains("diemcau_sites_by_line{verdict=\"usable\"} 2\n"),
            "{text}"
        );
    }
}
