//! The files of the agenda's documents: `<data>/documents/<sha-256 of the content>`.
//!
//! A file is whole and on the disk before a document that names it is; one that no document came
//! to name is removed again. Nothing here interprets a content, and no name that somebody sent
//! ever becomes part of a path: only a hash does.

mod draft;
mod name;
mod refusal;
mod sha256;

pub(crate) use draft::{Claim, Draft};
pub(crate) use name::{disposition, plain_name};
pub(crate) use refusal::DocumentRefusal;
pub(crate) use sha256::Sha256;

use crate::{config::ServerConfig, machine, setup};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Name of the folder in the data folder.
const FOLDER: &str = "documents";
/// How the name of a file ends that is still being written.
const DRAFT_ENDING: &str = ".part";
/// Files that may be on their way at once.
const UPLOADS: usize = 4;
const MEGABYTE: u64 = 1 << 20;
/// What is left of the disk for the log: a conference must go on when its documents do not fit.
const RESERVE: u64 = 64 * MEGABYTE;

/// All files of documents. Clones are the same.
#[derive(Clone)]
pub(crate) struct Documents {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    most_each: u64,
    most_in_all: u64,
    stock: Mutex<Stock>,
    uploads: Arc<Semaphore>,
}

/// What is in the folder.
#[derive(Default)]
struct Stock {
    files: BTreeMap<Sha256, Kept>,
    /// Bytes of these files and of drafts.
    bytes: u64,
}

/// A whole file.
struct Kept {
    size: u64,
    /// Documents that are being decided on and would name it.
    claims: usize,
    /// Some document names it, or may: it stays for good.
    named: bool,
}

impl Documents {
    /// Makes the folder, or finds what is in it, and removes what a crash left half written.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub(crate) fn open(server: &ServerConfig) -> io::Result<Self> {
        let folder = server.data.join(FOLDER);
        if !folder.is_dir() {
            setup::make_folder(&folder)?;
            sync_folder(&server.data)?;
        }
        let mut stock = Stock::default();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.ends_with(DRAFT_ENDING) {
                fs::remove_file(entry.path())?;
            } else if let Some(sha256) = Sha256::parse(name) {
                let size = entry.metadata()?.len();
                stock.bytes += size;
                // Which documents name it is in the log, and the log may be an older copy of it:
                // what was once kept is never removed for want of a name.
                let kept = Kept {
                    size,
                    claims: 0,
                    named: true,
                };
                stock.files.insert(sha256, kept);
            }
        }
        Ok(Self {
            shared: Arc::new(Shared {
                folder,
                most_each: server.document_mb.saturating_mul(MEGABYTE),
                most_in_all: server.documents_mb.saturating_mul(MEGABYTE),
                stock: Mutex::new(stock),
                uploads: Arc::new(Semaphore::new(UPLOADS)),
            }),
        })
    }

    /// The largest file that is taken, in bytes.
    pub(crate) fn most_each(&self) -> u64 {
        self.shared.most_each
    }

    /// A place among the files that are on their way.
    ///
    /// # Errors
    /// All places are taken.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, DocumentRefusal> {
        let uploads = Arc::clone(&self.shared.uploads);
        uploads
            .try_acquire_owned()
            .map_err(|_| DocumentRefusal::Busy)
    }

    /// Begins a file of `announced` bytes, if that was said. Blocks.
    ///
    /// # Errors
    /// It is too large, or there is no room for it.
    pub(crate) fn begin(&self, announced: Option<u64>) -> Result<Draft, DocumentRefusal> {
        self.shared.check_size(announced.unwrap_or(0))?;
        self.shared.check_disk(announced.unwrap_or(0))?;
        if self.lock().bytes + announced.unwrap_or(0) > self.shared.most_in_all {
            return Err(DocumentRefusal::Full);
        }
        Draft::new(Arc::clone(&self.shared))
    }

    /// A file, to be read. Blocks.
    ///
    /// # Errors
    /// It is not there, or the disk does not give it.
    pub(crate) fn read(&self, sha256: &Sha256) -> io::Result<File> {
        File::open(self.shared.path(sha256))
    }

    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.shared.lock()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, sha256: &Sha256) -> PathBuf {
        self.folder.join(sha256.as_str())
    }

    fn check_size(&self, size: u64) -> Result<(), DocumentRefusal> {
        if size > self.most_each {
            let megabytes = self.most_each / MEGABYTE;
            return Err(DocumentRefusal::TooLarge { megabytes });
        }
        Ok(())
    }

    /// Whether the disk has room for so much more and for the log.
    fn check_disk(&self, more: u64) -> Result<(), DocumentRefusal> {
        match machine::free_bytes(&self.folder) {
            Some(free) if free < more.saturating_add(RESERVE) => Err(DocumentRefusal::DiskFull),
            _ => Ok(()),
        }
    }
}

/// A name in a folder is on the disk when the folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
