//! `diemcau agent …`.

use crate::{
    AgentError,
    check::{self, CheckArgs},
    crowd::{self, CrowdArgs},
    join::{self, JoinArgs},
};
use clap::{Args, Subcommand};
use std::io::Write;

/// Arguments of `diemcau agent`.
#[derive(Debug, Args)]
pub struct AgentArgs {
    #[command(subcommand)]
    command: AgentCommand,
}

#[derive(Debug, Subcommand)]
enum AgentCommand {
    /// Joins as a site without a person, sends a picture and a tone, and reports what it received
    /// and from whom.
    Join(JoinArgs),
    /// Tells whether a conference can be held from this machine: server, certificate, clock, code,
    /// WebSocket, media path and line, each with what mends it.
    Check(CheckArgs),
    /// Fills a conference with many devices that have no person, and reports how they fared.
    Crowd(CrowdArgs),
}

/// How a command ended that did what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Nothing was found that needs a mend before a conference.
    Good,
    /// A conference cannot be held like this; what was printed says why.
    Bad,
}

/// Does what the arguments say and writes what it finds to `out`.
///
/// # Errors
///
/// What kept it from doing so. What a check or a crowd finds wrong is no error.
pub async fn run(args: AgentArgs, out: &mut (dyn Write + Send)) -> Result<Done, AgentError> {
    match args.command {
        AgentCommand::Join(args) => join::run(args, out).await,
        AgentCommand::Check(args) => check::run(args, out).await,
        AgentCommand::Crowd(args) => crowd::run(args, out).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        agent: AgentArgs,
    }

    #[test]
    fn the_examples_of_the_help_are_commands() {
        for name in ["join", "check", "crowd"] {
            let command = Cli::command().find_subcommand(name).unwrap().clone();
            let help = command.get_after_help().unwrap().to_string();
            let examples: Vec<&str> = help
                .lines()
                .filter_map(|line| line.trim().strip_prefix("diemcau "))
                .collect();
            assert!(!examples.is_empty(), "{name}");
            for example in examples {
                let words = example.split(" < ").next().unwrap().split(' ');
                let parsed = Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{example}: {}", parsed.err().unwrap());
            }
        }
    }
}
