//! How lines are while a conference runs: what pages see, and what they are told of it.

use crate::LineGrade;
use diemcau_conference::{SiteId, Text};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a page has seen since it last looked, about five seconds before. Told at once when people will
/// have noticed something, and when that is over; else every ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PageQuality {
    /// How long before it last looked, in milliseconds.
    pub over_ms: u32,
    /// The main picture; none while there is a card in its place.
    pub main: Option<PictureQuality>,
    /// The small picture that stood still for longest; none while none is shown.
    pub small: Option<PictureQuality>,
    /// Share of the sound that was made up because packets were missing, in thousandths; none while
    /// nothing was heard.
    pub concealed_permille: Option<u16>,
    /// The device's own camera; none while it sends none.
    pub camera: Option<CameraQuality>,
}

/// A picture as somebody before the screen sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PictureQuality {
    /// Times that it began to stand still.
    pub freezes: u32,
    /// How long it stood still, in milliseconds.
    pub frozen_ms: u32,
    /// Frames that were decoded.
    pub frames_decoded: u32,
    /// How long decoding them took, in milliseconds; none where the browser does not tell.
    pub decode_ms: Option<u32>,
}

/// A camera and its encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CameraQuality {
    /// Frames a second that the camera gives; none where the browser does not tell.
    pub frames_per_second: Option<u16>,
    /// What keeps its picture smaller or slower than it could be.
    pub limited_by: CameraLimit,
}

/// What limits a camera's picture (W3C webrtc-stats, `qualityLimitationReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CameraLimit {
    /// Nothing.
    #[default]
    None,
    /// The line.
    Bandwidth,
    /// The computer.
    Cpu,
    /// Something else.
    Other,
}

/// How the line and the machine of a site are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SiteQuality {
    /// The site.
    pub site: SiteId,
    /// How good.
    pub grade: LineGrade,
    /// Why it is not better; none while it is good.
    pub cause: Option<QualityCause>,
}

/// Why a site's line is not good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QualityCause {
    /// Stable, kebab-case: `loss-up`, `computer-slow`, …
    pub code: String,
    /// A few words.
    pub short: Text,
    /// A sentence that names the mend.
    pub message: Text,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_looks_like_this() {
        let report = json!({
            "over_ms": 5004,
            "main": {
                "freezes": 1, "frozen_ms": 640, "frames_decoded": 30, "decode_ms": 120,
            },
            "small": null,
            "concealed_permille": 12,
            "camera": { "frames_per_second": 25, "limited_by": "bandwidth" },
        });
        let read: PageQuality = serde_json::from_value(report.clone()).expect("it is one");
        assert_eq!(
            read.camera.expect("a camera").limited_by,
            CameraLimit::Bandwidth
        );
        assert_eq!(serde_json::to_value(read).expect("JSON"), report);
    }
}
