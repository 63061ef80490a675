//! What a check found, line by line: printed as it is found, or kept for JSON.

use super::{Lang, words};
use crate::{AgentError, Done};
use diemcau_protocol::{LineGrade, LineResult, LineVerdict, Text};
use serde::Serialize;
use std::io::Write;

/// The steps, in the order of their lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    Server,
    Certificate,
    Clock,
    SignIn,
    Media,
    Line,
    WebSocket,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Mark {
    Good,
    /// To be mended, but a conference can be held.
    Note,
    Bad,
    /// A step before it failed.
    Skipped,
}

#[derive(Debug, Clone, Serialize)]
struct Line {
    step: Step,
    mark: Mark,
    message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<Text>,
}

/// The whole, as it goes into JSON.
#[derive(Serialize)]
struct Whole<'a> {
    server: &'a str,
    /// A conference can be held from here.
    ready: bool,
    steps: &'a [Line],
    result: Option<LineResult>,
    judgement: Option<&'a LineVerdict>,
}

/// The lines so far.
pub(super) struct Sheet<'a> {
    lang: Lang,
    server: String,
    /// Where lines are printed as they come; none: they are not.
    live: Option<&'a mut (dyn Write + Send)>,
    lines: Vec<Line>,
    result: Option<LineResult>,
    verdict: Option<LineVerdict>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(
        lang: Lang,
        server: String,
        live: Option<&'a mut (dyn Write + Send)>,
    ) -> Self {
        Self {
            lang,
            server,
            live,
            lines: Vec::new(),
            result: None,
            verdict: None,
        }
    }

    pub(super) fn good(&mut self, step: Step, message: Text) -> Result<(), AgentError> {
        self.add(step, Mark::Good, message, None)
    }

    /// Something to mend that does not keep a conference from being held.
    pub(super) fn note(&mut self, step: Step, message: Text, mend: Text) -> Result<(), AgentError> {
        self.add(step, Mark::Note, message, Some(mend))
    }

    pub(super) fn bad(
        &mut self,
        step: Step,
        message: Text,
        mend: impl Into<Option<Text>>,
    ) -> Result<(), AgentError> {
        self.add(step, Mark::Bad, message, mend.into())
    }

    /// Steps that could not be tried, since one before them failed.
    pub(super) fn skip(&mut self, steps: &[Step]) -> Result<(), AgentError> {
        for step in steps {
            self.add(*step, Mark::Skipped, words::skipped(*step), None)?;
        }
        Ok(())
    }

    pub(super) fn measured(&mut self, result: LineResult) {
        self.result = Some(result);
    }

    /// The server's findings, below the line that they are about.
    pub(super) fn judged(&mut self, verdict: LineVerdict) -> Result<(), AgentError> {
        for finding in &verdict.findings {
            let text = self.pick(&finding.message).to_owned();
            self.print(&format!("    → {text}"))?;
        }
        self.verdict = Some(verdict);
        Ok(())
    }

    fn add(
        &mut self,
        step: Step,
        mark: Mark,
        message: Text,
        mend: Option<Text>,
    ) -> Result<(), AgentError> {
        let sign = match mark {
            Mark::Good => "✔",
            Mark::Note | Mark::Bad => "✘",
            Mark::Skipped => "–",
        };
        let text = format!("{sign} {}", self.pick(&message));
        self.print(&text)?;
        if let Some(mend) = &mend {
            let text = format!("    → {}", self.pick(mend));
            self.print(&text)?;
        }
        self.lines.push(Line {
            step,
            mark,
            message,
            mend,
        });
        Ok(())
    }

    fn pick<'t>(&self, text: &'t Text) -> &'t str {
        match self.lang {
            Lang::Vi => &text.vi,
            Lang::En => &text.en,
        }
    }

    fn print(&mut self, text: &str) -> Result<(), AgentError> {
        if let Some(out) = &mut self.live {
            writeln!(out, "{text}")?;
            out.flush()?;
        }
        Ok(())
    }

    /// The last sentence, and the whole as JSON.
    pub(super) fn finish(mut self) -> Result<(Done, String), AgentError> {
        let failed = |line: &Line| matches!(line.mark, Mark::Bad | Mark::Skipped);
        let grade = self.verdict.as_ref().map(|verdict| verdict.verdict);
        let grade = grade.filter(|_| !self.lines.iter().any(failed));
        let ready = grade.is_some_and(|grade| grade != LineGrade::Bad);
        let last = self.pick(&words::conclusion(grade)).to_owned();
        self.print(&format!("\n{last}"))?;
        let whole = Whole {
            server: &self.server,
            ready,
            steps: &self.lines,
            result: self.result,
            judgement: self.verdict.as_ref(),
        };
        let text = serde_json::to_string_pretty(&whole);
        let text = text.map_err(|error| AgentError::Protocol(error.to_string()))?;
        Ok((if ready { Done::Good } else { Done::Bad }, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diemcau_protocol::LineFinding;

    fn text(word: &str) -> Text {
        Text {
            vi: format!("{word} vi"),
            en: format!("{word} en"),
        }
    }

    fn verdict(verdict: LineGrade) -> LineVerdict {
        let message = text("finding");
        let code = "loss-up".to_owned();
        LineVerdict {
            verdict,
            findings: vec![LineFinding { code, message }],
        }
    }

    /// What is printed, and how it ends.
    fn printed(lang: Lang, fill: impl FnOnce(&mut Sheet<'_>)) -> (String, Done, serde_json::Value) {
        let mut out = Vec::new();
        let mut sheet = Sheet::new(lang, "http://a".to_owned(), Some(&mut out));
        fill(&mut sheet);
        let (done, json) = sheet.finish().unwrap();
        let json = serde_json::from_str(&json).unwrap();
        (String::from_utf8(out).unwrap(), done, json)
    }

    #[test]
    fn a_note_does_not_keep_a_conference_from_being_held() {
        let (out, done, json) = printed(Lang::Vi, |sheet| {
            sheet.good(Step::Server, text("server")).unwrap();
            sheet.note(Step::Clock, text("clock"), text("set")).unwrap();
            sheet.judged(verdict(LineGrade::Usable)).unwrap();
        });
        assert!(out.starts_with("✔ server vi\n✘ clock vi\n    → set vi\n    → finding vi\n"));
        assert_eq!((done, &json["ready"]), (Done::Good, &true.into()));
        assert_eq!(json["steps"][1]["mend"]["en"], "set en");
        assert_eq!(json["judgement"]["verdict"], "usable");
    }

    #[test]
    fn a_failed_step_or_a_bad_verdict_or_none_ends_badly() {
        for fill in [
            (|sheet: &mut Sheet<'_>| {
                sheet.bad(Step::Media, text("media"), text("mend")).unwrap();
                sheet.judged(verdict(LineGrade::Good)).unwrap();
            }) as fn(&mut Sheet<'_>),
            |sheet| sheet.judged(verdict(LineGrade::Bad)).unwrap(),
            |sheet| sheet.good(Step::Server, text("server")).unwrap(),
            |sheet| sheet.skip(&[Step::Line]).unwrap(),
        ] {
            let (out, done, json) = printed(Lang::En, fill);
            assert_eq!((done, &json["ready"]), (Done::Bad, &false.into()), "{out}");
        }
    }
}
