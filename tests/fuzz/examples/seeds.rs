//! Writes the seeds of the targets' corpora, but the offers of `sdp`, which are browsers' own:
//! `cargo run --example seeds` in this folder.

use diemcau_fuzz::write_step;
use std::{fs, io, path::Path};

const MICROPHONE: u32 = 1001;
const CAMERA: u32 = 1002;
const CAMERA_RTX: u32 = 1003;

fn main() -> io::Result<()> {
    rtp()?;
    rtcp()?;
    stun()?;
    protocol()?;
    log()
}

fn seed(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}

/// A header with MID, level and transport-wide sequence number, as a browser sends it.
fn header(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, mid: u8) -> Vec<u8> {
    let mut packet = vec![0x90, payload_type];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0xbe, 0xde, 0, 2, 0x40, b'0' + mid, 0x10, 30, 0x31]);
    packet.extend(sequence.to_be_bytes());
    packet.push(0);
    packet
}

fn picture(sequence: u16, id: u16, first: bool, last: bool, key: bool) -> Vec<u8> {
    let payload_type = 96 | u8::from(last) << 7;
    let mut packet = header(payload_type, sequence, u32::from(id) * 3000, CAMERA, 1);
    packet.extend([0x80 | u8::from(first) << 4, 0xe0]);
    packet.extend((id | 0x8000).to_be_bytes());
    packet.extend([id as u8, 0x40, u8::from(!key), 2, 3, 4, 5]);
    packet
}

fn sound(sequence: u16) -> Vec<u8> {
    let mut packet = header(111, sequence, u32::from(sequence) * 960, MICROPHONE, 0);
    packet.extend([0xfc, 1, 2, 3]);
    packet
}

fn repair(sequence: u16, of: u16) -> Vec<u8> {
    let original = picture(of, of, true, true, false);
    let mut packet = header(97, sequence, u32::from(of) * 3000, CAMERA_RTX, 1);
    packet.extend(of.to_be_bytes());
    packet.extend(&original[24..]);
    packet
}

fn rtp() -> io::Result<()> {
    let mut call = vec![];
    for n in 1..8 {
        write_step(&mut call, 0, &picture(n, n, true, true, n == 1));
        write_step(&mut call, 0, &sound(n));
        write_step(&mut call, 0x4e, &[]);
    }
    seed("rtp", "call", &call)?;

    let mut holes = vec![];
    for n in [1, 2, 5, 4, 9] {
        write_step(
            &mut holes,
            0,
            &picture(n, n, n % 2 == 1, n % 2 == 0, n == 1),
        );
        write_step(&mut holes, 0x4e, &[]);
    }
    for n in [3, 6, 7] {
        write_step(&mut holes, 0, &repair(n, n));
    }
    write_step(&mut holes, 0, &header(97, 40, 9, CAMERA_RTX, 1));
    seed("rtp", "repair", &holes)?;

    let mut switch = vec![];
    write_step(&mut switch, 0x1d, &[]);
    for n in 65_533..=65_535 {
        write_step(&mut switch, 0, &picture(n, n & 0x7fff, true, true, true));
        write_step(&mut switch, 0x10, &picture(n, 5, true, true, true));
    }
    write_step(&mut switch, 0x5d, &[]);
    write_step(&mut switch, 0x10, &picture(0, 6, true, true, true));
    write_step(&mut switch, 0x10, &picture(1, 7, true, true, false));
    write_step(&mut switch, 0x8e, &[]);
    write_step(&mut switch, 0x10, &picture(2, 8, true, true, false));
    seed("rtp", "switch", &switch)?;

    let mut odd = vec![];
    let mut padded = picture(1, 1, true, true, true);
    padded[0] |= 0x20;
    padded.extend([0, 0, 0, 4]);
    write_step(&mut odd, 0, &padded);
    let mut two_byte = vec![
        0x90, 111, 0, 1, 0, 0, 3, 192, 0, 0, 3, 233, 0x10, 0, 0, 1, 1, 1, 30, 0,
    ];
    two_byte.extend([0xfc; 8]);
    write_step(&mut odd, 0, &two_byte);
    let mut sources = vec![0x82, 111, 0, 2, 0, 0, 7, 128, 0, 0, 3, 233];
    sources.extend([0; 8]);
    write_step(&mut odd, 0, &sources);
    seed("rtp", "odd-headers", &odd)
}

