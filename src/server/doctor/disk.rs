//! The disk of the log: a command is answered only after a sync, so a slow disk is a slow conference.

use super::{Notes, text};
use crate::{config::Config, machine, setup};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const SYNCS: usize = 5;
/// A sync that takes longer is felt.
const SLOW: Duration = Duration::from_millis(100);
const MEGABYTE: u64 = 1 << 20;
/// A conference writes some megabytes; less than this is soon full by something else.
const LITTLE: u64 = 1024 * MEGABYTE;
const TOO_LITTLE: u64 = 64 * MEGABYTE;

/// How the name of the file begins that is written to try the disk.
pub(super) const PROBE: &str = ".diemcau-doctor-";

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    let data = &config.server.data;
    let folder = existing(data);
    if folder != *data {
        notes.good(text(
            format!("{} chưa có; lần chạy đầu sẽ tạo", data.display()),
            format!(
                "{} is not there yet; the first start makes it",
                data.display()
            ),
        ));
    }
    room(&folder, notes);
    file_system(&folder, notes);
    syncs(&folder, notes);
    let log = data.join(setup::LOG);
    if let Ok(file) = fs::metadata(&log) {
        let size = file.len() / 1024;
        notes.good(text(
            format!("nhật ký {size} KiB"),
            format!("the log has {size} KiB"),
        ));
    }
}

/// The folder, or the nearest one above it that is there.
fn existing(data: &Path) -> PathBuf {
    let whole = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    if data.is_dir() {
        return data.to_owned();
    }
    let above = whole.ancestors().find(|folder| folder.is_dir());
    above.unwrap_or(Path::new("/")).to_owned()
}

fn room(folder: &Path, notes: &mut Notes) {
    let Some(free) = machine::free_bytes(folder) else {
        return;
    };
    let megabytes = free / MEGABYTE;
    let finding = text(
        format!("còn {megabytes} MiB trống"),
        format!("{megabytes} MiB are free"),
    );
    let mend = text(
        "giải phóng đĩa, hoặc đặt server.data ở đĩa khác",
        "free some space, or put server.data on another disk",
    );
    match free {
        ..TOO_LITTLE => notes.bad(finding, mend),
        TOO_LITTLE..LITTLE => notes.warn(finding, mend),
        LITTLE.. => notes.good(finding),
    }
}

fn file_system(folder: &Path, notes: &mut Notes) {
    let Some(kind) = kind(folder) else {
        return;
    };
    let network = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "ceph",
        "glusterfs",
        "afs",
    ];
    if network.contains(&kind.as_str()) || kind.starts_with("fuse.") {
        notes.bad(
            text(
                format!(
                    "{} nằm trên đĩa mạng ({kind}): khóa và ghi chắc chắn không bảo đảm",
                    folder.display()
                ),
                format!(
                    "{} is on a network disk ({kind}): neither locks nor syncs are sure",
                    folder.display()
                ),
            ),
            text(
                "đặt server.data trên đĩa của máy này",
                "put server.data on a disk of this machine",
            ),
        );
    } else if ["tmpfs", "ramfs"].contains(&kind.as_str()) {
        notes.warn(
            text(
                format!(
                    "{} nằm trong bộ nhớ ({kind}): tắt máy là mất",
                    folder.display()
                ),
                format!(
                    "{} is in memory ({kind}): lost when the machine goes down",
                    folder.display()
                ),
            ),
            text(
                "đặt server.data trên đĩa thật",
                "put server.data on a real disk",
            ),
        );
    }
}

/// The file system that a folder is on.
fn kind(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut columns = line.split(' ').skip(1);
        // Blanks in names are written so.
        let place = columns.next()?.replace("\\040", " ");
        let kind = columns.next()?;
        let depth = Path::new(&place).components().count();
        folder.starts_with(&place).then(|| (depth, kind.to_owned()))
    });
    // The deepest; of two on one place the later covers the earlier.
    mounts.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

fn syncs(folder: &Path, notes: &mut Notes) {
    match measure(folder) {
        Ok(time) => {
            let milliseconds = time.as_secs_f64() * 1000.0;
            let finding = text(
                format!("ghi chắc chắn một lần mất {milliseconds:.1} ms"),
                format!("a sync takes {milliseconds:.1} ms"),
            );
            if time < SLOW {
                notes.good(finding);
            } else {
                let mend = text(
                    "dùng đĩa SSD của máy; mỗi lệnh chờ một lần ghi",
                    "use a local SSD: every command waits for one sync",
                );
                notes.warn(finding, mend);
            }
        }
        Err(error) => notes.bad(
            text(
                format!("không ghi được vào {}: {error}", folder.display()),
                format!("{} cannot be written: {error}", folder.display()),
            ),
            text(
                "chạy bằng người dùng sở hữu thư mục, hoặc đổi chủ bằng chown",
                "run as the user who owns the folder, or change its owner by chown",
            ),
        ),
    }
}

/// The median of a few syncs.
fn measure(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!("{PROBE}{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let mut file = options.create_new(true).write(true).open(&path)?;
    let mut times = [Duration::MAX; SYNCS];
    let mut done = Ok(());
    for time in &mut times {
        let start = Instant::now();
        done = file.write_all(&[7; 4096]).and_then(|()| file.sync_data());
        if done.is_err() {
            break;
        }
        *time = start.elapsed();
    }
    drop(file);
    fs::remove_file(&path)?;
    done?;
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}
