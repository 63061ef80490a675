//! What one of many sites takes: it sends a small picture, and receives the speaker's picture and
//! sound and [`THUMBNAILS`] others' small pictures. Everyone's feedback is in it; the receivers'
//! own reports are not, since the far ends send none.

use super::{
    BenchError, Figure,
    clocks::Clocks,
    crowd::{PICTURE_RATE, SOUND_RATE},
    field::{self, QUIET, TURN},
    figure,
    rounds::{self, Kind, Pace},
    source::Source,
    system::{self, Batch},
    wire::Server,
};
use crate::far_end::{FarEnd, Identity};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

/// The provinces of the country as they were, and each one's small pictures.
const SITES: usize = 63;
const THUMBNAILS: usize = 12;
/// Packets of 1,200 B a second of a small picture: 100 kbit/s.
const SMALL_RATE: f64 = 10.4;
const RUNS: usize = 3;
const RUN: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_millis(500);
/// A run in which a packet was lost is void, and repeated so many times.
const TRIES: usize = 3;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Microseconds of processor time a second for each site.
pub(super) fn measure(server: &mut Server) -> Result<Vec<Figure>, BenchError> {
    let mut sites = Sites::enter(server)?;
    let clocks = server.clocks()?;
    clocks.keep_core();
    server.plan_sites(SITES, THUMBNAILS)?;
    let mut costs = vec![];
    for _ in 0..RUNS {
        let cost = (0..TRIES).find_map(|_| sites.run(&clocks).transpose());
        costs.push(cost.ok_or(BenchError::Dropped(PICTURE_RATE))??);
    }
    Ok(vec![figure("site_cost", rounds::median(costs), "us/s")])
}

/// Whose small pictures a site shows: those of the sites behind it. Site 0 speaks, and has none.
pub(super) fn shown_at(site: u64, sites: u64, thumbnails: u64) -> impl Iterator<Item = u64> {
    let others = sites.saturating_sub(1).max(1);
    (0..thumbnails).map(move |nth| 1 + (site + nth) % others)
}

/// All sites, on one thread.
struct Sites {
    server: SocketAddr,
    sites: Vec<Source>,
    /// Which site is drained next, and which sends its small picture next.
    next: usize,
    sender: usize,
    batch: Batch,
    came: u64,
    /// How many sites show each one's small picture.
    viewers: Vec<u64>,
}

impl Sites {
    fn enter(server: &mut Server) -> Result<Self, BenchError> {
        let profiles = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let identity = Identity::generate(profiles)?;
        let mut viewers = vec![0; SITES];
        for site in 0..SITES as u64 {
            for shown in shown_at(site, SITES as u64, THUMBNAILS as u64) {
                viewers[shown as usize] += 1;
            }
        }
        let mut all = Self {
            server: server.address(),
            sites: vec![],
            next: 0,
            sender: 1,
            batch: Batch::new(),
            came: 0,
            viewers,
        };
        for site in 0..SITES {
            let socket = system::socket(Ipv4Addr::LOCALHOST)?;
            let mut source = Source::new(FarEnd::new(identity.clone()), socket)?;
            field::offer(&mut source.end, server, site as u64)?;
            source.end.check(true);
            all.sites.push(source);
            let begun = Instant::now();
            while !all.sites[site].end.is_connected() {
                if begun.elapsed() > CONNECT_WITHIN {
                    return Err(BenchError::NotConnected(site as u64));
                }
                all.sites[site].end.handle_timeout(Instant::now());
                all.drain(site)?;
            }
        }
        Ok(all)
    }

    /// One run; none if a packet was lost.
    fn run(&mut self, clocks: &Clocks) -> Result<Option<f64>, BenchError> {
        for source in &mut self.sites {
            source.end.check(true);
        }
        self.settle(u64::MAX)?;
        self.came = 0;
        let small_rate = SMALL_RATE * (SITES - 1) as f64;
        let mut paces = [PICTURE_RATE, SOUND_RATE, small_rate].map(Pace::new);
        let warm = self.flow(&mut paces, WARM_UP, true)?;
        let (begun, before) = (Instant::now(), clocks.read()?);
        let sent = self.flow(&mut paces, RUN, false)?;
        let (length, ran) = (begun.elapsed(), (clocks.read()? - before).ran);
        self.settle(warm + sent)?;
        let lost = (warm + sent).saturating_sub(self.came);
        // A source that was disturbed has sent less than it should.
        let shown: u64 = self.viewers.iter().sum();
        let full = (PICTURE_RATE + SOUND_RATE) * (SITES - 1) as f64 + SMALL_RATE * shown as f64;
        let cost = ran.as_secs_f64() * 1e6 / sent as f64 * full / SITES as f64;
        eprintln!(
            "{SITES} sites: {cost:.0} us a second for each at {full:.0} copies a second; {:.0} were \
             sent, {lost} lost",
            sent as f64 / length.as_secs_f64()
        );
        Ok((lost == 0).then_some(cost))
    }

    /// Lets all send for a while: the speaker's picture and sound, and the others' small pictures,
    /// evenly one after the other. `keys`: every packet begins a key frame. Returns how many copies
    /// that makes.
    fn flow(
        &mut self,
        paces: &mut [Pace; 3],
        length: Duration,
        keys: bool,
    ) -> Result<u64, BenchError> {
        let end = Instant::now() + length;
        let mut copies = 0;
        let others = SITES as u64 - 1;
        let [picture, sound, small] = paces;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(copies);
            }
            if picture.step(now).is_some() {
                self.sites[0].send_media(Kind::Camera, keys, self.server)?;
                copies += others;
            }
            if sound.step(now).is_some() {
                self.sites[0].send_media(Kind::Microphone, false, self.server)?;
                copies += others;
            }
            if small.step(now).is_some() {
                self.sites[self.sender].send_media(Kind::Camera, keys, self.server)?;
                copies += self.viewers[self.sender];
                self.sender = self.sender % (SITES - 1) + 1;
            }
            for _ in 0..TURN {
                self.drain_next()?;
            }
        }
    }

    /// Waits until so many copies are here, or nothing comes any more.
    fn settle(&mut self, copies: u64) -> Result<(), BenchError> {
        let mut newest = Instant::now();
        while self.came < copies && newest.elapsed() < QUIET {
            for _ in 0..SITES {
                if self.drain_next()? > 0 {
                    newest = Instant::now();
                }
            }
        }
        Ok(())
    }

    fn drain_next(&mut self) -> Result<usize, BenchError> {
        let turn = self.next;
        self.next = (turn + 1) % self.sites.len();
        self.drain(turn)
    }

    fn drain(&mut self, site: usize) -> Result<usize, BenchError> {
        let Source { end, socket, .. } = &mut self.sites[site];
        let came = &mut self.came;
        let mut reports = 0;
        let count = self
            .batch
            .receive(socket, false, |datagram, _| match datagram {
                [0..=63, ..] => end.receive_transport(Instant::now(), datagram),
                // Reports and feedback need no answer, and never end.
                [_, 192..=223, ..] => reports += 1,
                _ => *came += 1,
            });
        for datagram in end.outgoing.drain(..) {
            socket.send_to(&datagram, self.server)?;
        }
        Ok(count - reports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_shows_as_many_others_and_never_itself_or_the_speaker() {
        for site in 0..63 {
            let shown: Vec<u64> = shown_at(site, 63, 12).collect();
            let all: std::collections::BTreeSet<u64> = shown.iter().copied().collect();
            assert_eq!((shown.len(), all.len()), (12, 12));
            assert!(!all.contains(&site) && !all.contains(&0));
        }
    }
}
