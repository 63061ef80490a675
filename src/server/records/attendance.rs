//! `attendance.csv`: link intervals, which the machine writes, and headcounts, which sites
//! declare; one table, told apart by its first column.
//!
//! UTF-8 with a byte order mark (spreadsheets take it for a local code page without), RFC 4180
//! lines, and cells that a spreadsheet would take for a formula made text. The same log at the same
//! time gives the same bytes.

use crate::setup::role_name;
use diemcau_conference::{Conference, Millis, SiteId, Timestamp};
use jiff::{Timestamp as Instant, tz::TimeZone};

const COLUMNS: [&str; 8] = [
    "loại",
    "điểm cầu",
    "thiết bị",
    "vai trò",
    "từ",
    "đến",
    "thời lượng",
    "số người có mặt",
];

/// The attendance of a conference as of `now`: an interval that is still open is counted up to
/// then, and its end is empty. Sites are in the order of the configuration.
#[must_use]
pub fn csv(conference: &Conference, now: Timestamp) -> String {
    let zone = vietnam();
    let mut text = String::from("\u{feff}");
    row(&mut text, &COLUMNS.map(str::to_owned));
    let Some(setup) = conference.setup() else {
        return text;
    };
    for site in &setup.sites {
        for interval in conference.intervals().iter().filter(|i| i.site == site.id) {
            let length = interval.to.unwrap_or(now) - interval.from;
            row(
                &mut text,
                &[
                    "kết nối".to_owned(),
                    site.name.vi.clone(),
                    interval.device.to_string(),
                    role_name(interval.role).to_owned(),
                    local(interval.from, &zone),
                    interval.to.map_or_else(String::new, |to| local(to, &zone)),
                    hours(length),
                    String::new(),
                ],
            );
        }
        for (at, present) in headcounts(conference, &site.id) {
            row(
                &mut text,
                &[
                    "điểm danh".to_owned(),
                    site.name.vi.clone(),
                    String::new(),
                    String::new(),
                    local(at, &zone),
                    String::new(),
                    String::new(),
                    present.to_string(),
                ],
            );
        }
    }
    text
}

fn headcounts(conference: &Conference, site: &SiteId) -> impl Iterator<Item = (Timestamp, u32)> {
    let counts = conference.headcounts().get(site).into_iter().flatten();
    counts.map(|count| (count.at, count.present))
}

/// `Asia/Ho_Chi_Minh` has been UTC+7 without summer time since 1975; the data are compiled in.
fn vietnam() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(7)))
}

/// `2013-05-10 08:00:00`, the time on the wall in Vietnam.
fn local(at: Timestamp, zone: &TimeZone) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    Instant::from_millisecond(millis).map_or_else(
        |_| at.0.to_string(),
        |at| {
            at.to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

/// `1:02:03`.
fn hours(length: Millis) -> String {
    let seconds = length.0 / 1000;
    format!(
        "{}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A line (RFC 4180 §2).
fn row(text: &mut String, cells: &[String]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        let cell = defuse(cell);
        if cell.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

/// A cell that begins like a formula gets an apostrophe, by which spreadsheets know text.
fn defuse(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_whatever_is_in_it() {
        let mut line = String::new();
        let cells = ["=HYPERLINK(\"x\")", "Nghệ An, \"bắc\"", "-1", "a\nb", ""];
        row(&mut line, &cells.map(str::to_owned));
        assert_eq!(
            line,
            "\"'=HYPERLINK(\"\"x\"\")\",\"Nghệ An, \"\"bắc\"\"\",'-1,\"a\nb\",\r\n"
        );
    }

    #[test]
    fn times_are_those_on_the_wall_in_vietnam() {
        // 10 May 2013, 01:00 UTC.
        assert_eq!(
            local(Timestamp(1_368_147_600_000), &vietnam()),
            "2013-05-10 08:00:00"
        );
        assert_eq!(hours(Millis(3_723_999)), "1:02:03");
    }
}
