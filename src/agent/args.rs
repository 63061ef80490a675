//! `diemcau agent …`.

use crate::{Agent, AgentError, Microphone, Options, Report};
use clap::{Args, Subcommand};
use diemcau_protocol::{SignIn, SiteId, SpeechKind};
use std::time::Duration;

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
    #[command(after_help = "Example:\n  \
        diemcau agent join --server http://127.0.0.1:8080 --site can-tho --code ABCD-EFGH --seconds 30")]
    Join(JoinArgs),
}

#[derive(Debug, Args)]
struct JoinArgs {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The site to join as.
    #[arg(long, value_name = "SITE")]
    site: String,
    /// The site's code; it decides the role.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// How long to stay, in seconds; Ctrl-C ends it earlier.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    seconds: u64,
    /// Ask for the floor.
    #[arg(long)]
    request: bool,
    /// Send no picture.
    #[arg(long)]
    no_camera: bool,
    /// Send no sound.
    #[arg(long, conflicts_with = "open_microphone")]
    no_microphone: bool,
    /// Send the tone always, not only with the floor: the server must not forward it.
    #[arg(long)]
    open_microphone: bool,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// Does what the arguments say and gives the text to print.
pub async fn run(args: AgentArgs) -> Result<String, AgentError> {
    let AgentCommand::Join(args) = args.command;
    let json = args.json;
    let report = join(args).await?;
    if json {
        serde_json::to_string_pretty(&report)
            .map_err(|error| AgentError::Protocol(error.to_string()))
    } else {
        Ok(report.to_string())
    }
}

async fn join(args: JoinArgs) -> Result<Report, AgentError> {
    let agent = Agent::join(Options {
        server: args.server,
        sign_in: SignIn {
            site: SiteId::new(args.site),
            code: args.code,
        },
        microphone: match (args.no_microphone, args.open_microphone) {
            (true, _) => Microphone::Off,
            (false, true) => Microphone::Open,
            (false, false) => Microphone::WithFloor,
        },
        camera: !args.no_camera,
        picture_interval: Options::PICTURE_INTERVAL,
        source: None,
    })
    .await?;
    if args.request {
        let asked = agent.request_floor(SpeechKind::Discussion, "").await?;
        if let Err(error) = asked {
            tracing::warn!(
                refusal = error.code,
                "The request for the floor was refused."
            );
        }
    }
    let end = agent.wait_until(|state| !state.linked);
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(args.seconds)) => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        lost = end => { lost?; }
    }
    let report = agent.report();
    if let Err(error) = agent.leave().await {
        tracing::warn!(%error, "The agent could not say that it leaves.");
    }
    Ok(report)
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
    fn the_example_of_the_help_is_a_command() {
        let join = Cli::command().find_subcommand("join").unwrap().clone();
        let help = join.get_after_help().unwrap().to_string();
        let example = help.lines().last().unwrap().trim();
        let words = example.strip_prefix("diemcau ").unwrap().split(' ');
        let AgentCommand::Join(args) = Cli::try_parse_from(words).unwrap().agent.command;
        assert_eq!((args.site.as_str(), args.seconds), ("can-tho", 30));
    }
}
