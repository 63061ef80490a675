//! The command line.

mod agent;
#[cfg(feature = "bench")]
mod bench;
mod code;
mod config;
mod log;
mod serve;

use crate::config::{Config, DEFAULT_PATH, Flags, Problems};
use clap::{Parser, Subcommand};
use miette::{NarratableReportHandler, Report};
use std::{fmt, io::IsTerminal, path::PathBuf, process::ExitCode};
use tracing_subscriber::EnvFilter;

/// Runs a conference of several sites: signalling, media, the floor, the roll and the record.
#[derive(Parser)]
#[command(name = "diemcau", version, after_help = "Example:\n  diemcau serve")]
struct Cli {
    /// The configuration file.
    #[arg(long, global = true, env = "DIEMCAU_CONFIG", default_value = DEFAULT_PATH)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the conference: pages, signalling and media.
    Serve(serve::Serve),
    /// Look at the configuration.
    Config(config::Config),
    /// Make or change the code of a site's role.
    Code(code::Code),
    /// Verify, show or export the event log.
    Log(log::Log),
    /// Join without a person, check a site's line, or fill a conference.
    Agent(agent::Agent),
    /// Measure what the product must reach.
    #[cfg(feature = "bench")]
    Bench(bench::Bench),
}

impl Command {
    /// Which log lines are shown when nobody says.
    fn log_level(&self) -> &'static str {
        match self {
            // A line for each of hundreds of sessions would be measured too.
            #[cfg(feature = "bench")]
            Self::Bench(_) => "error",
            _ => "info",
        }
    }
}

/// Runs what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.command.log_level());
    let done = match cli.command {
        Command::Serve(serve) => serve.run(&cli.config),
        Command::Config(config) => config.run(&cli.config),
        Command::Code(code) => code.run(&cli.config),
        Command::Log(log) => log.run(&cli.config),
        Command::Agent(agent) => match agent.run() {
            Ok(code) => return code,
            Err(report) => Err(report),
        },
        #[cfg(feature = "bench")]
        Command::Bench(bench) => bench.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            eprintln!("{}", Narrated(&report));
            ExitCode::FAILURE
        }
    }
}

/// Log lines go to standard error; `DIEMCAU_LOG=debug` shows more.
fn start_log(level: &str) {
    let filter = EnvFilter::try_from_env("DIEMCAU_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// An error with its place, its causes and its mend, in plain lines.
struct Narrated<'a>(&'a Report);

impl fmt::Display for Narrated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // They tell their own lines.
        if let Some(problems) = self.0.downcast_ref::<Problems>() {
            return problems.fmt(f);
        }
        NarratableReportHandler::new()
            .with_context_lines(1)
            .render_report(f, self.0.as_ref())
    }
}

fn read_config(path: &std::path::Path, flags: &Flags) -> miette::Result<Config> {
    Ok(Config::read(path, flags)?)
}
