//! What Janus takes for a packet that it forwards, beside what the media plane takes for the same
//! packets to as many receivers over the same line, in turn.
//!
//! Janus offers no loopback address, so both servers stand behind a line of this machine, in a
//! network namespace that the bench makes and removes: they have the first core, source and
//! receivers the second one. Janus is Debian's, with the streaming plugin and its own defaults.

mod audience;
mod gateway;
mod namespace;

use super::{
    BenchError, Figure, Options,
    field::Field,
    figure, on_far_core,
    rounds::{self, Kind, Load},
    wire::Server,
};
use audience::Audience;
pub(super) use audience::candidate;
use gateway::Gateway;
pub(super) use namespace::Namespace;
use std::time::Duration;

/// As many as Janus serves at about half of a core.
const RECEIVERS: usize = 60;
/// Packets of 1,200 B a second: 1.4 Mbit/s.
const RATE: f64 = 150.0;
const ROUND: Duration = Duration::from_secs(2);

/// Measures Janus beside the media plane. Blocks for about half a minute. No figure, and the reason
/// on standard error, where Janus is not installed or no namespace may be made.
///
/// # Errors
/// See [`BenchError`].
pub fn run_janus(options: &Options) -> Result<Vec<Figure>, BenchError> {
    let plugins = match gateway::find() {
        Ok(plugins) => plugins,
        Err(why) => return skipped(why),
    };
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(why) => return skipped(&format!("no network namespace: {why}")),
    };
    on_far_core(|| {
        let mut gateway = Gateway::start(&namespace, &plugins)?;
        let mut audience = Audience::gather(&mut gateway, &namespace, RECEIVERS)?;
        let mut server = Server::start_in(&namespace, &options.child)?;
        let mut field = Field::at(&mut server, namespace.near())?;
        for _ in 0..RECEIVERS {
            field.join(&mut server)?;
        }
        server.plan(true, false, RECEIVERS)?;
        let mut load = Load {
            kind: Kind::Camera,
            rate: RATE,
            length: ROUND,
        };
        let (mut theirs, mut ours, mut ratios) = (vec![], vec![], vec![]);
        for _ in 0..options.rounds.max(1) {
            let (janus, rate) = rounds::undropped(load, |load| {
                let before = gateway.processor_time()?;
                let sent = audience.flow(&load)?;
                let whole = audience.settle(sent)?;
                let ran = gateway.processor_time()?.saturating_sub(before);
                let copies = sent * RECEIVERS as u64;
                Ok(whole.then_some(ran.as_nanos() as f64 / copies.max(1) as f64))
            })?;
            load.rate = rate;
            let (engine, rate) = rounds::forwarded(&mut server, &mut field, load)?;
            load.rate = rate;
            theirs.push(janus);
            ours.push(engine);
            ratios.push(janus / engine);
        }
        let (theirs, ours) = (rounds::median(theirs), rounds::median(ours));
        eprintln!(
            "Janus: {theirs:.0} ns for each copy of {:.0} packets per second to {RECEIVERS} \
             receivers; the media plane: {ours:.0} ns",
            load.rate
        );
        Ok(vec![
            figure("janus_cost_ratio", rounds::median(ratios), "ratio"),
            figure("janus_forward_cost", theirs, "ns"),
        ])
    })
}

fn skipped(why: &str) -> Result<Vec<Figure>, BenchError> {
    eprintln!("janus_cost_ratio, janus_forward_cost: skipped: {why}");
    Ok(vec![])
}
