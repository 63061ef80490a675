//! `diemcau bench`.

use crate::bench::{self, BenchError, Options};
use clap::{Args, Subcommand};
use miette::IntoDiagnostic;
use std::{io, net::IpAddr, path::PathBuf};

/// The hidden subcommand that the media part calls this executable with.
const MEDIA_SERVER: &str = "media-server";

/// Measure what the product must reach.
#[derive(Args)]
#[command(after_help = "Example:\n  diemcau bench run --only append_p99 replay")]
pub(super) struct Bench {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Subcommand)]
enum BenchCommand {
    /// Measure, and print each figure as `name value unit` on a line.
    Run(Run),
    /// Serve media to the bench that started this process.
    #[command(name = MEDIA_SERVER, hide = true)]
    MediaServer {
        /// At this address.
        #[arg(long)]
        bind: IpAddr,
        /// With so many threads.
        #[arg(long, default_value_t = 1)]
        shards: u8,
    },
}

#[derive(Args)]
#[command(
    after_help = "Example:\n  diemcau bench run --only floor_gate append_p99 --out var/bench.json"
)]
struct Run {
    /// Only these figures.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Shell command that measures `join` in a browser and prints `join <ms> ms`; the variable
    /// DIEMCAU names this executable for it.
    #[arg(long, value_name = "CMD")]
    join: Option<String>,
    /// Also write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Folder of the disk that the log is measured on.
    #[arg(long, value_name = "DIR", default_value = "var")]
    data: PathBuf,
}

impl Bench {
    pub(super) fn run(self) -> miette::Result<()> {
        match self.command {
            BenchCommand::Run(run) => run.run(),
            BenchCommand::MediaServer { bind, shards } => {
                diemcau_media::bench::serve_media(bind, shards).into_diagnostic()
            }
        }
    }
}

impl Run {
    fn run(self) -> miette::Result<()> {
        let options = Options {
            only: self.only,
            join: self.join,
            data: self.data,
            media_server: vec!["bench".to_owned(), MEDIA_SERVER.to_owned()],
        };
        let measured = bench::run(&options, &mut io::stdout());
        let figures = match &measured {
            Ok(figures) | Err(BenchError::Incomplete { figures, .. }) => figures.as_slice(),
            Err(_) => &[],
        };
        if let Some(out) = &self.out {
            bench::write_json(out, figures).into_diagnostic()?;
        }
        measured.map(drop).into_diagnostic()
    }
}
