//! `diemcau agent`.

use clap::Args;
use diemcau_agent::AgentArgs;
use miette::IntoDiagnostic;

/// Join a conference as a site without a person.
#[derive(Args)]
pub(super) struct Agent {
    #[command(flatten)]
    args: AgentArgs,
}

impl Agent {
    pub(super) fn run(self) -> miette::Result<()> {
        let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
        let report = runtime
            .block_on(diemcau_agent::run(self.args))
            .into_diagnostic()?;
        println!("{report}");
        Ok(())
    }
}
