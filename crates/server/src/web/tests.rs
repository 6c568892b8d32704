//! Where requests go, and above all where they do not: a listener that counts who comes in.

use super::*;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// Every kind of address that is not everybody's.
const INWARDS: [&str; 62] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.255",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.20.10.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "250.1.2.3",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.1.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:c0a8:101::1",
    "3fff::1",
    "3fff:fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd12:3456::1",
    "fdff:ffff::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff05::2",
];
const OUTWARDS: [&str; 10] = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4007::1",
];

#[test]
fn only_addresses_of_the_public_internet_are_public() {
    for text in INWARDS {
        assert!(!is_public(text.parse().unwrap()), "{text}");
    }
    for text in OUTWARDS {
        assert!(is_public(text.parse().unwrap()), "{text}");
    }
}

/// Answers names from a list, one answer after the other, and counts how often it was asked.
struct Stub {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Stub {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let read = |list: &&[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
        let answers = Mutex::new(answers.iter().map(read).collect());
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }
}

impl Names for Stub {
    fn look_up(&self, _: String) -> Found {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let next = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        let found: Vec<SocketAddr> = next.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
        Box::pin(async move { Ok(found) })
    }
}

/// A listener on loopback, and how many came in.
async fn door() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, came)
}

fn web(port: u16, names: Arc<Stub>) -> Web {
    let settings = Settings { webhook_port: vec![443, port], webhook_private: false };
    Web::with(&settings, names).unwrap()
}

async fn post(web: &Web, url: &str) -> Result<Reply, &'static str> {
    web.post(url, HeaderMap::new(), "{}".to_owned()).await
}

#[tokio::test]
async fn a_name_that_leads_inwards_is_never_connected_to() {
    let (port, came) = door().await;
    for text in INWARDS {
        // The door stands for every such address: nothing may come through it.
        for list in [vec!["127.0.0.1", text], vec![text, "8.8.8.8"]] {
            let web = web(port, Stub::of(&[&list]));
            let answer = post(&web, &format!("https://shop.example:{port}/hook")).await;
            assert_eq!(answer, Err("its name leads into a private network"), "{text}");
        }
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_address_written_out_in_any_spelling_is_never_connected_to() {
    let (port, came) = door().await;
    let web = web(port, Stub::of(&[]));
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0",
        "169.254.169.254",
        "[::ffff:a9fe:a9fe]",
        "127.0.0.1.",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    ] {
        let answer = post(&web, &format!("https://{host}:{port}/hook")).await;
        assert_eq!(answer, Err("this address lies in a private network"), "{host}");
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_is_looked_up_once_so_that_it_cannot_change_its_mind() {
    let (port, came) = door().await;
    // First it looks harmless, then it leads to us: whoever asked twice would connect.
    let names = Stub::of(&[&["198.18.0.1"], &["127.0.0.1"]]);
    let web = web(port, Arc::clone(&names));
    assert!(post(&web, &format!("https://shop.example:{port}/hook")).await.is_err());
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn only_https_and_the_named_ports_are_taken() {
    let web = Web::with(&Settings::default(), Stub::of(&[])).unwrap();
    for address in [
        "http://shop.example/hook",
        "ftp://shop.example",
        "file:///etc/passwd",
        "gopher://x",
        "https://user:pw@shop.example",
        "https://shop.example:8443/hook",
        "https://shop.example:22",
        "https://",
        "shop.example",
        "",
    ] {
        assert!(web.check(address).is_err(), "{address}");
    }
    assert!(web.check(&format!("https://shop.example/{}", "a".repeat(500))).is_err());
    assert!(web.check("https://shop.example/hook?x=1").is_ok());
}
