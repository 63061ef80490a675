//! Reads a table of the file key by key. What is wrong is noted with its line and reading goes on, so
//! that a person sees every mistake at once.

use super::{
    Place, Problem,
    plain::{kind, nearest, syntax},
};
use std::{
    cell::{Cell, RefCell},
    ops::{Range, RangeInclusive},
    path::Path,
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The file, and what was found wrong with it.
pub(super) struct Sheet<'a> {
    path: &'a Path,
    text: &'a str,
    problems: RefCell<Vec<Problem>>,
    /// It is no TOML somewhere: what seems to be missing may stand in the part that was not read.
    torn: Cell<bool>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self {
            path,
            text,
            problems: RefCell::default(),
            torn: Cell::new(false),
        }
    }

    /// Parses as much as can be read.
    pub(super) fn parse(&self) -> Spanned<DeTable<'a>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let (what, mend) = syntax(error.message());
            self.torn.set(true);
            // One slip makes a parser stumble more than once on its line.
            let place = self.place(&span);
            if !self.has_problem(&place) {
                self.problem_at(place, what, mend);
            }
        }
        root
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        Place::in_file(self.path, self.text, span)
    }

    /// Notes a problem.
    pub(super) fn problem(
        &self,
        span: &Range<usize>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let place = self.place(span);
        // What stands on a line that is no TOML was misread.
        if !(self.torn.get() && self.has_problem(&place)) {
            self.problem_at(place, what, mend);
        }
    }

    /// Notes that something is missing, if all of the file could be read.
    pub(super) fn missing(
        &self,
        span: &Range<usize>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        if !self.torn.get() {
            self.problem(span, what, mend);
        }
    }

    pub(super) fn problem_at(
        &self,
        place: Place,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let problem = Problem::new(place, what, mend);
        self.problems.borrow_mut().push(problem);
    }

    /// Nothing was found wrong.
    pub(super) fn is_clean(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    fn has_problem(&self, place: &Place) -> bool {
        let problems = self.problems.borrow();
        problems.iter().any(|known| known.line() == place.line())
    }
}

/// A text of the file and where it stands.
#[derive(Clone)]
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

