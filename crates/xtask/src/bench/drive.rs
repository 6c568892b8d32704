//! Connections that work side by side for a while, and how long each of their requests took.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::client::Client;
use super::place::Place;

/// What one run has measured.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Requests in a second.
    pub per_second: f64,
    /// Half of them took at most so long, in milliseconds.
    pub p50_ms: f64,
    /// All but one in a hundred took at most so long, in milliseconds.
    pub p99_ms: f64,
    /// What the disk did just before: syncs in a second.
    pub syncs_per_second: f64,
    /// What a request cost the server's process, in microseconds of one core.
    pub server_micros: f64,
    /// What it cost the database's own processes, where it has some.
    pub database_micros: f64,
    /// What it cost the load.
    pub load_micros: f64,
}

/// Runs `work` on so many connections until the time is over. It is given its connection and a
/// number that no other piece of work has; it notes how long its requests took.
pub fn drive<W>(
    (server, connections): (&Place, usize),
    time: Duration,
    numbers: &AtomicU32,
    work: W,
) -> Result<Sample>
where
    W: Fn(&mut Client, u32, &mut Times) -> Result<()> + Sync,
{
    let clients = (0..connections).map(|_| Client::connect(server.address));
    let clients = clients.collect::<Result<Vec<_>>>()?;
    let database = || server.database.map_or(0.0, family_micros);
    let own = || (cpu_micros(server.process_id()), cpu_micros(std::process::id()));
    let cpu = || (own(), database());
    let (before, begun) = (cpu(), Instant::now());
    let work = &work;
    let all = thread::scope(|scope| {
        let threads = clients.into_iter().map(|mut client| {
            scope.spawn(move || -> Result<Times> {
                let mut times = Times(Vec::new());
                while begun.elapsed() < time {
                    work(&mut client, numbers.fetch_add(1, Ordering::Relaxed), &mut times)?;
                }
                Ok(times)
            })
        });
        let threads: Vec<_> = threads.collect();
        let joined = threads.into_iter().map(|thread| {
            thread.join().map_err(|_| anyhow!("a connection of the load panicked"))?
        });
        joined.collect::<Result<Vec<Times>>>()
    })?;
    let (after, elapsed) = (cpu(), begun.elapsed());
    let mut micros: Vec<u32> = all.into_iter().flat_map(|times| times.0).collect();
    micros.sort_unstable();
    let count = f64::from(u32::try_from(micros.len().max(1))?);
    Ok(Sample {
        per_second: per_second(micros.len(), elapsed),
        p50_ms: percentile(&micros, 50),
        p99_ms: percentile(&micros, 99),
        syncs_per_second: 0.0,
        server_micros: (after.0.0 - before.0.0) / count,
        database_micros: (after.1 - before.1) / count,
        load_micros: (after.0.1 - before.0.1) / count,
    })
}

/// How long requests took, in microseconds.
pub struct Times(Vec<u32>);

impl Times {
    /// Runs one request and notes how long it took.
    pub fn note<T>(&mut self, request: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = Instant::now();
        let answer = request()?;
        self.0.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
        Ok(answer)
    }
}

/// How often the disk of this folder syncs 4 kB appended to a file, in a second.
pub fn syncs_per_second(folder: &Path) -> Result<f64> {
    const TIME: Duration = Duration::from_millis(400);
    let path = folder.join("sync-probe");
    let mut file = File::create(&path)?;
    let page = [7; 4096];
    let begun = Instant::now();
    let mut syncs = 0;
    while begun.elapsed() < TIME {
        file.write_all(&page)?;
        file.sync_data()?;
        syncs += 1;
    }
    let rate = per_second(syncs, begun.elapsed());
    drop(file);
    std::fs::remove_file(path)?;
    Ok(rate)
}

/// The time a process has had on a core so far, where the system tells (Linux, in ticks of 10 ms).
fn cpu_micros(process: u32) -> f64 {
    const TICK: f64 = 10_000.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; after it, user and system time are 12th and 13th.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = after.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * TICK
}

/// The same of a process and all that it has started and that still run.
fn family_micros(process: u32) -> f64 {
    let is_child = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        after.split_whitespace().nth(1).and_then(|parent| parent.parse().ok()) == Some(process)
    };
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    cpu_micros(process) + ids.filter(is_child).map(cpu_micros).sum::<f64>()
}

fn per_second(count: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64()
}

/// A percentile of sorted microseconds, in milliseconds.
fn percentile(sorted: &[u32], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    f64::from(sorted.get(place).copied().unwrap_or_default()) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let micros: Vec<u32> = (1..=100).map(|n| n * 1000).collect();
        assert!((percentile(&micros, 50) - 51.0).abs() < f64::EPSILON);
        assert!((percentile(&micros, 99) - 100.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 99).abs() < f64::EPSILON);
    }

    #[test]
    fn a_disk_syncs_at_least_once() {
        assert!(syncs_per_second(&std::env::temp_dir()).unwrap() > 0.0);
    }
}
