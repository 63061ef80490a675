//! As much of DTLS 1.2 as can be read before there are keys: what a record is, whose ClientHello
//! this is, and the cookie in it. RFC 6347 §4.1, §4.2.

const RECORD_HEADER: usize = 13;
const HANDSHAKE_HEADER: usize = 12;
const CLIENT_HELLO: u8 = 1;
const HELLO_VERIFY_REQUEST: u8 = 3;

/// What a record carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Alert,
    Handshake,
    /// A change of cipher, or data.
    Other,
}

/// One record of a datagram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) content: Content,
    /// Zero: nothing has protected it.
    pub(super) epoch: u16,
    body: &'a [u8],
}

/// The records of a datagram, up to the first that is cut off.
pub(super) fn records(mut datagram: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (header, rest) = datagram.split_first_chunk::<RECORD_HEADER>()?;
        let len = usize::from(u16::from_be_bytes([header[11], header[12]]));
        let (body, rest) = rest.split_at_checked(len)?;
        datagram = rest;
        Some(Record {
            content: match header[0] {
                21 => Content::Alert,
                22 => Content::Handshake,
                _ => Content::Other,
            },
            epoch: u16::from_be_bytes([header[3], header[4]]),
            body,
        })
    })
}

/// The beginning of a ClientHello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientHello<'a> {
    /// 32 bytes, the same in the second hello as in the first.
    pub(super) random: &'a [u8; 32],
    /// Empty in the first hello.
    pub(super) cookie: &'a [u8],
}

/// A ClientHello that begins in this datagram; its end may be in another one.
pub(super) fn client_hello(datagram: &[u8]) -> Option<ClientHello<'_>> {
    let body = handshake(datagram, CLIENT_HELLO)?;
    let (_version, rest) = body.split_at_checked(2)?;
    let (random, rest) = rest.split_first_chunk()?;
    let (_session, rest) = vector(rest)?;
    let (cookie, _) = vector(rest)?;
    Some(ClientHello { random, cookie })
}

/// The cookie of a HelloVerifyRequest.
pub(super) fn verify_cookie(datagram: &[u8]) -> Option<&[u8]> {
    let body = handshake(datagram, HELLO_VERIFY_REQUEST)?;
    let (_version, rest) = body.split_at_checked(2)?;
    Some(vector(rest)?.0)
}

/// The body of an unprotected handshake message of this kind that a datagram begins with, as far
/// as it is here.
fn handshake(datagram: &[u8], kind: u8) -> Option<&[u8]> {
    let record = records(datagram).next()?;
    if record.content != Content::Handshake || record.epoch != 0 {
        return None;
    }
    let (header, body) = record.body.split_first_chunk::<HANDSHAKE_HEADER>()?;
    let fragment_offset = &header[6..9];
    (header[0] == kind && fragment_offset == [0; 3]).then_some(body)
}

/// A vector behind one byte of length, and what follows it.
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*len))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record around a whole handshake message.
    pub(crate) fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let len = |len: usize| (len as u32).to_be_bytes();
        let mut datagram = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0];
        datagram.extend(&len(HANDSHAKE_HEADER + body.len())[2..]);
        datagram.push(kind);
        datagram.extend(&len(body.len())[1..]);
        datagram.extend([0; 5]);
        datagram.extend(&len(body.len())[1..]);
        datagram.extend(body);
        datagram
    }

    #[test]
    fn a_hello_is_known_by_its_random_and_its_cookie() {
        let mut body = vec![0xfe, 0xfd];
        body.extend([7; 32]);
        body.extend([3, 1, 1, 1]);
        body.extend([2, 8, 9]);
        body.extend([0, 2, 0xc0, 0x2b]);
        let datagram = record(CLIENT_HELLO, &body);
        let hello = client_hello(&datagram).expect("a hello");
        assert_eq!((hello.random, hello.cookie), (&[7; 32], &[8, 9][..]));
        assert_eq!(verify_cookie(&datagram), None);
    }

    #[test]
    fn what_is_cut_off_is_no_hello() {
        let mut body = vec![0xfe, 0xfd];
        body.extend([7; 32]);
        body.extend([0, 9, 1]);
        let datagram = record(CLIENT_HELLO, &body);
        assert_eq!(client_hello(&datagram), None, "the cookie is cut off");
        for len in 0..datagram.len() {
            assert_eq!(client_hello(&datagram[..len]), None);
        }
    }

    #[test]
    fn a_datagram_is_read_record_by_record() {
        let mut datagram = record(HELLO_VERIFY_REQUEST, &[0xfe, 0xff, 1, 5]);
        assert_eq!(verify_cookie(&datagram), Some(&[5][..]));
        datagram.extend([21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0]);
        let found: Vec<_> = records(&datagram)
            .map(|record| (record.content, record.epoch))
            .collect();
        assert_eq!(found, [(Content::Handshake, 0), (Content::Alert, 1)]);
        datagram.pop();
        assert_eq!(records(&datagram).count(), 1, "the cut one is not one");
    }
}
