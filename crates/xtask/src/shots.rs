//! `cargo xtask shots`: a picture of every screen and each of its faces, and of every mail, on a phone and on a desktop,
//! light and dark, English and French, and a page to look through them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::demo;
use crate::project;
use crate::run;
use crate::test::e2e::playwright;
use crate::tools::{FOR_WIDGET, Tool, Toolbox};

const CONFIG: &str = "tests/e2e/shots.config.mjs";
const FOLDER: &str = "docs/screenshots";

/// Which pictures to take.
#[derive(clap::Args)]
pub struct Options {
    /// Only screens whose name begins so: `home`, `redeem-held`.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// `cargo xtask shots`.
pub fn run(options: &Options) -> Result<()> {
    let wanted = [FOR_WIDGET.as_slice(), &[Tool::Browser]].concat();
    let toolbox = run::step("tools", || Ok(Toolbox::fill(&wanted)))?;
    toolbox.require(&wanted)?;
    let programs = demo::build(&toolbox)?;
    let folder = project::at(FOLDER);
    let mut command = playwright(&toolbox, CONFIG)?;
    command.env("HABITUE_SHOTS", &folder).env("HABITUE_SERVER", programs.habitue);
    match &options.only {
        Some(only) => drop(command.env("HABITUE_SHOTS_ONLY", only)),
        // A screen that is gone leaves no picture behind.
        None => clear(&folder)?,
    }
    run::show(&mut command)?;
    let names = pictures(&folder)?;
    fs::write(folder.join("index.html"), index(&names))?;
    println!("{} pictures: {FOLDER}/index.html", names.len());
    Ok(())
}

fn clear(folder: &Path) -> Result<()> {
    for name in pictures(folder)? {
        fs::remove_file(folder.join(name))?;
    }
    Ok(())
}

/// The names of all pictures below the folder, sorted.
fn pictures(folder: &Path) -> Result<Vec<String>> {
    let mut files = project::files(folder)?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "webp"));
    let names = files.iter().filter_map(|path| path.strip_prefix(folder).ok()?.to_str());
    Ok(names.map(str::to_owned).collect())
}

/// `home-1280-en-dark.webp`: the screen, and how it was looked at.
fn parts(name: &str) -> Option<(&str, [&str; 3])> {
    let mut parts = name.strip_suffix(".webp")?.rsplitn(4, '-');
    let (scheme, lang, width) = (parts.next()?, parts.next()?, parts.next()?);
    Some((parts.next()?, [width, lang, scheme]))
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Habitué, screen by screen</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 1700px; padding: 24px; }
  nav { columns: 5 180px; }
  h2 { margin: 48px 0 12px; }
  .row { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }
  figure { margin: 0 0 16px; }
  figcaption { font-size: 14px; opacity: .75; }
  img { display: block; max-width: 100%; height: auto; border: 1px solid #8886; }
</style>
<h1>Habitué, screen by screen</h1>
<p>Made by <code>cargo xtask shots</code>, from the demo shop in Chromium.</p>
"#;

/// The page: grouped by screen, phone and desktop side by side.
fn index(names: &[String]) -> String {
    let mut screens = BTreeMap::<&str, Vec<([&str; 3], &str)>>::new();
    for name in names {
        if let Some((screen, look)) = parts(name) {
            screens.entry(screen).or_default().push((look, name));
        }
    }
    let links = screens.keys().map(|screen| format!("<a href=\"#{screen}\">{screen}</a><br>\n"));
    let mut page = [HEAD, "<nav>\n", &links.collect::<String>(), "</nav>\n"].concat();
    for (screen, looks) in screens {
        page.extend(section(screen, looks));
    }
    page
}

/// One screen: a row for each language and scheme.
fn section(screen: &str, mut looks: Vec<([&str; 3], &str)>) -> Vec<String> {
    // Narrow before wide, so that the two of a kind stand in one row.
    looks.sort_by_key(|([width, lang, scheme], _)| (*lang, *scheme == "dark", width.len()));
    let mut lines = vec![format!("<h2 id=\"{screen}\">{screen}</h2>\n")];
    for pair in looks.chunk_by(|(one, _), (two, _)| one[1..] == two[1..]) {
        lines.push("<div class=\"row\">\n".to_owned());
        lines.extend(pair.iter().map(|([width, lang, scheme], name)| {
            let alt = format!("{screen}, {width} pixels, {lang}, {scheme}");
            format!(
                "<figure><img loading=\"lazy\" width=\"{width}\" src=\"{name}\" alt=\"{alt}\">\
                 <figcaption>{width} · {lang} · {scheme}</figcaption></figure>\n"
            )
        }));
        lines.push("</div>\n".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_screen_and_how_it_was_looked_at() {
        let found = parts("redeem-held-1280-fr-dark.webp");
        assert_eq!(found, Some(("redeem-held", ["1280", "fr", "dark"])));
        let mail = parts("mail/open-txt-390-en-light.webp");
        assert_eq!(mail, Some(("mail/open-txt", ["390", "en", "light"])));
        assert_eq!(parts("home-390.png"), None);
    }

    #[test]
    fn both_widths_stand_in_one_row_of_their_screen() {
        let names = ["home-1280-en-light.webp", "home-390-en-light.webp", "tier-390-en-dark.webp"];
        let page = index(&names.map(str::to_owned));
        let (home, tier) = page.split_once("<h2 id=\"tier\">").unwrap();
        let (narrow, wide) = home.split_once("home-390-en-light.webp").unwrap();
        assert!(!narrow.contains("home-1280") && wide.contains("home-1280-en-light.webp"));
        assert_eq!(home.matches("<div class=\"row\">").count(), 1);
        assert_eq!(tier.matches("<img").count(), 1);
    }
}
