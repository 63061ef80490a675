//! Files of the agenda's documents, from upload to download.

use crate::{
    client::{Http, Page, get, http, new_key, sign_in},
    harness::{Place, Server},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const MEGABYTE: usize = 1 << 20;

/// What a browser writes into a query.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn to_item(item: u32, title: &str, name: &str) -> String {
    let (title, name) = (encoded(title), encoded(name));
    format!("/api/v1/documents?item={item}&title={title}&name={name}")
}

/// Sends a head and a body as they are; the answer.
async fn send(server: &Server, head: &str, body: &[u8]) -> Http {
    let mut stream = TcpStream::connect(server.address).await.expect("connect");
    let head = format!(
        "{head}\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.address
    );
    stream.write_all(head.as_bytes()).await.expect("send");
    // The server may have had enough of it.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    read.expect("an answer")
        .expect("an answer that comes whole");
    Http::parse(&answer)
}

/// Uploads as a browser does.
pub async fn upload(server: &Server, cookie: &str, path: &str, content: &[u8]) -> Http {
    let length = content.len();
    let head = format!("PUT {path} HTTP/1.1\r\nCookie: {cookie}\r\nContent-Length: {length}");
    send(server, &head, content).await
}

fn folder(place: &Place) -> PathBuf {
    place.data().join("documents")
}

