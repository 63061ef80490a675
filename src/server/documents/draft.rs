//! A file on its way: a draft while it comes, a claim while a document that names it is decided.

use super::{
    DRAFT_ENDING, DocumentRefusal, Kept, MEGABYTE, Sha256, Shared, refusal::of_disk, sync_folder,
};
use crate::setup::random_hex;
use ring::digest::{Context, SHA256};
use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    sync::Arc,
};

/// A file that is being written; dropped, it is gone.
pub(crate) struct Draft {
    shared: Arc<Shared>,
    file: File,
    path: PathBuf,
    hash: Context,
    size: u64,
    /// At this size the disk is looked at again.
    look: u64,
    /// It has become a file of the stock, or is a second copy of one.
    done: bool,
}

impl Draft {
    pub(super) fn new(shared: Arc<Shared>) -> Result<Self, DocumentRefusal> {
        // 64 bits.
        let name = random_hex::<8>().map_err(|_| DocumentRefusal::Failed)?;
        let path = shared.folder.join(format!("{name}{DRAFT_ENDING}"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&path).map_err(|error| of_disk(&error))?;
        Ok(Self {
            shared,
            file,
            path,
            hash: Context::new(&SHA256),
            size: 0,
            look: MEGABYTE,
            done: false,
        })
    }

    /// Adds what has come. Blocks.
    ///
    /// # Errors
    /// The file is too large now, or there is no room for it.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), DocumentRefusal> {
        let more = bytes.len() as u64;
        self.shared.check_size(self.size + more)?;
        if self.size + more >= self.look {
            self.shared.check_disk(more)?;
            self.look = self.size + more + MEGABYTE;
        }
        {
            let mut stock = self.shared.lock();
            if stock.bytes + more > self.shared.most_in_all {
                return Err(DocumentRefusal::Full);
            }
            stock.bytes += more;
        }
        self.size += more;
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(|error| of_disk(&error))
    }

    /// All has come: the file is on the disk under its hash when this returns. Blocks.
    ///
    /// # Errors
    /// It is empty, or the disk fails.
    pub(crate) fn keep(mut self) -> Result<Claim, DocumentRefusal> {
        if self.size == 0 {
            return Err(DocumentRefusal::Empty);
        }
        self.file.sync_all().map_err(|error| of_disk(&error))?;
        let sha256 = Sha256::of(self.hash.clone().finish());
        let claim = self.put(sha256)?;
        match sync_folder(&self.shared.folder) {
            Ok(()) => Ok(claim),
            Err(error) => {
                claim.refused();
                Err(of_disk(&error))
            }
        }
    }

    /// Gives the file its name, unless one of the same content has it.
    fn put(&mut self, sha256: Sha256) -> Result<Claim, DocumentRefusal> {
        let target = self.shared.path(&sha256);
        let mut stock = self.shared.lock();
        let known = stock.files.get(&sha256);
        let there = known
            .is_some_and(|known| fs::metadata(&target).is_ok_and(|file| file.len() == known.size));
        if !there {
            fs::rename(&self.path, &target).map_err(|error| of_disk(&error))?;
            self.done = true;
            if known.is_some() {
                // Somebody removed it by hand; its bytes are counted already.
                stock.bytes = stock.bytes.saturating_sub(self.size);
            }
        }
        let kept = stock.files.entry(sha256.clone()).or_insert(Kept {
            size: self.size,
            claims: 0,
            named: false,
        });
        kept.claims += 1;
        drop(stock);
        Ok(Claim {
            shared: Arc::clone(&self.shared),
            sha256,
            size: self.size,
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut stock = self.shared.lock();
        stock.bytes = stock.bytes.saturating_sub(self.size);
        drop(stock);
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "A file that did not come whole could not be removed; the next start removes it");
        }
    }
}

/// A whole file that a document may come to name. Dropped without a word it stays, for nobody knows
/// what became of the document.
pub(crate) struct Claim {
    shared: Arc<Shared>,
    sha256: Sha256,
    size: u64,
}

impl Claim {
    /// The hash of the content.
    pub(crate) fn sha256(&self) -> &Sha256 {
        &self.sha256
    }

    /// Bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// A document names the file: it stays.
    pub(crate) fn named(self) {
        if let Some(kept) = self.shared.lock().files.get_mut(&self.sha256) {
            kept.named = true;
        }
    }

    /// No document names the file because of this: it is removed, unless another does or may yet.
    /// Blocks.
    pub(crate) fn refused(self) {
        let mut stock = self.shared.lock();
        let unused = stock
            .files
            .get(&self.sha256)
            .is_some_and(|kept| !kept.named && kept.claims == 1);
        if !unused {
            return;
        }
        // Under the lock, so that nobody finds it there meanwhile.
        if let Err(error) = fs::remove_file(self.shared.path(&self.sha256)) {
            tracing::warn!(%error, "A file that no document names could not be removed");
            return;
        }
        if let Some(kept) = stock.files.remove(&self.sha256) {
            stock.bytes = stock.bytes.saturating_sub(kept.size);
        }
        // The claim's end locks again.
        drop(stock);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(kept) = self.shared.lock().files.get_mut(&self.sha256) {
            kept.claims = kept.claims.saturating_sub(1);
        }
    }
}
