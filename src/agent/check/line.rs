//! The trial of the line: the site's own picture and tone go to the server and come back, over the
//! path that they take in a conference.

use crate::{
    AgentError, Media, Microphone, Options, Source, State,
    connection::{Connection, Path},
    http::{Call, Server},
    publish::Publisher,
    reception::Slot,
    report::{milliseconds, share},
    sign_in::Session,
    tap::Shared,
};
use diemcau_protocol::{
    LineCheckOpened, LineCheckRequest, LineResult, Rules, SiteId, SlotKind, Transport, Welcome,
};
use hyper::Method;
use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::JoinSet, time::timeout};

/// ICE that has found nothing until then goes another way.
const CONNECT_LIMIT: Duration = Duration::from_secs(8);

/// What the trial needs.
pub(super) struct Trial<'a> {
    pub(super) server: &'a Server,
    pub(super) session: &'a Session,
    pub(super) site: &'a SiteId,
    /// The address on the way to the server: the one to send media from.
    pub(super) local: IpAddr,
    pub(super) welcome: &'a Welcome,
}

/// What was measured, and the check that it belongs to.
pub(super) struct Found {
    pub(super) check: String,
    /// Without the rates.
    pub(super) result: LineResult,
}

impl Found {
    pub(super) fn connected(&self) -> bool {
        self.result.transport != Transport::None
    }
}

/// A connection that is up, and what it goes over.
struct Open {
    check: String,
    connection: Connection,
    shared: Arc<Shared>,
    state: watch::Receiver<State>,
    publisher: JoinSet<()>,
    connect: Duration,
}

impl Trial<'_> {
    /// UDP, and TCP if UDP does not come through; then the measurement.
    pub(super) async fn run(&self, listen: Duration) -> Result<Found, AgentError> {
        let mut last = None;
        for (path, transport) in [(Path::Udp, Transport::Udp), (Path::Tcp, Transport::Tcp)] {
            match Box::pin(self.open(path)).await? {
                Ok(open) => return Ok(open.measure(transport, listen).await),
                Err(check) => {
                    if let Some(earlier) = last.replace(check) {
                        self.end(&earlier).await;
                    }
                }
            }
        }
        Ok(Found {
            check: last.unwrap_or_default(),
            result: nothing(Transport::None),
        })
    }

    /// Opens a check over a path; the inner error is a check whose media did not come through.
    async fn open(&self, path: Path) -> Result<Result<Open, String>, AgentError> {
        let (state, watched) = watch::channel(State::new(self.welcome.clone()));
        let shared = Shared::new(Arc::new(state), Instant::now());
        // What comes back has the main and the first audio slot; no others are needed.
        let rules = Rules {
            audio_slots: 1,
            thumbnail_slots: 0,
            ..self.welcome.view.conference.rules.clone()
        };
        let offered =
            Connection::offer(Arc::clone(&shared), self.local, &rules, path, false).await?;
        let (connection, sdp) = offered;
        let call = Call::new(Method::POST, "/api/v1/line-check").json(&LineCheckRequest { sdp })?;
        let call = Call {
            cookie: Some(&self.session.cookie),
            ..call
        };
        let opened: LineCheckOpened = self.server.call(call).await?.json()?;
        shared.state.send_modify(|state| {
            state.slots = opened.slots.iter().cloned().map(Slot::new).collect();
        });
        let answered = Instant::now();
        let outlets = connection.answer(opened.sdp).await?;
        let mut connecting = watched.clone();
        let settled = connecting.wait_for(|state| state.media != Media::Connecting);
        let connected = timeout(CONNECT_LIMIT, settled).await;
        let up =
            matches!(&connected, Ok(Ok(state)) if matches!(state.media, Media::Connected { .. }));
        drop(connected);
        if !up {
            // A connection that never came up has nothing to close that could be missed.
            let _ = connection.close().await;
            return Ok(Err(opened.check));
        }
        let connect = answered.elapsed();
        let publisher = Publisher {
            source: Arc::new(Source::of_site(self.site)),
            shared: Arc::clone(&shared),
            microphone: Microphone::Open,
            camera: true,
            picture_interval: Options::PICTURE_INTERVAL,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(publisher.run(outlets.microphone, outlets.camera));
        Ok(Ok(Open {
            check: opened.check,
            connection,
            shared,
            state: watched,
            publisher: tasks,
            connect,
        }))
    }

    async fn end(&self, check: &str) {
        let path = format!("/api/v1/line-check/{check}");
        let mut call = Call::new(Method::DELETE, &path);
        call.cookie = Some(&self.session.cookie);
        if let Err(error) = self.server.call(call).await {
            tracing::debug!(%error, "The line check could not be ended.");
        }
    }
}

impl Open {
    async fn measure(mut self, transport: Transport, listen: Duration) -> Found {
        let lost = self.state.wait_for(|state| state.media == Media::Lost);
        // A line that breaks within the time is judged by what came until then.
        let _ = timeout(listen, lost).await;
        self.publisher.abort_all();
        let state = self.state.borrow().clone();
        let feedback = &self.shared.feedback;
        let sent = [state.sent.audio_packets, state.sent.video_packets];
        let ssrcs = self.connection.ssrcs();
        let heard = ssrcs.map(|ssrc| feedback.missed(ssrc));
        let missed: u64 = heard.iter().flatten().sum();
        // What never arrived cannot come back.
        let lost_up: u64 = ssrcs.iter().map(|ssrc| feedback.lost(*ssrc)).sum();
        let came: u64 = state.slots.iter().map(Slot::expected).sum();
        let lost: u64 = state.slots.iter().map(Slot::lost).sum();
        let audio = state
            .slots
            .iter()
            .find(|slot| slot.info.kind == SlotKind::Audio);
        let jitter = audio.filter(|slot| slot.expected() > 0).map(Slot::jitter);
        let result = LineResult {
            transport,
            connect_ms: u32::try_from(self.connect.as_millis()).ok(),
            rtt_ms: feedback.round_trip().map(milliseconds),
            jitter_ms: jitter.map(milliseconds),
            loss_up: heard
                .iter()
                .any(Option::is_some)
                .then(|| share(missed, sent.iter().sum()))
                .flatten(),
            // Nothing came back at all: everything was lost.
            loss_down: share(lost.saturating_sub(lost_up), came).or(Some(1.0)),
            rate_up_kbps: None,
            rate_down_kbps: None,
        };
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "The media connection could not be closed.");
        }
        Found {
            check: self.check,
            result,
        }
    }
}

fn nothing(transport: Transport) -> LineResult {
    LineResult {
        transport,
        connect_ms: None,
        rtt_ms: None,
        jitter_ms: None,
        loss_up: None,
        loss_down: None,
        rate_up_kbps: None,
        rate_down_kbps: None,
    }
}
