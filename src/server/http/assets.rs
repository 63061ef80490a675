//! The web client's files: compiled in, or from a folder (`--web`) while one works on them.

use super::unknown;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ring::digest;
use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

/// Written by the build script: `(path, bytes)`, sorted.
static BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// Paths of the single-page client.
const PAGES: [&str; 4] = ["", "site", "host", "display"];

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Điểm Cầu</title>\
<p>Máy chủ chạy nhưng chưa có trang. Chạy <code>make run</code>, hoặc <code>npm run build</code> trong thư mục <code>web</code>.\
<p>The server runs but the web client is not built. Run <code>make run</code>, or <code>npm run build</code> in <code>web</code>.";

/// Where the files come from.
pub(super) enum Assets {
    BuiltIn(BTreeMap<&'static str, BuiltIn>),
    Folder(PathBuf),
}

pub(super) struct BuiltIn {
    bytes: &'static [u8],
    etag: String,
}

impl Assets {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        folder.map_or_else(
            || {
                let files = BUILT_IN.iter().map(|(name, bytes)| {
                    (
                        *name,
                        BuiltIn {
                            bytes,
                            etag: etag(bytes),
                        },
                    )
                });
                Self::BuiltIn(files.collect())
            },
            Self::Folder,
        )
    }

    /// Answers `GET path`.
    pub(super) async fn get(&self, path: &str, headers: &HeaderMap) -> Response {
        let path = path.trim_matches('/');
        let help = help_page(path);
        let name = match &help {
            _ if PAGES.contains(&path) => "index.html",
            Some(page) => page,
            None => path,
        };
        let accepted = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        for (encoding, suffix) in [("br", ".br"), ("gzip", ".gz"), ("", "")] {
            if !encoding.is_empty() && !accepts(accepted, encoding) {
                continue;
            }
            if let Some((bytes, etag)) = self.file(&format!("{name}{suffix}")).await {
                return answer(name, encoding, bytes, &etag, headers);
            }
        }
        if name == "index.html" {
            let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            return (StatusCode::NOT_FOUND, html, NOT_BUILT).into_response();
        }
        unknown::answer(headers)
    }

    async fn file(&self, name: &str) -> Option<(Body, String)> {
        match self {
            Self::BuiltIn(files) => files
                .get(name)
                .map(|file| (Body::from(file.bytes), file.etag.clone())),
            Self::Folder(folder) => {
                let plain = Path::new(name)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)));
                if !plain {
                    return None;
                }
                let bytes = tokio::fs::read(folder.join(name)).await.ok()?;
                let etag = etag(&bytes);
                Some((Body::from(bytes), etag))
            }
        }
    }
}

/// The file of a page of instructions: each is a folder with an index, so that links need no ending.
fn help_page(path: &str) -> Option<String> {
    let page = path == "help" || path.starts_with("help/");
    (page && !path.contains('.')).then(|| format!("{path}/index.html"))
}

fn answer(
    name: &str,
    encoding: &'static str,
    body: Body,
    etag: &str,
    headers: &HeaderMap,
) -> Response {
    // Vite puts a hash of the content into the names under assets/.
    let cache = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let fresh = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type(name))], body).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        out.insert(header::ETAG, etag);
    }
    if !encoding.is_empty() && !fresh {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn etag(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    let short: String = hash.as_ref()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{short}\"")
}

/// `Accept-Encoding` lists the encoding and does not forbid it with `q=0`.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|part| {
        let (name, quality) = part.split_once(';').unwrap_or((part, ""));
        name.trim().eq_ignore_ascii_case(encoding) && !matches!(quality.trim(), "q=0" | "q=0.0")
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
