//! ICE-lite (RFC 8445 §2.5): connectivity checks are answered, never sent.

use crate::outbox::Path;
use rtc::{
    crypto::RTCCrypto,
    stun::{
        attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME},
        fingerprint::FINGERPRINT,
        integrity::MessageIntegrity,
        message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter as _},
        xoraddr::XorMappedAddress,
    },
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// No checked request for this long: the link is weak. RFC 7675 §5.1 asks for consent every 5 s.
pub(crate) const WEAK_AFTER: Duration = Duration::from_secs(5);
/// No checked request for this long: the peer is gone (RFC 7675 §5.1).
pub(crate) const GONE_AFTER: Duration = Duration::from_secs(30);
/// A peer holds an address for so long after a checked request from it: browsers repeat theirs every
/// 2.5 s, or every 4 to 6 s. Short enough that a client that gets the address anew, after a peer that
/// went without a word, is still connected in time.
const HELD_FOR: Duration = Duration::from_secs(8);
/// A peer's addresses are not remembered beyond this many.
const MAX_PATHS: usize = 8;

/// The user name fragment and password of one peer at this end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// Eight hexadecimal digits that name the peer's place, eight that are random.
    pub(crate) ufrag: String,
    /// 128 random bits.
    pub(crate) password: String,
}

impl Credentials {
    /// Makes the credentials of the peer at `place` from 20 random bytes.
    pub(crate) fn new(place: u32, random: [u8; 20]) -> Self {
        let hex = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        Self {
            ufrag: format!("{place:08x}{}", hex(&random[..4])),
            password: hex(&random[4..]),
        }
    }
}

/// The place of the peer that a request's user name (`ours:theirs`) names.
pub(crate) fn place(request: &Message) -> Option<u32> {
    let name = request.get(ATTR_USERNAME).ok()?;
    u32::from_str_radix(std::str::from_utf8(name.get(..8)?).ok()?, 16).ok()
}

/// Reads a datagram as a binding request.
pub(crate) fn parse(datagram: &[u8]) -> Option<Message> {
    let mut message = Message::new();
    message.write(datagram).ok()?;
    (message.typ == BINDING_REQUEST).then_some(message)
}

/// What is known of the ways to one peer.
#[derive(Debug)]
pub(crate) struct Ice {
    credentials: Credentials,
    remote_ufrag: String,
    /// And when each was last checked.
    paths: Vec<(Path, Instant)>,
    selected: Option<Path>,
    last_check: Instant,
    weak: bool,
}

/// What time has done to a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkChange {
    /// It became weak.
    Weak,
    /// It is gone.
    Gone,
}

/// What an authentic request brought.
pub(crate) struct Checked {
    /// The response to send back on the same path.
    pub(crate) response: Vec<u8>,
    /// An address that is not this peer's any more, to make room.
    pub(crate) forgotten: Option<Path>,
    /// The link was weak and is not any more.
    pub(crate) recovered: bool,
}

impl Ice {
    /// Waits for requests by the client that offered `remote_ufrag`.
    pub(crate) fn new(now: Instant, credentials: Credentials, remote_ufrag: String) -> Self {
        Self {
            credentials,
            remote_ufrag,
            paths: vec![],
            selected: None,
            last_check: now,
            weak: false,
        }
    }

