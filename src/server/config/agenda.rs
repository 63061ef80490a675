//! The shape of `[[conference.agenda]]`, and its checks.

use super::{
    conference::unknown_site,
    table::{Said, Sheet, Table},
};
use diemcau_conference::{AgendaDraft, AgendaKind, Millis, SiteId, Speaker};

const KINDS: [(&str, AgendaKind); 9] = [
    ("opening", AgendaKind::Opening),
    ("report", AgendaKind::Report),
    ("draft", AgendaKind::Draft),
    ("guidance", AgendaKind::Guidance),
    ("speeches", AgendaKind::Speeches),
    ("discussion", AgendaKind::Discussion),
    ("award", AgendaKind::Award),
    ("conclusion", AgendaKind::Conclusion),
    ("closing", AgendaKind::Closing),
];
/// Items of an agenda, and speakers of an item.
const ITEMS: usize = 200;
const SPEAKERS: usize = 100;
/// Minutes of an item, and of a speaker.
const MINUTES: u64 = 240;

/// Reads the agenda; `sites` are the ids of the sites that can be named.
pub(super) fn read(table: &Table<'_>, sites: &[&str]) -> Vec<AgendaDraft> {
    let tables = table.tables("agenda");
    check_count(table.sheet(), &tables, ITEMS, "items in an agenda");
    let items = tables.into_iter();
    items.map(|item| read_item(item, sites)).collect()
}

fn read_item(table: Table<'_>, sites: &[&str]) -> AgendaDraft {
    let sheet = table.sheet();
    let title = table.required_text("title", "\"Khai mạc\"");
    if let Some(title) = &title {
        check_text(sheet, title, 1, 200);
    }
    let planned = table.text("planned", "\"08:30\"");
    if let Some(planned) = &planned
        && !is_time_of_day(planned.text)
    {
        let what = format!("{:?} is no time of day", planned.text);
        let mend = "write hours and minutes as in \"08:30\"";
        sheet.problem(&planned.span, what, mend);
    }
    let speakers = table.tables("speakers");
    check_count(sheet, &speakers, SPEAKERS, "speakers in an agenda item");
    let item = AgendaDraft {
        title: text(title),
        kind: table.choice("kind", &KINDS).unwrap_or_default(),
        planned: text(planned),
        time: minutes(&table),
        speakers: speakers
            .into_iter()
            .map(|speaker| read_speaker(speaker, sites))
            .collect(),
    };
    table.end();
    item
}

fn read_speaker(table: Table<'_>, sites: &[&str]) -> Speaker {
    let sheet = table.sheet();
    let site = table.required_text("site", "\"can-tho\"");
    if let Some(site) = &site
        && !sites.contains(&site.text)
    {
        unknown_site(sheet, site, sites);
    }
    let limited = |key, example, most| {
        let said = table.text(key, example);
        if let Some(said) = &said {
            check_text(sheet, said, 0, most);
        }
        text(said)
    };
    let speaker = Speaker {
        site: SiteId::new(text(site)),
        name: limited("name", "\"Nguyễn Văn A\"", 100),
        words: limited("words", "\"công tác thi đua\"", 200),
        budget: minutes(&table),
    };
    table.end();
    speaker
}

fn minutes(table: &Table<'_>) -> Option<Millis> {
    let minutes = table.number("minutes", 1..=MINUTES)?;
    Some(Millis::from_secs(minutes * 60))
}

fn text(said: Option<Said<'_>>) -> String {
    said.map(|said| said.text.to_owned()).unwrap_or_default()
}

/// One line of so many characters.
fn check_text(sheet: &Sheet<'_>, said: &Said<'_>, least: usize, most: usize) {
    let length = said.text.trim().chars().count();
    if !(least..=most).contains(&length) {
        let what = format!("this text has {length} characters");
        let mend = format!("write {least} to {most} characters");
        sheet.problem(&said.span, what, mend);
    } else if said.text.chars().any(char::is_control) {
        let what = "this text has line breaks or other control characters";
        sheet.problem(&said.span, what, "write one line of plain text");
    }
}

fn check_count(sheet: &Sheet<'_>, tables: &[Table<'_>], most: usize, what: &str) {
    if let Some(first) = tables.get(most) {
        let found = format!("there are {} {what}", tables.len());
        sheet.problem(first.span(), found, format!("leave {most} at most"));
    }
}

/// `08:30`.
fn is_time_of_day(text: &str) -> bool {
    let number = |text: &str, below: u32| {
        text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|number: u32| number < below)
    };
    let parts = text.split_once(':');
    parts.is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60))
}
