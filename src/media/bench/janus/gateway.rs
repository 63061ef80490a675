//! A running Janus: its files, its process, its API over HTTP.

use super::namespace::Namespace;
use crate::{
    bench::{BenchError, clocks, system},
    far_end::VP8,
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::fs::{DirBuilderExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const PROGRAM: &str = "/usr/bin/janus";
const STREAMING: &str = "plugins/libjanus_streaming.so";
const HTTP: &str = "transports/libjanus_http.so";
/// Where the API listens.
const API_PORT: u16 = 8088;
/// Where the one mountpoint takes RTP, and its id.
const RTP_PORT: u16 = 5004;
const MOUNTPOINT: u64 = 1;
/// A Janus that does not answer by then never will.
const START_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);
/// Lines of its log that are told when something fails.
const TOLD: usize = 5;

/// The folder of Janus' libraries, or a word why there is none.
pub(super) fn find() -> Result<PathBuf, &'static str> {
    const MISSING: &str = "Janus is not installed (Debian's package janus)";
    if !Path::new(PROGRAM).exists() {
        return Err(MISSING);
    }
    // One folder an architecture.
    let folders = fs::read_dir("/usr/lib").map_err(|_| MISSING)?.flatten();
    let mut libraries = folders.map(|folder| folder.path().join("janus"));
    let whole = |folder: &PathBuf| folder.join(STREAMING).exists() && folder.join(HTTP).exists();
    libraries
        .find(whole)
        .ok_or("Janus is installed without its streaming plugin or its HTTP transport")
}

/// A Janus with one mountpoint. It ends with this value.
pub(super) struct Gateway {
    process: Child,
    folder: Folder,
    address: Ipv4Addr,
    transactions: u64,
}

/// A viewer's session and its handle of the streaming plugin.
pub(super) struct Handle {
    session: u64,
    path: String,
}

impl Gateway {
    /// Starts Janus in a namespace with the streaming plugin alone.
    pub(super) fn start(namespace: &Namespace, libraries: &Path) -> Result<Self, BenchError> {
        let folder = Folder::new()?;
        write_files(&folder.0, libraries, namespace.far())?;
        let log = fs::File::create(folder.0.join("log"))?;
        let mut command = namespace.command(Path::new(PROGRAM));
        command
            .arg("--configs-folder")
            .arg(&folder.0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        // A process has the cores of the thread that starts it.
        let process = std::thread::scope(|scope| {
            let started = scope.spawn(|| {
                system::pin(system::SERVER);
                command.spawn()
            });
            started
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the thread ended")))
        })?;
        let mut gateway = Self {
            process,
            folder,
            address: namespace.far(),
            transactions: 0,
        };
        let begun = Instant::now();
        while let Err(error) = gateway.call("/janus/info", None) {
            if begun.elapsed() > START_WITHIN || gateway.process.try_wait()?.is_some() {
                return Err(gateway.failed(&error.to_string()));
            }
            sleep(PAUSE);
        }
        Ok(gateway)
    }

    /// Where the source's packets go.
    pub(super) fn mountpoint(&self) -> SocketAddr {
        SocketAddr::from((self.address, RTP_PORT))
    }

    /// Processor time of all its threads.
    pub(super) fn processor_time(&self) -> io::Result<Duration> {
        clocks::processor_time(self.process.id())
    }

    /// Asks for the mountpoint. Returns what is needed to answer, and Janus' offer.
    pub(super) fn watch(&mut self) -> Result<(Handle, String), BenchError> {
        let session = self.made("/janus", json!({"janus": "create"}))?;
        let path = format!("/janus/{session}");
        let attach = json!({"janus": "attach", "plugin": "janus.plugin.streaming"});
        let handle = self.made(&path, attach)?;
        let handle = Handle {
            session,
            path: format!("{path}/{handle}"),
        };
        let body = json!({"request": "watch", "id": MOUNTPOINT});
        self.ask(&handle.path, json!({"janus": "message", "body": body}))?;
        let begun = Instant::now();
        while begun.elapsed() < ANSWER_WITHIN {
            let event = self.call(&format!("/janus/{}?maxev=1", handle.session), None)?;
            if let Some(offer) = event["jsep"]["sdp"].as_str() {
                return Ok((handle, offer.to_owned()));
            }
            let error = &event["plugindata"]["data"]["error"];
            if !error.is_null() {
                return Err(self.failed(&error.to_string()));
            }
        }
        Err(self.failed("no offer came"))
    }

    /// Answers the offer: media begins when ICE and DTLS are done.
    pub(super) fn answer(&mut self, handle: &Handle, answer: &str) -> Result<(), BenchError> {
        let request = json!({
            "janus": "message",
            "body": {"request": "start"},
            "jsep": {"type": "answer", "sdp": answer, "trickle": false},
        });
        self.ask(&handle.path, request)
    }

    /// Why something did not go as it should, with the end of Janus' log.
    pub(super) fn failed(&self, what: &str) -> BenchError {
        let log = fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !line.is_empty()).collect();
        let told = &lines[lines.len().saturating_sub(TOLD)..];
        BenchError::Janus(format!("{what}; it said: {}", told.join(" | ")))
    }

