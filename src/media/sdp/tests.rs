//! What the sections of an offer are for, told by their order alone, and what is answered.

use super::*;
use crate::far_end::{Sections, offer_of, with_nack_of_sound};

/// An offer of sections like `audio send`; MIDs are their places.
fn offer(sections: &[&str]) -> Offer {
    let mut text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:clie\r\n\
                    a=setup:actpass\r\na=fingerprint:sha-256 "
        .to_owned();
    text.push_str(&["AB"; 32].join(":"));
    for (mid, section) in sections.iter().enumerate() {
        let (kind, direction) = section.split_once(' ').expect("two words");
        let codec = match kind {
            "audio" => "111\r\na=rtpmap:111 opus/48000/2",
            "video" => "96\r\na=rtpmap:96 VP8/90000",
            // In the mode for lines without packets (RFC 6184 §6.2).
            _ => "98\r\na=rtpmap:98 H264/90000",
        };
        let name = if kind == "audio" { "audio" } else { "video" };
        text.push_str(&format!(
            "\r\nm={name} 9 UDP/TLS/RTP/SAVPF {codec}\r\na=mid:{mid}\r\na={direction}"
        ));
    }
    text.push_str("\r\n");
    Offer::parse(&text).expect("an offer")
}

/// What each section is for, in a word.
fn used(sections: &[&str]) -> Vec<String> {
    uses(&offer(sections))
        .into_iter()
        .map(|used| match used {
            Use::Sends(Feed::Audio(AudioKind::Microphone), _) => "microphone".to_owned(),
            Use::Sends(Feed::Audio(AudioKind::Screen), _) => "screen-audio".to_owned(),
            Use::Sends(Feed::Video(VideoKind::Camera), _) => "camera".to_owned(),
            Use::Sends(Feed::Video(VideoKind::Screen), _) => "screen".to_owned(),
            Use::Slot(slot) => format!("{:?}-{}", slot.kind, slot.index),
            Use::None => "-".to_owned(),
        })
        .collect()
}

#[test]
fn the_order_tells_what_a_section_is_for() {
    const A: &str = "audio recvonly";
    const V: &str = "video recvonly";
    const H: &str = "h264 recvonly";
    let cases: [(&[&str], &[&str]); 9] = [
        // A page.
        (
            &[
                "audio sendonly",
                "video sendonly",
                "video sendonly",
                "audio sendonly",
                A,
                A,
                V,
                V,
                A,
                V,
                V,
            ],
            &[
                "microphone",
                "camera",
                "screen",
                "screen-audio",
                "Audio-0",
                "Audio-1",
                "Main-0",
                "Presentation-0",
                "PresentationAudio-0",
                "Thumbnail-0",
                "Thumbnail-1",
            ],
        ),
        // A page that knows of no presentation.
        (
            &["audio sendonly", "video sendonly", A, A, V, V, V],
            &[
                "microphone",
                "camera",
                "Audio-0",
                "Audio-1",
                "Main-0",
                "Thumbnail-0",
                "Thumbnail-1",
            ],
        ),
        // Both ways at once, as simple clients offer: they send, and get nothing.
        (
            &["audio sendrecv", "video sendrecv", "video sendrecv"],
            &["microphone", "camera", "screen"],
        ),
        // A wall screen: it sends nothing.
        (
            &[A, V, V, A],
            &["Audio-0", "Main-0", "Presentation-0", "PresentationAudio-0"],
        ),
        // Sound behind the main picture is a microphone like any other.
        (&[V, A, A], &["Main-0", "Audio-0", "Audio-1"]),
        // The presentation may stand last, and there is one.
        (
            &[V, V, V, A, V, A],
            &[
                "Main-0",
                "Thumbnail-0",
                "Presentation-0",
                "PresentationAudio-0",
                "Thumbnail-1",
                "Audio-0",
            ],
        ),
        // What cannot be decoded is not counted.
        (
            &[H, V, H, A, V],
            &["-", "Main-0", "-", "Audio-0", "Thumbnail-0"],
        ),
        // A third of a kind is refused, and so is what flows no way.
        (
            &[
                "audio sendonly",
                "audio sendonly",
                "audio sendonly",
                "video inactive",
            ],
            &["microphone", "screen-audio", "-", "-"],
        ),
        (&["h264 sendonly", "video sendonly"], &["-", "camera"]),
    ];
    for (sections, expected) in cases {
        assert_eq!(used(sections), expected, "{sections:?}");
    }
}

