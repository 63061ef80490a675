//! `diemcau agent join`: one device that stays for a while and reports.

use crate::{
    Agent, AgentError, Done, Microphone, Options, Report, SignedInAgent, Source,
    door::{Door, DoorArgs},
};
use clap::Args;
use diemcau_protocol::SpeechKind;
use std::{io::Write, sync::Arc, time::Duration};

/// Arguments of `diemcau agent join`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    diemcau agent join --site can-tho --seconds 30\n  \
    diemcau agent join --server https://hop.example:8443 --ca ca.crt --link - --request < link.txt")]
pub(crate) struct JoinArgs {
    #[command(flatten)]
    door: DoorArgs,
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
    /// Share a screen with its sound: `screen-` and the site's id run through it. The server must
    /// not forward it while the site does not present.
    #[arg(long)]
    present: bool,
    /// Sound and picture over TCP alone, as from an office without UDP.
    #[arg(long)]
    tcp: bool,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: JoinArgs, out: &mut (dyn Write + Send)) -> Result<Done, AgentError> {
    let json = args.json;
    let report = join(args).await?;
    if json {
        let text = serde_json::to_string_pretty(&report);
        let text = text.map_err(|error| AgentError::Protocol(error.to_string()))?;
        writeln!(out, "{text}")?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(Done::Good)
}

async fn join(args: JoinArgs) -> Result<Report, AgentError> {
    let Door { server, sign_in } = args.door.open()?;
    let options = Options {
        server: server.origin(),
        sign_in: sign_in.clone(),
        microphone: match (args.no_microphone, args.open_microphone) {
            (true, _) => Microphone::Off,
            (false, true) => Microphone::Open,
            (false, false) => Microphone::WithFloor,
        },
        camera: !args.no_camera,
        picture_interval: Options::PICTURE_INTERVAL,
        source: None,
    };
    let agent = SignedInAgent::sign_in_to(server, options).await?;
    let agent = if args.tcp { agent.over_tcp() } else { agent };
    let agent = if args.present {
        agent.with_screen(Arc::new(Source::of_screen(&sign_in.site)))
    } else {
        agent
    };
    let agent = agent.join().await?;
    agent.share(args.present);
    if args.request {
        let asked = agent.request_floor(SpeechKind::Discussion, "").await?;
        if let Err(error) = asked {
            tracing::warn!(
                refusal = error.code,
                "The request for the floor was refused."
            );
        }
    }
    stay(&agent, Duration::from_secs(args.seconds)).await?;
    let report = agent.report();
    if let Err(error) = agent.leave().await {
        tracing::warn!(%error, "The agent could not say that it leaves.");
    }
    Ok(report)
}

/// Until the time is over, Ctrl-C, or the link is lost.
async fn stay(agent: &Agent, time: Duration) -> Result<(), AgentError> {
    let lost = agent.wait_until(|state| !state.linked);
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        lost = lost => {
            lost?;
            tracing::warn!("The server closed the signalling link.");
        }
    }
    Ok(())
}
