//! `diemcau agent crowd`: the load generator.
//!
//! It fills one named server with devices that have no person and says how they fared. It never
//! goes anywhere else, tries no code a second time that was refused, and is bounded in devices and
//! time.

mod device;
mod list;
mod tally;

use crate::{AgentError, Done, Options, Source, door::Trust, http::Server};
use clap::Args;
use device::{Device, Entry};
use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tally::{Summary, Tally};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

/// Time from one line of figures to the next.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Devices that have not left until then are dropped.
const LEAVE_LIMIT: Duration = Duration::from_secs(10);

/// Arguments of `diemcau agent crowd`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    diemcau agent crowd --server https://hop.example:8443 --ca ca.crt --codes links.txt --devices 60 --seconds 120\n\n\
    The file has a line for each site: its link, or site=code; devices are dealt out to them in turn. \
    Lines with # are left out.\n\
    The server must be yours: its conference is filled for everyone who is in it.\n\n\
    How far one machine goes: an unoptimised build took 1.3 % of a core for each 100 packets a second \
    that its devices received, joining included (30 devices, 3,100 packets/s: 0.4 cores); a release \
    build takes less. The last line of the report says how many cores this process kept busy. Where that, \
    with the server's share if it runs here too, comes near the machine's cores, delays and losses are \
    this machine's and not the server's: use more machines.")]
pub(crate) struct CrowdArgs {
    /// The server; a link to another one is an error.
    #[arg(long, value_name = "URL")]
    server: String,
    #[command(flatten)]
    trust: Trust,
    /// A file with one link, or one site=code, a line.
    #[arg(long, value_name = "FILE")]
    codes: PathBuf,
    /// How many devices.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=500))]
    devices: u16,
    /// How long to stay after the last has been started, in seconds; Ctrl-C ends it earlier.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3600))]
    seconds: u16,
    /// How many of them send a picture and a sound; left out: the first of each site.
    #[arg(long, value_name = "K")]
    publish: Option<u16>,
    /// How many are started in a second.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    ramp: u16,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: CrowdArgs, out: &mut (dyn Write + Send)) -> Result<Done, AgentError> {
    let server = Server::new(&args.server, args.trust.ca.as_deref())?;
    let entries = list::read(&args.codes, &server)?;
    let publishers = args
        .publish
        .map_or(entries.len(), usize::from)
        .min(usize::from(args.devices));
    let tally = Arc::new(Tally::new(usize::from(args.devices)));
    let (stop, told) = watch::channel(false);
    let mut crowd = Crowd {
        devices: deal(&server, &entries, &args, publishers),
        running: JoinSet::new(),
        tally,
        stop: told,
    };
    let live: Option<&mut (dyn Write + Send)> = if args.json { None } else { Some(&mut *out) };
    let interrupted = crowd.stay(&args, live).await?;
    // Nobody listens when all have ended already.
    let _ = stop.send(true);
    let all_left = timeout(LEAVE_LIMIT, async {
        while crowd.running.join_next().await.is_some() {}
    });
    if all_left.await.is_err() {
        tracing::warn!(
            left = crowd.running.len(),
            "Some devices did not leave in time."
        );
        crowd.running.shutdown().await;
    }
    let summary = crowd.tally.summary();
    if args.json {
        let text = serde_json::to_string_pretty(&summary);
        let text = text.map_err(|error| AgentError::Protocol(error.to_string()))?;
        writeln!(out, "{text}")?;
    } else {
        write!(out, "\n{summary}")?;
    }
    Ok(judge(&summary, interrupted))
}

/// All came and all stayed; who was interrupted has not tried with all.
fn judge(summary: &Summary, interrupted: bool) -> Done {
    let missing = summary.devices - summary.joined;
    if summary.failed == 0 && (missing == 0 || interrupted) {
        Done::Good
    } else {
        Done::Bad
    }
}

/// The devices: sites in turn, each with its own picture and tone.
fn deal(
    server: &Server,
    entries: &[Arc<Entry>],
    args: &CrowdArgs,
    publishers: usize,
) -> Vec<Device> {
    let mut sources = BTreeMap::new();
    (0..usize::from(args.devices))
        .map(|number| {
            let entry = &entries[number % entries.len()];
            let publishes = number < publishers;
            let site = &entry.sign_in.site;
            // Making pictures takes time; who sends none needs none of its own.
            let source = if publishes {
                sources
                    .entry(Some(site.clone()))
                    .or_insert_with(|| Arc::new(Source::of_site(site)))
            } else {
                sources
                    .entry(None)
                    .or_insert_with(|| Arc::new(Source::of_site(site)))
            };
            Device {
                server: server.clone(),
                entry: Arc::clone(entry),
                number,
                publishes,
                source: Arc::clone(source),
            }
        })
        .collect()
}

struct Crowd {
    /// Those that have not been started, the first one last.
    devices: Vec<Device>,
    running: JoinSet<()>,
    tally: Arc<Tally>,
    stop: watch::Receiver<bool>,
}

impl Crowd {
    /// Starts the devices one by one and prints figures until the time is over. True: Ctrl-C ended
    /// it.
    async fn stay(
        &mut self,
        args: &CrowdArgs,
        mut live: Option<&mut (dyn Write + Send)>,
    ) -> Result<bool, AgentError> {
        self.devices.reverse();
        let mut starts = interval(Duration::from_secs(1) / u32::from(args.ramp));
        starts.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut lines = interval(LINE_EVERY);
        // The first line would be all zeros.
        lines.reset();
        let ramp = Duration::from_secs(1) * u32::from(args.devices) / u32::from(args.ramp);
        let end = tokio::time::sleep(ramp + Duration::from_secs(args.seconds.into()));
        let interrupt = tokio::signal::ctrl_c();
        tokio::pin!(end, interrupt);
        loop {
            tokio::select! {
                _ = starts.tick(), if !self.devices.is_empty() => self.start(),
                _ = lines.tick() => {
                    if let Some(out) = &mut live {
                        writeln!(out, "{}", self.tally.line(Instant::now()))?;
                        out.flush()?;
                    }
                }
                Some(_) = self.running.join_next(), if self.devices.is_empty() => {
                    // Each has failed for good: there is nothing to wait for.
                    if self.running.is_empty() {
                        return Ok(false);
                    }
                }
                () = &mut end => return Ok(false),
                interrupted = &mut interrupt => {
                    interrupted?;
                    return Ok(true);
                }
            }
        }
    }

    fn start(&mut self) {
        if let Some(device) = self.devices.pop() {
            let (tally, stop) = (Arc::clone(&self.tally), self.stop.clone());
            // Boxed: it is large, and a task is moved while it is made.
            self.running.spawn(Box::pin(device.live(tally, stop)));
        }
    }
}

/// Options of a device of the crowd.
fn options(device: &Device) -> Options {
    Options {
        server: device.server.origin(),
        sign_in: device.entry.sign_in.clone(),
        microphone: device.microphone(),
        camera: device.publishes,
        picture_interval: Options::PICTURE_INTERVAL,
        source: Some(Arc::clone(&device.source)),
    }
}