/// What stands in the folder of the documents.
pub fn files(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(folder(place)).expect("the folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("text"))
        .collect();
    names.sort();
    names
}

/// Waits until the folder is as it should be.
pub async fn until_files(place: &Place, wanted: impl Fn(&[String]) -> bool) {
    let reached = async {
        while !wanted(&files(place)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let reached = timeout(PATIENCE, reached).await;
    reached.unwrap_or_else(|_| panic!("it stays {:?}", files(place)));
}

fn refusal(answer: &Http) -> (u16, String) {
    let body = answer.json();
    let message = &body["error"]["message"];
    for language in ["vi", "en"] {
        assert!(
            message[language]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{body}"
        );
    }
    let code = body["error"]["code"].as_str().expect("a code");
    (answer.status, code.to_owned())
}

fn expect(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The documents of an item, as a page sees them.
fn documents(page: &Page, item: u32) -> Vec<Value> {
    let items = page.view["agenda"]["items"].as_array().expect("items");
    let item = items.iter().find(|known| known["id"] == item);
    item.expect("the item")["documents"]
        .as_array()
        .expect("documents")
        .clone()
}

/// Bytes of every value, more than one chunk of them.
fn content() -> Vec<u8> {
    (0..300_000_u32)
        .map(|number| (number % 251) as u8)
        .collect()
}

#[tokio::test]
async fn what_the_secretary_uploads_everyone_who_is_signed_in_gets_as_it_was() {
    let place = Place::new();
    let server = place.start();
    let secretary = sign_in(&place, &server, "ha-noi", "secretary").await;
    let mut page = Page::enter(&place, &server, "can-tho", "site").await;
    let content = content();
    let path = to_item(2, "Dự thảo kế hoạch", "kế hoạch.pdf");
    let answer = upload(&server, &secretary, &path, &content).await;
    assert_eq!(answer.status, 201, "{}", answer.headers);
    let file = answer.json();
    assert_eq!(
        (&file["size"], &file["name"]),
        (&json!(300_000), &json!("kế hoạch.pdf"))
    );
    let sha256 = file["sha256"].as_str().expect("a hash");
    assert_eq!(files(&place), [sha256]);

    // Pages learn of it by the event.
    page.event("document.added").await;
    let shown = documents(&page, 2);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["title"], "Dự thảo kế hoạch");
    assert_eq!(
        (&shown[0]["source"], &shown[0]["sha256"]),
        (&json!("file"), &file["sha256"])
    );

    let at = answer.header("location").expect("where it is").to_owned();
    assert_eq!(at, format!("/api/v1/documents/{sha256}"));
    for (site, role) in [
        ("ha-noi", "chair"),
        ("ha-noi", "technician"),
        ("nghe-an", "site"),
    ] {
        let cookie = sign_in(&place, &server, site, role).await;
        let got = get(&server, &at, &cookie).await;
        assert_eq!(got.status, 200, "{role}");
        assert!(got.body == content, "{role} gets every byte");
        for (header, value) in [
            ("content-type", "application/octet-stream"),
            ("content-length", "300000"),
            (
                "content-disposition",
                "attachment; filename*=UTF-8''k%E1%BA%BF%20ho%E1%BA%A1ch.pdf",
            ),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "private, no-cache"),
            ("etag", &format!("\"{sha256}\"")),
        ] {
            assert_eq!(got.header(header), Some(value), "{header}");
        }
    }
    let again = [
        format!("Cookie: {secretary}"),
        format!("If-None-Match: \"{sha256}\""),
    ];
    let known = http(server.address, "GET", &at, &again, None).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
}

#[tokio::test]
async fn a_name_is_given_back_and_breaks_no_header() {
    let place = Place::new();
    let server = place.start();
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    for (name, kept) in [
        (
            "Tờ trình số 1 «bản cuối».docx",
            "Tờ trình số 1 «bản cuối».docx",
        ),
        ("a\"b'c;d,e=f%41\\.pdf", ".pdf"),
        (
            "she said \"yes\"; filename=x.pdf",
            "she said \"yes\"; filename=x.pdf",
        ),
        (
            "a\r\nSet-Cookie: diemcau=x\r\n\r\n<b>.pdf",
            "a Set-Cookie: diemcau=x <b>.pdf",
        ),
        ("../../keys", "keys"),
        ("C:\\Users\\x\\báo cáo.xlsx", "báo cáo.xlsx"),
        ("\u{202e}fdp.exe", "fdp.exe"),
    ] {
        // Content of its own: a file has one name in the conference.
        let path = to_item(1, "Tài liệu", name);
        let answer = upload(&server, &chair, &path, name.as_bytes()).await;
        assert_eq!(answer.status, 201, "{name:?}: {}", answer.headers);
        assert_eq!(answer.json()["name"], kept);
        let got = get(&server, answer.header("location").expect("where"), &chair).await;
        let disposition = got.header("content-disposition").expect("a disposition");
        let (kind, text) = disposition
            .split_once("; filename*=UTF-8''")
            .expect("one name");
        assert_eq!(kind, "attachment");
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"';,\\=".contains(&byte))
        );
        assert_eq!(decoded(text), kept);
        assert_eq!(got.header("set-cookie"), None);
        assert_eq!(got.body, name.as_bytes());
    }
    // Without a title the name stands for it; with neither there is nothing to show.
    let answer = upload(&server, &chair, &to_item(3, "", "đề cương.doc"), b"1").await;
    assert_eq!(answer.status, 201);
    let page = Page::connect(&server, &chair, None).await;
    assert_eq!(documents(&page, 3)[0]["title"], "đề cương.doc");
    let nothing = upload(&server, &chair, &to_item(3, "", "/"), b"2").await;
    assert_eq!(refusal(&nothing), expect(409, "bad-text"));
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
            let digits = std::str::from_utf8(&digits).expect("ASCII");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test]
