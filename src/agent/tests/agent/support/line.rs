//! The line check of the played server: it answers in the order in which a check asks.

use super::{Server, peer::Peer, read_request, reply, send};
use diemcau_protocol::{
    Answer, Ask, LineCheckOpened, LineCheckRequest, LineResult, LineVerdict, MediaCommand,
    RateReceived, Transport,
};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

/// What a check did, as the server saw it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The figures that it was told.
    pub(crate) result: Option<LineResult>,
    /// Checks that were ended by the agent.
    pub(crate) ended: Vec<String>,
    /// Bodies of rate tests in bytes, from the server and to it.
    pub(crate) down: Vec<usize>,
    pub(crate) up: Vec<usize>,
}

impl Server {
    /// What every check begins with: the connection alone, the clock, the sign-in.
    pub(crate) async fn greet(&self, date: &str) {
        drop(self.accept().await);
        let mut stream = self.accept().await.unwrap();
        let (head, _) = read_request(&mut stream).await;
        assert!(head.starts_with("GET /api/v1/sites "), "{head}");
        let head = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 2\r\n\r\n{{}}");
        stream.write_all(head.as_bytes()).await.unwrap();
        self.sign_in().await;
    }

    /// Serves a whole check whose media goes over `transports`, one for each time that the agent
    /// tries, and says `verdict`.
    pub(crate) async fn serve_check(
        &self,
        date: &str,
        transports: &[Transport],
        verdict: &LineVerdict,
    ) -> Seen {
        self.greet(date).await;
        let mut socket = self.welcome().await;
        // Answers what the link is asked until the agent leaves.
        tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Text(text) = message {
                    let request: diemcau_protocol::Request = serde_json::from_str(&text).unwrap();
                    let Ask::Media(MediaCommand::Ping | MediaCommand::LinkLeave) = request.ask
                    else {
                        panic!("a check asks nothing else: {request:?}");
                    };
                    send(&mut socket, &reply(request.id, Answer::default())).await;
                }
            }
        });
        let mut seen = Seen::default();
        let mut opened = 0;
        loop {
            let mut stream = self.accept().await.unwrap();
            let (head, body) = read_request(&mut stream).await;
            assert!(head.contains("diemcau=secret"), "{head}");
            let mut words = head.split(' ');
            let (method, path) = (words.next().unwrap(), words.next().unwrap());
            let path = path.strip_prefix("/api/v1/line-check").unwrap();
            let last = format!("/c{opened}");
            let answer: Vec<u8> = match (method, path) {
                ("POST", "") => {
                    let request: LineCheckRequest = serde_json::from_slice(&body).unwrap();
                    let over = transports[opened];
                    opened += 1;
                    let (peer, sdp) = Peer::answer_over(request.sdp, over).await;
                    let slots = peer.slots();
                    tokio::spawn(peer.echo());
                    let check = format!("c{opened}");
                    serde_json::to_vec(&LineCheckOpened { check, sdp, slots }).unwrap()
                }
                ("GET", rate) => {
                    let bytes = rate.strip_prefix("/rate?bytes=").unwrap().parse().unwrap();
                    seen.down.push(bytes);
                    vec![7; bytes]
                }
                ("POST", "/rate") => {
                    seen.up.push(body.len());
                    let bytes = body.len() as u64;
                    // A line of 8 Mbit/s.
                    let millis = bytes / 1000;
                    serde_json::to_vec(&RateReceived { bytes, millis }).unwrap()
                }
                ("POST", result) => {
                    assert_eq!(result, format!("{last}/result"));
                    seen.result = Some(serde_json::from_slice(&body).unwrap());
                    serde_json::to_vec(verdict).unwrap()
                }
                ("DELETE", check) => {
                    seen.ended.push(check.trim_start_matches('/').to_owned());
                    Vec::new()
                }
                other => panic!("{other:?}"),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
            if seen
                .ended
                .last()
                .is_some_and(|ended| last.ends_with(ended.as_str()))
            {
                return seen;
            }
        }
    }
}
