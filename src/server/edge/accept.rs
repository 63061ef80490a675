//! The loop that accepts connections. No error of one of them ends it, and none makes it spin.

use super::{
    Phase,
    admission::Admission,
    connection::{self, Shared},
    reached,
    socket::Socket,
};
use crate::{limits::Bucket, metrics};
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync::watch};

/// How long nothing is accepted after the system had no file or memory for a connection.
const REST: Duration = Duration::from_millis(200);
/// Log lines about refusals: at once, and a second.
const LINES: (f64, f64) = (3.0, 0.1);

/// Accepts until the server leaves.
pub(super) async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    admission: Arc<Admission>,
    mut phase: watch::Receiver<Phase>,
) {
    let mut lines = Bucket::new(LINES.0, LINES.1, Instant::now());
    let connections = phase.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            () = reached(&mut phase, Phase::Leaving) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(permit) = admission.admit(peer.ip()) else {
                    if lines.take(Instant::now()) {
                        tracing::warn!(
                            "A connection is refused: there are too many, in all or from its address"
                        );
                    }
                    continue;
                };
                // Small messages must not wait for each other; without it they are only slower.
                let _ = stream.set_nodelay(true);
                let socket = Socket::new(stream, permit);
                let (shared, phase) = (Arc::clone(&shared), connections.clone());
                tokio::spawn(connection::serve(socket, peer.ip(), shared, phase));
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                metrics::ACCEPTS_FAILED.count();
                if lines.take(Instant::now()) {
                    tracing::error!(%error, "Connections cannot be accepted; the next try is soon");
                }
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// The client was gone before it was accepted.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