async fn who_may_not_and_what_cannot_be_is_refused_and_leaves_nothing() {
    let place = Place::with(|text| text.replace("document_mb = 20", "document_mb = 1"));
    let server = place.start();
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    let good = to_item(1, "Tài liệu", "a.pdf");
    for (site, role) in [
        ("can-tho", "site"),
        ("ha-noi", "technician"),
        ("ha-noi", "site"),
    ] {
        let cookie = sign_in(&place, &server, site, role).await;
        let refused = upload(&server, &cookie, &good, b"x").await;
        assert_eq!(refusal(&refused), expect(403, "not-allowed"), "{role}");
    }
    let stranger = upload(&server, "", &good, b"x").await;
    assert_eq!(refusal(&stranger), expect(401, "unauthorized"));
    let head = format!("PUT {good} HTTP/1.1\r\nCookie: {chair}\r\nContent-Length: 1");
    let foreign = send(
        &server,
        &format!("{head}\r\nOrigin: https://evil.example"),
        b"x",
    )
    .await;
    assert_eq!(refusal(&foreign), expect(403, "bad-origin"));
    let packed = send(&server, &format!("{head}\r\nContent-Encoding: gzip"), b"x").await;
    assert_eq!(refusal(&packed), expect(415, "encoded-body"));

    for (path, status, code) in [
        (to_item(99, "Tài liệu", "a.pdf"), 409, "unknown-item"),
        (to_item(1, &"ố".repeat(201), "a.pdf"), 409, "bad-text"),
        (to_item(1, "two\nlines", "a.pdf"), 409, "bad-text"),
        (
            "/api/v1/documents?item=x&title=a&name=b".to_owned(),
            400,
            "bad-message",
        ),
        (
            "/api/v1/documents?title=a&name=b".to_owned(),
            400,
            "bad-message",
        ),
        (
            "/api/v1/documents?item=1&title=%FF&name=b&key=7".to_owned(),
            400,
            "bad-message",
        ),
    ] {
        let refused = upload(&server, &chair, &path, b"some content").await;
        assert_eq!(refusal(&refused), expect(status, code), "{path}");
        assert!(files(&place).is_empty(), "{path} leaves nothing");
    }
    assert_eq!(
        refusal(&upload(&server, &chair, &good, b"").await),
        expect(400, "document-empty")
    );

    // Too large, as it says or as it turns out; as much as is allowed goes.
    let large = vec![7; MEGABYTE + 1];
    let declared = upload(&server, &chair, &good, &large).await;
    assert_eq!(refusal(&declared), expect(413, "document-too-large"));
    assert!(
        declared.json()["error"]["message"]["en"]
            .as_str()
            .expect("text")
            .contains("1 MB")
    );
    let head = format!("PUT {good} HTTP/1.1\r\nCookie: {chair}\r\nTransfer-Encoding: chunked");
    let mut chunked = format!("{:x}\r\n", large.len()).into_bytes();
    chunked.extend(&large);
    chunked.extend(b"\r\n0\r\n\r\n");
    let streamed = send(&server, &head, &chunked).await;
    assert_eq!(refusal(&streamed), expect(413, "document-too-large"));
    assert!(files(&place).is_empty());
    let answer = upload(&server, &chair, &good, &large[1..]).await;
    assert_eq!(answer.status, 201);
    assert_eq!(files(&place).len(), 1);
    // Nothing but that one is in the record.
    let page = Page::connect(&server, &chair, None).await;
    let all = page.view["agenda"]["items"]
        .as_array()
        .expect("items")
        .iter();
    let named: usize = all
        .map(|item| item["documents"].as_array().expect("a list").len())
        .sum();
    assert_eq!(named, 1);
}

#[tokio::test]
async fn all_documents_together_have_a_limit() {
    let place = Place::with(|text| text.replace("documents_mb = 2000", "documents_mb = 1"));
    let server = place.start();
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    let most = vec![1; MEGABYTE - 10];
    let path = to_item(1, "Tài liệu", "a.pdf");
    assert_eq!(upload(&server, &chair, &path, &most).await.status, 201);
    let full = upload(&server, &chair, &path, b"more than ten bytes").await;
    assert_eq!(refusal(&full), expect(507, "documents-full"));
    assert_eq!(
        upload(&server, &chair, &path, b"ten bytes!").await.status,
        201
    );
    assert_eq!(files(&place).len(), 2);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let place = Place::new();
    let server = place.start();
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    let path = to_item(1, "Tài liệu", "a.pdf");
    let mut uploads = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.address).await.expect("connect");
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {chair}\r\nContent-Length: 900\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("send");
        stream.write_all(&[7; 500]).await.expect("send");
        uploads.push(stream);
    }
    until_files(&place, |files| files.len() == 4).await;
    assert!(files(&place).iter().all(|name| name.ends_with(".part")));
    // As many are on their way as may be.
    let busy = upload(&server, &chair, &path, b"x").await;
    assert_eq!(refusal(&busy), expect(429, "uploads-busy"));
    assert!(busy.header("retry-after").is_some());

    drop(uploads);
    until_files(&place, <[String]>::is_empty).await;
    // The places are free again once the files are gone.
    let retried = async { while upload(&server, &chair, &path, b"x").await.status != 201 {} };
    timeout(PATIENCE, retried).await.expect("there is a place");
    let page = Page::connect(&server, &chair, None).await;
    assert_eq!(documents(&page, 1).len(), 1);
}

