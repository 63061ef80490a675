//! How long a thread has run and how long it has waited for its core, from the kernel's own
//! accounts.

use super::system;
use std::{
    fs, io,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(5);

/// Where the accounts of one thread stand.
#[derive(Debug)]
pub(super) struct Clocks {
    thread: i32,
    file: PathBuf,
}

/// What stands there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading {
    /// Time on a core.
    pub(super) ran: Duration,
    /// Time in which it could have run and something else had its core.
    pub(super) waited: Duration,
}

impl Clocks {
    /// Those of a process's thread with this name.
    pub(super) fn of(process: u32, thread: &str) -> io::Result<Self> {
        // A thread that has just been started takes its name itself.
        for _ in 0..TRIES {
            match Self::find(process, thread) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => sleep(PAUSE),
                found => return found,
            }
        }
        Self::find(process, thread)
    }

    fn find(process: u32, thread: &str) -> io::Result<Self> {
        for task in fs::read_dir(format!("/proc/{process}/task"))? {
            let folder = task?.path();
            // A thread may end while it is looked at.
            let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
            let number = folder
                .file_name()
                .and_then(|name| name.to_str()?.parse().ok());
            if let (true, Some(number)) = (name.trim_end() == thread, number) {
                return Ok(Self {
                    thread: number,
                    file: folder.join("schedstat"),
                });
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    /// Keeps the core for this thread whenever it can run, so that what else the machine does is
    /// not in what is measured. Says on standard error where the system does not allow that.
    pub(super) fn keep_core(&self) {
        if !system::keep_core(self.thread) {
            eprintln!(
                "the thread shares its core with whatever else runs: only root may change that"
            );
        }
    }

    /// What they say now: proc(5), `/proc/pid/task/tid/schedstat`.
    pub(super) fn read(&self) -> io::Result<Reading> {
        read(&self.file)
    }
}

/// Time in which what the machine runs on had the cores of server and far ends for something else,
/// since it was started: proc(5), `/proc/stat`, `steal`.
pub(super) fn stolen() -> io::Result<Duration> {
    /// In every Linux, whatever its own ticks are.
    const TICK: Duration = Duration::from_millis(10);
    let text = fs::read_to_string("/proc/stat")?;
    let of = |core: usize| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("cpu{core} ")))?;
        line.split_whitespace().nth(7)?.parse::<u32>().ok()
    };
    // A machine with one core has no second one to be stolen.
    let cores = [system::SERVER, system::FAR_ENDS].into_iter();
    Ok(TICK * cores.filter_map(of).sum::<u32>())
}

/// Time on a core of all threads that a process has now.
pub(super) fn processor_time(process: u32) -> io::Result<Duration> {
    let mut ran = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while it is looked at, and then its time is gone.
        let reading = read(&task?.path().join("schedstat"));
        ran += reading.unwrap_or_default().ran;
    }
    Ok(ran)
}

fn read(file: &Path) -> io::Result<Reading> {
    let text = fs::read_to_string(file)?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let (Some(Ok(ran)), Some(Ok(waited))) = (numbers.next(), numbers.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    Ok(Reading {
        ran: Duration::from_nanos(ran),
        waited: Duration::from_nanos(waited),
    })
}

impl std::ops::Sub for Reading {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(earlier.ran),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}
