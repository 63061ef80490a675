//! `diemcau agent check`: what a technician runs on a site's machine the day before.
//!
//! It goes the way that a page goes, step by step, and says of each step what it found and what
//! mends it. What a line is good for is not decided here: the server judges the figures, as it does
//! for the page.

mod line;
mod rate;
mod sheet;
mod words;

use crate::{
    AgentError, Done, State,
    door::{Door, DoorArgs},
    http::{Call, Server},
    link::{self, Driver, Link},
    sign_in::{self, Session},
};
use clap::{Args, ValueEnum};
use diemcau_protocol::{Ask, LineGrade, LineResult, LineVerdict, MediaCommand, Welcome};
use hyper::{Method, header::DATE};
use line::Trial;
use sheet::{Sheet, Step};
use std::{
    io::Write,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};
use tokio::{sync::watch, task::JoinSet};

/// A clock that is further off is told; certificates and the record suffer.
const CLOCK_LIMIT: f64 = 5.0;

/// Arguments of `diemcau agent check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    diemcau agent check --server https://hop.example:8443 --ca ca.crt --site can-tho\n  \
    diemcau agent check --link - --lang en < link.txt\n\n\
    It takes about half a minute. The site is shown as present while it runs; nothing is said or \
    shown to others.\nEnds with 0 when a conference can be held from here, with 1 when not.")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    door: DoorArgs,
    /// Language of the sentences.
    #[arg(long, value_enum, default_value = "vi")]
    lang: Lang,
    /// How long the line is listened to, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 8, value_parser = clap::value_parser!(u64).range(2..=60))]
    seconds: u64,
    /// Report as JSON, in both languages.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// Tiếng Việt.
    Vi,
    /// English.
    En,
}

/// So long the WebSocket must stay: a proxy that does not know it cuts it at once.
const HELD: Duration = Duration::from_secs(3);

pub(crate) async fn run(args: CheckArgs, out: &mut (dyn Write + Send)) -> Result<Done, AgentError> {
    let door = args.door.open()?;
    let live = (!args.json).then_some(out as &mut (dyn Write + Send));
    let mut sheet = Sheet::new(args.lang, door.server.origin(), live);
    let listen = Duration::from_secs(args.seconds);
    tokio::select! {
        done = go(&door, listen, &mut sheet) => done?,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            return Err(AgentError::Entry("interrupted".to_owned()));
        }
    }
    let (done, text) = sheet.finish()?;
    if args.json {
        writeln!(out, "{text}")?;
    }
    Ok(done)
}

/// Goes step by step until one fails that the next ones need.
async fn go(door: &Door, listen: Duration, sheet: &mut Sheet<'_>) -> Result<(), AgentError> {
    let server = &door.server;
    if !reach(server, sheet).await? {
        return sheet.skip(&[
            Step::Clock,
            Step::SignIn,
            Step::WebSocket,
            Step::Media,
            Step::Line,
        ]);
    }
    clock(server, sheet).await?;
    let session = match sign_in::sign_in(server, &door.sign_in).await {
        Ok(session) => {
            sheet.good(Step::SignIn, words::signed_in(&session.signed_in))?;
            session
        }
        Err(error) => {
            let (what, mend) = words::no_sign_in(&error);
            sheet.bad(Step::SignIn, what, mend)?;
            return sheet.skip(&[Step::WebSocket, Step::Media, Step::Line]);
        }
    };
    let opened = Instant::now();
    let (link, driver, welcome) = match link::open(server, &session).await {
        Ok(opened) => opened,
        Err(error) => {
            let (what, mend) = words::no_web_socket(&error);
            sheet.bad(Step::WebSocket, what, mend)?;
            return sheet.skip(&[Step::Media, Step::Line]);
        }
    };
    let linked = Linked::new(link, driver, welcome, opened);
    tokio::time::sleep(HELD).await;
    // Who is in the conference cannot check a line: both would share it.
    linked.finish(sheet).await?;
    let site = Site {
        server,
        session: &session,
        sign_in: &door.sign_in.site,
        linked: &linked,
    };
    // Large futures, which would stand in this one otherwise.
    Box::pin(site.line(listen, sheet)).await
}

/// The server over TCP, and its certificate.
async fn reach(server: &Server, sheet: &mut Sheet<'_>) -> Result<bool, AgentError> {
    let started = Instant::now();
    let stream = match server.dial().await {
        Ok(stream) => stream,
        Err(error) => {
            let (what, mend) = words::not_reached(server, &error);
            sheet.bad(Step::Server, what, mend)?;
            sheet.skip(&[Step::Certificate])?;
            return Ok(false);
        }
    };
    sheet.good(Step::Server, words::reached(server, started.elapsed()))?;
    if let Err(error) = server.secure(stream).await {
        let (what, mend) = words::no_tls(&error);
        sheet.bad(Step::Certificate, what, mend)?;
        return Ok(false);
    }
    sheet.good(Step::Certificate, words::certificate(server))?;
    Ok(true)
}