#[tokio::test]
async fn one_content_is_one_file_and_goes_out_as_long_as_a_document_names_it() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let cookie = chair.cookie.clone();
    let key = new_key();
    let first = to_item(1, "Bản một", "a.pdf") + "&key=" + &key;
    let answer = upload(&server, &cookie, &first, b"one content").await;
    assert_eq!(answer.status, 201);
    let at = answer.header("location").expect("where").to_owned();
    // The answer was lost and the browser sends it again: it is the same upload.
    let repeated = upload(&server, &cookie, &first, b"one content").await;
    assert_eq!((repeated.status, repeated.json()), (201, answer.json()));
    let second = upload(
        &server,
        &cookie,
        &to_item(2, "Bản hai", "b.pdf"),
        b"one content",
    )
    .await;
    assert_eq!(second.status, 201);
    assert_eq!(files(&place).len(), 1);
    // Refused, it takes nothing from those that were not.
    let refused = upload(
        &server,
        &cookie,
        &to_item(99, "Bản ba", "c.pdf"),
        b"one content",
    )
    .await;
    assert_eq!(refusal(&refused), expect(409, "unknown-item"));

    let seq = chair
        .must(json!({"cmd": "announcement.set", "text": "Xin chào"}))
        .await;
    chair.until(seq).await;
    let ids: Vec<Value> = [1, 2]
        .iter()
        .flat_map(|item| documents(&chair, *item))
        .map(|document| document["id"].clone())
        .collect();
    assert_eq!(ids.len(), 2, "not three");
    chair
        .must(json!({"cmd": "document.remove", "document": ids[0]}))
        .await;
    let got = get(&server, &at, &cookie).await;
    assert_eq!(
        (got.status, got.body.as_slice()),
        (200, &b"one content"[..])
    );
    assert!(
        got.header("content-disposition")
            .expect("a name")
            .ends_with("b.pdf")
    );
    chair
        .must(json!({"cmd": "document.remove", "document": ids[1]}))
        .await;
    let gone = get(&server, &at, &cookie).await;
    assert_eq!(refusal(&gone), expect(404, "not-found"));
}

#[tokio::test]
async fn only_a_hash_that_a_document_names_leads_to_a_file() {
    let place = Place::new();
    let server = place.start();
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    let answer = upload(&server, &chair, &to_item(1, "Tài liệu", "a"), b"secret").await;
    let sha256 = answer.json()["sha256"].as_str().expect("a hash").to_owned();
    // Put there by hand: a file that no document names.
    let other = "0".repeat(64);
    fs::write(folder(&place).join(&other), "unnamed").expect("written");
    for name in [
        other.as_str(),
        &sha256.to_uppercase(),
        &sha256[1..],
        &format!("{sha256}0"),
        &format!("{sha256}%00"),
        &format!("%2e%2e%2fdocuments%2f{sha256}"),
        "..%2fkeys",
        "../keys",
        "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%FF",
        "",
    ] {
        let answer = get(&server, &format!("/api/v1/documents/{name}"), &chair).await;
        assert!(
            [400, 404].contains(&answer.status),
            "{name}: {}",
            answer.status
        );
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("secret") && !text.contains("unnamed") && !text.contains("root:"));
    }
    let at = format!("/api/v1/documents/{sha256}");
    assert_eq!(
        refusal(&get(&server, &at, "").await),
        expect(401, "unauthorized")
    );
    assert_eq!(get(&server, &at, &chair).await.status, 200);

    // Whose device was removed is out here too.
    let mut site = Page::enter(&place, &server, "can-tho", "site").await;
    assert_eq!(get(&server, &at, &site.cookie).await.status, 200);
    let mut page = Page::connect(&server, &chair, None).await;
    let me = get(&server, "/api/v1/session", &site.cookie).await.json();
    page.must(json!({"cmd": "device.remove", "device": me["device"]}))
        .await;
    site.closed().await;
    assert_eq!(get(&server, &at, &site.cookie).await.status, 401);
}

