//! The side of the media process.

use super::{
    sites::shown_at,
    system,
    wire::{self, Reply, Request},
};
use crate::api::{MediaConfig, PeerId, Plan, Receives, RoomId};
use crate::shard::{self, Media};
use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::mpsc::channel,
    time::{SystemTime, UNIX_EPOCH},
};

const ROOM: RoomId = RoomId(1);
const SOURCE: PeerId = PeerId(0);

/// Serves media on free ports of an address, one a shard, and does what standard input says, until that ends.
///
/// # Errors
/// When the port cannot be bound or the pipes fail.
pub fn serve_media(address: IpAddr, shards: u8) -> io::Result<()> {
    system::pin(system::SERVER);
    let config = MediaConfig {
        bind: SocketAddr::new(address, 0),
        shards,
        spread_from: MediaConfig::SPREAD_FROM,
        public_ips: vec![],
    };
    let media = Media::start(&config, |_| {})?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    wire::write(&mut output, &Reply::Started(media.local_addr()))?;
    while let Some(request) = wire::read(&mut input)? {
        wire::write(&mut output, &answer(&media, request))?;
    }
    media.stop();
    Ok(())
}

fn planned(media: &Media, plan: Plan) -> Reply {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    media.reconcile(ROOM, plan);
    Reply::Planned(now.unwrap_or_default().as_nanos() as u64)
}

fn answer(media: &Media, request: Request) -> Reply {
    match request {
        Request::Join { peer, offer } => {
            let (done, outcome) = channel();
            media.join(ROOM, PeerId(peer), offer, move |joined| {
                // Whoever asked waits below, or has been ended with the process.
                if done.send(joined).is_err() {
                    tracing::debug!("Nobody waits for an answer");
                }
            });
            Reply::Joined(match outcome.recv() {
                Ok(Ok(joined)) => Ok(joined.answer),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("the media thread has ended".to_owned()),
            })
        }
        Request::Plan {
            camera,
            microphone,
            receivers,
        } => {
            let receives = Receives {
                audio: microphone.then_some(SOURCE).into_iter().collect(),
                main: camera.then_some(SOURCE),
                ..Receives::default()
            };
            let plan = Plan {
                heard: microphone.then_some(SOURCE).into_iter().collect(),
                presenting: None,
                receivers: (1..=receivers)
                    .map(|peer| (PeerId(peer), receives.clone()))
                    .collect(),
            };
            planned(media, plan)
        }
        Request::Sites { sites, thumbnails } => {
            let receives = |site: u64| Receives {
                audio: vec![SOURCE],
                main: Some(SOURCE),
                thumbnails: shown_at(site, sites, thumbnails).map(PeerId).collect(),
                ..Receives::default()
            };
            // The speaker sees and hears the others, and not itself.
            let speaker = Receives {
                audio: vec![],
                main: None,
                ..receives(SOURCE.0)
            };
            let others = (1..sites).map(|site| (PeerId(site), receives(site)));
            let plan = Plan {
                heard: [SOURCE].into(),
                presenting: None,
                receivers: others.chain([(SOURCE, speaker)]).collect(),
            };
            planned(media, plan)
        }
        Request::Counters => {
            let mut sums = BTreeMap::new();
            for (name, _, value) in media.counters().into_iter().flatten() {
                *sums.entry(name.to_owned()).or_default() += value;
            }
            Reply::Counters(sums)
        }
        Request::Turns => Reply::Turns(shard::take_turns()),
    }
}