    /// The credentials of this end.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The user name fragment of the other end.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn remote_ufrag(&self) -> &str {
        &self.remote_ufrag
    }

    /// Where to send.
    pub(crate) fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// All addresses that are this peer's.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().map(|(path, _)| path)
    }

    /// Whether the peer was at this address just now.
    pub(crate) fn holds(&self, now: Instant, path: &Path) -> bool {
        let mut known = self.paths.iter();
        known.any(|(known, checked)| known == path && now < *checked + HELD_FOR)
    }

    /// Checks a request and learns from it. None if it is not authentic.
    pub(crate) fn handle_request(
        &mut self,
        now: Instant,
        path: Path,
        mut request: Message,
        crypto: &dyn RTCCrypto,
    ) -> Option<Checked> {
        let name = request.get(ATTR_USERNAME).ok()?;
        let (ours, theirs) = std::str::from_utf8(&name).ok()?.split_once(':')?;
        if ours != self.credentials.ufrag || theirs != self.remote_ufrag {
            return None;
        }
        is_authentic(&mut request, &self.credentials.password, crypto).then_some(())?;

        self.last_check = now;
        let recovered = std::mem::take(&mut self.weak);
        let mut forgotten = None;
        if let Some((_, checked)) = self.paths.iter_mut().find(|(known, _)| *known == path) {
            *checked = now;
        } else {
            if self.paths.len() == MAX_PATHS {
                let oldest = self
                    .paths
                    .iter()
                    .position(|(known, _)| Some(*known) != self.selected);
                forgotten = Some(self.paths.remove(oldest.unwrap_or(0)).0);
            }
            self.paths.push((path, now));
        }
        if self.selected.is_none() || request.contains(ATTR_USE_CANDIDATE) {
            self.selected = Some(path);
        }
        Some(Checked {
            response: respond(&self.credentials.password, path.remote, &request, crypto)?,
            forgotten,
            recovered,
        })
    }

    /// What time has done, and when to ask again.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<LinkChange> {
        if now >= self.last_check + GONE_AFTER {
            return Some(LinkChange::Gone);
        }
        let weak = now >= self.last_check + WEAK_AFTER;
        (weak && !std::mem::replace(&mut self.weak, true)).then_some(LinkChange::Weak)
    }

    /// When [`Self::handle_timeout`] has something to say.
    pub(crate) fn deadline(&self) -> Instant {
        self.last_check + if self.weak { GONE_AFTER } else { WEAK_AFTER }
    }
}

/// Whether a request's sender knows this password.
pub(crate) fn is_authentic(request: &mut Message, password: &str, crypto: &dyn RTCCrypto) -> bool {
    MessageIntegrity::check(request, password.as_bytes(), crypto).is_ok()
}

/// The response to a request that came from `remote`.
pub(crate) fn respond(
    password: &str,
    remote: SocketAddr,
    request: &Message,
    crypto: &dyn RTCCrypto,
) -> Option<Vec<u8>> {
    let mut response = Message::new();
    response.transaction_id = request.transaction_id;
    response.set_type(BINDING_SUCCESS);
    response.write_header();
    let mapped = XorMappedAddress {
        ip: remote.ip(),
        port: remote.port(),
    };
    let integrity =
        MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto);
    mapped.add_to(&mut response).ok()?;
    integrity.add_to(&mut response).ok()?;
    FINGERPRINT.add_to(&mut response).ok()?;
    Some(response.raw)
}