/// The lines of each section of the answer to a page's offer that begin with one of these.
fn answered(sections: Sections, keys: &[&str]) -> Vec<String> {
    let offer = Offer::parse(&offer_of(&["AB"; 32].join(":"), sections)).expect("an offer");
    answered_to(&offer, keys)
}

fn answer_of(offer: &Offer) -> String {
    let ssrcs: Vec<_> = (0..20).map(|nth| (1000 + nth, 2000 + nth)).collect();
    let local = Local {
        ufrag: "serv",
        password: "password",
        fingerprint: &[0xcd; 32],
        candidates: &["192.0.2.1:8081".parse().expect("an address")],
        ssrcs: &ssrcs,
        cname: "c",
    };
    answer(offer, &uses(offer), &local)
}

fn answered_to(offer: &Offer, keys: &[&str]) -> Vec<String> {
    let answer = answer_of(offer);
    let sections = answer.split("m=").skip(1);
    sections
        .map(|section| {
            let lines = section.lines();
            let kept = lines.filter_map(|line| {
                let key = keys.iter().find(|key| line.starts_with(**key))?;
                Some(line.strip_prefix("a=").unwrap_or(&line[..key.len()]))
            });
            kept.collect::<Vec<_>>().join(" | ")
        })
        .collect()
}

/// What is taken of a section that offers this, as `codec media/rtx parameters`.
fn taken(lines: &str) -> Vec<String> {
    let maps = lines
        .lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:"));
    let numbers: Vec<&str> = maps.filter_map(|map| map.split(' ').next()).collect();
    let section = format!(
        "m=video 9 UDP/TLS/RTP/SAVPF {}\r\na=mid:0\r\na=recvonly\r\n{lines}\r\n",
        numbers.join(" ")
    );
    let text = offer_of(&["AB"; 32].join(":"), PAGE);
    let (session, _) = text.split_once("m=").expect("sections");
    let offer = Offer::parse(&format!("{session}{section}")).expect("an offer");
    let taken = |format: &Format| {
        let rtx = format
            .rtx_payload_type
            .map_or("-".to_owned(), |rtx| rtx.to_string());
        let profile = format
            .profile
            .map_or(String::new(), |profile| format!(" {profile}"));
        format!("{:?} {}/{rtx}{profile}", format.codec, format.payload_type)
    };
    offer.sections[0].formats().iter().map(taken).collect()
}

