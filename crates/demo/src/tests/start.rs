//! Starting: every mistake is one sentence that says what to do.

use clap::{CommandFactory, Parser};

use crate::Cli;

fn cli(arguments: &[&str]) -> Cli {
    Cli::parse_from(["habitue-demo"].iter().chain(arguments))
}

/// A folder with a shop file in it, and its path.
fn folder(name: &str) -> (std::path::PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("habitue-demo-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("shop.json");
    let text = r#"{"shop":"shp_1","program":"prg_1","public_key":"pk_1","secret_key":"sk_1",
                   "token_key":{"id":"key_1","secret":"c2VjcmV0"}}"#;
    std::fs::write(&file, text).unwrap();
    (folder, file.display().to_string())
}

#[test]
fn the_command_line_is_in_order_and_listens_on_this_machine_only() {
    Cli::command().debug_assert();
    let cli = cli(&[]);
    assert!(cli.listen.ip().is_loopback());
    assert_eq!(cli.shop_file.to_str(), Some("target/demo/shop.json"));
}

#[tokio::test]
async fn a_missing_shop_file_says_how_to_make_one() {
    let error = crate::run(cli(&["--shop-file", "nowhere/shop.json"])).await.unwrap_err();
    assert!(error.to_string().contains("habitue shop add"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_says_which_flag_changes_it() {
    let (folder, file) = folder("port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = crate::run(cli(&["--shop-file", &file, "--listen", &address])).await.unwrap_err();
    assert!(error.to_string().contains(&address), "{error}");
    assert!(error.to_string().contains("--listen"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_before_anything_is_served() {
    let (folder, file) = folder("url");
    for url in ["nonsense", "https://habitue.example", "ftp://habitue.example", "http://"] {
        let arguments = ["--shop-file", &file, "--habitue-url", url];
        let error = crate::run(cli(&arguments)).await.unwrap_err();
        assert!(error.to_string().contains("--habitue-url"), "{url}: {error}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
