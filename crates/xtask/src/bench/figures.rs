//! What several runs say together: medians, and the ratio to the disk of the same run.

use serde_json::{Value, json};

use super::drive::Sample;

/// One thing measured at one number of connections.
pub struct Figure {
    /// What: `writes` or `reads`.
    pub what: &'static str,
    /// How many connections.
    pub connections: usize,
    /// The runs.
    pub samples: Vec<Sample>,
}

impl Figure {
    fn median(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let mut values: Vec<f64> = self.samples.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }

    fn to_disk(&self) -> f64 {
        self.median(|sample| sample.per_second / sample.syncs_per_second)
    }

    /// A row of the table.
    pub fn row(&self) -> String {
        let rate = self.median(|sample| sample.per_second);
        let (p50, p99) = (self.median(|sample| sample.p50_ms), self.median(|sample| sample.p99_ms));
        let syncs = self.median(|sample| sample.syncs_per_second);
        let (what, connections, ratio) = (self.what, self.connections, self.to_disk());
        let server = self.median(|sample| sample.server_micros);
        let database = self.median(|sample| sample.database_micros);
        let load = self.median(|sample| sample.load_micros);
        format!(
            "| {what:<6} | {connections:>3} | {rate:>9.0} | {p50:>8.2} | {p99:>8.2} | \
             {:>9.1} | {syncs:>7.0} | {ratio:>7.2} | {server:>9.0} | \
             {database:>5.0} | {load:>7.0} |",
            p99 / p50
        )
    }

    /// The same for programs, with every run.
    pub fn json(&self) -> Value {
        let runs = self.samples.iter().map(|sample| {
            json!({ "per_second": round(sample.per_second), "p50_ms": sample.p50_ms,
                "p99_ms": sample.p99_ms, "syncs_per_second": round(sample.syncs_per_second),
                "server_micros": round(sample.server_micros),
                "database_micros": round(sample.database_micros),
                "load_micros": round(sample.load_micros) })
        });
        json!({
            "what": self.what,
            "connections": self.connections,
            "per_second": round(self.median(|sample| sample.per_second)),
            "p50_ms": self.median(|sample| sample.p50_ms),
            "p99_ms": self.median(|sample| sample.p99_ms),
            "syncs_per_second": round(self.median(|sample| sample.syncs_per_second)),
            "server_micros": round(self.median(|sample| sample.server_micros)),
            "database_micros": round(self.median(|sample| sample.database_micros)),
            "load_micros": round(self.median(|sample| sample.load_micros)),
            "to_disk": (self.to_disk() * 100.0).round() / 100.0,
            "runs": runs.collect::<Vec<_>>(),
        })
    }
}

/// The head of the table.
pub const HEAD: &str = "| what   | con | per s     | p50 ms   | p99 ms   | p99 ÷ p50 | syncs/s | ÷ syncs | server µs | db µs | load µs |\n\
                        |--------|-----|-----------|----------|----------|-----------|---------|---------|-----------|-------|---------|";

fn round(value: f64) -> f64 {
    value.round()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(per_second: f64) -> Sample {
        let (p50_ms, p99_ms, syncs_per_second) = (1.0, 4.0, 1000.0);
        let (server_micros, database_micros, load_micros) = (300.0, 100.0, 50.0);
        Sample {
            per_second,
            p50_ms,
            p99_ms,
            syncs_per_second,
            server_micros,
            database_micros,
            load_micros,
        }
    }

    #[test]
    fn a_figure_is_the_median_of_its_runs() {
        let samples = [3000.0, 1000.0, 2000.0].map(sample).to_vec();
        let figure = Figure { what: "writes", connections: 64, samples };
        assert_eq!(figure.json()["per_second"], 2000.0);
        assert_eq!(figure.json()["to_disk"], 2.0);
        assert_eq!(
            figure.row().matches('|').count(),
            HEAD.lines().next().unwrap().matches('|').count()
        );
    }
}
