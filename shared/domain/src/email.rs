//! Addresses that mail can be sent to.

use std::fmt;

use crate::invalid::InvalidSetting;

/// An address that mail can be sent to.
///
/// Only what a mail's header or SES can't take is refused here; whether the mailbox exists, only sending tells.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// # Errors
    /// [`InvalidSetting::Email`] if the text can't be an address.
    pub fn parse(text: &str) -> Result<Self, InvalidSetting> {
        let plausible = text.len() <= 254
            && text.chars().all(|c| c.is_ascii_graphic() && !"<>(),;:\"[]\\".contains(c))
            && text.rsplit_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !local.contains('@') && is_domain(domain)
            });
        if plausible { Ok(Self(text.to_owned())) } else { Err(InvalidSetting::Email) }
    }

    /// The address, for sending. Logs show the [`Display`](fmt::Display) form.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

fn is_domain(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    text.contains('.') && text.split('.').all(is_label)
}

/// `o****@example.com`
impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or(("", &self.0));
        write!(f, "{}****@{domain}", local.chars().next().unwrap_or('*'))
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_a_header_or_ses_cannot_take_is_refused() {
        let refused = [
            "",
            "a",
            "@b.c",
            "a@",
            "a@b",
            "a@b..c",
            "a b@c.d",
            "a@b.c\r\nBcc: x@y.z",
            "<a@b.c>",
            "a@b@c.d",
            "a@b.c/d",
            // SES takes names of hosts in Punycode only, and no other local parts than ASCII.
            "ä@example.com",
            "a@exämple.com",
        ];
        for address in refused {
            assert!(EmailAddress::parse(address).is_err(), "{address}");
        }
        let address = EmailAddress::parse("owner+calls@example.co.uk").unwrap();
        assert_eq!(address.to_string(), "o****@example.co.uk");
    }

    #[test]
    fn a_log_shows_of_an_address_its_first_letter_and_its_host() {
        let address = EmailAddress::parse("ada@example-1.org").unwrap();
        assert_eq!(address.reveal(), "ada@example-1.org");
        assert_eq!(address.to_string(), "a****@example-1.org");
        assert_eq!(format!("{address:?}"), "EmailAddress(a****@example-1.org)");
    }

    #[test]
    fn an_address_has_at_most_254_characters() {
        let of_length = |length: usize| format!("{}@example.org", "a".repeat(length - "@example.org".len()));
        assert_eq!(EmailAddress::parse(&of_length(254)).unwrap().reveal(), of_length(254));
        assert_eq!(EmailAddress::parse(&of_length(255)), Err(InvalidSetting::Email));
    }
}
