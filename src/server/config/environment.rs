//! `DIEMCAU_…` variables: they win over the file.

use super::{
    ID_MEND, Place, Problem,
    file::Read,
    is_id,
    plain::nearest,
    server::{self, KEYS},
};
use diemcau_conference::ConferenceId;

/// Read elsewhere: how log lines look, the path of the configuration file, and an agent's code.
const ELSEWHERE: [&str; 4] = [
    "DIEMCAU_LOG",
    "DIEMCAU_LOG_FORMAT",
    "DIEMCAU_CONFIG",
    "DIEMCAU_AGENT_CODE",
];
const CONFERENCE_ID: &str = "DIEMCAU_CONFERENCE_ID";

/// Puts the variables over what the file said.
pub(super) fn apply(read: &mut Read, variables: impl Iterator<Item = (String, String)>) {
    for (name, value) in variables {
        if !name.starts_with("DIEMCAU_") || ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        if name == CONFERENCE_ID {
            if is_id(&value) {
                read.setup.id = ConferenceId::new(value);
            } else {
                let what = format!("{value:?} is not an id");
                let problem = Problem::new(Place::named(name), what, ID_MEND);
                read.problems.push(problem);
            }
        } else if let Some(key) = KEYS.iter().find(|key| key.variable() == name) {
            let Read {
                server,
                places,
                problems,
                ..
            } = read;
            server::set(key, &value, server, places, problems);
        } else {
            read.problems.push(unknown(&name));
        }
    }
}

fn unknown(name: &str) -> Problem {
    let mut known: Vec<String> = KEYS.iter().map(server::Key::variable).collect();
    known.push(CONFERENCE_ID.to_owned());
    known.extend(ELSEWHERE.map(str::to_owned));
    let mend = match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!(
            "unset it; known are {}; lists are separated by commas",
            known.join(", ")
        ),
    };
    Problem::new(Place::named(name), "there is no such variable", mend)
}
