//! What is to be done about a mail that came back.

use domain::{Address, AfterBounce, MailKind, ResendTo};

/// Why a mail came back, as far as it makes a difference here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The address never takes one.
    Hard,
    /// It was too large, or its attachment is not wanted.
    Sound,
    /// Nobody says why. Most often somebody is out of office, and the mail is there.
    /// Source: `ses-understand-soft-bounces` in the AWS Knowledge Center, subtype General.
    Unclear,
    /// Anything else: the mailbox is full, the content is not wanted, ...
    Soft,
}

/// A mail that came back, and what is known of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub struct Bounced {
    /// Why.
    pub cause: Cause,
    /// Which mail; none of one that was sent by a release that did not say it.
    pub kind: Option<MailKind>,
    /// Where it went.
    pub address: Address,
    /// Whether the sound was attached.
    pub had_sound: bool,
    /// Whether it was delivered all the same.
    pub delivered: bool,
    /// Whether it went to the first address by an instruction to send it over again.
    pub to_first_again: bool,
    /// Whether anything was sent over again before.
    pub resent: bool,
    /// Whether the owner has a second address to which nothing went yet.
    pub second_is_free: bool,
}

/// Decides it: once without the sound where that is the cause, or else once to the second address.
pub fn after_bounce(bounced: &Bounced) -> AfterBounce {
    if bounced.cause == Cause::Unclear && bounced.delivered {
        return AfterBounce::Nothing;
    }
    if bounced.cause == Cause::Sound && bounced.had_sound && !bounced.resent {
        match bounced.address {
            Address::First => return AfterBounce::WithoutSound(ResendTo::First),
            Address::Second => return AfterBounce::WithoutSound(ResendTo::Second),
            Address::Again => {}
        }
    }
    let was_first = match bounced.address {
        Address::First => true,
        Address::Again => bounced.to_first_again,
        Address::Second => false,
    };
    if was_first && bounced.second_is_free { AfterBounce::Second } else { AfterBounce::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNCED: Bounced = Bounced {
        cause: Cause::Soft,
        kind: Some(MailKind::Voicemail),
        address: Address::First,
        had_sound: true,
        delivered: false,
        to_first_again: false,
        resent: false,
        second_is_free: true,
    };

    #[test]
    fn a_bounce_goes_once_without_sound_or_to_the_second_address() {
        use AfterBounce::{Nothing, Second, WithoutSound};
        let again = Bounced { address: Address::Again, had_sound: false, resent: true, ..BOUNCED };
        let sound = Bounced { cause: Cause::Sound, ..BOUNCED };
        let unclear = Bounced { cause: Cause::Unclear, ..BOUNCED };
        let cases = [
            (BOUNCED, Second),
            (Bounced { cause: Cause::Hard, ..BOUNCED }, Second),
            (Bounced { second_is_free: false, ..BOUNCED }, Nothing),
            (Bounced { address: Address::Second, ..BOUNCED }, Nothing),
            (unclear, Second),
            (Bounced { delivered: true, ..unclear }, Nothing),
            // That it was delivered says nothing where the server says why it came back.
            (Bounced { delivered: true, ..BOUNCED }, Second),
            (sound, WithoutSound(ResendTo::First)),
            (Bounced { second_is_free: false, ..sound }, WithoutSound(ResendTo::First)),
            (Bounced { address: Address::Second, ..sound }, WithoutSound(ResendTo::Second)),
            // It had none, or went without it before: that is not the cause.
            (Bounced { had_sound: false, ..sound }, Second),
            (Bounced { resent: true, ..sound }, Second),
            (Bounced { to_first_again: true, ..again }, Second),
            (Bounced { cause: Cause::Sound, to_first_again: true, had_sound: true, ..again }, Second),
            (again, Nothing),
        ];
        for (bounced, then) in cases {
            assert_eq!(after_bounce(&bounced), then, "{bounced:?}");
        }
    }
}
