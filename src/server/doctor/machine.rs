//! Processors, their cipher, memory, kernel.

use super::{Notes, text};
use crate::config::Config;
use std::{fs, thread};

const MEGABYTE: u64 = 1 << 20;
/// What a conference of a hundred sites takes, with room.
const LITTLE_MEMORY: u64 = 512 * MEGABYTE;

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let finding = text(
        format!("{processors} bộ xử lý"),
        format!("{processors} processors"),
    );
    if processors >= 2 {
        notes.good(finding);
    } else {
        let mend = text(
            "dùng ít nhất 2: hình và tiếng có luồng riêng",
            "use at least 2: media has a thread of its own",
        );
        notes.warn(finding, mend);
    }
    let shards = usize::from(config.server.media_shards);
    if shards > processors {
        notes.warn(
            text(
                format!("server.media_shards là {shards}, máy chỉ có {processors} bộ xử lý"),
                format!("server.media_shards is {shards}, and there are {processors} processors"),
            ),
            text(
                format!("đặt server.media_shards = {processors}"),
                format!("set server.media_shards = {processors}"),
            ),
        );
    }
    if has_cipher() {
        notes.good(text(
            "bộ xử lý có lệnh mã hóa AES",
            "the processor has AES instructions",
        ));
    } else {
        notes.warn(
            text(
                "bộ xử lý không có lệnh AES: hình và tiếng tốn gấp nhiều lần",
                "the processor has no AES instructions: media costs several times as much",
            ),
            text(
                "với máy ảo, chọn loại CPU \"host\"",
                "on a virtual machine choose the CPU type \"host\"",
            ),
        );
    }
    memory(notes);
    if let Ok(kernel) = fs::read_to_string("/proc/sys/kernel/osrelease") {
        let kernel = kernel.trim();
        notes.good(text(
            format!("nhân Linux {kernel}"),
            format!("Linux kernel {kernel}"),
        ));
    }
}

/// AES and the multiplication of GCM, as ring uses them.
fn has_cipher() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("aes")
            && std::arch::is_x86_feature_detected!("pclmulqdq")
    }
    #[cfg(target_arch = "aarch64")]
    {
        std::arch::is_aarch64_feature_detected!("aes")
            && std::arch::is_aarch64_feature_detected!("pmull")
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        false
    }
}

fn memory(notes: &mut Notes) {
    let Some(free) = available_memory() else {
        return;
    };
    let megabytes = free / MEGABYTE;
    let finding = text(
        format!("còn {megabytes} MiB bộ nhớ"),
        format!("{megabytes} MiB of memory are available"),
    );
    if free >= LITTLE_MEMORY {
        notes.good(finding);
    } else {
        let mend = text("tắt bớt chương trình khác", "end other programs");
        notes.warn(finding, mend);
    }
}

/// What the machine can still give, or the container's limit if that is less.
fn available_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max");
    let limit = limit.ok().and_then(|limit| limit.trim().parse().ok());
    Some((kilobytes * 1024).min(limit.unwrap_or(u64::MAX)))
}
