//! A run on a line as a table and as a picture.

use std::{fmt::Write, fs, path::Path, time::Duration};

/// How things were at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: Duration,
    /// What the line carries, what it is believed to carry and what came to it, in bit/s.
    pub(super) line: f64,
    pub(super) estimate: Option<f64>,
    pub(super) sent: f64,
    /// Packets that were lost since the sample before.
    pub(super) lost: u64,
    /// How long a packet waits.
    pub(super) queue: Duration,
    /// The main picture flows, and how many pictures do.
    pub(super) main: bool,
    pub(super) pictures: usize,
}

/// Ten samples a second.
#[derive(Debug, Default)]
pub(super) struct Plot {
    pub(super) samples: Vec<Sample>,
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 60.0;

impl Plot {
    /// Writes both into `var/lines/` where the environment asks for plots.
    pub(super) fn save(&self, name: &str) {
        if std::env::var_os("PLOTS").is_none() {
            return;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/lines");
        fs::create_dir_all(&folder).expect("a folder");
        let files = [("csv", self.table()), ("svg", self.picture(name))];
        for (ending, content) in files {
            fs::write(folder.join(format!("{name}.{ending}")), content).expect("written");
        }
    }

    fn table(&self) -> String {
        let mut out =
            "seconds,line_kbps,estimate_kbps,sent_kbps,lost,queue_ms,pictures\n".to_owned();
        for it in &self.samples {
            let estimate = it.estimate.map(|rate| format!("{:.0}", rate / 1000.0));
            writeln!(
                out,
                "{:.1},{:.0},{},{:.0},{},{},{}",
                it.at.as_secs_f64(),
                it.line / 1000.0,
                estimate.unwrap_or_default(),
                it.sent / 1000.0,
                it.lost,
                it.queue.as_millis(),
                it.pictures
            )
            .expect("written");
        }
        out
    }

    /// Rates above, then the queue, then losses and pictures.
    fn picture(&self, name: &str) -> String {
        let mut out = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1000 {}' font-family='sans-serif' \
             font-size='12'><rect width='100%' height='100%' fill='white'/>\
             <text x='{LEFT}' y='16' font-size='14'>{name}</text>",
            3.0 * (HEIGHT + 40.0) + 20.0
        );
        let rates: [(&str, &str, Values); 3] = [
            ("line, Mbit/s", "#999", |it| Some(it.line / 1e6)),
            ("sent", "#2a7", |it| Some(it.sent / 1e6)),
            ("estimate", "#06c", |it| it.estimate.map(|rate| rate / 1e6)),
        ];
        let queue: [(&str, &str, Values); 1] = [("queue, ms", "#c60", |it| {
            Some(it.queue.as_secs_f64() * 1000.0)
        })];
        let counts: [(&str, &str, Values); 2] = [
            ("packets lost in 100 ms", "#c22", |it| Some(it.lost as f64)),
            ("pictures", "#66a", |it| Some(it.pictures as f64)),
        ];
        self.panel(&mut out, 30.0, &rates);
        self.panel(&mut out, 30.0 + HEIGHT + 40.0, &queue);
        self.panel(&mut out, 30.0 + 2.0 * (HEIGHT + 40.0), &counts);
        out + "</svg>\n"
    }

    fn panel(&self, out: &mut String, top: f64, curves: &[(&str, &str, Values)]) {
        let all = curves
            .iter()
            .flat_map(|(_, _, value)| self.samples.iter().filter_map(value));
        let most = all.fold(1.0, f64::max);
        let end = self.samples.last().map_or(1.0, |it| it.at.as_secs_f64());
        let y = |value: f64| top + HEIGHT - value / most * HEIGHT;
        for step in 0..=4 {
            let value = most * f64::from(step) / 4.0;
            write!(
                out,
                "<line x1='{LEFT}' x2='{}' y1='{1:.1}' y2='{1:.1}' stroke='#ddd'/>\
                 <text x='5' y='{1:.1}'>{value:.1}</text>",
                LEFT + WIDTH,
                y(value)
            )
            .expect("written");
        }
        for ((nth, (label, colour, value)), x) in curves.iter().enumerate().zip([0.0, 150.0, 300.0])
        {
            let mut path = String::new();
            let mut pen = 'M';
            for sample in &self.samples {
                let Some(value) = value(sample) else {
                    pen = 'M';
                    continue;
                };
                let x = LEFT + sample.at.as_secs_f64() / end * WIDTH;
                write!(path, "{pen}{x:.1} {:.1}", y(value)).expect("written");
                pen = 'L';
            }
            write!(
                out,
                "<path d='{path}' fill='none' stroke='{colour}' stroke-width='{}'/>\
                 <text x='{}' y='{}' fill='{colour}'>{label}</text>",
                if nth == 0 { 2 } else { 1 },
                LEFT + x,
                top - 4.0
            )
            .expect("written");
        }
    }
}

type Values = fn(&Sample) -> Option<f64>;
