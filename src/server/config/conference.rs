//! The shape of `[conference]`, and its checks.

use super::{
    ID_MEND, agenda, is_id,
    plain::nearest,
    table::{Said, Sheet, Table},
};
use diemcau_conference::{
    ConferenceId, Millis, Overtime, Policy, Rules, Setup, SetupError, SiteId, SiteKind, SiteSetup,
    Text,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// What is taken where the file says nothing that can be used; then there is a problem, and nobody
/// gets to see it.
const UNKNOWN: &str = "?";

/// Reads the conference. It is whole only if no problem was noted.
pub(super) fn read(table: Table<'_>) -> Setup {
    let sheet = table.sheet();
    let id = table.required_text("id", "\"hoi-nghi-2026\"");
    let id = id.and_then(|said| checked_id(sheet, &said));
    let title = read_text(&table, "title");
    let rules = read_rules(table.table("rules"));
    let rows = read_sites(&table);
    let setup = Setup {
        id: ConferenceId::new(id.unwrap_or(UNKNOWN)),
        title,
        sites: rows.iter().map(|row| row.site.clone()).collect(),
        rules,
        deputies: read_deputies(&table, &rows),
        agenda: agenda::read(&table, &known_ids(&rows)),
    };
    check_sites(&table, &rows);
    table.end();
    setup
}

/// A site, and where it stands.
struct Row<'a> {
    site: SiteSetup,
    /// Whether the id can be used.
    named: bool,
    id: Range<usize>,
    kind: Option<SiteKind>,
    parent: Option<Said<'a>>,
}

fn read_sites<'a>(table: &Table<'a>) -> Vec<Row<'a>> {
    let tables = table.tables("sites");
    if tables.is_empty() && !table.has("sites") {
        let mend = "write the head [[conference.sites]] and the keys of a site below it";
        table
            .sheet()
            .missing(table.span(), "the conference has no sites", mend);
    }
    tables.into_iter().map(read_site).collect()
}

fn read_site(table: Table<'_>) -> Row<'_> {
    let kinds = [("central", SiteKind::Central), ("member", SiteKind::Member)];
    let said = table.required_text("id", "\"can-tho\"");
    let id = said
        .as_ref()
        .and_then(|said| checked_id(table.sheet(), said));
    let name = read_text(&table, "name");
    let kind = table.required_choice("kind", &kinds);
    let parent = table.text("parent", "\"can-tho\"");
    let expected = table.required_number("expected", 0..=10_000);
    let row = Row {
        named: id.is_some(),
        id: said.map_or_else(|| table.span().clone(), |said| said.span),
        kind,
        site: SiteSetup {
            id: SiteId::new(id.unwrap_or(UNKNOWN)),
            name,
            kind: kind.unwrap_or(SiteKind::Member),
            parent: parent.as_ref().map(|parent| SiteId::new(parent.text)),
            expected: expected
                .and_then(|number| number.try_into().ok())
                .unwrap_or(0),
        },
        parent,
    };
    table.end();
    row
}

/// What no site can be asked for alone.
fn check_sites(table: &Table<'_>, rows: &[Row<'_>]) {
    let sheet = table.sheet();
    let mut seen = BTreeSet::new();
    for row in rows.iter().filter(|row| row.named) {
        if !seen.insert(&row.site.id) {
            let what = format!("two sites have the id {:?}", row.site.id.as_str());
            sheet.problem(&row.id, what, "give each site an id of its own");
        }
    }
    let central = |row: &&Row<'_>| row.kind == Some(SiteKind::Central);
    for second in rows.iter().filter(central).skip(1) {
        let mend = "leave kind = \"central\" at one site, give the others \"member\"";
        sheet.problem(&second.id, "a second site is central", mend);
    }
    // A kind that could not be read may have been meant so.
    let known = rows.iter().all(|row| row.kind.is_some());
    if !rows.is_empty() && known && !rows.iter().any(|row| central(&row)) {
        let mend = "give the host's site kind = \"central\"";
        sheet.missing(&rows[0].id, "no site is the central one", mend);
    }
    check_parents(sheet, rows);
}

/// The ids that a site can be named by.
fn known_ids<'a>(rows: &'a [Row<'_>]) -> Vec<&'a str> {
    let named = rows.iter().filter(|row| row.named);
    named.map(|row| row.site.id.as_str()).collect()
}

fn read_deputies(table: &Table<'_>, rows: &[Row<'_>]) -> Vec<SiteId> {
    let known = known_ids(rows);
    let mut deputies: Vec<SiteId> = Vec::new();
    for said in table.texts("deputies", "\"da-nang\"").unwrap_or_default() {
        let site = SiteId::new(said.text);
        if !known.contains(&said.text) {
            unknown_site(table.sheet(), &said, &known);
        } else if deputies.contains(&site) {
            let what = format!("{:?} is named twice", said.text);
            let mend = "name each site once: one deputy sits at a site";
            table.sheet().problem(&said.span, what, mend);
        } else {
            deputies.push(site);
        }
    }
    deputies
}

/// Notes that no site has an id, and which may have been meant.
pub(super) fn unknown_site(sheet: &Sheet<'_>, said: &Said<'_>, known: &[&str]) {
    let what = format!("no site has the id {:?}", said.text);
    let mend = match nearest(said.text, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => "name a site of this file".to_owned(),
    };
    sheet.problem(&said.span, what, mend);
}