fn word(value: u32) -> [u8; 4] {
    value.to_be_bytes()
}

fn rtcp() -> io::Result<()> {
    let main = [0xaa, 0xaa, 0xaa, 2];
    let nack = [&[0x81, 205, 0, 3][..], &word(1), &main, &[0xbb, 1, 0, 3]].concat();
    let loss = [&[0x81, 206, 0, 2][..], &word(1), &main].concat();
    let fir = [
        &[0x84, 206, 0, 4][..],
        &word(1),
        &word(0),
        &main,
        &[1, 0, 0, 0],
    ]
    .concat();
    let sender = [
        &[0x80, 200, 0, 6][..],
        &word(CAMERA),
        &word(0xe900_0000),
        &word(0x8000_0000),
        &word(9000),
        &word(4),
        &word(400),
    ]
    .concat();
    let names = [
        &[0x81, 202, 0, 3][..],
        &word(CAMERA),
        &[1, 4, b'n', b'a', b'm', b'e', 0, 0],
    ]
    .concat();
    let receiver = [
        &[0x81, 201, 0, 7][..],
        &word(1),
        &main,
        &word(0x0300_0005),
        &word(9),
        &word(100),
        &word(0),
        &word(0),
    ]
    .concat();
    let bye = [&[0x81, 203, 0, 1][..], &word(CAMERA)].concat();
    let feedback = [
        &[0x8f, 205, 0, 5][..],
        &word(1),
        &word(CAMERA),
        &[0, 1, 0, 2, 0, 0, 1, 0, 0x20, 2, 4, 4],
    ]
    .concat();
    let one = |name: &str, client: u8, compound: &[u8]| {
        let mut input = vec![];
        write_step(&mut input, client, compound);
        seed("rtcp", name, &input)
    };
    one("nack", 0x10, &nack)?;
    one("loss", 0x10, &loss)?;
    one("full-intra-request", 0x10, &fir)?;
    one("sender", 0, &[&sender[..], &names].concat())?;
    one("receiver", 0x10, &[&receiver[..], &names, &nack].concat())?;
    one("bye", 0, &[&receiver[..], &bye].concat())?;
    one("transport-feedback", 0x10, &feedback)?;
    // The receiver tells of the packets one after the other, later each time: a queue that grows.
    let mut queue = vec![];
    for n in 0..24u8 {
        let told = [
            &[0x8f, 205, 0, 5][..],
            &word(1),
            &word(CAMERA),
            &[0, 8 + n, 0, 1, 0, 0, n, n, 0x20, 1, n * 4, 0],
        ];
        write_step(&mut queue, 0x0c, &[]);
        write_step(&mut queue, 0x4e, &[]);
        write_step(&mut queue, 0x10, &told.concat());
    }
    seed("rtcp", "queue", &queue)?;
    let mut call = vec![];
    for n in 0..6u8 {
        write_step(&mut call, 0x2c, &[]);
        write_step(&mut call, 0x0d, &[]);
        write_step(&mut call, 0x10, if n % 2 == 0 { &nack } else { &loss });
        write_step(&mut call, 0, &sender);
        write_step(&mut call, 0x6e, &[]);
    }
    seed("rtcp", "call", &call)
}

