//! `web_first_load`: all that a browser fetches to show the page of a site.

use super::{BenchError, Figure, venue::Venue};
use std::{net::SocketAddr, path::Path};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PAGE: &str = "/site";

/// Bytes of the answers, headers too, of the page and of every file that it names, with brotli; in
/// kB of 1,000 bytes.
pub(super) async fn measure(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start(data, 6).await?;
    let server = venue.server.http();
    let plain = get(server, PAGE, "identity").await?;
    let html = String::from_utf8_lossy(&plain.body).into_owned();
    let mut bytes = get(server, PAGE, "br").await?.bytes;
    let files = files(&html);
    if files.is_empty() {
        return Err(BenchError::Http {
            path: PAGE.to_owned(),
            what: "the page names no file".to_owned(),
        });
    }
    for file in files {
        bytes += get(server, file, "br").await?.bytes;
    }
    venue.stop().await;
    Ok(vec![Figure {
        name: "web_first_load",
        value: bytes as f64 / 1e3,
        unit: "kB",
    }])
}

/// An answer.
struct Fetched {
    /// With its head.
    bytes: usize,
    body: Vec<u8>,
}

/// One request on a connection of its own.
async fn get(server: SocketAddr, path: &str, encoding: &str) -> Result<Fetched, BenchError> {
    let mut stream = TcpStream::connect(server).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept-Encoding: {encoding}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let wrong = |what: &str| BenchError::Http {
        path: path.to_owned(),
        what: what.to_owned(),
    };
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let end = end.ok_or_else(|| wrong("no head"))?;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        return Err(wrong(head.lines().next().unwrap_or_default()));
    }
    if encoding == "br" && !head.contains("content-encoding: br") {
        return Err(wrong("it is not compressed"));
    }
    Ok(Fetched {
        bytes: answer.len(),
        body: answer.split_off(end + 4),
    })
}

/// Paths in the `src` and `href` attributes of a page.
fn files(html: &str) -> Vec<&str> {
    let after = |attribute: &'static str| {
        html.split(attribute)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
    };
    let mut files: Vec<&str> = after("src=\"")
        .chain(after("href=\""))
        .filter(|path| path.starts_with('/'))
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_page_are_those_of_its_attributes() {
        let html = r#"<link href="/a.css"><script src="/b.js"></script><a href="https://x/">"#;
        assert_eq!(files(html), ["/a.css", "/b.js"]);
    }
}
