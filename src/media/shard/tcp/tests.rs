use super::*;

/// As if everything were ready: what is not says so. All are peers.
fn look(tcp: &mut Tcp, mut each: impl FnMut(Path, &mut [u8])) {
    look_at(tcp, |path, frame| {
        each(path, frame);
        true
    });
}

fn look_at(tcp: &mut Tcp, each: impl FnMut(Path, &mut [u8]) -> bool) {
    let now = Instant::now();
    let interests = tcp.interests(now);
    let mut ready: Vec<RawFd> = interests.map(|(descriptor, _)| descriptor).collect();
    ready.sort_unstable();
    tcp.handle(now, &ready, each);
}

fn client_of(tcp: &Tcp) -> TcpStream {
    let address = tcp.listener.local_addr().expect("an address");
    TcpStream::connect(address).expect("a connection")
}

fn connected() -> (Tcp, TcpStream, Path) {
    let mut tcp = Tcp::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let client = client_of(&tcp);
    while tcp.connections.is_empty() {
        look(&mut tcp, |_, _| {});
    }
    let path = *tcp.connections.keys().next().expect("a connection");
    (tcp, client, path)
}

#[test]
fn frames_are_found_however_they_are_cut() {
    let stream = [0, 1, 7, 0, 0, 0, 3, 1, 2, 3];
    for cut in 0..stream.len() {
        let (mut input, mut found) = (stream[..cut].to_vec(), vec![]);
        let mut find = |frame: &mut [u8]| {
            found.push(frame.to_vec());
            Ok(())
        };
        let taken = frames(&mut input, &mut find).expect("framed");
        input.drain(..taken);
        input.extend_from_slice(&stream[cut..]);
        let taken = frames(&mut input, &mut find).expect("framed");
        assert_eq!(taken, input.len());
        assert_eq!(found, [vec![7], vec![], vec![1, 2, 3]], "cut at {cut}");
    }
    assert_eq!(
        frames(&mut [0xff, 0xff, 0], |_| Ok(())),
        Err(End::Unframed),
        "what is no frame"
    );
}

#[test]
fn datagrams_go_both_ways() {
    let (mut tcp, mut client, path) = connected();
    client.write_all(&[0, 2, 8, 9]).expect("sent");
    let mut got = vec![];
    while got.is_empty() {
        look(&mut tcp, |from, frame| got.push((from, frame.to_vec())));
    }
    assert_eq!(got, [(path, vec![8, 9])]);
    tcp.send(path, &[5, 6, 7], false);
    let mut back = [0; 5];
    client.read_exact(&mut back).expect("received");
    assert_eq!(back, [0, 3, 5, 6, 7]);
}

#[test]
fn a_slow_line_loses_pictures_first_and_memory_stays_bounded() {
    let (mut tcp, client, path) = connected();
    while tcp.counts.dropped == 0 {
        tcp.send(path, &[0; 1200], true);
    }
    let dropped = tcp.counts.dropped;
    tcp.send(path, &[1; 100], false);
    assert_eq!(tcp.counts.dropped, dropped, "sound still fits");
    for _ in 0..10_000 {
        tcp.send(path, &[1; 100], false);
    }
    assert!(tcp.counts.dropped > dropped);
    assert!(tcp.connections[&path].output.len() <= ALL_UP_TO + 2);
    drop(client);
}

#[test]
fn a_connection_that_is_no_peers_is_closed() {
    let (mut tcp, mut client, path) = connected();
    let later = Instant::now() + PATIENCE;
    tcp.sweep(later, |found| *found == path);
    assert_eq!(tcp.connections.len(), 1);
    tcp.sweep(later, |_| false);
    assert!(tcp.connections.is_empty());
    assert_eq!(client.read(&mut [0; 1]).expect("closed"), 0);
}

#[test]
fn what_is_not_framed_is_closed_and_counted() {
    let (mut tcp, mut client, _) = connected();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("sent");
    while !tcp.connections.is_empty() {
        look(&mut tcp, |_, _| {});
    }
    assert_eq!(tcp.counts.refused_unframed, 1);
}