fn check_parents(sheet: &Sheet<'_>, rows: &[Row<'_>]) {
    let named = rows.iter().filter(|row| row.named);
    let parents: BTreeMap<&str, Option<&str>> = named
        .map(|row| {
            let parent = row.parent.as_ref().map(|parent| parent.text);
            (row.site.id.as_str(), parent)
        })
        .collect();
    for row in rows {
        let Some(parent) = &row.parent else {
            continue;
        };
        let others = parents.keys().copied();
        let id = row.site.id.as_str();
        if !parents.contains_key(parent.text) {
            let what = format!("no site has the id {:?}", parent.text);
            let mend = match nearest(parent.text, others) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => "name a site of this file, or leave parent out".to_owned(),
            };
            sheet.problem(&parent.span, what, mend);
        } else if is_above_itself(id, &parents) {
            let what = format!("{id:?} is above itself in the tree of sites");
            let mend = "leave parent out at the site that is the highest of them";
            sheet.problem(&parent.span, what, mend);
        }
    }
}

fn is_above_itself(site: &str, parents: &BTreeMap<&str, Option<&str>>) -> bool {
    let mut here = site;
    for _ in 0..parents.len() {
        match parents.get(here) {
            Some(Some(above)) if *above == site => return true,
            Some(Some(above)) => here = above,
            _ => return false,
        }
    }
    false
}

fn read_rules(table: Table<'_>) -> Rules {
    const OVERTIMES: [(&str, Overtime); 3] = [
        ("soft", Overtime::Soft),
        ("hard", Overtime::Hard),
        ("chair-decides", Overtime::ChairDecides),
    ];
    const POLICIES: [(&str, Policy); 4] = [
        ("manual", Policy::Manual),
        ("first-come", Policy::FirstCome),
        ("round-robin", Policy::RoundRobin),
        ("least-time", Policy::LeastTime),
    ];
    let usual = Rules::default();
    let seconds = |key, least, most, usual: Millis| {
        let found = table.number(key, least..=most);
        found.map_or(usual, Millis::from_secs)
    };
    let minutes = |key, most, usual: Millis| {
        let found = table.number(key, 0..=most);
        found.map_or(usual, |minutes| Millis::from_secs(minutes * 60))
    };
    let count = |key, least, most, usual| {
        let found = table.number(key, least..=most);
        found.and_then(|n| n.try_into().ok()).unwrap_or(usual)
    };
    let switch = |key, usual| table.switch(key).unwrap_or(usual);
    let rules = Rules {
        accept_automatically: switch("accept_automatically", usual.accept_automatically),
        policy: table.choice("policy", &POLICIES).unwrap_or(usual.policy),
        turn: seconds("turn_seconds", 1, 4 * 3600, usual.turn),
        overtime: table
            .choice("overtime", &OVERTIMES)
            .unwrap_or(usual.overtime),
        grace: seconds("grace_seconds", 1, 600, usual.grace),
        requests_per_site: count("requests_per_site", 1, 5, usual.requests_per_site),
        turns_per_site: count("turns_per_site", 0, 1_000, usual.turns_per_site),
        site_time: minutes("site_minutes", 24 * 60, usual.site_time),
        request_pause: seconds("request_pause_seconds", 0, 4 * 3600, usual.request_pause),
        ready: seconds("ready_seconds", 1, 600, usual.ready),
        silence: seconds("silence_seconds", 1, 600, usual.silence),
        present_with_speech: switch("present_with_speech", usual.present_with_speech),
        audio_slots: count("audio_slots", 1, 8, usual.audio_slots),
        thumbnail_slots: count("thumbnail_slots", 1, 24, usual.thumbnail_slots),
        devices_per_site: count("devices_per_site", 1, 2_000, usual.devices_per_site),
    };
    table.end();
    rules
}

/// A text in both languages.
fn read_text(table: &Table<'_>, key: &'static str) -> Text {
    const EXAMPLE: &str = "{ vi = \"Cần Thơ\", en = \"Can Tho\" }";
    let mend = format!("add the line {key} = {EXAMPLE}");
    let texts = table.required_table(key, &mend);
    let language = |language| {
        let said = texts.required_text(language, "\"…\"");
        if let Some(said) = &said {
            let length = said.text.trim().chars().count();
            if !(1..=200).contains(&length) {
                let what = format!("this text has {length} characters");
                let mend = "write 1 to 200 characters";
                table.sheet().problem(&said.span, what, mend);
            }
        }
        said.map_or_else(|| UNKNOWN.to_owned(), |said| said.text.to_owned())
    };
    let text = Text {
        vi: language("vi"),
        en: language("en"),
    };
    texts.end();
    text
}

fn checked_id<'a>(sheet: &Sheet<'_>, said: &Said<'a>) -> Option<&'a str> {
    if !is_id(said.text) {
        sheet.problem(&said.span, format!("{:?} is not an id", said.text), ID_MEND);
        return None;
    }
    Some(said.text)
}

/// Where the file says what the core refuses. Reading finds all of it first; this keeps a rule that
/// the core gets one day from being told without a line.
pub(super) fn place_of(error: &SetupError, root: &Table<'_>) -> Range<usize> {
    let conference = root.table("conference");
    let site = |id: &SiteId| {
        let tables = conference.tables("sites");
        let found = tables.iter().find(|table| {
            table
                .text("id", "")
                .is_some_and(|said| said.text == id.as_str())
        });
        found.map(|table| table.span().clone())
    };
    let span = match error {
        SetupError::BadSiteId(id)
        | SetupError::DuplicateSite(id)
        | SetupError::ParentCycle(id)
        | SetupError::UnknownParent { site: id, .. } => site(id),
        SetupError::BadItem { number, .. } => {
            let items = conference.tables("agenda");
            let index = (*number as usize).saturating_sub(1);
            items.get(index).map(|item| item.span().clone())
        }
        _ => None,
    };
    span.unwrap_or_else(|| conference.span().clone())
}
