//! What a page says of its pictures and its sound: believed within bounds, and of its own device only.

use super::verdict::Figures;
use diemcau_protocol::{PageQuality, PictureQuality};

/// Milliseconds. A page that the browser slows down reports once a minute.
const SHORTEST: u32 = 1_000;
const LONGEST: u32 = 120_000;
/// No screen shows more frames a second.
const FASTEST: u32 = 240;

/// Whether a page can have seen that.
pub(super) fn is_possible(report: &PageQuality) -> bool {
    if !(SHORTEST..=LONGEST).contains(&report.over_ms) {
        return false;
    }
    let frames = FASTEST * report.over_ms.div_ceil(1000);
    let picture = |picture: Option<PictureQuality>| {
        picture.is_none_or(|it| {
            it.frozen_ms <= report.over_ms
                && it.freezes <= frames
                && it.frames_decoded <= frames
                && it.decode_ms.is_none_or(|took| took <= report.over_ms)
        })
    };
    let camera = report.camera.and_then(|camera| camera.frames_per_second);
    picture(report.main)
        && picture(report.small)
        && report.concealed_permille.is_none_or(|share| share <= 1000)
        && camera.is_none_or(|frames| u32::from(frames) <= FASTEST)
}

/// What a report adds to the figures of a line.
pub(super) fn figures(report: &PageQuality) -> Figures {
    let frozen = |picture: PictureQuality| share(picture.frozen_ms, report.over_ms);
    let decoding = report.main.and_then(|main| main.decode_ms);
    Figures {
        frozen: report.main.map(frozen),
        concealed: report
            .concealed_permille
            .map(|share| f64::from(share) / 1000.0),
        decoding: decoding.map(|took| share(took, report.over_ms)),
        camera: report
            .camera
            .and_then(|camera| camera.frames_per_second.map(f64::from)),
        limit: report
            .camera
            .map_or_else(Default::default, |camera| camera.limited_by),
        ..Figures::default()
    }
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use diemcau_protocol::{CameraLimit, CameraQuality};

    fn report() -> PageQuality {
        let picture = PictureQuality {
            freezes: 1,
            frozen_ms: 500,
            frames_decoded: 30,
            decode_ms: Some(1_500),
        };
        PageQuality {
            over_ms: 2_000,
            main: Some(picture),
            small: Some(PictureQuality {
                frozen_ms: 2_000,
                ..picture
            }),
            concealed_permille: Some(250),
            camera: Some(CameraQuality {
                frames_per_second: Some(15),
                limited_by: CameraLimit::Cpu,
            }),
        }
    }

    #[test]
    fn a_report_becomes_shares_of_the_time() {
        assert!(is_possible(&report()));
        let expected = Figures {
            frozen: Some(0.25),
            concealed: Some(0.25),
            decoding: Some(0.75),
            camera: Some(15.0),
            limit: CameraLimit::Cpu,
            ..Figures::default()
        };
        assert_eq!(figures(&report()), expected);
        let nothing = PageQuality {
            main: None,
            small: None,
            concealed_permille: None,
            camera: None,
            ..report()
        };
        assert!(is_possible(&nothing));
        assert_eq!(figures(&nothing), Figures::default());
    }

    #[test]
    fn what_no_page_can_have_seen_is_refused() {
        let spoil: [fn(&mut PageQuality); 9] = [
            |it| it.over_ms = 0,
            |it| it.over_ms = SHORTEST - 1,
            |it| it.over_ms = u32::MAX,
            |it| it.concealed_permille = Some(1_001),
            |it| it.main.iter_mut().for_each(|it| it.frozen_ms = 2_001),
            |it| it.small.iter_mut().for_each(|it| it.frozen_ms = u32::MAX),
            |it| it.main.iter_mut().for_each(|it| it.freezes = 481),
            |it| it.main.iter_mut().for_each(|it| it.decode_ms = Some(2_001)),
            |it| {
                let camera = it.camera.iter_mut();
                camera.for_each(|it| it.frames_per_second = Some(241));
            },
        ];
        for (case, spoil) in spoil.into_iter().enumerate() {
            let mut report = report();
            spoil(&mut report);
            assert!(!is_possible(&report), "{case}: {report:?}");
        }
    }
}