#[test]
fn a_round_reads_so_much_of_a_connection_and_the_next_one_goes_on() {
    let (mut tcp, mut client, _) = connected();
    let frame = [&[3, 254][..], &[7; 1022]].concat();
    let sent = 32;
    client.write_all(&frame.repeat(sent)).expect("sent");
    let mut got = 0;
    while got < sent {
        let before = got;
        look(&mut tcp, |_, _| got += 1);
        assert!((got - before) * frame.len() <= MAX_READ);
    }
}

#[test]
fn whoever_sends_frames_and_is_no_peer_is_cut() {
    let (mut tcp, mut client, _) = connected();
    client.write_all(&[0; 60_000]).expect("sent");
    let mut seen = 0;
    while !tcp.connections.is_empty() {
        look_at(&mut tcp, |_, _| {
            seen += 1;
            false
        });
    }
    assert_eq!(seen, MAX_STRANGE_FRAMES);
    assert_eq!(tcp.counts.refused_stranger, 1);
}

#[test]
fn a_peer_may_send_as_many_frames_as_it_likes() {
    let (mut tcp, mut client, _) = connected();
    client.write_all(&[0; 2 * 10_000]).expect("sent");
    let mut seen = 0;
    while seen < 10_000 {
        // It becomes one with the last frame that it could send as a stranger.
        look_at(&mut tcp, |_, _| {
            seen += 1;
            seen >= MAX_STRANGE_FRAMES
        });
    }
    assert_eq!(tcp.connections.len(), 1);
}

#[test]
fn an_address_has_so_many_connections_that_are_no_peers() {
    let mut tcp = Tcp::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let mut clients = vec![];
    let mut connect = |tcp: &mut Tcp| {
        clients.push(client_of(tcp));
        let count = |tcp: &Tcp| tcp.counts.accepted + tcp.counts.refused_address;
        let before = count(tcp);
        while count(tcp) == before {
            look(tcp, |_, _| {});
        }
    };
    for _ in 0..MAX_STRANGERS + 1 {
        connect(&mut tcp);
    }
    assert_eq!(tcp.connections.len(), MAX_STRANGERS);
    assert_eq!(tcp.counts.refused_address, 1);
    tcp.sweep(Instant::now(), |_| true);
    connect(&mut tcp);
    assert_eq!(
        tcp.connections.len(),
        MAX_STRANGERS + 1,
        "peers do not count"
    );
    assert_eq!(tcp.counts.refused_address, 1);
}

#[test]
fn a_line_is_an_address_or_a_network_of_64_bits() {
    let line = |text: &str| line_of(text.parse().expect("an address"));
    assert_eq!(line("2001:db8::1"), line("2001:db8::ffff:1:2:3"));
    assert_ne!(line("2001:db8::1"), line("2001:db8:0:1::1"));
    assert_eq!(line("::ffff:192.0.2.1"), line("192.0.2.1"));
    assert_ne!(line("::ffff:192.0.2.1"), line("::ffff:192.0.2.2"));
}

#[test]
fn without_descriptors_the_listener_rests_instead_of_spinning() {
    let (mut tcp, _client, _) = connected();
    let now = Instant::now();
    let listens = |tcp: &Tcp, at| tcp.interests(at).count() == 2;
    tcp.accept_failed(now, &ErrorKind::ConnectionAborted.into());
    assert!(listens(&tcp, now), "one that went away is no reason");
    for (nth, code) in [libc::EMFILE, libc::ENFILE].into_iter().enumerate() {
        tcp.accept_failed(now, &io::Error::from_raw_os_error(code));
        assert_eq!(tcp.counts.accept_failed, nth as u64 + 1);
        assert!(!listens(&tcp, now));
        assert_eq!(tcp.deadline(now), Some(now + REST));
        assert!(listens(&tcp, now + REST));
        assert_eq!(tcp.deadline(now + REST), None);
    }
}
