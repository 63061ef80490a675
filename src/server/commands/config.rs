//! `diemcau config`.

use super::read_config;
use crate::config::{Flags, TEMPLATES, Template};
use clap::{Args, Subcommand};
use diemcau_conference::AgendaDraft;
use diemcau_media::Ports;
use miette::{IntoDiagnostic, miette};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// Make a configuration, or look at one.
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
    /// Write a new one, from a template or with every key explained.
    #[command(
        after_help = "Example:\n  diemcau config new 2019 --config hoi-nghi.toml\n  diemcau config new --config hoi-nghi.toml\n\nThe templates: diemcau config templates"
    )]
    New {
        /// The template, or how its name begins; left out: a conference of six sites, with every key
        /// explained.
        template: Option<String>,
    },
    /// List the templates.
    #[command(after_help = "Example:\n  diemcau config templates")]
    Templates,
}

impl Config {
    pub(super) fn run(self, path: &Path) -> miette::Result<()> {
        match self.command {
            Command::Check => check(path),
            Command::New { template } => make(template.as_deref(), path),
            // A pager that closes early ends a list with an error and not with a panic.
            Command::Templates => list(&mut io::stdout()).into_diagnostic(),
        }
    }
}

fn list(out: &mut impl Write) -> io::Result<()> {
    for template in TEMPLATES {
        writeln!(out, "{}", template.name)?;
        for line in template.about() {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

fn check(path: &Path) -> miette::Result<()> {
    let config = read_config(path, &Flags::default())?;
    println!("{}: {}", config.setup.id, config.setup.title.vi);
    for site in &config.setup.sites {
        let deputy = match config.setup.deputies.contains(&site.id) {
            true => ", phó chủ tọa",
            false => "",
        };
        println!(
            "  {:16}  {} ({}{deputy})",
            site.id.as_str(),
            site.name.vi,
            site.expected
        );
    }
    for (item, number) in config.setup.agenda.iter().zip(1..) {
        println!("  {number:2}. {}", line_of(item));
    }
    println!(
        "pages at {}, over https at {}, media at {}",
        config.server.http, config.server.https, config.server.media
    );
    if config.server.media_shards > 1 {
        println!(
            "media has {} threads on ports {}; a conference is spread from {} devices on",
            config.server.media_shards,
            Ports::new(config.server.media.port(), config.server.media_shards),
            config.server.media_spread_from
        );
    }
    Ok(())
}

/// `08:30 Khai mạc (3)`: when, what, and how many speakers it has from the start.
fn line_of(item: &AgendaDraft) -> String {
    let mut line = item.title.clone();
    if !item.planned.is_empty() {
        line.insert_str(0, &format!("{} ", item.planned));
    }
    if !item.speakers.is_empty() {
        line.push_str(&format!(" ({})", item.speakers.len()));
    }
    line
}

/// Writes a file that is not there yet.
fn make(template: Option<&str>, path: &Path) -> miette::Result<()> {
    let text = match template {
        None => Template::whole().to_owned(),
        Some(name) => found(name)?.with_server(),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).into_diagnostic()?;
    }
    let file = path.display();
    let mut out = File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            miette!("{file} is there already: name another file with --config")
        }
        _ => miette!("{file} cannot be written: {error}"),
    })?;
    out.write_all(text.as_bytes()).into_diagnostic()?;
    println!(
        "{file}\n\nSửa tệp này, rồi chạy · Edit it, then run:\n  diemcau config check --config {file}\n  diemcau serve --config {file}"
    );
    Ok(())
}

/// The template of a name, or the only one whose name begins so.
fn found(name: &str) -> miette::Result<&'static Template> {
    let mut meant = TEMPLATES
        .iter()
        .filter(|known| known.name.starts_with(name));
    match (meant.next(), meant.next()) {
        (Some(template), None) => Ok(template),
        _ => {
            let known: Vec<&str> = TEMPLATES.iter().map(|known| known.name).collect();
            Err(miette!(
                "no template {name:?}: there are {}",
                known.join(", ")
            ))
        }
    }
}
