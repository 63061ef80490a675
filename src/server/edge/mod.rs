//! The listeners: plain http and https, with the limits that hold before there is a request.
//!
//! Nothing here knows what is asked; that is the router's. A connection costs a bounded amount of
//! memory and, until it has asked for something, a bounded time.

mod accept;
mod admission;
mod connection;
mod patience;
mod plain;
mod socket;

use crate::{config::Network, tls::Certificates};
use admission::Admission;
use axum::Router;
use connection::Shared;
pub(crate) use patience::Patience;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    time::timeout,
};

/// Bytes of a connection that the system keeps for a client that reads slowly. What waits there
/// is old by the time it is read, so it is little.
const SEND_BUFFER: u32 = 256 * 1024;
const BACKLOG: u32 = 1024;
/// Files beside the connections that may be open: the log, media, keys.
const OTHER_FILES: u64 = 1024;

/// All listeners and all connections that came by them.
pub(crate) struct Edge {
    router: Router,
    trusted: Arc<[Network]>,
    admission: Arc<Admission>,
    phase: watch::Sender<Phase>,
}

/// What connections are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Serve.
    Open,
    /// End after the request that is under way.
    Leaving,
    /// End.
    Cut,
}

/// Waits for a phase, or for the end of everything.
async fn reached(phase: &mut watch::Receiver<Phase>, least: Phase) {
    // Without a sender there is nobody left who serves.
    let _ = phase.wait_for(|phase| *phase >= least).await;
}

impl Edge {
    /// Serves `router` wherever it is opened. `trusted` proxies may say for whom they ask.
    pub(crate) fn new(router: Router, trusted: &[Network]) -> Self {
        make_room_for_connections();
        Self {
            router,
            trusted: trusted.into(),
            admission: Arc::new(Admission::new(trusted)),
            phase: watch::channel(Phase::Open).0,
        }
    }

    /// Accepts connections from now on: over https with `certificates`, else over http.
    pub(crate) fn open(&self, listener: TcpListener, certificates: Option<Arc<Certificates>>) {
        let shared = Shared::new(self.router.clone(), Arc::clone(&self.trusted), certificates);
        let admission = Arc::clone(&self.admission);
        let phase = self.phase.subscribe();
        tokio::spawn(accept::run(listener, Arc::new(shared), admission, phase));
    }

    /// Accepts no more, lets requests end for `farewell`, and cuts the rest.
    pub(crate) async fn stop(self, farewell: Duration) {
        self.phase.send_replace(Phase::Leaving);
        if timeout(farewell, self.admission.empty()).await.is_err() {
            tracing::warn!("Some requests did not end; they are cut");
        }
        self.phase.send_replace(Phase::Cut);
    }
}

/// A socket that listens. The system finds the port when it is 0.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Many systems let a process open 1,024 files unless it asks for more.
fn make_room_for_connections() {
    let needed = admission::TOTAL as u64 + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if enough(limit.current) {
        return;
    }
    let raised = Rlimit {
        current: limit
            .maximum
            .map_or(Some(needed), |most| Some(most.min(needed))),
        maximum: limit.maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_err() || !enough(limit.maximum) {
        tracing::warn!(
            needed,
            "The system lets this process open too few files for all connections it would take; \
             raise the limit (ulimit -n, or LimitNOFILE of the service)"
        );
    }
}
