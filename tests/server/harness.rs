//! Starts and ends real servers.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Mutex,
    time::Duration,
};
use tempfile::TempDir;

/// A data folder and a configuration; servers come and go on it.
pub struct Place {
    folder: TempDir,
    /// By site and role, as the table of the first start shows them.
    codes: Mutex<BTreeMap<(String, String), String>>,
    /// What servers log; what they think right if none.
    log: Option<&'static str>,
}

/// A server that runs; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub https: SocketAddr,
    /// What it printed at its start.
    pub table: String,
}

impl Place {
    /// The project's own configuration.
    pub fn new() -> Self {
        Self::with(|text| text)
    }

    /// The project's own configuration with a change.
    pub fn with(change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/conference.toml");
        let text = std::fs::read_to_string(project).expect("the project's configuration");
        std::fs::write(folder.path().join("conference.toml"), change(text)).expect("write");
        Self {
            folder,
            codes: Mutex::default(),
            log: None,
        }
    }

    /// Its servers log nothing but errors, and those into a file.
    #[allow(dead_code, reason = "for tests/soak")]
    pub fn quiet(self) -> Self {
        let log = Some("error");
        Self { log, ..self }
    }

    /// What quiet servers had to say.
    #[allow(dead_code, reason = "for tests/soak")]
    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default()
    }

    /// Writes a file beside the configuration, as the server would be given one.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), content).expect("write");
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("var")
    }

    fn command(&self, program: &mut Command) -> Command {
        let mut command = Command::new(program.get_program());
        command.args(program.get_args());
        let variables = program.get_envs();
        command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        command
            .env_remove("DIEMCAU_CONFIG")
            .current_dir(self.folder.path());
        if let Some(log) = self.log {
            command.env("DIEMCAU_LOG", log);
        }
        command
    }

    /// Runs another command of the product.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(&mut Command::new(env!("CARGO_BIN_EXE_diemcau")));
        command
            .args(["--config", "conference.toml"])
            .args(arguments)
            .output()
            .expect("it runs")
    }

    pub fn start(&self) -> Server {
        self.start_as(&mut Command::new(env!("CARGO_BIN_EXE_diemcau")))
    }

    /// Starts, and `kill -9` after so long, wherever the start is by then.
    #[allow(dead_code, reason = "for tests/soak")]
    pub fn start_and_kill(&self, after: Duration) {
        let mut command = self.serve(&mut Command::new(env!("CARGO_BIN_EXE_diemcau")));
        let mut child = command
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        std::thread::sleep(after);
        child.kill().expect("kill");
        child.wait().expect("wait");
    }

    /// Starts with files limited to so many KiB: an append over it fails as on a full disk.
    pub fn start_with_file_limit(&self, kilobytes: u32) -> Server {
        let mut shell = Command::new("sh");
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            kilobytes * 2
        );
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_diemcau")]);
        self.start_as(&mut shell)
    }

    /// Starts with its log lines as JSON, all of them, in [`log`](Self::log).
    pub fn start_with_log(&self) -> Server {
        let mut shell = Command::new("sh");
        let script = "exec \"$0\" --log-format json \"$@\" 2>stderr.jsonl";
        shell.args(["-c", script, env!("CARGO_BIN_EXE_diemcau")]);
        self.start_as(shell.env("DIEMCAU_LOG", "debug"))
    }

    /// The log lines so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr.jsonl")).expect("log lines")
    }

    /// Starts with variables.
    pub fn start_with_variables(&self, variables: &[(&str, &str)]) -> Server {
        let mut program = Command::new(env!("CARGO_BIN_EXE_diemcau"));
        self.start_as(program.envs(variables.iter().copied()))
    }

    fn serve(&self, program: &mut Command) -> Command {
        let mut command = self.command(program);
        command.args(["--config", "conference.toml", "serve", "--data", "var"]);
        command.args(["--http", "127.0.0.1:0", "--media", "127.0.0.1:0"]);
        command.args(["--https", "127.0.0.1:0"]);
        if self.log.is_some() {
            let mut file = std::fs::File::options();
            let file = file.create(true).append(true);
            let errors = file.open(self.folder.path().join("errors"));
            command.stderr(errors.expect("a file"));
        }
        command
    }

    pub fn start_as(&self, program: &mut Command) -> Server {
        let mut command = self.serve(program);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let (mut port, mut https) = (None, None);
        let mut line = String::new();
        let mut table = String::new();
        // The last row of the table is that of the last site.
        while !line.contains("site=nghe-an") {
            line.clear();
            assert!(
                lines.read_line(&mut line).expect("output") > 0,
                "the server ended at its start"
            );
            self.note_code(&line);
            table.push_str(&line);
            if let Some(found) = line.trim().strip_prefix("http://localhost:") {
                // Not the address of the CA, which may be of the same host.
                port = port.or(found.parse().ok());
            }
            if let Some(found) = line.trim().strip_prefix("https://localhost:") {
                https = https.or(found.parse().ok());
            }
        }
        let port: u16 = port.expect("the table begins with the address");
        let https: u16 = https.expect("and with that of https");
        // Whatever else is printed must not fill the pipe.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        Server {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            https: SocketAddr::from(([127, 0, 0, 1], https)),
            table,
        }
    }

    /// A code, as a start or `diemcau code` has shown it last.
    pub fn code(&self, site: &str, role: &str) -> String {
        let codes = self.codes.lock().expect("codes");
        codes[&(site.to_owned(), role.to_owned())].clone()
    }

    /// Changes a code by the command line.
    pub fn change_code(&self, site: &str, role: &str) -> String {
        let arguments = ["code", "--site", site, "--role", role, "--data", "var"];
        let output = self.run(&arguments);
        let code = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(output.status.success(), "{output:?}");
        let seat = (site.to_owned(), role.to_owned());
        self.codes.lock().expect("codes").insert(seat, code.clone());
        code
    }

    /// Takes a code from a row of the table.
    fn note_code(&self, row: &str) {
        const ROLES: [(&str, &str); 5] = [
            ("Chủ tọa", "chair"),
            ("Phó chủ tọa", "deputy"),
            ("Thư ký", "secretary"),
            ("Kỹ thuật viên", "technician"),
            ("  Điểm cầu", "site"),
        ];
        let Some((before, link)) = row.split_once("#site=") else {
            return;
        };
        if let (Some((site, code)), Some((_, role))) = (
            link.trim().split_once("&code="),
            ROLES.iter().find(|(name, _)| before.contains(name)),
        ) {
            let seat = (site.to_owned(), (*role).to_owned());
            let mut codes = self.codes.lock().expect("codes");
            codes.insert(seat, code.to_owned());
        }
    }
}

impl Server {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Memory that the process holds, in kB.
    pub fn memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number.and_then(|n| n.parse().ok()).expect("a size")
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .expect("kill")
                .success()
        );
        assert!(
            self.child.wait().expect("wait").success(),
            "the server stops cleanly"
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, mostly.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
