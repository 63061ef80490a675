//! Files of the agenda's documents: the host uploads them, everyone who is signed in gets them.

use super::{App, client::Client, origin};
use crate::{
    documents::{Claim, DocumentRefusal, Documents, Sha256, disposition, plain_name},
    edge::Patience,
    metrics,
    room::Seat,
    sentences::{self, Refusal},
    store::CommandKey,
};
use axum::{
    Extension, Json,
    body::{Body, BodyDataStream, Bytes},
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use diemcau_conference::{Command, DocumentFile, ItemId, Rejection, Role, capability};
use diemcau_protocol::{ApiError, ErrorBody, Outcome, SignedIn};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::{
    fs::File,
    io::AsyncReadExt,
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// How long a file may be on its way: 20 MB at a quarter of a megabit a second.
const UPLOAD: Duration = Duration::from_secs(15 * 60);
/// A browser that sends nothing for so long has given up.
const SILENT: Duration = Duration::from_secs(20);
/// How long what comes is still read after a refusal, so that a browser sees the answer and not a
/// connection that broke.
const FAREWELL: Duration = Duration::from_secs(5);
/// Pieces that wait for the disk; more wait on the line.
const PIECES: usize = 8;
/// Bytes that are read from the disk at once.
const CHUNK: usize = 64 * 1024;
/// After a failed append: between two looks at what the log says of it.
const LOOK: Duration = Duration::from_secs(1);

/// Why a file is refused.
pub(super) enum Refused {
    /// For a reason of the edge.
    Edge(Refusal),
    /// For a reason of the file, or of the disk.
    Document(DocumentRefusal),
    /// By the rules of the conference; who may never do it is told so with 403.
    Rules(StatusCode, ErrorBody),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Edge(refusal)
    }
}

impl From<DocumentRefusal> for Refused {
    fn from(refusal: DocumentRefusal) -> Self {
        Self::Document(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Edge(refusal) => return refusal.into_response(),
            Self::Document(refusal) => (refusal.status(), refusal.body()),
            Self::Rules(status, error) => (status, error),
        };
        let mut response = (status, Json(ApiError { error })).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let seconds = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// `?item=3&title=…&name=…`, and a key if the same upload may be sent twice.
#[derive(Deserialize)]
pub(super) struct Upload {
    item: ItemId,
    /// Left out: the name of the file.
    #[serde(default)]
    title: String,
    #[serde(default)]
    name: String,
    key: Option<CommandKey>,
}

/// `PUT /api/v1/documents?item=…&title=…&name=…` with the file as body. Answered once the file and
/// the event that names it are on the disk.
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Extension(patience): Extension<Patience>,
    query: Result<Query<Upload>, QueryRejection>,
    body: Body,
) -> Result<Response, Refused> {
    origin::check(&headers, client, &app.config.server.origins)?;
    let who = app.present(&headers).await?;
    check_role(who.role)?;
    let Query(mut upload) = query.map_err(|_| Refusal::BadMessage)?;
    upload.name = plain_name(&upload.name);
    if upload.title.trim().is_empty() {
        upload.title.clone_from(&upload.name);
    }
    patience.extend(UPLOAD);
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = body.into_data_stream();
    let taken = take_in(&app, who, upload, announced, &mut body).await;
    let file = match taken {
        Ok(file) => file,
        Err(refused) => {
            metrics::UPLOADS_REFUSED.count();
            read_out(&app, body).await;
            return Err(refused);
        }
    };
    metrics::UPLOADS.count();
    let location = format!("/api/v1/documents/{}", file.sha256);
    let location = [(header::LOCATION, location)];
    Ok((StatusCode::CREATED, location, Json(file)).into_response())
}

/// Before anything is read: who may never upload is not listened to.
fn check_role(role: Role) -> Result<(), Refused> {
    let any = Command::DocumentUpload {
        item: ItemId::default(),
        title: String::new(),
        file: DocumentFile {
            sha256: String::new(),
            size: 0,
            name: String::new(),
        },
    };
    if capability::may(role, &any) {
        return Ok(());
    }
    let error = sentences::rejection(Rejection::NotAllowed);
    Err(Refused::Rules(StatusCode::FORBIDDEN, error))
}

/// What goes to the disk.
enum Piece {
    Bytes(Bytes),
    /// All has come. Without it the file is not whole.
    End,
}

/// Writes the file while it comes, then has the conference decide on the document.
async fn take_in(
    app: &Arc<App>,
    who: SignedIn,
    upload: Upload,
    announced: Option<u64>,
    body: &mut BodyDataStream,
) -> Result<DocumentFile, Refused> {
    let place = app.documents.place()?;
    let documents = app.documents.clone();
    let (pieces, queue) = mpsc::channel(PIECES);
    let written = tokio::task::spawn_blocking(move || {
        let _held = place;
        write(&documents, announced, queue)
    });
    // Once the file is whole it is brought to its end, also when whoever sent it has gone.
    let decided = tokio::spawn(decide(Arc::clone(app), who, upload, written));
    send_on(body, &pieces).await;
    drop(pieces);
    decided.await.map_err(|_| Refusal::Stopping)?
}

/// Passes on what comes, and the end if it comes. The other side says what became of it.
async fn send_on(body: &mut BodyDataStream, pieces: &mpsc::Sender<Piece>) {
    loop {
        let piece = match timeout(SILENT, body.next()).await {
            Ok(Some(Ok(bytes))) => Piece::Bytes(bytes),
            Ok(None) => Piece::End,
            Ok(Some(Err(_))) | Err(_) => return,
        };
        let ends = matches!(piece, Piece::End);
        if pieces.send(piece).await.is_err() || ends {
            return;
        }
    }
}

/// Blocks.
fn write(
    documents: &Documents,
    announced: Option<u64>,
    mut queue: mpsc::Receiver<Piece>,
) -> Result<Claim, DocumentRefusal> {
    let mut draft = documents.begin(announced)?;
    loop {
        match queue.blocking_recv() {
            Some(Piece::Bytes(bytes)) => draft.write(&bytes)?,
            Some(Piece::End) => return draft.keep(),
            None => {
                tracing::info!("A document did not come whole");
                return Err(DocumentRefusal::Broken);
            }
        }
    }
}

/// What the conference says of a document whose file is on the disk. A file that no document came to
/// name is removed again.
async fn decide(
    app: Arc<App>,
    who: SignedIn,
    upload: Upload,
    written: JoinHandle<Result<Claim, DocumentRefusal>>,
) -> Result<DocumentFile, Refused> {
    let claim = written.await.map_err(|_| Refusal::Stopping)??;
    let file = DocumentFile {
        sha256: claim.sha256().as_str().to_owned(),
        size: claim.size(),
        name: upload.name,
    };
    let command = Command::DocumentUpload {
        item: upload.item,
        title: upload.title,
        file: file.clone(),
    };
    let Some(room) = app.rooms.get(&app.conference) else {
        remove(claim).await;
        return Err(Refusal::Stopping.into());
    };
    match room.command_once(Seat::of(&who), upload.key, command).await {
        Some(Outcome::Ok(_)) => {
            claim.named();
            tracing::info!(site = %who.site, item = %upload.item, size = file.size, "A document is uploaded");
            Ok(file)
        }
        Some(Outcome::Error(error)) if error.code == Refusal::StoreFailed.code() => {
            tokio::spawn(settle(app, claim));
            Err(Refusal::StoreFailed.into())
        }
        Some(Outcome::Error(error)) => {
            remove(claim).await;
            Err(Refused::Rules(StatusCode::CONFLICT, error))
        }
        // Whether the event is in the log, the log will say; until then the file stays.
        None => Err(Refusal::Stopping.into()),
    }
}

async fn remove(claim: Claim) {
    // Cut off only when the process ends.
    let _ = tokio::task::spawn_blocking(|| claim.refused()).await;
}

/// After an append that failed: waits until the log can be written again, and looks whether it has
/// the document all the same. On a full disk the file is what must go.
async fn settle(app: Arc<App>, claim: Claim) {
    loop {
        sleep(LOOK).await;
        let Some(room) = app.rooms.get(&app.conference) else {
            return;
        };
        match room.document(claim.sha256().clone()).await {
            Some(known) if !known.is_certain => {}
            Some(known) if known.file.is_some() => return claim.named(),
            Some(_) => return remove(claim).await,
            None => return,
        }
    }
}

/// Reads what still comes, for a while and up to the size of a file.
async fn read_out(app: &App, mut body: BodyDataStream) {
    let mut left = app.documents.most_each();
    let read = async {
        while let Some(Ok(bytes)) = body.next().await {
            left = left.saturating_sub(bytes.len() as u64);
            if left == 0 {
                return;
            }
        }
    };
    // Whether all of it came makes no difference.
    let _ = timeout(FAREWELL, read).await;
}

/// `GET /api/v1/documents/{sha256}`: a file that a document of the conference names, to be saved and
/// never shown by the browser as a page of ours.
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    app.present(&headers).await?;
    let sha256 = Sha256::parse(&sha256).ok_or(Refusal::NotFound)?;
    let room = app.rooms.get(&app.conference).ok_or(Refusal::Stopping)?;
    let known = room.document(sha256.clone()).await;
    let file = known.ok_or(Refusal::Stopping)?.file;
    let file = file.ok_or(Refusal::NotFound)?;
    let etag = format!("\"{}\"", sha256.as_str());
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let content = open(&app.documents, sha256, file.size).await?;
    let mut response = Body::from_stream(pieces(content, file.size)).into_response();
    let out = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'",
        ),
        // Asked for again each time: a document may be taken away, and people sign out.
        (header::CACHE_CONTROL, "private, no-cache"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        out.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        (header::CONTENT_DISPOSITION, disposition(&file.name)),
        (header::ETAG, etag),
    ] {
        let value = HeaderValue::try_from(value).map_err(|_| DocumentRefusal::Failed)?;
        out.insert(name, value);
    }
    out.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    Ok(response)
}

/// The file of a document, if it is there whole.
async fn open(documents: &Documents, sha256: Sha256, size: u64) -> Result<File, DocumentRefusal> {
    let documents = documents.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let file = documents.read(&sha256)?;
        let there = file.metadata()?.len();
        Ok::<_, std::io::Error>((file, there))
    });
    match opened.await.map_err(|_| DocumentRefusal::Failed)? {
        Ok((file, there)) if there == size => Ok(File::from_std(file)),
        Ok((_, there)) => {
            tracing::error!(there, size, "The file of a document has another size");
            Err(DocumentRefusal::Lost)
        }
        Err(error) => {
            tracing::error!(%error, "The file of a document cannot be opened");
            Err(match error.kind() {
                std::io::ErrorKind::NotFound => DocumentRefusal::Lost,
                _ => DocumentRefusal::Failed,
            })
        }
    }
}

/// The first `size` bytes of a file, a chunk at a time: however many read at once, each takes little
/// memory.
fn pieces(file: File, size: u64) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(file.take(size), |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&mut file)
            .take(CHUNK as u64)
            .read_to_end(&mut chunk)
            .await?;
        Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    })
}