    /// The id of what a request has made.
    fn made(&mut self, path: &str, request: Value) -> Result<u64, BenchError> {
        let reply = self.request(path, request)?;
        let id = reply["data"]["id"].as_u64();
        id.ok_or_else(|| self.failed(&reply.to_string()))
    }

    fn ask(&mut self, path: &str, request: Value) -> Result<(), BenchError> {
        let reply = self.request(path, request)?;
        if reply["janus"] == "ack" {
            Ok(())
        } else {
            Err(self.failed(&reply.to_string()))
        }
    }

    fn request(&mut self, path: &str, mut request: Value) -> Result<Value, BenchError> {
        self.transactions += 1;
        request["transaction"] = self.transactions.to_string().into();
        Ok(self.call(path, Some(&request))?)
    }

    fn call(&self, path: &str, request: Option<&Value>) -> io::Result<Value> {
        let server = SocketAddr::from((self.address, API_PORT));
        let mut stream = TcpStream::connect_timeout(&server, ANSWER_WITHIN)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        let method = if request.is_some() { "POST" } else { "GET" };
        let body = request.map(Value::to_string).unwrap_or_default();
        // To a client of this version nothing is sent in chunks.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {server}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer
            .split_once("\r\n\r\n")
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            tracing::debug!(%error, "Janus had ended");
        }
    }
}

/// Folders with the one plugin and the one transport that are needed, and empty ones for the rest;
/// and what says so. All that is not said is as Janus has it by itself.
fn write_files(folder: &Path, libraries: &Path, address: Ipv4Addr) -> io::Result<()> {
    for part in ["plugins", "transports", "events", "loggers"] {
        fs::create_dir(folder.join(part))?;
    }
    for library in [STREAMING, HTTP] {
        symlink(libraries.join(library), folder.join(library))?;
    }
    let place = |part: &str| folder.join(part).display().to_string();
    let janus = format!(
        "general: {{\n  plugins_folder = \"{}\"\n  transports_folder = \"{}\"\n  \
         events_folder = \"{}\"\n  loggers_folder = \"{}\"\n  debug_level = 3\n  \
         interface = \"{address}\"\n  session_timeout = 0\n}}\n\
         nat: {{\n  ice_enforce_list = \"{address}\"\n}}\n",
        place("plugins"),
        place("transports"),
        place("events"),
        place("loggers"),
    );
    let http = format!(
        "general: {{\n  json = \"compact\"\n  base_path = \"/janus\"\n  http = true\n  \
         port = {API_PORT}\n  ip = \"{address}\"\n  https = false\n}}\n\
         admin: {{\n  admin_http = false\n}}\n"
    );
    let streaming = format!(
        "bench: {{\n  type = \"rtp\"\n  id = {MOUNTPOINT}\n  media = (\n    {{\n      \
         type = \"video\"\n      mid = \"v\"\n      port = {RTP_PORT}\n      pt = {VP8}\n      \
         codec = \"vp8\"\n    }}\n  )\n}}\n"
    );
    for (name, text) in [
        ("janus.jcfg", janus),
        ("janus.transport.http.jcfg", http),
        ("janus.plugin.streaming.jcfg", streaming),
    ] {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// A folder for nobody else. It is removed with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let name = format!("diemcau-bench-janus-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // Fails if somebody has put something there.
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "The folder of Janus' files was not removed");
        }
    }
}