#[tokio::test]
async fn documents_outlive_a_crash_and_stay_with_their_conference() {
    let place = Place::new();
    let server = place.start();
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    let content = content();
    let answer = upload(&server, &chair, &to_item(4, "Báo cáo", "b.pdf"), &content).await;
    let at = answer.header("location").expect("where").to_owned();
    let half = folder(&place).join("0123456789abcdef.part");
    fs::write(&half, "half of a file").expect("written");
    server.kill();

    let server = place.start();
    assert!(!half.exists(), "what a crash left half written is gone");
    let got = get(&server, &at, &chair).await;
    assert!(got.status == 200 && got.body == content);
    let mut page = Page::connect(&server, &chair, None).await;
    assert_eq!(documents(&page, 4).len(), 1);

    // Somebody removed the file by hand.
    let file = folder(&place).join(&files(&place)[0]);
    let aside = place.data().join("aside");
    fs::rename(&file, &aside).expect("moved");
    assert_eq!(
        refusal(&get(&server, &at, &chair).await),
        expect(404, "document-lost")
    );
    fs::rename(&aside, &file).expect("moved back");
    assert_eq!(get(&server, &at, &chair).await.status, 200);

    page.must(json!({"cmd": "conference.close"})).await;
    let late = upload(&server, &chair, &to_item(4, "Báo cáo", "c.pdf"), b"late").await;
    assert_eq!(refusal(&late), expect(409, "conference-closed"));
    assert_eq!(files(&place).len(), 1);
    server.stop();

    // The next conference knows nothing of it.
    let server = place.start();
    assert_eq!(
        get(&server, &at, &chair).await.status,
        401,
        "signed in to the one before"
    );
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    assert_eq!(
        refusal(&get(&server, &at, &chair).await),
        expect(404, "not-found")
    );
    assert_eq!(files(&place).len(), 1, "and its record keeps it");
}

#[cfg(target_os = "linux")]
mod disk {
    use super::*;
    use crate::faults::{Control, EIO, ENOSPC, Faults, start_on_small_disk};

    fn headcount(present: u64) -> Value {
        json!({"cmd": "attendance.headcount", "present": present})
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_disk_that_fails_refuses_the_file_and_the_room_goes_on() {
        let place = Place::new();
        let control = Control::new(&place);
        let server = control.start(&place);
        let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
        let cookie = chair.cookie.clone();
        let path = to_item(1, "Tài liệu", "a.pdf");
        for (present, error, status, code) in
            [(1, ENOSPC, 507, "disk-full"), (2, EIO, 503, "store-failed")]
        {
            control.set(Faults {
                document_error: error,
                ..Faults::default()
            });
            let refused = upload(&server, &cookie, &path, &content()).await;
            assert_eq!(refusal(&refused), expect(status, code));
            assert!(files(&place).is_empty(), "{code}");
            chair.must(headcount(present)).await;
        }

        // The file is whole and the log cannot be written: the document is not, and neither is the
        // file once the log says so.
        control.set(Faults {
            write_error: ENOSPC,
            ..Faults::default()
        });
        let refused = upload(&server, &cookie, &path, &content()).await;
        assert_eq!(refusal(&refused), expect(503, "store-failed"));
        control.set(Faults::default());
        until_files(&place, <[String]>::is_empty).await;

        let retried =
            async { while upload(&server, &cookie, &path, &content()).await.status != 201 {} };
        timeout(PATIENCE, retried).await.expect("the disk is back");
        let page = Page::connect(&server, &cookie, None).await;
        assert_eq!(documents(&page, 1).len(), 1);
        assert_eq!(files(&place).len(), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_left_of_a_small_disk_is_for_the_log() {
        let place = Place::new();
        place.start().stop();
        let Some(server) = start_on_small_disk(&place) else {
            eprintln!("SKIPPED: only root may mount the small disk of this test");
            return;
        };
        let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
        let path = to_item(1, "Tài liệu", "a.pdf");
        let refused = upload(&server, &chair.cookie.clone(), &path, &content()).await;
        assert_eq!(refusal(&refused), expect(507, "disk-full"));
        chair.must(headcount(7)).await;
        assert!(documents(&chair, 1).is_empty());
    }
}
