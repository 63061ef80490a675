//! Who may read the keys, the codes and the log.

use super::{Notes, disk, text};
use crate::{config::Config, setup};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    let data = &config.server.data;
    let Ok(folder) = fs::metadata(data) else {
        notes.good(text("chưa có gì để giữ", "there is nothing to keep yet"));
        return;
    };
    let mut bad = 0;
    for path in secrets(data) {
        let Ok(file) = fs::metadata(&path) else {
            continue;
        };
        let name = path.display();
        if file.mode() & 0o077 != 0 {
            bad += 1;
            let mode = file.mode() & 0o777;
            notes.bad(
                text(
                    format!("người dùng khác mở được {name} (quyền {mode:o})"),
                    format!("other users may open {name} (mode {mode:o})"),
                ),
                text(format!("chmod 600 {name}"), format!("chmod 600 {name}")),
            );
        }
        if file.uid() != folder.uid() {
            bad += 1;
            let (owner, expected) = (file.uid(), folder.uid());
            notes.warn(
                text(
                    format!("{name} thuộc người dùng số {owner}, thư mục thuộc {expected}"),
                    format!("{name} belongs to user {owner}, the folder to {expected}"),
                ),
                text(
                    format!("chown {expected} {name}"),
                    format!("chown {expected} {name}"),
                ),
            );
        }
    }
    if bad == 0 {
        let name = data.display();
        notes.good(text(
            format!("chỉ chủ sở hữu đọc được những gì trong {name}"),
            format!("what is in {name} is for its owner alone"),
        ));
    }
}

/// Every file that others must not read: all of the folder but what is public by nature.
fn secrets(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [data.to_owned(), data.join("tls"), data.join("documents")] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let files = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_file());
        found.extend(files.filter(|path| is_secret(path)));
    }
    found.sort();
    found
}

/// Certificates are public, a lock is empty, and figures of a bench tell nothing.
fn is_secret(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    if name.starts_with(setup::LOG) {
        return !name.ends_with(".lock") && !name.ends_with("-shm");
    }
    // Written by the examination of the disk, which goes on beside this one.
    if name.starts_with(disk::PROBE) {
        return false;
    }
    match path.extension().and_then(|kind| kind.to_str()) {
        Some("pem" | "crt") => fs::read(path).is_ok_and(|text| has_key(&text)),
        Some("json" | "lock") => false,
        _ => true,
    }
}

fn has_key(text: &[u8]) -> bool {
    let sign = b"PRIVATE KEY";
    text.windows(sign.len()).any(|window| window == sign)
}