/// A binding request as a full ICE agent sends it, for the far end; none if the machine has no
/// randomness.
#[cfg(any(test, feature = "bench", feature = "fuzzing"))]
pub(crate) fn request(
    user: &str,
    password: &str,
    nominate: bool,
    crypto: &dyn RTCCrypto,
) -> Option<Vec<u8>> {
    let mut message = Message::new();
    message.new_transaction_id().ok()?;
    message.set_type(BINDING_REQUEST);
    message.write_header();
    message.add(ATTR_USERNAME, user.as_bytes());
    if nominate {
        message.add(ATTR_USE_CANDIDATE, &[]);
    }
    MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto)
        .add_to(&mut message)
        .ok()?;
    FINGERPRINT.add_to(&mut message).ok()?;
    Some(message.raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Protocol;
    use rtc::stun::message::Getter as _;

    fn path(port: u16) -> Path {
        Path {
            protocol: Protocol::Udp,
            local: [10, 0, 0, 1].into(),
            remote: ([10, 0, 0, 2], port).into(),
        }
    }

    struct Fixture {
        ice: Ice,
        now: Instant,
        provider: std::sync::Arc<dyn rtc::crypto::RTCCryptoProvider>,
    }

    impl Fixture {
        fn new() -> Self {
            let now = Instant::now();
            let credentials = Credentials::new(3, [7; 20]);
            let provider = rtc::crypto::default_provider().expect("a provider");
            Self {
                ice: Ice::new(now, credentials, "them1".to_owned()),
                now,
                provider,
            }
        }

        fn check(
            &mut self,
            port: u16,
            user: &str,
            password: &str,
            nominate: bool,
        ) -> Option<Checked> {
            let request =
                request(user, password, nominate, self.provider.crypto()).expect("a request");
            let parsed = parse(&request).expect("a request");
            self.ice
                .handle_request(self.now, path(port), parsed, self.provider.crypto())
        }
    }

    #[test]
    fn a_checked_request_is_answered_and_its_path_selected() {
        let mut fixture = Fixture::new();
        let Credentials { ufrag, password } = fixture.ice.credentials().clone();
        let user = format!("{ufrag}:them1");
        let checked = fixture
            .check(1, &user, &password, false)
            .expect("authentic");
        let mut response = Message::new();
        response.write(&checked.response).expect("well-formed");
        assert_eq!(response.typ, BINDING_SUCCESS);
        let mut mapped = XorMappedAddress::default();
        mapped.get_from(&response).expect("an address");
        assert_eq!((mapped.ip, mapped.port), (path(1).remote.ip(), 1));
        assert_eq!(fixture.ice.selected(), Some(path(1)));

        fixture
            .check(2, &user, &password, false)
            .expect("authentic");
        assert_eq!(
            fixture.ice.selected(),
            Some(path(1)),
            "only a nomination moves the path"
        );
        fixture.check(2, &user, &password, true).expect("authentic");
        assert_eq!(fixture.ice.selected(), Some(path(2)));
    }

    #[test]
    fn what_is_not_authentic_teaches_nothing() {
        let mut fixture = Fixture::new();
        let Credentials { ufrag, password } = fixture.ice.credentials().clone();
        assert!(
            fixture
                .check(1, &format!("{ufrag}:them1"), "guess", true)
                .is_none()
        );
        assert!(
            fixture
                .check(1, &format!("{ufrag}:others"), &password, true)
                .is_none()
        );
        assert!(
            fixture
                .check(1, "00000003deadbeef:them1", &password, true)
                .is_none()
        );
        assert_eq!(fixture.ice.selected(), None);
        assert_eq!(fixture.ice.paths().count(), 0);
    }

    #[test]
    fn silence_is_weak_and_then_gone() {
        let mut fixture = Fixture::new();
        let start = fixture.now;
        assert_eq!(
            fixture
                .ice
                .handle_timeout(start + WEAK_AFTER - Duration::from_millis(1)),
            None
        );
        assert_eq!(
            fixture.ice.handle_timeout(fixture.ice.deadline()),
            Some(LinkChange::Weak)
        );
        assert_eq!(
            fixture.ice.handle_timeout(start + WEAK_AFTER),
            None,
            "said once"
        );
        assert_eq!(fixture.ice.deadline(), start + GONE_AFTER);
        assert_eq!(
            fixture.ice.handle_timeout(start + GONE_AFTER),
            Some(LinkChange::Gone)
        );
    }

    #[test]
    fn a_client_that_roams_for_ever_does_not_fill_the_memory() {
        let mut fixture = Fixture::new();
        let Credentials { ufrag, password } = fixture.ice.credentials().clone();
        for port in 1..=20 {
            fixture
                .check(port, &format!("{ufrag}:them1"), &password, true)
                .expect("authentic");
        }
        assert_eq!(fixture.ice.paths().count(), MAX_PATHS);
        assert_eq!(fixture.ice.selected(), Some(path(20)));
    }
}
