//! Cells of a CSV file that no spreadsheet takes for a formula (CWE-1236).

/// What makes a spreadsheet read a cell as a formula, full-width signs included.
const TRIGGERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A cell in quotes (RFC 4180), with an apostrophe before what could begin a formula.
pub fn safe(text: &str) -> String {
    // What is not to be seen could hide what comes first.
    let begins = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    let formula = text.starts_with(TRIGGERS) || begins.starts_with(TRIGGERS);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_formula_becomes_text() {
        assert_eq!(safe("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
        assert_eq!(safe("\u{ff1d}1+1"), "\"'\u{ff1d}1+1\"");
        assert_eq!(safe(" \t=1"), "\"' \t=1\"");
        assert_eq!(safe("ada@example.org"), "\"ada@example.org\"");
    }

    proptest! {
        #[test]
        fn no_cell_reads_back_as_a_formula_and_each_as_what_it_was(
            cells in prop::collection::vec("[=+\\-@\t\r\n'\"a,;\u{ff1d}\u{ff0b} ]{0,8}", 1..5),
        ) {
            let line: Vec<String> = cells.iter().map(|cell| safe(cell)).collect();
            let text = format!("{}\r\n", line.join(","));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let read = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(read.len(), cells.len());
            for (read, cell) in read.iter().zip(&cells) {
                prop_assert!(!read.starts_with(TRIGGERS));
                prop_assert!(read == cell || read.strip_prefix('\'') == Some(cell));
            }
        }
    }
}
