//! `cargo xtask demo`: from a checkout to a shop one can click in, with no other step.
//!
//! It does what a merchant does, with the same commands: add a shop, import the old orders, serve.
//! The data stay in `target/demo/`; a second start finds them and is quick.

mod serve;
mod setup;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::project;
use crate::run;
use crate::tools::{FOR_WIDGET, Toolbox};
use crate::widget;

/// How to run the demo.
#[derive(clap::Args)]
pub struct Options {
    /// Where the API listens.
    #[arg(long, value_name = "PORT", default_value_t = 4610)]
    port_api: u16,
    /// Where the shop listens. Its data remember it: change it together with --reset.
    #[arg(long, value_name = "PORT", default_value_t = 4620)]
    port_shop: u16,
    /// Where the data lie; tests use a folder of their own.
    #[arg(long, value_name = "FOLDER", default_value = "target/demo")]
    dir: PathBuf,
    /// Throw away the data of the last demo and start afresh.
    #[arg(long)]
    reset: bool,
    /// Do not open a browser.
    #[arg(long)]
    no_browser: bool,
    /// Build everything and fill the data, but start nothing.
    #[arg(long)]
    prepare_only: bool,
}

impl Options {
    fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port_api)
    }

    fn shop_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port_shop)
    }

    fn file(&self, name: &str) -> PathBuf {
        project::at(&self.dir).join(name)
    }
}

/// The two programs of the demo.
pub struct Programs {
    /// The server.
    pub habitue: PathBuf,
    /// The demo shop.
    pub shop: PathBuf,
}

/// `cargo xtask demo`.
pub fn run(options: &Options) -> Result<()> {
    if !options.prepare_only {
        // Before minutes of building, not after.
        ensure!(options.port_api != options.port_shop, "--port-api and --port-shop are the same");
        free(options.port_api, "--port-api")?;
        free(options.port_shop, "--port-shop")?;
    }
    setup::fits(options)?;
    let toolbox = run::step("tools", || Ok(Toolbox::fill(&FOR_WIDGET)))?;
    let programs = build(&toolbox)?;
    let master_key = setup::prepare(options, &programs)?;
    if options.prepare_only {
        println!("the demo is prepared in {}", project::shown(&project::at(&options.dir)));
        return Ok(());
    }
    serve::serve(options, &programs, &master_key)
}

/// Builds the widget, then the server that takes it in, and the shop.
pub fn build(toolbox: &Toolbox) -> Result<Programs> {
    widget::build(toolbox)?;
    let arguments = ["build", "--profile", "server", "-p", "habitue-server", "-p", "habitue-demo"];
    run::step("server and shop (2 to 6 minutes the first time)", || {
        run::show(&mut run::command("cargo", &arguments))
    })?;
    Ok(Programs { habitue: program("habitue")?, shop: program("habitue-demo")? })
}

/// A program that was built in the `server` profile.
pub fn program(name: &str) -> Result<PathBuf> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata = run::output(&mut run::command("cargo", &arguments))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = PathBuf::from(target).join("server").join(name);
    if path.is_file() { Ok(path) } else { bail!("{} was not built", project::shown(&path)) }
}

/// Says in one sentence what to do about a port somebody else has.
fn free(port: u16, flag: &str) -> Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is in use: choose another with {flag}")
        }
        Err(error) => bail!("port {port} cannot be used ({error}): choose another with {flag}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_the_flag_that_changes_it() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = free(port, "--port-shop").unwrap_err().to_string();
        assert!(
            error.contains(&format!("port {port} is in use")) && error.contains("--port-shop"),
            "{error}"
        );
        drop(taken);
        assert!(free(port, "--port-shop").is_ok());
    }
}
