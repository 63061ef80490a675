//! The process with the media plane: a JSON line for each question, a JSON line for each answer.

use super::{BenchError, clocks::Clocks, janus::Namespace};
use crate::shard::Turns;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// What is asked of the media process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Request {
    /// Answer an offer.
    Join { peer: u64, offer: String },
    /// Peer 0's camera and microphone go to the peers from 1 to `receivers`, or not.
    Plan {
        camera: bool,
        microphone: bool,
        receivers: u64,
    },
    /// Peer 0's camera and microphone go to all sites, and small pictures of so many others to each.
    Sites { sites: u64, thumbnails: u64 },
    /// What was counted.
    Counters,
    /// What the turns of the media thread's loop were like since this was last asked.
    Turns,
}

/// What it says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    /// Media is served at this address.
    Started(SocketAddr),
    /// An answer (SDP), or why there is none.
    Joined(Result<String, String>),
    /// A plan was handed over, begun at this time: nanoseconds since 1970.
    Planned(u64),
    /// Counters by name.
    Counters(BTreeMap<String, u64>),
    /// What they were like.
    Turns(Turns),
}

/// Writes one line.
pub(super) fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

/// Reads one line; none at the end.
pub(super) fn read<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}

/// The media process. It ends with this value.
pub(super) struct Server {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    /// Starts this executable with `arguments`, on the loopback address.
    pub(super) fn start(arguments: &[String]) -> Result<Self, BenchError> {
        Self::start_with(arguments, 1)
    }

    /// The same with so many shards.
    pub(super) fn start_with(arguments: &[String], shards: u8) -> Result<Self, BenchError> {
        let command = Command::new(std::env::current_exe()?);
        Self::run(command, arguments, Ipv4Addr::LOCALHOST, shards)
    }

    /// Starts it as if it were on another machine.
    pub(super) fn start_in(
        namespace: &Namespace,
        arguments: &[String],
    ) -> Result<Self, BenchError> {
        let command = namespace.command(&std::env::current_exe()?);
        Self::run(command, arguments, namespace.far(), 1)
    }

    fn run(
        mut command: Command,
        arguments: &[String],
        address: Ipv4Addr,
        shards: u8,
    ) -> Result<Self, BenchError> {
        let mut process = command
            .args(arguments)
            .arg(format!("--bind={address}"))
            .arg(format!("--shards={shards}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(BenchError::Server("it has no pipes".to_owned()));
        };
        let mut server = Self {
            process,
            input,
            output: BufReader::new(output),
            address: SocketAddr::from((address, 0)),
        };
        match server.hear()? {
            Reply::Started(address) => server.address = address,
            other => return Err(unexpected(&other)),
        }
        Ok(server)
    }

    /// Where media is served.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The answer to an offer.
    pub(super) fn join(&mut self, peer: u64, offer: String) -> Result<String, BenchError> {
        write(&mut self.input, &Request::Join { peer, offer })?;
        match self.hear()? {
            Reply::Joined(outcome) => outcome.map_err(BenchError::Server),
            other => Err(unexpected(&other)),
        }
    }

    /// Says what goes to the first `receivers` receivers, and waits until it is handed over.
    pub(super) fn plan(
        &mut self,
        camera: bool,
        microphone: bool,
        receivers: usize,
    ) -> Result<(), BenchError> {
        self.ask_plan(camera, microphone, receivers)?;
        self.planned().map(drop)
    }

    /// The same for a conference of sites.
    pub(super) fn plan_sites(&mut self, sites: usize, thumbnails: usize) -> Result<(), BenchError> {
        let plan = Request::Sites {
            sites: sites as u64,
            thumbnails: thumbnails as u64,
        };
        write(&mut self.input, &plan)?;
        self.planned().map(drop)
    }

    /// Says what goes where. [`Self::planned`] must follow.
    pub(super) fn ask_plan(
        &mut self,
        camera: bool,
        microphone: bool,
        receivers: usize,
    ) -> Result<(), BenchError> {
        let receivers = receivers as u64;
        let plan = Request::Plan {
            camera,
            microphone,
            receivers,
        };
        Ok(write(&mut self.input, &plan)?)
    }

    /// When the last plan was handed over: nanoseconds since 1970.
    pub(super) fn planned(&mut self) -> Result<u64, BenchError> {
        match self.hear()? {
            Reply::Planned(at) => Ok(at),
            other => Err(unexpected(&other)),
        }
    }

    /// Processor time of the media thread in nanoseconds and packets forwarded, of one moment.
    pub(super) fn cost(&mut self) -> Result<(u64, u64), BenchError> {
        let rows = self.counters()?;
        let row = |name: &str| {
            let row = rows.get(name).copied();
            row.ok_or_else(|| BenchError::Server(format!("{name} is not counted")))
        };
        Ok((row("thread_cpu_nanoseconds")?, row("packets_forwarded")?))
    }

    /// All that is counted, of one moment that is at most a quarter of a second ago.
    pub(super) fn counters(&mut self) -> Result<BTreeMap<String, u64>, BenchError> {
        write(&mut self.input, &Request::Counters)?;
        match self.hear()? {
            Reply::Counters(rows) => Ok(rows),
            other => Err(unexpected(&other)),
        }
    }

    /// What the turns of the media thread's loop were like since this was last asked.
    pub(super) fn turns(&mut self) -> Result<Turns, BenchError> {
        write(&mut self.input, &Request::Turns)?;
        match self.hear()? {
            Reply::Turns(turns) => Ok(turns),
            other => Err(unexpected(&other)),
        }
    }

    /// The clocks of the media thread.
    pub(super) fn clocks(&self) -> io::Result<Clocks> {
        Clocks::of(self.process.id(), "media")
    }

    /// Resident memory of the process in kB.
    pub(super) fn resident_kilobytes(&self) -> Result<u64, BenchError> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| BenchError::Server("it has no memory".to_owned()))
    }

    fn hear(&mut self) -> Result<Reply, BenchError> {
        read(&mut self.output)?.ok_or_else(|| BenchError::Server("it has ended".to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            tracing::debug!(%error, "The media process had ended");
        }
    }
}

fn unexpected(reply: &Reply) -> BenchError {
    BenchError::Server(format!("unexpected: {reply:?}"))
}