/// A table of the file. Every key that is asked for is a key that it may have.
pub(super) struct Table<'a> {
    sheet: &'a Sheet<'a>,
    /// `[conference.rules]`
    name: String,
    span: Range<usize>,
    entries: Option<&'a DeTable<'a>>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Table<'a> {
    pub(super) fn root(sheet: &'a Sheet<'a>, root: &'a Spanned<DeTable<'a>>) -> Self {
        Self::new(sheet, "the file".to_owned(), 0..0, Some(root.get_ref()))
    }

    fn new(
        sheet: &'a Sheet<'a>,
        name: String,
        span: Range<usize>,
        entries: Option<&'a DeTable<'a>>,
    ) -> Self {
        Self {
            sheet,
            name,
            span,
            entries,
            asked: RefCell::default(),
        }
    }

    pub(super) fn sheet(&self) -> &'a Sheet<'a> {
        self.sheet
    }

    pub(super) fn span(&self) -> &Range<usize> {
        &self.span
    }

    /// The value of a key, if it is there.
    fn find(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.entries?.get(key)
    }

    /// Notes that a key is missing, unless what stands there is that key with a slip, which
    /// [`end`](Self::end) notes.
    fn lacks(&self, key: &'static str, example: &str) {
        self.lacks_with(key, &format!("add the line {key} = {example}"));
    }

    fn lacks_with(&self, key: &'static str, mend: &str) {
        let Some(entries) = self.entries else {
            return;
        };
        let mut written = entries.keys().map(|key| key.get_ref().as_ref());
        if !written.any(|written| nearest(written, [key]).is_some()) {
            let what = format!("{} has no {key}", self.name);
            self.sheet.missing(&self.span, what, mend);
        }
    }

    fn mistaken(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, example: &str) {
        let what = format!("{key} must be {wanted}, and is {}", kind(value.get_ref()));
        let mend = format!("write {key} = {example}");
        self.sheet.problem(&value.span(), what, mend);
    }

    /// A text.
    pub(super) fn text(&self, key: &'static str, example: &str) -> Option<Said<'a>> {
        let value = self.find(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.mistaken(key, value, "a text in quotes", example);
            return None;
        };
        Some(Said {
            text,
            span: value.span(),
        })
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, key: &'static str, example: &str) -> Option<Said<'a>> {
        if !self.has(key) {
            self.lacks(key, example);
        }
        self.text(key, example)
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &'static str, example: &str) -> Option<Vec<Said<'a>>> {
        let value = self.find(key)?;
        let wanted = "a list of texts in quotes";
        let Some(list) = value.get_ref().as_array() else {
            self.mistaken(key, value, wanted, &format!("[{example}]"));
            return None;
        };
        let mut texts = Vec::new();
        for item in list {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Said {
                    text,
                    span: item.span(),
                }),
                None => self.mistaken(key, item, wanted, &format!("[{example}]")),
            }
        }
        Some(texts)
    }

    /// A whole number of a range.
    pub(super) fn number(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.find(key)?;
        let (least, most) = (range.start(), range.end());
        let Some(integer) = value.get_ref().as_integer() else {
            let wanted = "a whole number without quotes";
            let meant = value.get_ref().as_str().and_then(|text| text.parse().ok());
            let meant = meant.filter(|number| range.contains(number));
            let example = meant.unwrap_or(*least.max(&1));
            self.mistaken(key, value, wanted, &example.to_string());
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let within = number.filter(|number| range.contains(number));
        if within.is_none() {
            let what = format!("{key} is out of range");
            let mend = format!("write a number from {least} to {most}");
            self.sheet.problem(&value.span(), what, mend);
        }
        within
    }

    /// A number that must be there.
    pub(super) fn required_number(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        if !self.has(key) {
            self.lacks(key, &range.start().max(&1).to_string());
        }
        self.number(key, range)
    }

    /// `true` or `false`.
    pub(super) fn switch(&self, key: &'static str) -> Option<bool> {
        let value = self.find(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.mistaken(key, value, "true or false, without quotes", "true");
        }
        found
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let said = self.text(key, &format!("{:?}", choices[0].0))?;
        let found = choices.iter().find(|(word, _)| *word == said.text);
        if found.is_none() {
            let words = choices.iter().map(|(word, _)| *word);
            let known: Vec<String> = words.clone().map(|word| format!("{word:?}")).collect();
            let mut mend = format!("write {}", known.join(" or "));
            if let Some(meant) = nearest(said.text, words) {
                mend.push_str(&format!("; did you mean {meant:?}?"));
            }
            let what = format!("{key} cannot be {:?}", said.text);
            self.sheet.problem(&said.span, what, mend);
        }
        found.map(|(_, value)| *value)
    }

    /// One of a few words that must be there.
    pub(super) fn required_choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        if !self.has(key) {
            self.lacks(key, &format!("{:?}", choices[0].0));
        }
        self.choice(key, choices)
    }

    /// A table within this one. One that is not there is empty; it notes nothing as missing.
    pub(super) fn table(&self, key: &'static str) -> Table<'a> {
        let name = self.name_of(key);
        let Some(value) = self.find(key) else {
            return Self::new(self.sheet, name, self.span.clone(), None);
        };
        let entries = value.get_ref().as_table();
        if entries.is_none() {
            let what = format!(
                "{key} must be a table of keys, and is {}",
                kind(value.get_ref())
            );
            let mend = format!("write the head [{name}] and its keys on the lines below it");
            self.sheet.problem(&value.span(), what, mend);
        }
        Self::new(self.sheet, name, value.span(), entries)
    }

    /// A table that must be there.
    pub(super) fn required_table(&self, key: &'static str, mend: &str) -> Table<'a> {
        if !self.has(key) {
            self.lacks_with(key, mend);
        }
        self.table(key)
    }

    /// The tables of a list: `[[conference.sites]]`.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let name = self.name_of(key);
        let Some(value) = self.find(key) else {
            return Vec::new();
        };
        let wrong = |value: &Spanned<DeValue<'_>>| {
            let what = format!(
                "{key} must be a list of tables, and is {}",
                kind(value.get_ref())
            );
            let mend = format!("write the head [[{name}]] above each of them");
            self.sheet.problem(&value.span(), what, mend);
        };
        let Some(list) = value.get_ref().as_array() else {
            wrong(value);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in list {
            match item.get_ref().as_table() {
                Some(table) => {
                    let name = name.clone();
                    tables.push(Self::new(self.sheet, name, item.span(), Some(table)));
                }
                None => wrong(item),
            }
        }
        tables
    }

    /// Whether it has the key, whatever stands there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries
            .is_some_and(|entries| entries.contains_key(key))
    }

    /// Notes every key that nobody asked for.
    pub(super) fn end(self) {
        let asked = self.asked.borrow();
        for key in self.entries.into_iter().flat_map(DeTable::keys) {
            let written = key.get_ref().as_ref();
            if asked.contains(&written) {
                continue;
            }
            let what = format!("{} has no key {written}", self.name);
            let mend = match nearest(written, asked.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("take it out; known here are: {}", asked.join(", ")),
            };
            self.sheet.problem(&key.span(), what, mend);
        }
    }

    fn name_of(&self, key: &str) -> String {
        match self.name.as_str() {
            "the file" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }
}
