//! Addresses that lead nowhere: a page for people, JSON for programs.

use crate::sentences::Refusal;
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

const PAGE: &str = "<!doctype html><html lang=vi><meta charset=utf-8>\
<meta name=viewport content=\"width=device-width\"><title>Không có trang này · Điểm Cầu</title>\
<h1>Không có trang này</h1>\
<p>Hãy kiểm tra lại địa chỉ, hoặc <a href=\"/\">về trang đầu của hội nghị</a>.\
<div lang=en><h2>There is no such page</h2>\
<p>Check the address, or <a href=\"/\">go to the conference's first page</a>.</div>";

/// The answer to a path that nobody knows.
pub(super) fn answer(headers: &HeaderMap) -> Response {
    let person = headers.get_all(header::ACCEPT).iter().any(|accept| {
        accept
            .to_str()
            .is_ok_and(|kinds| kinds.contains("text/html"))
    });
    if !person {
        return Refusal::NotFound.into_response();
    }
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::NOT_FOUND, html, PAGE).into_response()
}

/// `GET /favicon.ico`, which browsers ask for unasked.
pub(super) async fn favicon() -> Redirect {
    Redirect::permanent("/favicon.svg")
}
