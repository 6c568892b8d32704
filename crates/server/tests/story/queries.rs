//! The queries there are, and the queries that were executed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

const TRIP: &str = "habitue::trip";

/// Collects the statements that the store says it executes.
#[derive(Clone, Default)]
pub struct Executed(Arc<Mutex<BTreeSet<String>>>, Arc<AtomicUsize>);

impl Executed {
    /// Starts collecting in this process; once.
    pub fn collect() -> Self {
        let executed = Self::default();
        tracing::subscriber::set_global_default(executed.clone()).unwrap();
        executed
    }

    /// How often the store has waited for PostgreSQL since the last time; COMMIT does not count.
    pub fn trips(&self) -> usize {
        self.1.swap(0, Ordering::Relaxed)
    }

    pub fn all(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Sql<'a>(&'a mut BTreeSet<String>);

impl Visit for Sql<'_> {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.insert(value.to_owned());
        }
    }
}

impl Subscriber for Executed {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["habitue::sql", TRIP].contains(&metadata.target()) && *metadata.level() == Level::TRACE
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == TRIP {
            self.1.fetch_add(1, Ordering::Relaxed);
            return;
        }
        event.record(&mut Sql(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Every query of the store: `coupon::TAKE` and its text. What belongs to one engine only, such
/// as asking for its schema, is not among them.
pub fn written() -> BTreeMap<String, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/src");
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let engine = ["sqlite.rs", "postgres.rs", "backup.rs", "relocate.rs"];
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() || engine.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let room = name.trim_end_matches(".rs");
        for (name, sql) in constants(&text) {
            all.insert(format!("{room}::{name}"), sql);
        }
    }
    all
}

fn constants(source: &str) -> Vec<(String, String)> {
    let starts = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];
    let one = |part: &str| {
        let (name, rest) = part.split_once(": &str =")?;
        let literal = rest.split_once('"')?.1.split_once('"')?.0;
        // A backslash at the end of a line swallows the break and what the next line begins with.
        let lines = literal.split("\\\n").enumerate();
        let text: String =
            lines.map(|(n, line)| if n == 0 { line } else { line.trim_start() }).collect();
        starts.iter().any(|word| text.starts_with(word)).then(|| (name.to_owned(), text))
    };
    source.split("const ").skip(1).filter_map(one).collect()
}

#[test]
fn the_constants_are_found_with_their_whole_text() {
    let all = written();
    assert!(all.len() > 60, "{}", all.len());
    let expected = "INSERT INTO promotion_use (program_id, promotion_id, used) VALUES ($1, $2, 0) \
                    ON CONFLICT DO NOTHING";
    assert_eq!(all["coupon::START"], expected);
}
