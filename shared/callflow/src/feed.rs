//! A stream or a transcription of a participant, as it stands in the address where Twilio tells of it.

use live::{CallId, FeedKind, FeedOf};

/// `s.CL….p1.a2.1`, of words `w.CL….p1.a2.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedAddress {
    /// Of which call.
    pub call: CallId,
    /// Which of it.
    pub of: FeedOf,
}

impl FeedAddress {
    /// Of `[A-Za-z0-9.]` only.
    pub fn write(&self) -> String {
        let FeedOf { kind, participant, action, number } = self.of;
        let kind = match kind {
            FeedKind::Stream => "s",
            FeedKind::Transcription => "w",
        };
        format!("{kind}.{}.{participant}.{action}.{number}", self.call)
    }

    /// None of what is no such address.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let kind = match parts.next()? {
            "s" => FeedKind::Stream,
            "w" => FeedKind::Transcription,
            _ => return None,
        };
        let call = parts.next()?.parse().ok()?;
        let (participant, action) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let of = FeedOf { kind, participant, action, number: parts.next()?.parse().ok()? };
        parts.next().is_none().then_some(Self { call, of })
    }
}

#[cfg(test)]
mod tests {
    use live::{ActionId, ParticipantId};

    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let (participant, action) = (ParticipantId(2), ActionId(7));
        for (kind, letter) in [(FeedKind::Stream, "s"), (FeedKind::Transcription, "w")] {
            let call = CallId::of_outgoing([1; 16]);
            let address = FeedAddress { call, of: FeedOf { kind, participant, action, number: 3 } };
            let written = address.write();
            assert_eq!(written, format!("{letter}.CL{}.p2.a7.3", "01".repeat(16)));
            assert_eq!(FeedAddress::read(&written), Some(address));
            for text in ["", letter, &written[..written.len() - 2], &format!("{written}.1"), &written[2..]] {
                assert_eq!(FeedAddress::read(text), None, "{text}");
            }
        }
    }
}
