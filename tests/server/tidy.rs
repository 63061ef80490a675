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

/// The calls of `tracing` in a text: what stands between the brackets.
fn log_calls(text: &str) -> Vec<&str> {
    let mut calls = vec![];
    for level in ["trace", "debug", "info", "warn", "error"] {
        let head = format!("tracing::{level}!(");
        for (at, _) in text.match_indices(&head) {
            let rest = &text[at + head.len()..];
            let (mut depth, mut quoted, mut escaped) = (1, false, false);
            let end = rest.find(|letter| {
                match letter {
                    _ if escaped => escaped = false,
                    '\\' if quoted => escaped = true,
                    '"' => quoted = !quoted,
                    '(' if !quoted => depth += 1,
                    ')' if !quoted => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            calls.push(&rest[..end.expect("closed")]);
        }
    }
    calls
}

/// Names of values that are secrets, or of people: what they say, write and are called, and where
/// they call from.
const UNSAID: [&str; 28] = [
    "code",
    "codes",
    "cookie",
    "password",
    "pwd",
    "ufrag",
    "secret",
    "key",
    "token",
    "hash",
    "sdp",
    "offer",
    "answer",
    "body",
    "text",
    "words",
    "message",
    "name",
    "delegate",
    "headers",
    "remote",
    "peer_addr",
    "client_ip",
    "ip",
    "from",
    "user_agent",
    "link",
    "uri",
];

#[test]
fn a_log_line_is_a_sentence_with_fields_and_without_people_or_secrets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![];
    sources(&root.join("src"), &mut files);
    let mut seen = 0;
    for file in files {
        let name = file.display();
        let text = fs::read_to_string(&file).expect("text");
        for call in log_calls(&text) {
            seen += 1;
            // The sentence is the last literal; a macro that formats has others inside it.
            let call = call.trim_end().trim_end_matches(',');
            let parts: Vec<&str> = call.rsplitn(3, '"').collect();
            let ["", sentence, fields] = parts[..] else {
                panic!("{name}: a log line ends with its sentence: {call}");
            };
            assert!(
                sentence.starts_with(char::is_uppercase) && sentence.contains(' '),
                "{name}: no sentence: {sentence}"
            );
            assert!(
                !sentence.contains('{'),
                "{name}: a value belongs in a field: {sentence}"
            );
            for field in fields.split(',') {
                // The field's name and the last name of what it shows.
                let words = field.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
                // A fixed word of the protocol.
                if field.trim().starts_with("refusal = ") {
                    continue;
                }
                for word in [words.first(), words.last()].into_iter().flatten() {
                    assert!(
                        !UNSAID.contains(word),
                        "{name}: {word} in a log line: {call}"
                    );
                }
            }
        }
    }
    assert!(seen > 30, "the log lines are where they were: {seen}");
}

#[test]
fn who_prints_is_a_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![];
    sources(&root.join("src"), &mut files);
    let may = ["/commands/", "/bench", "/tests", "/agent/", "build.rs"];
    for file in files {
        let path = file.to_string_lossy().into_owned();
        if file.extension().is_none_or(|kind| kind != "rs")
            || may.iter().any(|part| path.contains(part))
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("text");
        for print in ["println!(", "print!(", "dbg!("] {
            assert!(!text.contains(print), "{path}: log it instead");
        }
    }
}
