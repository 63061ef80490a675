//! Where `design/conference.md` can be read in two ways, and where the conference did not do what the
//! model says when they first met. True: as the model's words have it; false: as the conference had it.
//! What is decided loses its switch.
//!
//! Read so without a switch, because the design is silent and nothing else follows from it:
//!
//! - Who holds a floor is passed over when its next is looked for. So of two prepared speeches of one
//!   site in a row the second waits for its site, and another speaker may come between them.
//! - On the presentation floor the next is the first in the queue, whatever the policy.
//! - Who was passed over comes after everyone who was not: a skipped prepared speaker after the queue.
//! - A deputy speaks for a site only while on the chair.
//! - A request of a prepared list can be granted, called, moved, denied and taken back while another
//!   item is current; for `floor.next`, an invitation and an answer only the current list counts.
//! - The end of a session ends the current item, opens both lists and lifts the muting.
//! - A turn that is given back belongs to the current item, names no request, waits for sound anew, and
//!   is silent after `silence` from then on.
//! - A pass of the chair carries the muting's exception with it: the new chair's site goes on, that of
//!   the old one stands still.
//! - After an outage who chairs is away from its end on; a call has the time back.
//! - While nobody chairs nobody is called up by itself, and a turn that is lost ends nevertheless.
//! - Whoever is called again because they were ready is called for the same reason as before.
//! - What is late is made up for in this order: links, the chair, turns (each with all that is due of
//!   it, in the order of their epochs), the call.
//! - New rules from a configuration hold from the next thing on: nothing is made up for before them.

/// Rule 11 is of the speech floor: a presentation whose device is lost gives nobody the speech floor.
pub(crate) const LOST_PRESENTATION_ENDS_ALONE: bool = true;

/// The presentation floor knows no rank: "of no meaning on the presentation floor".
pub(crate) const PRESENTATION_HAS_NO_RANK: bool = true;

/// Rule 13: a silent holder is told before the turn is over, however short it is.
pub(crate) const SILENT_BEFORE_THE_END: bool = true;

/// Rules 4 and 10: a prepared speaker who was called up is called no more when the item ends.
pub(crate) const CALL_ENDS_WITH_ITEM: bool = true;

/// Rule 14, for commands that name one turn or one request too.
pub(crate) const CHANGED_IS_REFUSED: bool = true;

/// Rule 14, for "whoever is next": a link that came or went may have made another the next one.
pub(crate) const NEXT_IS_WHO_WAS_NEXT: bool = true;
