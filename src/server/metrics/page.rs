//! The Prometheus text format, version 0.0.4: each metric once, with its help and its type, and all its
//! series below it.

use std::{borrow::Cow, fmt::Write};

/// `Content-Type` of the page.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only rises while the process runs.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Buckets, sum and count.
    Histogram,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A page that is being written. Series of one metric need not come one after another.
#[derive(Debug, Default)]
pub(crate) struct Page {
    families: Vec<Family>,
}

#[derive(Debug)]
struct Family {
    name: Cow<'static, str>,
    help: &'static str,
    kind: Kind,
    lines: String,
}

impl Page {
    /// Adds one series of a metric.
    pub(crate) fn sample(
        &mut self,
        kind: Kind,
        name: impl Into<Cow<'static, str>>,
        help: &'static str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        self.line(kind, name, help, "", labels, value);
    }

    /// Adds a series whose name is the metric's with an ending: `_bucket`, `_sum`, `_count`.
    pub(crate) fn line(
        &mut self,
        kind: Kind,
        name: impl Into<Cow<'static, str>>,
        help: &'static str,
        ending: &str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        let family = self.family(kind, name.into(), help);
        let lines = &mut family.lines;
        lines.push_str(&family.name);
        lines.push_str(ending);
        for (at, (label, text)) in labels.iter().enumerate() {
            lines.push(if at == 0 { '{' } else { ',' });
            lines.push_str(label);
            lines.push_str("=\"");
            escape(lines, text, true);
            lines.push('"');
        }
        if !labels.is_empty() {
            lines.push('}');
        }
        // Writing to a String cannot fail.
        let _ = writeln!(lines, " {value}");
    }

    /// The page as it is sent.
    pub(crate) fn text(self) -> String {
        let mut text = String::new();
        for family in self.families {
            let _ = write!(text, "# HELP {} ", family.name);
            escape(&mut text, family.help, false);
            let _ = writeln!(text, "\n# TYPE {} {}", family.name, family.kind.as_str());
            text.push_str(&family.lines);
        }
        text
    }

    fn family(&mut self, kind: Kind, name: Cow<'static, str>, help: &'static str) -> &mut Family {
        let at = self
            .families
            .iter()
            .position(|family| family.name == name)
            .unwrap_or_else(|| {
                self.families.push(Family {
                    name,
                    help,
                    kind,
                    lines: String::new(),
                });
                self.families.len() - 1
            });
        &mut self.families[at]
    }
}

fn escape(to: &mut String, text: &str, quoted: bool) {
    for letter in text.chars() {
        match letter {
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '"' if quoted => to.push_str("\\\""),
            letter => to.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_told_once_with_all_its_series_and_nothing_breaks_a_line() {
        let mut page = Page::default();
        let (name, help) = ("a_total", "Two\nlines, a \\ and a \".");
        page.sample(Kind::Counter, name, help, &[("of", "x\"y\\z\n")], 1.0);
        page.sample(Kind::Gauge, "b", "B.", &[], 0.25);
        page.sample(Kind::Counter, name, help, &[("of", "w"), ("in", "v")], 2e15);
        assert_eq!(
            page.text(),
            "# HELP a_total Two\\nlines, a \\\\ and a \".\n# TYPE a_total counter\n\
             a_total{of=\"x\\\"y\\\\z\\n\"} 1\na_total{of=\"w\",in=\"v\"} 2000000000000000\n\
             # HELP b B.\n# TYPE b gauge\nb 0.25\n"
        );
    }
}
