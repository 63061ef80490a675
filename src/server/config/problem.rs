//! What is wrong with a configuration, for the person who must mend it.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::{fmt, ops::Range, path::Path};

/// One thing that is wrong: where, what and how to mend it.
#[derive(Debug)]
pub struct Problem {
    /// `config/conference.toml:12`, or the name of a variable.
    place: String,
    what: String,
    mend: String,
    snippet: Option<Box<(NamedSource<String>, Range<usize>)>>,
}

impl Problem {
    /// A problem of something other than a line of the file.
    pub(super) fn at(
        place: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            mend: mend.into(),
            snippet: None,
        }
    }

    /// A problem at a byte range of the file.
    pub(super) fn in_file(
        path: &Path,
        text: &str,
        span: Range<usize>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let line = text.as_bytes()[..span.start.min(text.len())]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        let name = path.display().to_string();
        Self {
            place: format!("{name}:{line}"),
            what: what.into(),
            mend: mend.into(),
            snippet: Some(Box::new((NamedSource::new(name, text.to_owned()), span))),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.mend))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet
            .as_ref()
            .map(|snippet| &snippet.0 as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.snippet.as_deref()?;
        let label = LabeledSpan::new(Some("here".into()), span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}
