//! The log: it opens, and the chain of its newest conference holds.

use super::{Notes, text};
use crate::{
    config::Config,
    setup,
    store::{LogReader, StoreError},
};

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    let path = config.server.data.join(setup::LOG);
    if !path.exists() {
        notes.good(text(
            "chưa có; lần chạy đầu sẽ tạo",
            "not there yet; the first start makes it",
        ));
        return;
    }
    if let Err(error) = verify(&path, notes) {
        notes.bad(
            text(
                format!("không dùng được: {error}"),
                format!("it cannot be used: {error}"),
            ),
            text(
                format!(
                    "giữ nguyên tệp, đặt bản sao lưu vào {}, rồi chạy diemcau log verify",
                    path.display()
                ),
                format!(
                    "keep the file, put a backup at {}, then run diemcau log verify",
                    path.display()
                ),
            ),
        );
    }
}

fn verify(path: &std::path::Path, notes: &mut Notes) -> Result<(), StoreError> {
    let reader = LogReader::open(path)?;
    let conferences = reader.conferences()?;
    let Some(newest) = conferences.last() else {
        notes.good(text("chưa có hội nghị nào", "it has no conference yet"));
        return Ok(());
    };
    let verified = reader.verify(newest)?;
    let events = verified.events;
    notes.good(text(
        format!("chuỗi của {newest} nguyên vẹn, {events} sự kiện"),
        format!("the chain of {newest} holds, {events} events"),
    ));
    Ok(())
}
