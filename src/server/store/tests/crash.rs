//! What was acknowledged outlives the process and a power cut.

use super::super::{LogReader, Store};
use super::{hoi_nghi, loaded, place, records};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names the log to the child process.
const CHILD: &str = "DIEMCAU_TEST_LOG_OF_CHILD";

/// Events of each append, so that half an append could be told from a whole one.
const EACH: u32 = 3;

/// Appends until it is killed, and says on stderr how far it got after each acknowledgement.
#[tokio::test]
#[ignore = "the child process of a_killed_server_loses_nothing_that_was_acknowledged"]
async fn appends_until_it_is_killed() {
    let path = PathBuf::from(std::env::var_os(CHILD).expect("started by its parent"));
    let store = Store::open(&path).unwrap();
    let mut seq = store.verify(&hoi_nghi()).unwrap().events;
    loop {
        let next = u32::try_from(seq).unwrap() + 1;
        store.alive(diemcau_conference::Timestamp(seq));
        seq = store
            .append(&hoi_nghi(), seq, records(next..next + EACH))
            .await
            .unwrap();
        eprintln!("acknowledged {seq}");
    }
}

#[test]
fn a_killed_server_loses_nothing_that_was_acknowledged() {
    let (_folder, path) = place();
    let (_, module) = module_path!().split_once("::").unwrap();
    let test = format!("{module}::appends_until_it_is_killed");
    let mut before = 0;
    for round in 1..=6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &test, "--ignored", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let acknowledged = |line: std::io::Result<String>| -> u64 {
            let line = line.unwrap();
            line.strip_prefix("acknowledged ")
                .unwrap_or_else(|| panic!("{line}"))
                .parse()
                .unwrap()
        };
        let mut last = 0;
        for _ in 0..20 + 37 * round {
            last = acknowledged(said.next().expect("it runs until it is killed"));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // It went on between the last line that was read and its end. A line that the kill cut
        // short shows a smaller number.
        last = said.map(acknowledged).max().unwrap_or(last).max(last);

        let seen = LogReader::open(&path).unwrap().load(&hoi_nghi()).unwrap();
        let store = Store::open(&path).unwrap();
        let there = store.load(&hoi_nghi()).unwrap();
        assert_eq!(
            there, seen,
            "a reader needs no server to have been there since"
        );
        let count = u32::try_from(there.len()).unwrap();
        assert!(u64::from(count) >= last, "{count} of {last} are there");
        assert!(last > before, "it went on from the round before");
        assert_eq!(count % EACH, 0, "no half append");
        assert_eq!(there, loaded(records(1..=count)));
        assert!(store.alive_at().unwrap().is_some());
        before = u64::from(count);
    }
}

fn copy(from: &Path, to: &Path, wal_length: usize) {
    std::fs::copy(from, to).unwrap();
    let wal = std::fs::read(wal(from)).unwrap();
    std::fs::write(self::wal(to), &wal[..wal_length]).unwrap();
}

fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// A power cut leaves of the write-ahead log what was synced, and any part of what was not.
#[tokio::test]
async fn a_write_ahead_log_that_is_cut_anywhere_gives_whole_appends() {
    let (folder, path) = place();
    let store = Store::open(&path).unwrap();
    let length = || usize::try_from(std::fs::metadata(wal(&path)).unwrap().len()).unwrap();
    // How long it was when each append was acknowledged: from there on it must be there.
    let mut acknowledged = Vec::new();
    for number in 0..8_u32 {
        let seq = u64::from(number * EACH);
        let next = number * EACH + 1;
        let last = store
            .append(&hoi_nghi(), seq, records(next..next + EACH))
            .await
            .unwrap();
        acknowledged.push((length(), last));
    }
    let end = length();
    let mut seen = std::collections::BTreeSet::new();
    // A prime step meets frames at ever other places; the exact ends are added.
    let ends = acknowledged.iter().map(|(length, _)| *length);
    for cut in (0..=end).step_by(1433).chain(ends) {
        let copied = folder.path().join(format!("cut-{cut}.db"));
        copy(&path, &copied, cut);
        let after = Store::open(&copied).unwrap();
        let there = after.load(&hoi_nghi()).unwrap();
        let count = u32::try_from(there.len()).unwrap();
        let must = acknowledged
            .iter()
            .filter(|(length, _)| *length <= cut)
            .map(|(_, seq)| *seq)
            .max();
        assert!(u64::from(count) >= must.unwrap_or(0), "cut at {cut}");
        assert_eq!(count % EACH, 0, "no half append, cut at {cut}");
        assert_eq!(there, loaded(records(1..=count)), "cut at {cut}");
        let next = after
            .append(&hoi_nghi(), u64::from(count), records([count + 1]))
            .await
            .unwrap();
        assert_eq!(next, u64::from(count) + 1, "it goes on");
        seen.insert(count);
    }
    let every: std::collections::BTreeSet<u32> = (0..=8).map(|number| number * EACH).collect();
    assert_eq!(seen, every, "cuts fell into every append");
}