fn stun() -> io::Result<()> {
    let mut checks = vec![];
    write_step(
        &mut checks,
        6,
        &[
            0, 0x24, 4, 110, 0, 30, 255, 0x80, 0x2a, 8, 1, 2, 3, 4, 5, 6, 7, 8,
        ],
    );
    write_step(&mut checks, 0x16, &[0, 0x25, 0]);
    write_step(
        &mut checks,
        10,
        &[0, 0x25, 0, 0xff, 0xff, 0, 0xc0, 0x57, 4, 0, 1, 0, 10],
    );
    write_step(&mut checks, 0xae, &[]);
    write_step(&mut checks, 6, &[]);
    seed("stun", "checks", &checks)?;
    let mut bare = vec![0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42];
    bare.extend([7; 12]);
    bare.extend([0, 6, 0, 6, b'a', b':', b'c', b'l', b'i', b'e', 0, 0]);
    let mut input = vec![];
    write_step(&mut input, 0, &bare);
    bare[0..2].copy_from_slice(&[1, 1]);
    write_step(&mut input, 0, &bare);
    seed("stun", "bare", &input)?;
    let mut input = vec![];
    let mut hello = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20];
    hello.extend([
        1, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 8, 0xfe, 0xfd, 1, 2, 3, 4, 5, 6,
    ]);
    write_step(&mut input, 0, &hello);
    seed("stun", "hello", &input)
}

fn protocol() -> io::Result<()> {
    let all = r#"2{"id":1,"key":"0f8fad5b-d9cb-469f-a165-70867728950e","cmd":"attendance.headcount","present":9}
3{"id":2,"cmd":"floor.request","floor":"speech","kind":"point-of-order","words":"về thủ tục"}
0{"id":3,"cmd":"floor.accept","request":3,"place":1}
0{"id":3,"cmd":"floor.accept","request":2}
0{"id":4,"cmd":"floor.grant","request":3}
+60000
d3
+25000
u3
0{"id":5,"cmd":"floor.invite","site":"can-tho"}
5{"id":6,"cmd":"floor.release","epoch":3}
0{"id":7,"cmd":"floor.take"}
0{"id":8,"cmd":"floor.revoke","epoch":4,"reason":"hết giờ"}
0{"id":9,"cmd":"microphone.override","open":true}
0{"id":9,"cmd":"picture.main","site":"da-nang"}
0{"id":9,"cmd":"picture.main","site":null}
1{"id":10,"cmd":"floor.cancel","request":2}
0{"id":11,"cmd":"floor.deny","request":2,"reason":""}
c4
u4
0{"id":12,"cmd":"room.lock","locked":true}
0{"id":12,"cmd":"device.remove","device":"device-3"}
u3
"#;
    seed("protocol", "floor", all.as_bytes())?;
    let outage = "o9000\nu0\nu1\nu2\nu3\n+30000\nl3\n0{\"id\":1,\"cmd\":\"session.close\"}\n0{\"id\":1,\"cmd\":\"session.open\",\"name\":\"chiều\"}\n0{\"id\":1,\"cmd\":\"conference.close\"}\n";
    seed("protocol", "outage", outage.as_bytes())?;
    let media = "0{\"id\":1,\"cmd\":\"media.join\",\"sdp\":\"v=0\"}\n0{\"id\":2,\"cmd\":\"media.leave\"}\n0{\"id\":3,\"cmd\":\"link.ping\"}\n0{\"id\":4,\"cmd\":\"link.leave\"}\n";
    seed("protocol", "media", media.as_bytes())
}

fn log() -> io::Result<()> {
    let everyone = r#"{"to":"everyone"}"#;
    let room = r#"{"actor":"room"}"#;
    let person = r#"{"actor":"person","site":"can-tho","role":"site","device":"d1"}"#;
    let key = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let events = [
        (
            room,
            r#"{"event":"session.opened","session":1,"name":"sáng"}"#,
        ),
        (
            room,
            r#"{"event":"link.up","device":"d1","site":"can-tho","role":"site"}"#,
        ),
        (
            person,
            r#"{"event":"attendance.headcount-declared","site":"can-tho","present":7}"#,
        ),
        (
            room,
            r#"{"event":"server.outage","from":1368147600000,"to":1368147609000}"#,
        ),
        (person, r#"{"event":"conference.closed"}"#),
    ];
    let mut input = vec![];
    for (actor, event) in events {
        let row = format!("{everyone}\n{actor}\n{key}\n{event}");
        write_step(
            &mut input,
            if actor == room { 8 } else { 0 },
            row.as_bytes(),
        );
    }
    seed("log_reader", "rows", &input)?;
    let mut gap = input.clone();
    gap[0] |= 1;
    seed("log_reader", "gap", &gap)
}
