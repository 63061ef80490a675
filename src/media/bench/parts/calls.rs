//! The system calls: datagrams of 1,200 B over loopback to many sockets and to one. What the loopback
//! device and the receiver's queue cost is in each of them.

use super::{
    super::{
        BenchError,
        system::{self, Batch, Fan},
    },
    Part, timed,
};
use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4, UdpSocket},
    ops::Range,
    rc::Rc,
};

const LEN: usize = 1200;
/// Receivers, each with a socket.
const RECEIVERS: usize = 256;
/// Datagrams that a round reads: no more than a socket keeps.
const READ: usize = 1024;

pub(super) fn parts() -> Result<Vec<Part>, BenchError> {
    let receivers = Rc::new(Receivers::new()?);
    Ok(vec![
        send("send_batch_1", &receivers, 1, Alike::No)?,
        send("send_batch_16", &receivers, 16, Alike::No)?,
        send("send_batch_64", &receivers, 64, Alike::No)?,
        send("send_batch_256", &receivers, 256, Alike::No)?,
        send("send_2_to_one", &receivers, 64, Alike::InTurn(2))?,
        send("send_2_as_segments", &receivers, 32, Alike::Segments(2))?,
        send("send_4_to_one", &receivers, 64, Alike::InTurn(4))?,
        send("send_4_as_segments", &receivers, 16, Alike::Segments(4))?,
        receive("receive_batch_16", 16)?,
        receive("receive_batch_64", 64)?,
    ])
}

/// Whether several datagrams go to one receiver, and how.
#[derive(Clone, Copy)]
enum Alike {
    No,
    /// One behind the other, each by itself.
    InTurn(usize),
    /// So many as segments of one.
    Segments(usize),
}

struct Receivers {
    sockets: Vec<UdpSocket>,
    addresses: Vec<SocketAddrV4>,
}

impl Receivers {
    fn new() -> io::Result<Self> {
        let sockets = (0..RECEIVERS).map(|_| system::socket(Ipv4Addr::LOCALHOST));
        let sockets = sockets.collect::<io::Result<Vec<_>>>()?;
        let addresses = sockets.iter().map(system::address);
        Ok(Self {
            addresses: addresses.collect::<io::Result<_>>()?,
            sockets,
        })
    }

    /// Reads all that has come. Returns how many datagrams that was.
    fn drain(&self, batch: &mut Batch) -> usize {
        self.sockets.iter().map(|socket| drain(socket, batch)).sum()
    }
}

/// Reads all that has come to one socket. Returns how many datagrams that was.
fn drain(socket: &UdpSocket, batch: &mut Batch) -> usize {
    let read = || Some(batch.receive(socket, false, |_, _| {})).filter(|count| *count > 0);
    std::iter::from_fn(read).sum()
}

/// Sends one datagram to each receiver, or as `alike` says, `batch` a call.
fn send(
    name: &'static str,
    receivers: &Rc<Receivers>,
    batch: usize,
    alike: Alike,
) -> Result<Part, BenchError> {
    let receivers = receivers.clone();
    let socket = system::socket(Ipv4Addr::LOCALHOST)?;
    let (in_turn, segments) = match alike {
        Alike::No => (1, 1),
        Alike::InTurn(count) => (count, 1),
        Alike::Segments(count) => (1, count),
    };
    if segments > 1 {
        system::cut(&socket, LEN)?;
    }
    let among = RECEIVERS / in_turn / segments;
    let to = receivers.addresses[..among].iter();
    let addresses: Vec<_> = to.flat_map(|to| vec![*to; in_turn]).collect();
    let mut fan = Fan::new(&addresses, LEN * segments);
    let mut room = Batch::new();
    let round = move || {
        let batches = (0..addresses.len()).step_by(batch);
        let ranges: Vec<Range<usize>> = batches.map(|first| first..first + batch).collect();
        let (time, sent) = timed(|| {
            let sent = ranges.iter().map(|range| fan.send(&socket, range.clone()));
            sent.sum::<usize>()
        });
        if sent * segments != RECEIVERS || receivers.drain(&mut room) != RECEIVERS {
            return Err(BenchError::Silent(name));
        }
        Ok(time as f64 / RECEIVERS as f64)
    };
    Ok(Part {
        name,
        round: Box::new(round),
    })
}

/// Reads what has come to one socket, `batch` a call.
fn receive(name: &'static str, batch: usize) -> Result<Part, BenchError> {
    let (from, to) = (
        system::socket(Ipv4Addr::LOCALHOST)?,
        system::socket(Ipv4Addr::LOCALHOST)?,
    );
    let mut fan = Fan::new(&[system::address(&to)?; READ], LEN);
    let mut room = Batch::of(batch);
    let round = move || {
        for first in (0..READ).step_by(system::BATCH) {
            fan.send(&from, first..first + system::BATCH);
        }
        let (time, received) = timed(|| drain(&to, &mut room));
        if received != READ {
            return Err(BenchError::Silent(name));
        }
        Ok(time as f64 / READ as f64)
    };
    Ok(Part {
        name,
        round: Box::new(round),
    })
}
