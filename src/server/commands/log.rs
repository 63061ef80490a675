//! `diemcau log`.

use super::read_config;
use crate::{config::Flags, setup, store::LogReader};
use clap::{Args, Subcommand};
use diemcau_conference::{Actor, ConferenceId};
use miette::{IntoDiagnostic, miette};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Verify, show or export the event log. Works while a server runs.
#[derive(Args)]
pub(super) struct Log {
    /// Folder of the log, the keys and the codes.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Only this conference.
    #[arg(long, global = true)]
    conference: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check that no event is missing or was changed.
    #[command(after_help = "Example:\n  diemcau log verify")]
    Verify,
    /// Print the events, one a line.
    #[command(after_help = "Example:\n  diemcau log show --conference hoi-nghi-van-phong-2013")]
    Show,
    /// Write the events as JSON lines, with the hashes of the chain.
    #[command(after_help = "Example:\n  diemcau log export > log.jsonl")]
    Export,
}

impl Log {
    pub(super) fn run(self, config: &Path) -> miette::Result<()> {
        let config = read_config(
            config,
            &Flags {
                data: self.data,
                ..Flags::default()
            },
        )?;
        let reader = LogReader::open(&config.server.data.join(setup::LOG)).into_diagnostic()?;
        let known = reader.conferences().into_diagnostic()?;
        let conferences = match self.conference.map(ConferenceId::new) {
            Some(id) if known.contains(&id) => vec![id],
            Some(id) => {
                let known: Vec<&str> = known.iter().map(ConferenceId::as_str).collect();
                return Err(miette!(
                    help = format!("it has: {}", known.join(", ")),
                    "the log has no conference {id}"
                ));
            }
            None => known,
        };
        let mut out = io::stdout().lock();
        for id in conferences {
            match self.command {
                Command::Verify => {
                    let verified = reader.verify(&id).into_diagnostic()?;
                    writeln!(
                        out,
                        "{id}: {} events, the chain holds, head {}",
                        verified.events, verified.head_hash
                    )
                    .into_diagnostic()?;
                }
                Command::Show => show(&reader, &id, &mut out)?,
                Command::Export => drop(reader.export_jsonl(&id, &mut out).into_diagnostic()?),
            }
        }
        Ok(())
    }
}

fn show(reader: &LogReader, id: &ConferenceId, out: &mut impl Write) -> miette::Result<()> {
    for record in reader.load(id).into_diagnostic()? {
        let at = i64::try_from(record.at.0)
            .ok()
            .and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
        let at = at.map_or_else(|| record.at.0.to_string(), |at| at.to_string());
        let actor = match &record.actor {
            Actor::Person { site, role, .. } => format!("{site}/{}", role.as_str()),
            Actor::Room => "room".to_owned(),
        };
        let event = serde_json::to_string(&record.event).into_diagnostic()?;
        writeln!(out, "{:6}  {at}  {actor:24}  {event}", record.seq).into_diagnostic()?;
    }
    Ok(())
}
