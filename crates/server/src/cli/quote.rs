//! `habitue quote`: cases as JSON lines in, an answer a line out. Needs no database.

use crate::case::answer;
use crate::clock::Clock;
use anyhow::Context;
use clap::Args;
use habitue_api::problem::Problem;
use habitue_domain::case::Case;
use habitue_domain::quote::Quote as Price;
use habitue_domain::time::Timestamp;
use serde::Serialize;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

/// Prices cases: one JSON document a line on standard input, one answer a line on standard output
/// (docs/quote-cases.md). Ends with failure where a case could not be answered.
#[derive(Debug, Args)]
pub struct Quote {
    /// Reads this file instead of standard input.
    file: Option<PathBuf>,
}

/// The answer to one case.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Priced {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        quote: Box<Price>,
    },
    Wrong {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        problem: Box<Problem>,
    },
}

impl Quote {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let now = Clock::System.now();
        let to = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        let wrong = match &self.file {
            None => price(std::io::stdin().lock(), to, now)?,
            Some(file) => {
                let name = file.display();
                let from = File::open(file).with_context(|| format!("cannot read {name}"))?;
                price(BufReader::new(from), to, now)?
            }
        };
        anyhow::ensure!(wrong == 0, "{wrong} of the cases could not be answered");
        Ok(())
    }
}

/// Answers each line that is not blank; how many are no case.
fn price(from: impl BufRead, mut to: impl Write, now: Timestamp) -> anyhow::Result<usize> {
    let mut wrong = 0;
    for line in from.split(b'\n') {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = one(&line, now);
        wrong += usize::from(matches!(answer, Line::Wrong { .. }));
        serde_json::to_writer(&mut to, &answer)?;
        to.write_all(b"\n")?;
    }
    to.flush()?;
    Ok(wrong)
}

fn one(line: &[u8], now: Timestamp) -> Line {
    let case: Case = match crate::body::parse(line) {
        Ok(case) => case,
        Err(error) => {
            return Line::Wrong { name: None, problem: Box::new(error.into_problem()) };
        }
    };
    match answer(&case, now) {
        Ok(quote) => Line::Priced { name: case.name, quote: Box::new(quote) },
        Err(error) => Line::Wrong { name: case.name, problem: Box::new(error.into_problem()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const NOW: &str = "2026-11-21T12:00:00Z";

    fn answers(lines: &[u8]) -> (usize, Vec<Value>) {
        let mut out = Vec::new();
        let wrong = price(lines, &mut out, NOW.parse().unwrap()).unwrap();
        let out = String::from_utf8(out).unwrap();
        (wrong, out.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    #[test]
    fn a_line_that_is_no_case_is_answered_and_the_next_is_priced() {
        let good = r#"{"name":"b","cart":{"currency":"EUR",
            "lines":[{"id":"a","product":"p","quantity":1,"unit_price":500}]}}"#;
        let good = good.replace('\n', "");
        let text = format!("{{\n\n{good}\n{}", good.replace("EUR", "XYZ"));
        let (wrong, lines) = answers(text.as_bytes());
        assert_eq!(wrong, 2);
        assert_eq!(lines[0]["problem"]["code"], "malformed_json");
        assert_eq!(lines[1]["name"], "b");
        assert_eq!(lines[1]["quote"]["to_pay"]["minor"], 500);
        assert_eq!(lines[2]["problem"]["field"], "cart.currency");
    }

    #[test]
    fn bytes_that_are_no_text_are_answered() {
        let (wrong, lines) = answers(b"\xff\xfe\n");
        assert_eq!((wrong, &lines[0]["problem"]["code"]), (1, &Value::from("malformed_json")));
    }

    /// `docs/quote-cases.md` is run: each block of JSON is a case, and says what it comes to.
    #[test]
    fn the_examples_of_the_documentation_come_to_what_they_say() {
        let document = include_str!("../../../../docs/quote-cases.md");
        let mut count = 0;
        for block in document.split("```json\n").skip(1) {
            let (case, rest) = block.split_once("```").unwrap();
            let said = rest.trim_start().strip_prefix("→ `").unwrap_or_else(|| panic!("{case}"));
            let (said, _) = said.split_once('`').unwrap();
            let (wrong, lines) = answers(case.replace('\n', " ").as_bytes());
            assert_eq!(wrong, 0, "{case} {lines:?}");
            let quote: Price = serde_json::from_value(lines[0]["quote"].clone()).unwrap();
            assert_eq!(summary(&quote), said, "{case}");
            count += 1;
        }
        assert!(count >= 30, "only {count} examples");
    }

    /// What is left to pay, then each answer: `SPRING10 −1000`, `AB below_minimum`.
    fn summary(quote: &Price) -> String {
        use habitue_domain::quote::{Item, Verdict};
        let mut parts = vec![format!("to pay {}", quote.to_pay.minor())];
        for outcome in &quote.outcomes {
            let item = match &outcome.item {
                Item::Automatic(id) => id.clone(),
                Item::Code(code) => code.to_string(),
                Item::Points(_) => "points".to_owned(),
                Item::Credit(_) => "credit".to_owned(),
            };
            let verdict = match &outcome.verdict {
                Verdict::Applied(applied) => format!("−{}", applied.amount.minor()),
                Verdict::Refused { reason, .. } => reason.code().to_owned(),
                Verdict::AskServer => "ask the server".to_owned(),
            };
            parts.push(format!("{item} {verdict}"));
        }
        parts.join(", ")
    }
}
