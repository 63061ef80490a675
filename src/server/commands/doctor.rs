//! `diemcau doctor`.

use super::read_config;
use crate::{
    config::Flags,
    doctor::{self, Level},
};
use clap::{Args, ValueEnum};
use miette::IntoDiagnostic;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Examine the machine as this configuration would use it.
///
/// Ends with 1 when something must be mended before a conference. Changes nothing and may be run
/// while a server runs.
#[derive(Args)]
#[command(
    after_help = "Example:\n  diemcau doctor\n  diemcau doctor --lang vi\n  diemcau doctor --json"
)]
pub(super) struct Doctor {
    /// Language of the findings; the machine's own if it is one of these, else English.
    #[arg(long)]
    lang: Option<Language>,
    /// Print one JSON object, in both languages.
    #[arg(long)]
    json: bool,
    /// Folder of the log, the keys and the codes.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    /// English.
    En,
    /// Vietnamese.
    Vi,
}

impl Language {
    /// By the variables that every program of a system goes by, in their order.
    fn of_machine() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        match locale {
            Some(locale) if locale.starts_with("vi") => Self::Vi,
            _ => Self::En,
        }
    }
}

impl Doctor {
    pub(super) fn run(self, config: &Path) -> miette::Result<ExitCode> {
        let config = read_config(
            config,
            &Flags {
                data: self.data,
                ..Flags::default()
            },
        )?;
        let findings = doctor::examine(config);
        let bad = findings.iter().any(|finding| finding.level == Level::Bad);
        if self.json {
            let report = serde_json::json!({ "good": !bad, "findings": findings });
            let text = serde_json::to_string_pretty(&report).into_diagnostic()?;
            println!("{text}");
        } else {
            let vietnamese = matches!(self.lang.unwrap_or_else(Language::of_machine), Language::Vi);
            for finding in &findings {
                println!("{}", finding.line(vietnamese));
            }
        }
        Ok(if bad {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}