#[test]
fn vp8_is_taken_before_h264_and_h264_only_as_everybody_decodes_it() {
    const VP8: &str = "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96";
    let h264 = |number: u8, parameters: &str| {
        format!("a=rtpmap:{number} H264/90000\r\na=fmtp:{number} {parameters}")
    };
    let rtx =
        |number: u8, of: u8| format!("a=rtpmap:{number} rtx/90000\r\na=fmtp:{number} apt={of}");
    let one = |parameters: &str| h264(102, parameters);
    let is_taken_as = |parameters: &str, expected: &str| {
        let answered = format!("H264 102/- {expected}");
        assert_eq!(taken(&one(parameters)), [answered], "{parameters}");
    };
    let plain = "packetization-mode=1;profile-level-id=";
    for id in ["42e01f", "42c01f", "42001f", "4d801f", "58c01e", "42e034"] {
        is_taken_as(&format!("{plain}{id}"), &format!("{plain}{id}"));
    }
    is_taken_as("packetization-mode=1", &format!("{plain}42000a"));
    is_taken_as(
        " Profile-Level-Id=42E01F; packetization-mode=1 ;level-asymmetry-allowed=1;x=y",
        &format!("level-asymmetry-allowed=1;{plain}42e01f"),
    );
    for refused in [
        "profile-level-id=42e01f",
        "packetization-mode=0;profile-level-id=42e01f",
        "packetization-mode=2;profile-level-id=42e01f",
        "packetization-mode=1;profile-level-id=4d001f",
        "packetization-mode=1;profile-level-id=640c1f",
        "packetization-mode=1;profile-level-id=42e01",
        "packetization-mode=1;profile-level-id=+2e01f",
        "packetization-mode=1;profile-level-id=42e01f00",
        "packetization-mode=1;profile-level-id=",
    ] {
        assert!(taken(&one(refused)).is_empty(), "{refused}");
    }

    let constrained = format!("{plain}42e01f");
    let all: [&str; 6] = [
        &h264(102, &format!("{plain}42001f")),
        &rtx(103, 102),
        &h264(108, &constrained),
        &rtx(109, 108),
        &h264(110, &constrained),
        VP8,
    ];
    let expected = [
        "Vp8 96/97".to_owned(),
        format!("H264 108/109 {constrained}"),
    ];
    assert_eq!(taken(&all.join("\r\n")), expected);
    let stray = rtx(98, 96);
    let lone = [all[0], all[1], stray.as_str()];
    assert_eq!(
        taken(&lone.join("\r\n")),
        [format!("H264 102/103 {plain}42001f")]
    );
}

const CHROMIUM: &str = include_str!("../../../tests/fuzz/corpus/sdp/chromium");

#[test]
fn a_browser_sends_vp8_and_is_sent_both() {
    let offer = Offer::parse(CHROMIUM).expect("an offer");
    let keys = [
        "a=sendonly",
        "a=recvonly",
        "a=rtpmap",
        "a=fmtp",
        "a=ssrc-group",
    ];
    let found = answered_to(&offer, &keys);
    assert_eq!(
        found[1],
        "recvonly | rtpmap:96 VP8/90000 | rtpmap:97 rtx/90000 | fmtp:97 apt=96"
    );
    assert_eq!(
        found[4],
        "sendonly | rtpmap:96 VP8/90000 | rtpmap:97 rtx/90000 | fmtp:97 apt=96 | \
         rtpmap:108 H264/90000 | \
         fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f | \
         rtpmap:109 rtx/90000 | fmtp:109 apt=108 | ssrc-group:FID 1002 2002"
    );
}

#[test]
fn who_sends_nothing_but_h264_is_answered_with_it() {
    let text = CHROMIUM.replace("VP8/90000", "VP7/90000");
    let offer = Offer::parse(&text).expect("an offer");
    let found = answered_to(&offer, &["a=recvonly", "a=rtpmap", "a=rtcp-fb"]);
    assert_eq!(
        found[1],
        "recvonly | rtpmap:108 H264/90000 | rtcp-fb:108 nack | rtcp-fb:108 nack pli | \
         rtpmap:109 rtx/90000 | rtcp-fb:108 transport-cc"
    );
    let found = answered_to(&offer, &["a=sendonly", "a=rtpmap"]);
    assert_eq!(
        found[4],
        "sendonly | rtpmap:108 H264/90000 | rtpmap:109 rtx/90000"
    );
    let numbers = answer_of(&offer);
    let section = numbers.lines().filter(|line| line.starts_with("m=video"));
    let expected = "m=video 9 UDP/TLS/RTP/SAVPF 108 109";
    assert!(section.take(2).all(|line| line == expected), "{numbers}");
}

const PAGE: Sections = Sections {
    audio: 2,
    presentation: true,
    thumbnails: 1,
};

