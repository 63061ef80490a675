//! What is wrong with a configuration, for the person who must mend it.

use miette::Diagnostic;
use std::{fmt, ops::Range, path::Path};

/// Where something was said: a line of the file, a variable or a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The line counted from 1; none for variables and flags, which come after all lines.
    line: Option<Line>,
    /// The file, or the variable or flag.
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    number: usize,
    /// Characters of the line that are meant.
    columns: Range<usize>,
    text: String,
}

impl Place {
    /// A variable, a flag or a whole file.
    pub(super) fn named(name: impl Into<String>) -> Self {
        Self {
            line: None,
            name: name.into(),
        }
    }

    /// A byte range of the file; of a range over several lines the first is meant.
    pub(super) fn in_file(path: &Path, text: &str, span: &Range<usize>) -> Self {
        let at = text.floor_char_boundary(span.start);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |len| at + len);
        let columns = |to: usize| text[start..to.clamp(start, end)].chars().count();
        let until = text.floor_char_boundary(span.end);
        Self {
            line: Some(Line {
                number: text[..start].matches('\n').count() + 1,
                columns: columns(at)..columns(until),
                text: text[start..end].trim_end().to_owned(),
            }),
            name: path.display().to_string(),
        }
    }

    pub(super) fn line(&self) -> Option<usize> {
        self.line.as_ref().map(|line| line.number)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.line {
            Some(line) => write!(f, "{}:{}", self.name, line.number),
            None => f.write_str(&self.name),
        }
    }
}

/// One thing that is wrong: where, what and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    place: Place,
    what: String,
    mend: String,
}

impl Problem {
    pub(super) fn new(place: Place, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            place,
            what: what.into(),
            mend: mend.into(),
        }
    }

    pub(super) fn line(&self) -> Option<usize> {
        self.place.line()
    }
}

/// Place and what is wrong; the line of the file, marked; the mend.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.place, self.what)?;
        if let Some(line) = &self.place.line
            && !line.text.is_empty()
        {
            let number = line.number.to_string();
            let (start, end) = (line.columns.start, line.columns.end);
            let marks = "^".repeat(end.saturating_sub(start).max(1));
            writeln!(f, "  {number} | {}", line.text)?;
            writeln!(
                f,
                "  {:len$} | {:start$}{marks}",
                "",
                "",
                len = number.len()
            )?;
        }
        write!(f, "  mend: {}", self.mend)
    }
}

/// Everything that is wrong with a configuration; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The lines of the file in their order, then the rest; none if nothing is wrong.
    pub(super) fn of(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort_by_key(|problem| problem.line().unwrap_or(usize::MAX));
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// How many things are wrong.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}\n")?;
        }
        match self.count() {
            1 => f.write_str("The configuration has one mistake."),
            count => write!(f, "The configuration has {count} mistakes."),
        }
    }
}

impl std::error::Error for Problems {}

impl Diagnostic for Problems {}
