//! The bodies of `/api/v1/line-check`: a device tries its line before a conference, over the real
//! media path and without being in the conference.
//!
//! A check is opened with an offer; what the device sends comes back to it in its main and its
//! first audio slot. It measures, tells its figures, and is told what they mean, so that the
//! thresholds and the sentences stand in one place for page and agent.

use crate::SlotInfo;
use diemcau_conference::Text;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `POST /api/v1/line-check`: opens a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct LineCheckRequest {
    /// The offer (SDP), with the sections of a `media.join`.
    pub sdp: String,
}

/// The answer to a [`LineCheckRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LineCheckOpened {
    /// The check's id: it stands in the paths of its result and its end.
    pub check: String,
    /// The answer (SDP).
    pub sdp: String,
    /// What each receiving section is for.
    pub slots: Vec<SlotInfo>,
}

/// The answer to `POST /api/v1/line-check/rate`, whose body is only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RateReceived {
    /// Bytes of the body.
    #[ts(type = "number")]
    pub bytes: u64,
    /// From its first to its last byte, in milliseconds.
    #[ts(type = "number")]
    pub millis: u64,
}

/// What media went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP: UDP did not come through.
    Tcp,
    /// Nothing came through.
    None,
}

/// `POST /api/v1/line-check/{check}/result`: what the device measured. `null`: not measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct LineResult {
    /// What media went over.
    pub transport: Transport,
    /// From the answer to a connected media path, in milliseconds.
    pub connect_ms: Option<u32>,
    /// Round trip of the media path, in milliseconds.
    pub rtt_ms: Option<f64>,
    /// Jitter of what came back (RFC 3550 §6.4.1), in milliseconds.
    pub jitter_ms: Option<f64>,
    /// Share of the packets that the server missed, 0 to 1.
    pub loss_up: Option<f64>,
    /// Share of the packets that were lost on the way back, 0 to 1.
    pub loss_down: Option<f64>,
    /// Rate to the server, in kbit/s.
    pub rate_up_kbps: Option<f64>,
    /// Rate from the server, in kbit/s.
    pub rate_down_kbps: Option<f64>,
}

/// What a line is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum LineGrade {
    /// Nothing to mend.
    Good,
    /// A conference can be held over it; the findings say what will be noticed.
    Usable,
    /// A conference cannot be held over it.
    Bad,
}

/// The answer to a [`LineResult`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LineVerdict {
    /// The worst of the findings, or good.
    pub verdict: LineGrade,
    /// What was found, worst first; empty when there is nothing to say.
    pub findings: Vec<LineFinding>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LineFinding {
    /// Stable, kebab-case: `loss-up`, `no-udp`, …
    pub code: String,
    /// A sentence that names the mend.
    pub message: Text,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_result_and_its_verdict_look_like_this() {
        let result = json!({
            "transport": "udp", "connect_ms": 210, "rtt_ms": 12.5, "jitter_ms": null,
            "loss_up": 0.01, "loss_down": 0.0, "rate_up_kbps": 4000.0, "rate_down_kbps": null,
        });
        let read: LineResult = serde_json::from_value(result.clone()).expect("it is one");
        assert_eq!(read.transport, Transport::Udp);
        assert_eq!(serde_json::to_value(read).expect("JSON"), result);

        let verdict = json!({
            "verdict": "usable",
            "findings": [{"code": "loss-up", "message": {"vi": "Mất gói", "en": "Packets lost"}}],
        });
        let read: LineVerdict = serde_json::from_value(verdict.clone()).expect("it is one");
        assert_eq!(read.verdict, LineGrade::Usable);
        assert_eq!(serde_json::to_value(read).expect("JSON"), verdict);
    }
}
