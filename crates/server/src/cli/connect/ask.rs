//! Questions to whoever sits at the terminal; whoever does not is told which option to give.

use anyhow::bail;
use std::io::{BufRead, IsTerminal, Write, stdin, stdout};

/// Takes what was given, or asks, or says what is missing.
///
/// # Errors
/// Where nobody can be asked, or the answer is empty three times.
pub fn or_ask(
    given: Option<String>,
    option: &str,
    question: &str,
    usual: Option<&str>,
) -> anyhow::Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !stdin().is_terminal() {
        match usual {
            Some(usual) => return Ok(usual.to_owned()),
            None => bail!("say {option}: {question}"),
        }
    }
    ask(&mut stdin().lock(), &mut stdout(), question, usual)
}

fn ask(
    from: &mut impl BufRead,
    to: &mut impl Write,
    question: &str,
    usual: Option<&str>,
) -> anyhow::Result<String> {
    for _ in 0..3 {
        match usual {
            Some(usual) => write!(to, "{question} [{usual}]: ")?,
            None => write!(to, "{question}: ")?,
        }
        to.flush()?;
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            break;
        }
        match (line.trim(), usual) {
            ("", Some(usual)) => return Ok(usual.to_owned()),
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
    bail!("nothing was answered; nothing was changed")
}

/// Whether it shall be done: `--yes`, or a yes at the terminal.
///
/// # Errors
/// Where nobody can be asked.
pub fn agreed(yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    let answer = or_ask(None, "--yes", "do it? (yes/no)", None)?;
    Ok(["y", "yes", "o", "oui"].contains(&answer.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(lines: &str, usual: Option<&str>) -> (anyhow::Result<String>, String) {
        let mut shown = Vec::new();
        let answer = ask(&mut lines.as_bytes(), &mut shown, "Name", usual);
        (answer, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn an_empty_line_takes_the_usual_or_is_asked_again() {
        let (answer, shown) = answered("\n", Some("EUR"));
        assert_eq!((answer.unwrap().as_str(), shown.as_str()), ("EUR", "Name [EUR]: "));
        let (answer, shown) = answered("\n  My shop \n", None);
        assert_eq!((answer.unwrap().as_str(), shown.as_str()), ("My shop", "Name: Name: "));
        assert!(answered("", None).0.is_err());
        assert!(answered("\n\n\n\nlate\n", None).0.is_err());
    }
}
