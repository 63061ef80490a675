//! The agent against a server that the test plays, over real sockets on the loopback.

#![allow(clippy::unwrap_used, reason = "tests")]

mod check;
mod join;
mod support;

use clap::Parser;
use diemcau_agent::{AgentArgs, AgentError, Done};
use std::{future::Future, time::Duration};

/// Far more than any step takes: a test that hangs fails.
async fn in_time<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), step)
        .await
        .expect("in time")
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    agent: AgentArgs,
}

/// Runs a command beside a server, and gives how it ended, what it wrote, and what the server says.
async fn run<T>(
    arguments: &str,
    host: impl Future<Output = T>,
) -> (Result<Done, AgentError>, String, T) {
    let cli = Cli::parse_from(arguments.split(' '));
    let mut out = Vec::new();
    let command = diemcau_agent::run(cli.agent, &mut out);
    let (done, seen) = in_time(async { tokio::join!(command, host) }).await;
    (done, String::from_utf8(out).unwrap(), seen)
}
