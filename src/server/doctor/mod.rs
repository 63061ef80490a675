//! Examines the machine as a configuration would use it, before the people are there.
//!
//! It looks and measures; it changes nothing but for a file that it writes and removes to measure the
//! disk. Every subject is a file here and runs in a thread of its own, so that a disk that hangs holds
//! up nobody.

mod addresses;
mod buffers;
mod certificate;
mod clock;
mod disk;
mod files;
mod log;
mod machine;
mod ports;
mod secrets;

use crate::config::Config;
use diemcau_conference::Text;
use serde::Serialize;
use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

/// What a subject may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// As it should be.
    Good,
    /// A conference can be held; better is possible.
    Warning,
    /// To be mended before a conference.
    Bad,
}

/// One thing that was found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    subject: Text,
    finding: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<Text>,
}

impl Finding {
    /// `✘ ports: … — mend`
    pub(crate) fn line(&self, vietnamese: bool) -> String {
        let sign = match self.level {
            Level::Good => '✔',
            Level::Warning => '!',
            Level::Bad => '✘',
        };
        let words = |text: &Text| {
            if vietnamese {
                text.vi.clone()
            } else {
                text.en.clone()
            }
        };
        let mut line = format!("{sign} {}: {}", words(&self.subject), words(&self.finding));
        if let Some(mend) = &self.mend {
            line.push_str(" — ");
            line.push_str(&words(mend));
        }
        line
    }
}

/// A text in both languages, the Vietnamese one first.
fn text(vi: impl Into<String>, en: impl Into<String>) -> Text {
    Text {
        vi: vi.into(),
        en: en.into(),
    }
}

/// What one subject has found so far.
struct Notes {
    subject: Text,
    findings: Vec<Finding>,
}

impl Notes {
    fn good(&mut self, finding: Text) {
        self.note(Level::Good, finding, None);
    }

    fn warn(&mut self, finding: Text, mend: Text) {
        self.note(Level::Warning, finding, Some(mend));
    }

    fn bad(&mut self, finding: Text, mend: Text) {
        self.note(Level::Bad, finding, Some(mend));
    }

    fn note(&mut self, level: Level, finding: Text, mend: Option<Text>) {
        self.findings.push(Finding {
            level,
            subject: self.subject.clone(),
            finding,
            mend,
        });
    }
}

type Probe = fn(&Config, &mut Notes);

/// (Vietnamese name, English name, examination), in the order in which they are printed.
const SUBJECTS: [(&str, &str, Probe); 10] = [
    ("cổng", "ports", ports::examine),
    ("địa chỉ", "addresses", addresses::examine),
    ("bộ đệm UDP", "UDP buffers", buffers::examine),
    ("số tệp mở", "open files", files::examine),
    ("chứng thư", "certificate", certificate::examine),
    ("đĩa", "disk", disk::examine),
    ("nhật ký", "log", log::examine),
    ("bí mật", "secrets", secrets::examine),
    ("đồng hồ", "clock", clock::examine),
    ("máy", "machine", machine::examine),
];

/// Examines every subject at the same time; what does not end in time is a finding too.
pub(crate) fn examine(config: Config) -> Vec<Finding> {
    let config = Arc::new(config);
    let deadline = Instant::now() + PATIENCE;
    let running = SUBJECTS.map(|(vi, en, probe)| {
        let (done, result) = mpsc::channel();
        let config = Arc::clone(&config);
        let subject = text(vi, en);
        let mut notes = Notes {
            subject: subject.clone(),
            findings: Vec::new(),
        };
        // Not joined: one that hangs ends with the process. One that cannot start drops `done`.
        let _ = thread::Builder::new().spawn(move || {
            probe(&config, &mut notes);
            // Nobody waits any more for one that is late.
            let _ = done.send(notes.findings);
        });
        (subject, result)
    });
    let mut findings = Vec::new();
    for (subject, result) in running {
        let patience = deadline.saturating_duration_since(Instant::now());
        match result.recv_timeout(patience) {
            Ok(found) => findings.extend(found),
            Err(_) => findings.push(Finding {
                level: Level::Warning,
                subject,
                finding: text(
                    "chưa kiểm tra xong sau 2 giây",
                    "not examined within 2 seconds",
                ),
                mend: Some(text(
                    "chạy lại khi máy rảnh; nếu vẫn thế, xem đĩa",
                    "try again when the machine is idle; if it stays so, look at the disk",
                )),
            }),
        }
    }
    findings
}
