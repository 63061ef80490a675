//! `diemcau agent`.

use clap::Args;
use diemcau_agent::{AgentArgs, Done};
use miette::IntoDiagnostic;
use std::{io, process::ExitCode};

/// Join without a person, check a site's line, or fill a conference.
#[derive(Args)]
pub(super) struct Agent {
    #[command(flatten)]
    args: AgentArgs,
}

impl Agent {
    /// Success, or failure when what was printed says that a conference cannot be held like this.
    pub(super) fn run(self) -> miette::Result<ExitCode> {
        let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
        let done = runtime
            .block_on(diemcau_agent::run(self.args, &mut io::stdout()))
            .into_diagnostic()?;
        Ok(match done {
            Done::Good => ExitCode::SUCCESS,
            Done::Bad => ExitCode::FAILURE,
        })
    }
}
