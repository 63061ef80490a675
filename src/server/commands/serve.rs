//! `diemcau serve`.

use super::read_config;
use crate::{
    config::{Flags, Https},
    serve::Server,
    setup,
};
use clap::Args;
use miette::IntoDiagnostic;
use std::{
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tokio::signal;

/// Serve the conference.
#[derive(Args)]
#[command(after_help = "Example:\n  diemcau serve --https 0.0.0.0:8443 --media 0.0.0.0:8081")]
pub(super) struct Serve {
    /// TCP address of the pages for browsers on this machine, and for proxies.
    #[arg(long)]
    http: Option<SocketAddr>,
    /// TCP address of the pages over https, for everyone else; `off` turns it off.
    #[arg(long, value_name = "HTTPS|off")]
    https: Option<Https>,
    /// UDP address of sound and picture.
    #[arg(long)]
    media: Option<SocketAddr>,
    /// Folder of the log, the keys and the codes.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Serve the web client from this folder instead of the one that is compiled in.
    #[arg(long)]
    web: Option<PathBuf>,
    /// Print a QR code of each link also when the output is not a terminal.
    #[arg(long)]
    qr: bool,
}

impl Serve {
    pub(super) fn run(self, config: &Path) -> miette::Result<()> {
        let flags = Flags {
            http: self.http,
            https: self.https,
            media: self.media,
            data: self.data,
        };
        let config = read_config(config, &flags)?;
        let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
        runtime.block_on(async {
            let stop = stop_signal().into_diagnostic()?;
            let title = config.setup.title.vi.clone();
            let server = Server::start(config, self.web).await.into_diagnostic()?;
            let mut out = io::stdout();
            let qr = self.qr || out.is_terminal();
            writeln!(out, "\n{title}\n").into_diagnostic()?;
            setup::show_links(&mut out, server.links()).into_diagnostic()?;
            setup::show(&mut out, server.entries(), qr).into_diagnostic()?;
            stop.await;
            server.stop().await;
            Ok(())
        })
    }
}

/// Listens for Ctrl-C and for the signal by which service managers stop a process.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
