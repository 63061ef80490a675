//! `join`: what a person waits for, measured in a browser by a command of its own.

use super::{BenchError, Figure};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

/// A browser starts, two pages join, ten times over.
const LIMIT: Duration = Duration::from_secs(90);

/// Runs `command` in a shell and reads its line `join <ms> ms`.
pub(super) async fn measure(command: &str) -> Result<Vec<Figure>, BenchError> {
    // A group of its own: when it takes too long, what it started ends with it.
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env("DIEMCAU", std::env::current_exe()?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let group = child.id();
    let mut lines = child.stdout.take().map(|out| BufReader::new(out).lines());
    let mut found = None;
    let reading = async {
        while let Some(lines) = &mut lines
            && let Some(line) = lines.next_line().await?
        {
            match figure(&line) {
                Some(figure) => found = Some(figure),
                None => eprintln!("{line}"),
            }
        }
        child.wait().await
    };
    let Ok(status) = timeout(LIMIT, reading).await else {
        if let Some(group) = group {
            let group = format!("-{group}");
            Command::new("kill")
                .args(["-TERM", "--", &group])
                .status()
                .await?;
        }
        return Err(BenchError::Late(LIMIT));
    };
    let status = status?;
    if !status.success() {
        return Err(BenchError::JoinCommand(format!("ended with {status}")));
    }
    let says_nothing = || BenchError::JoinCommand("printed no line `join <ms> ms`".to_owned());
    Ok(vec![found.ok_or_else(says_nothing)?])
}

fn figure(line: &str) -> Option<Figure> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["join", value, "ms"] = words[..] else {
        return None;
    };
    Some(Figure {
        name: "join",
        value: value.parse().ok()?,
        unit: "ms",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_figure_is_found_among_other_lines() {
        let figures = measure("echo Running; echo 'join 81.5 ms'; echo '1 passed'")
            .await
            .expect("a figure");
        assert_eq!(figures.len(), 1);
        assert_eq!(figures[0].value, 81.5);
    }

    #[tokio::test]
    async fn a_command_that_fails_or_says_nothing_gives_no_figure() {
        for command in ["echo 'join 81.5 ms'; exit 1", "echo join", "exit 0"] {
            assert!(measure(command).await.is_err(), "{command}");
        }
    }
}
