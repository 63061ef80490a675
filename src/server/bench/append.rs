//! `append_p99`: a command from its way into the room to its acknowledgement, over one sync of the
//! same disk.

use super::{BenchError, Figure, statistics::Times, venue::Venue};
use crate::{
    room::{Ask, Room, Seat, SessionNo},
    signalling::{self, Queue},
};
use diemcau_conference::{Command, DeviceId, Role};
use diemcau_protocol::{Outcome, ServerMessage};
use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    time::Instant,
};

/// Commands before anything is measured: the files have grown by then.
const WARM_UP: u32 = 50;
const COMMANDS: u32 = 500;
const BLOCK: [u8; 4096] = [0xa5; 4096];

/// Commands go through the mailbox of a real room, one after the other; between two of them a block
/// is appended to a file beside the log and synced, so that a disk that is busy is so for both.
pub(super) async fn measure(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start(data, 6).await?;
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(venue.folder().join("blocks"))?;
    let mut person = Person::enter(&venue).await?;
    let (mut commands, mut syncs) = (Times::default(), Times::default());
    for number in 0..WARM_UP + COMMANDS {
        let asked = Instant::now();
        person.declare(number).await?;
        let acknowledged = Instant::now();
        append(&mut file)?;
        if number >= WARM_UP {
            commands.add(acknowledged - asked);
            syncs.add(acknowledged.elapsed());
        }
    }
    drop(person);
    venue.stop().await;
    eprintln!(
        "acknowledged after {:.2} ms (p99 {:.2} ms), one sync {:.2} ms (p99 {:.2} ms)",
        commands.median(),
        commands.percentile(99),
        syncs.median(),
        syncs.percentile(99),
    );
    Ok(vec![Figure {
        name: "append_p99",
        value: commands.percentile(99) / syncs.percentile(99),
        unit: "ratio",
    }])
}

/// Blocks: the thread that measures has nothing else to do, and the room has its own.
fn append(file: &mut File) -> Result<(), BenchError> {
    file.write_all(&BLOCK)?;
    Ok(file.sync_data()?)
}

/// A session of the room without a socket.
struct Person {
    room: Room,
    session: SessionNo,
    messages: Queue,
}

impl Person {
    async fn enter(venue: &Venue) -> Result<Self, BenchError> {
        let gone = || BenchError::Refused("the room is closed".to_owned());
        let room = venue.server.rooms().get(&venue.setup.id).ok_or_else(gone)?;
        let seat = Seat {
            site: venue.site(1),
            role: Role::Site,
            device: DeviceId::new("bench"),
        };
        let (outbox, messages) = signalling::channel();
        let session = room.connect(seat, None, outbox).await.ok_or_else(gone)?;
        Ok(Self {
            room,
            session,
            messages,
        })
    }

    /// Declares a headcount and waits for the acknowledgement.
    async fn declare(&mut self, number: u32) -> Result<(), BenchError> {
        let refused = |why: String| BenchError::Refused(why);
        let key = format!("00000000-0000-4000-8000-{number:012x}")
            .parse()
            .map_err(|_| refused("the key is none".to_owned()))?;
        let present = number % 100;
        let ask = Ask::Conference {
            key,
            seen: None,
            command: Command::AttendanceHeadcount { present },
        };
        let id = u64::from(number) + 1;
        self.room.ask(self.session, id, ask).await;
        while let Some(text) = self.messages.next().await {
            let message =
                serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
            if let ServerMessage::Reply(reply) = message
                && reply.re == id
            {
                return match reply.outcome {
                    Outcome::Ok(_) => Ok(()),
                    Outcome::Error(error) => Err(refused(error.message.en)),
                };
            }
        }
        Err(refused("the session was closed".to_owned()))
    }
}
