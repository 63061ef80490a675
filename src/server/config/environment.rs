//! `DIEMCAU_…` variables: they win over the file.

use super::{Config, ID_MEND, Problem, is_id};
use diemcau_conference::ConferenceId;
use std::{path::PathBuf, str::FromStr};

/// Read elsewhere: the log filter, the path of the configuration file, and the code of an agent.
const ELSEWHERE: [&str; 3] = ["DIEMCAU_LOG", "DIEMCAU_CONFIG", "DIEMCAU_AGENT_CODE"];

const KNOWN: &str = "known are DIEMCAU_CONFERENCE_ID, DIEMCAU_SERVER_HTTP, DIEMCAU_SERVER_MEDIA, \
    DIEMCAU_SERVER_PUBLIC_IPS, DIEMCAU_SERVER_DATA, DIEMCAU_SERVER_ORIGINS, DIEMCAU_LOG and \
    DIEMCAU_CONFIG; lists are separated by commas";

/// Puts the variables over what the file said.
pub(super) fn apply(
    config: &mut Config,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(), Problem> {
    for (name, value) in variables {
        if !name.starts_with("DIEMCAU_") || ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        let server = &mut config.server;
        match name.as_str() {
            "DIEMCAU_CONFERENCE_ID" if is_id(&value) => config.setup.id = ConferenceId::new(value),
            "DIEMCAU_CONFERENCE_ID" => {
                return Err(Problem::at(
                    name,
                    format!("{value:?} is not an id"),
                    ID_MEND,
                ));
            }
            "DIEMCAU_SERVER_HTTP" => server.http = parse(&name, &value)?,
            "DIEMCAU_SERVER_MEDIA" => server.media = parse(&name, &value)?,
            "DIEMCAU_SERVER_DATA" => server.data = PathBuf::from(value),
            "DIEMCAU_SERVER_PUBLIC_IPS" => server.public_ips = list(&name, &value)?,
            "DIEMCAU_SERVER_ORIGINS" => server.origins = list(&name, &value)?,
            _ => return Err(Problem::at(name, "no such variable", KNOWN)),
        }
    }
    Ok(())
}

fn parse<T: FromStr>(name: &str, value: &str) -> Result<T, Problem> {
    value.trim().parse().map_err(|_| {
        Problem::at(
            name,
            format!("{value:?} cannot be used"),
            "write an address, as in 127.0.0.1:8080",
        )
    })
}

fn list<T: FromStr>(name: &str, value: &str) -> Result<Vec<T>, Problem> {
    value
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| parse(name, part))
        .collect()
}