/// This machine's clock against the server's, from one answer's Date.
async fn clock(server: &Server, sheet: &mut Sheet<'_>) -> Result<(), AgentError> {
    let asked = SystemTime::now();
    let answer = server.call(Call::new(Method::GET, "/api/v1/sites")).await;
    let answered = SystemTime::now();
    let date = answer.as_ref().ok().and_then(|answer| {
        let date = answer.headers.get(DATE)?.to_str().ok()?;
        httpdate::parse_http_date(date).ok()
    });
    let Some(date) = date else {
        let (what, mend) = words::no_clock(answer.as_ref().err());
        return sheet.bad(Step::Clock, what, mend);
    };
    // The date has whole seconds, cut off: half a second later is the middle of what it may mean.
    let middle = |time: SystemTime| seconds(time);
    let here = (middle(asked) + middle(answered)) / 2.0;
    let ahead = here - (seconds(date) + 0.5);
    if ahead.abs() <= CLOCK_LIMIT {
        sheet.good(Step::Clock, words::clock(ahead))
    } else {
        let (what, mend) = words::clock_off(ahead);
        sheet.note(Step::Clock, what, mend)
    }
}

fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// The signalling link, and what its welcome says of the conference.
struct Linked {
    link: Link,
    welcome: Welcome,
    local: IpAddr,
    opened: Instant,
    state: Arc<watch::Sender<State>>,
    /// Ends with this value.
    _driver: JoinSet<()>,
}

impl Linked {
    fn new(link: Link, driver: Driver, welcome: Welcome, opened: Instant) -> Self {
        let local = driver.local_address();
        let state = Arc::new(watch::channel(State::new(welcome.clone())).0);
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run(Arc::clone(&state)));
        Self {
            link,
            welcome,
            local,
            opened,
            state,
            _driver: tasks,
        }
    }

    /// Says whether the link stayed, and leaves.
    async fn finish(&self, sheet: &mut Sheet<'_>) -> Result<(), AgentError> {
        let open = self.opened.elapsed();
        let asked = Instant::now();
        let pinged = self.ask(MediaCommand::Ping).await;
        if pinged && self.state.borrow().linked {
            let answered = asked.elapsed();
            sheet.good(Step::WebSocket, words::web_socket(open, answered))?;
            self.ask(MediaCommand::LinkLeave).await;
            Ok(())
        } else {
            let (what, mend) = words::web_socket_lost(open);
            sheet.bad(Step::WebSocket, what, mend)
        }
    }

    async fn ask(&self, command: MediaCommand) -> bool {
        let asked = self.link.ask(Ask::Media(command));
        let answered = tokio::time::timeout(Duration::from_secs(10), asked).await;
        matches!(answered, Ok(Ok(Ok(_))))
    }
}

/// Everything that the trial of the line needs.
struct Site<'a> {
    server: &'a Server,
    session: &'a Session,
    sign_in: &'a diemcau_protocol::SiteId,
    linked: &'a Linked,
}

impl Site<'_> {
    /// The media path, the line, the rates, and the server's verdict.
    async fn line(&self, listen: Duration, sheet: &mut Sheet<'_>) -> Result<(), AgentError> {
        let trial = Trial {
            server: self.server,
            session: self.session,
            site: self.sign_in,
            local: self.linked.local,
            welcome: &self.linked.welcome,
        };
        let found = match Box::pin(trial.run(listen)).await {
            Ok(found) => found,
            Err(error) => {
                let (what, mend) = words::no_line_check(&error);
                sheet.bad(Step::Media, what, mend)?;
                return sheet.skip(&[Step::Line]);
            }
        };
        let mut result = found.result;
        match words::path(&result) {
            (what, None) => sheet.good(Step::Media, what)?,
            (what, Some(mend)) if found.connected() => sheet.note(Step::Media, what, mend)?,
            (what, Some(mend)) => sheet.bad(Step::Media, what, mend)?,
        }
        let rates = rate::measure(self.server, self.session).await;
        (result.rate_up_kbps, result.rate_down_kbps) = (rates.up_kbps, rates.down_kbps);
        sheet.measured(result);
        let judged = self.judge(&found.check, &result).await;
        match judged {
            Ok(verdict) => self.tell(result, verdict, sheet),
            Err(error) => {
                let (what, mend) = words::no_verdict(&error);
                sheet.bad(Step::Line, what, mend)
            }
        }
    }

    async fn judge(&self, check: &str, result: &LineResult) -> Result<LineVerdict, AgentError> {
        let path = format!("/api/v1/line-check/{check}");
        let judge = format!("{path}/result");
        let mut call = Call::new(Method::POST, &judge).json(result)?;
        call.cookie = Some(&self.session.cookie);
        let verdict = self.server.call(call).await;
        let mut end = Call::new(Method::DELETE, &path);
        end.cookie = Some(&self.session.cookie);
        if let Err(error) = self.server.call(end).await {
            // The server ends a check by itself after a while.
            tracing::debug!(%error, "The line check could not be ended.");
        }
        verdict?.json()
    }

    fn tell(
        &self,
        result: LineResult,
        verdict: LineVerdict,
        sheet: &mut Sheet<'_>,
    ) -> Result<(), AgentError> {
        let figures = words::figures(&result);
        match verdict.verdict {
            LineGrade::Bad => sheet.bad(Step::Line, figures, None)?,
            LineGrade::Good | LineGrade::Usable => sheet.good(Step::Line, figures)?,
        }
        sheet.judged(verdict)
    }
}
