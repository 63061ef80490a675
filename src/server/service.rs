//! Tells the service manager how the server is (sd_notify(3)): one datagram a message to the socket
//! that it names in `NOTIFY_SOCKET`. Without one, nothing is told.

use std::{
    env, io,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::Duration,
};

/// The server serves.
pub(crate) fn ready() {
    tell("READY=1\nSTATUS=The conference is served");
}

/// The server is about to end.
pub(crate) fn stopping() {
    tell("STOPPING=1\nSTATUS=Sessions are ended and the log is closed");
}

/// The server is alive. To be said twice in each [`watchdog`].
pub(crate) fn alive() {
    tell("WATCHDOG=1");
}

/// After how long without [`alive`] the service manager restarts the server; none if it does not.
pub(crate) fn watchdog() -> Option<Duration> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    // Inherited by a child it is not for it.
    let own = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let time = number("WATCHDOG_USEC").filter(|time| own && *time > 0)?;
    Some(Duration::from_micros(time))
}

fn tell(message: &str) {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    if let Err(error) = send(name.as_encoded_bytes(), message) {
        tracing::debug!(%error, "The service manager could not be told");
    }
}

fn send(name: &[u8], message: &str) -> io::Result<()> {
    let address = match name.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(std::path::Path::new(
            std::str::from_utf8(name).map_err(io::Error::other)?,
        ))?,
    };
    UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address)?;
    Ok(())
}