#[test]
fn a_presentation_is_one_stream_and_the_speaker_another() {
    let found = answered(
        PAGE,
        &["audio", "video", "a=sendonly", "a=recvonly", "a=msid:"],
    );
    let expected = [
        "audio | recvonly",
        "video | recvonly",
        "video | recvonly",
        "audio | recvonly",
        "audio | sendonly | msid:speaker speaker-4",
        "audio | sendonly | msid:audio-1 audio-1-5",
        "video | sendonly | msid:speaker speaker-6",
        "video | sendonly | msid:presentation presentation-7",
        "audio | sendonly | msid:presentation presentation-8",
        "video | sendonly | msid:thumbnail-0 thumbnail-0-9",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_screen_is_taken_as_a_camera_is_and_repaired_as_the_main_picture_is() {
    let keys = [
        "a=rtpmap",
        "a=fmtp",
        "a=rtcp-fb",
        "a=extmap",
        "a=simulcast",
        "a=rid",
    ];
    let found = answered(PAGE, &keys);
    assert_eq!(found[2], found[1], "the screen as the camera");
    assert!(found[2].contains("nack pli") && found[2].contains("transport-cc"));
    assert!(!found[2].contains("simulcast") && !found[2].contains("rid:"));
    assert_eq!(found[3], found[0], "its sound as the microphone");
    assert!(found[3].contains(AUDIO_LEVEL_URI));
    assert_eq!(found[7], found[6], "the presentation as the main picture");
    assert!(found[7].contains("rtx/90000"));
    assert_eq!(found[8], found[4], "its sound as a voice");
    let ssrcs = answered(PAGE, &["a=ssrc"]);
    assert_eq!(
        ssrcs[7],
        "ssrc:1003 cname:c | ssrc-group:FID 1003 2003 | ssrc:2003 cname:c"
    );
    assert_eq!(ssrcs[8], "ssrc:1004 cname:c");
}

/// What a browser sends again under an old number may not differ from the first packet, as a new
/// transport-wide number would make it.
#[test]
fn sound_is_repaired_where_that_is_offered_and_then_bears_no_number_that_changes() {
    let plain = offer_of(&["AB"; 32].join(":"), PAGE);
    for (text, is_repaired) in [
        (plain.clone(), false),
        (with_nack_of_sound(&plain), true),
        (
            plain.replace(
                "a=rtpmap:111 opus/48000/2\r\n",
                "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:* nack\r\na=rtcp-fb:111 nack pli\r\n",
            ),
            true,
        ),
    ] {
        let offer = Offer::parse(&text).expect("an offer");
        let found = answered_to(&offer, &["a=rtcp-fb", "a=fmtp", "a=extmap"]);
        let numbers = |line: &str| line.contains("transport-cc") || line.contains(TRANSPORT_CC_URI);
        for sound in [0, 3, 4, 5, 8] {
            assert!(found[sound].contains("useinbandfec=1"));
            assert_eq!(found[sound].contains("rtcp-fb:111 nack"), is_repaired);
            assert!(!found[sound].contains("pli"), "{}", found[sound]);
        }
        assert_eq!([0, 3].map(|sent| numbers(&found[sent])), [!is_repaired; 2]);
        assert!(numbers(&found[1]), "pictures tell what the line carries");
    }
}

/// A page's offer whose camera says this too, read.
fn camera(lines: &str) -> Sending {
    let text = offer_of(&["AB"; 32].join(":"), PAGE);
    let text = text.replace("a=mid:1\r\n", &format!("a=mid:1\r\n{lines}\r\n"));
    let offer = Offer::parse(&text).expect("an offer");
    match uses(&offer).into_iter().nth(1) {
        Some(Use::Sends(Feed::Video(VideoKind::Camera), sending)) => sending,
        other => panic!("{other:?}"),
    }
}

const RIDS: &str = "a=rid:q send\r\na=rid:h send pt=96\r\na=rid:f send\r\na=rid:x send\r\n";

#[test]
fn layers_are_read_low_to_high_and_what_contradicts_itself_is_one_stream() {
    let cases: [(&str, &[&str]); 14] = [
        ("a=simulcast:send q;h;f", &["q", "h", "f"]),
        ("a=simulcast:send q;~h;f", &["q", "h", "f"]),
        ("a=simulcast:send q,x;h", &["q", "h"]),
        ("a=simulcast:recv y send f;q", &["f", "q"]),
        ("a=simulcast:send q", &["q"]),
        ("a=simulcast:send q;h;f;x", &["q", "h", "f"]),
        // What is beyond them is not looked at.
        ("a=simulcast:send q;h;f;q;y", &["q", "h", "f"]),
        ("a=sendonly", &[]),
        ("a=simulcast:recv q;h;f", &[]),
        ("a=simulcast:send q;y", &[]),
        ("a=simulcast:send q;q", &[]),
        ("a=simulcast:send q;;f", &[]),
        ("a=simulcast:send q;h\r\na=simulcast:send f", &[]),
        (
            "a=rid:seventeen-letters send\r\na=simulcast:send seventeen-letters;q",
            &[],
        ),
    ];
    for (line, expected) in cases {
        let found = camera(&format!("{RIDS}{line}"));
        assert_eq!(found.rids, expected, "{line}");
    }
}

#[test]
fn an_offer_without_end_is_read_to_an_end() {
    let many = |line: &dyn Fn(u32) -> String| (0..5000).map(line).collect::<String>();
    let attributes = many(&|nth| {
        let (id, rtx) = (nth % 256, 10_000 + nth);
        format!(
            "a=extmap:{id} {MID_URI}\r\na=ssrc:{nth} cname:x\r\na=ssrc-group:FID {nth} {rtx}\r\n\
             a=rtpmap:{nth} VP8/90000\r\na=rtcp-fb:{nth} nack\r\na=rid:r{nth} send\r\n"
        )
    });
    let layers = many(&|nth| format!("{}r{nth}", if nth > 0 { ";" } else { "" }));
    let formats = many(&|nth| format!(" {nth} 96"));
    let plain = offer_of(&["AB"; 32].join(":"), PAGE);
    let text = plain
        .replacen("SAVPF 96 97\r\n", &format!("SAVPF 96 97{formats}\r\n"), 1)
        .replace(
            "a=mid:1\r\n",
            &format!("a=mid:1\r\n{attributes}a=simulcast:send {layers}\r\n"),
        );
    let offer = Offer::parse(&text).expect("an offer");
    let camera = &offer.sections[1];
    let counts = [
        camera.codecs.len(),
        camera.extensions.len(),
        camera.ssrcs.len(),
        camera.rtx_of.len(),
        camera.rids.len(),
    ];
    assert_eq!(counts, [128, 255, 8, 8, 3]);
    let plain = Offer::parse(&plain).expect("an offer");
    let [lines, usual] = [&offer, &plain].map(|offer| answer_of(offer).lines().count());
    assert!(lines < usual + 300, "{lines} lines of an answer");
}

#[test]
fn layers_are_answered_in_the_section_that_has_them() {
    let text = offer_of(&["AB"; 32].join(":"), PAGE);
    let more = format!(
        "a=extmap:10 {RID_URI}\r\na=extmap:11 {REPAIRED_RID_URI}\r\n{RIDS}a=simulcast:send q;h;f\r\n"
    );
    let text = ["a=mid:1\r\n", "a=mid:2\r\n", "a=mid:6\r\n"]
        .into_iter()
        .fold(text, |text, mid| text.replace(mid, &format!("{mid}{more}")));
    let offer = Offer::parse(&text).expect("an offer");
    let ids = extension_ids(&offer);
    assert_eq!((ids.rid, ids.repaired_rid), (Some(10), Some(11)));
    let found = answered_to(&offer, &["a=rid", "a=simulcast", "a=extmap:1"]);
    let level = format!("extmap:1 {AUDIO_LEVEL_URI}");
    assert_eq!(
        found[1],
        format!(
            "extmap:10 {RID_URI} | extmap:11 {REPAIRED_RID_URI} | rid:q recv | rid:h recv | \
             rid:f recv | simulcast:recv q;h;f"
        )
    );
    assert_eq!(found[2], "", "the screen has one");
    assert_eq!((found[0].as_str(), found[6].as_str()), (level.as_str(), ""));
}
