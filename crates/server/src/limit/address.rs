//! Whose address a request comes from, behind proxies that are trusted and none that are not.

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Proxies whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// These networks.
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// A network (`10.0.0.0/8`) or one address.
///
/// # Errors
/// A sentence.
pub fn parse(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| format!("{text:?} is no network such as 10.0.0.0/8 and no address"))
}

/// The address that limits count: the peer's, or, where that is a trusted proxy, the last one in
/// `X-Forwarded-For` that is none. Everything to its left is what the client says of itself.
pub fn client(extensions: &Extensions, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    // Tests ask the router directly; everybody has the same address there.
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let mut client = peer.to_canonical();
    if proxies.trust(client) {
        let lists = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lists.flat_map(|list| list.to_str().unwrap_or_default().rsplit(','));
        for hop in hops {
            // Where a trusted proxy wrote no address, it is itself the last one we know.
            let Some(hop) = hop_address(hop.trim()) else { break };
            client = hop;
            if !proxies.trust(hop) {
                break;
            }
        }
    }
    network_of(client)
}

/// `198.51.100.7`, `198.51.100.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|hop| hop.ip()));
    address.map(|address| address.to_canonical())
}

/// One subscriber has a whole /64 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(whole) => {
            let [a, b, c, d, ..] = whole.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nobody_is_trusted("192.0.2.1", &["203.0.113.9"], "", "192.0.2.1")]
    #[case::an_untrusted_peer_lies("192.0.2.1", &["203.0.113.9"], "10.0.0.0/8", "192.0.2.1")]
    #[case::one_proxy("10.0.0.1", &["203.0.113.9"], "10.0.0.0/8", "203.0.113.9")]
    #[case::the_left_is_hearsay("10.0.0.1", &["1.1.1.1, 203.0.113.9"], "10.0.0.0/8", "203.0.113.9")]
    #[case::two_proxies("10.0.0.1", &["203.0.113.9, 10.2.3.4"], "10.0.0.0/8", "203.0.113.9")]
    #[case::two_headers("10.0.0.1", &["1.1.1.1", "203.0.113.9"], "10.0.0.0/8", "203.0.113.9")]
    #[case::a_name_is_no_address("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.0/8", "10.0.0.1")]
    #[case::nothing_said("10.0.0.1", &[], "10.0.0.0/8", "10.0.0.1")]
    #[case::all_trusted("10.0.0.1", &["10.9.9.9"], "10.0.0.0/8", "10.9.9.9")]
    #[case::with_ports("10.0.0.1", &["203.0.113.9:4711"], "10.0.0.1", "203.0.113.9")]
    #[case::six("::1", &["[2001:db8:1:2:3:4:5:6]:4711"], "::1", "2001:db8:1:2::")]
    #[case::six_bare("::1", &["2001:db8:1:2::9"], "::1", "2001:db8:1:2::")]
    #[case::four_in_six("::ffff:10.0.0.1", &["::ffff:203.0.113.9"], "10.0.0.0/8", "203.0.113.9")]
    fn the_address_is_the_last_one_that_is_no_trusted_proxy(
        #[case] peer: &str,
        #[case] forwarded: &[&str],
        #[case] trusted: &str,
        #[case] expected: &str,
    ) {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 5_000)));
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append("x-forwarded-for", list.parse().unwrap());
        }
        let networks = trusted.split(',').filter(|text| !text.is_empty());
        let proxies = Proxies::new(networks.map(|text| parse(text).unwrap()).collect());
        assert_eq!(client(&extensions, &headers, &proxies).to_string(), expected);
    }

    #[test]
    fn what_is_no_network_is_refused_with_an_example() {
        assert!(parse("proxy.example").unwrap_err().contains("10.0.0.0/8"));
    }
}
