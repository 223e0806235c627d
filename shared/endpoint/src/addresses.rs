//! Which addresses of machines are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use runtime::Environment;

/// Which machines may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those with a public address, by https.
    Public,
    /// The machine itself as well, and by http: for a laptop.
    PublicAndLoopback,
}

impl Reach {
    /// `CALLBACKS_MAY_BE_LOCAL`, where it is `yes`, allows loopback. Nothing in a cloud sets it.
    pub fn read(environment: &Environment) -> Self {
        match environment.text("CALLBACKS_MAY_BE_LOCAL").as_deref() {
            Some("yes") => Self::PublicAndLoopback,
            _ => Self::Public,
        }
    }

    /// Whether an address is within it.
    pub fn has(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::PublicAndLoopback && address.is_loopback())
    }
}

/// What of IPv4 is not public, by networks and the lengths of their prefixes. Source: IANA's registry of
/// special-purpose addresses.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 16] = [
    // This network.
    (Ipv4Addr::UNSPECIFIED, 8),
    // Private.
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Behind a provider's address translation.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback.
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local: clouds answer there who their machines are.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Private.
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    // For protocols.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation.
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // Relays into IPv6, once.
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Private.
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Benchmarks.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Documentation, twice.
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved.
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    // Broadcast.
    (Ipv4Addr::BROADCAST, 32),
];

/// What of IPv6 is given out to machines at all: what is loopback, link-local, private, multicast, or has an address
/// of IPv4 in it, is outside.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What in there is not public.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    // For protocols; Teredo has addresses of IPv4 in it.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation.
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4, which has them too.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // Documentation.
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether anybody on the internet may have this address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|network| is_in_v4(*network, address)),
        IpAddr::V6(address) => {
            is_in_v6(GLOBAL_V6, address) && !NOT_PUBLIC_V6.iter().any(|network| is_in_v6(*network, address))
        }
    }
}

fn is_in_v4((network, prefix): (Ipv4Addr, u32), address: Ipv4Addr) -> bool {
    (network.to_bits() ^ address.to_bits()).leading_zeros() >= prefix
}

fn is_in_v6((network, prefix): (Ipv6Addr, u32), address: Ipv6Addr) -> bool {
    (network.to_bits() ^ address.to_bits()).leading_zeros() >= prefix
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_public_if_anybody_may_have_it() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "52.95.110.1",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:200::1",
            "2600:1f18::1",
            "2a05:d014::1",
        ];
        let others = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:127.0.0.1",
            "64:ff9b::8.8.8.8",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for (text, expected) in public.map(|it| (it, true)).into_iter().chain(others.map(|it| (it, false))) {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(is_public(address), expected, "{text}");
            assert_eq!(Reach::Public.has(address), expected, "{text}");
            let is_reached = expected || ["127.0.0.1", "127.255.255.255", "::1"].contains(&text);
            assert_eq!(Reach::PublicAndLoopback.has(address), is_reached, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_special_is_not_public(bits in any::<u32>(), more in any::<u128>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            let is_special = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || v4.is_unspecified();
            prop_assert!(!(is_special && is_public(v4.into())), "{}", v4);
            let v6 = Ipv6Addr::from_bits(more);
            let is_special = v6.is_loopback()
                || v6.is_multicast()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local();
            prop_assert!(!(is_special && is_public(v6.into())), "{}", v6);
            // In whichever form an address of IPv4 is written.
            prop_assert!(!is_public(v4.to_ipv6_mapped().into()));
            prop_assert!(!is_public(v4.to_ipv6_compatible().into()));
            let nat64 = Ipv6Addr::from_bits(0x0064_ff9b_u128 << 96 | u128::from(bits));
            prop_assert!(!is_public(nat64.into()));
        }
    }

    #[test]
    fn only_a_plain_yes_lets_loopback_in() {
        for (value, expected) in [
            ("yes", Reach::PublicAndLoopback),
            ("", Reach::Public),
            ("no", Reach::Public),
            ("true", Reach::Public),
            ("YES", Reach::Public),
        ] {
            let environment = Environment::given([("CALLBACKS_MAY_BE_LOCAL", value)]);
            assert_eq!(Reach::read(&environment), expected, "{value}");
        }
        assert_eq!(Reach::read(&Environment::given([("OTHER", "yes")])), Reach::Public);
    }
}
