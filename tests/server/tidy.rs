//! Conventions that a reader relies on.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path
            .extension()
            .is_some_and(|kind| ["rs", "ts", "svelte"].iter().any(|known| kind == *known))
        {
            found.push(path);
        }
    }
}

#[test]
fn a_file_has_one_subject_and_says_it_first() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![];
    for folder in ["src", "web/src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 50, "the folders are where they were");
    for file in files {
        let name = file.display();
        let text = fs::read_to_string(&file).expect("text");
        if file.to_string_lossy().contains("/tests") || file.to_string_lossy().contains(".gen.") {
            continue;
        }
        let lines = text.lines().count();
        assert!(
            lines <= 800,
            "{name} has {lines} lines: what is its subject?"
        );
        if file.extension().is_some_and(|kind| kind == "rs") {
            assert!(text.starts_with("//!"), "{name} does not say what it is");
        }
    }
}
