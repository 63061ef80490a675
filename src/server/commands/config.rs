//! `diemcau config`.

use super::read_config;
use crate::config::Flags;
use clap::{Args, Subcommand};
use std::path::Path;

/// Look at the configuration.
#[derive(Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what is wrong with it, with the line and the mend.
    #[command(after_help = "Example:\n  diemcau config check --config config/conference.toml")]
    Check,
}

impl Config {
    pub(super) fn run(self, path: &Path) -> miette::Result<()> {
        let Command::Check = self.command;
        let config = read_config(path, &Flags::default())?;
        println!("{}: {}", config.setup.id, config.setup.title.vi);
        for site in &config.setup.sites {
            println!(
                "  {:16}  {} ({})",
                site.id.as_str(),
                site.name.vi,
                site.expected
            );
        }
        println!(
            "pages at {}, over https at {}, media at {}",
            config.server.http, config.server.https, config.server.media
        );
        Ok(())
    }
}
