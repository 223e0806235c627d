//! A voicemail: what is told of it, and what is known.

use std::collections::BTreeSet;

use jiff::Timestamp;
use phone::{AccountSid, CallSid, PhoneNumber, RecordingSid};

use crate::audit::Keeping;
use crate::call::Parties;
use crate::mail::{Mail, MailKind, MailReports, Resend};
use crate::mailbox::MailboxId;
use crate::names::names;
use crate::transcript::{Transcript, TranscriptionJob};
use crate::transcription::Engines;

/// What a webhook tells of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingReport {
    /// The recording.
    pub recording_sid: RecordingSid,
    /// The caller's leg.
    pub call_sid: CallSid,
    /// The account that holds it.
    pub account_sid: AccountSid,
    /// For whom of the phone file it was left, and in which language, as it stands in the address: none is the
    /// number's own.
    pub left_for: Option<String>,
    /// Of which conversation it is the recording, if it is no message.
    pub conversation: Option<Conversation>,
    /// What is told.
    pub reported: Reported,
    /// Now.
    pub at: Timestamp,
}

/// What a recording is of that is no message: somebody's part of a call that programs steer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Whose leg of which call, as in `CL…/p1`.
    pub leg: String,
    /// Which number of ours the call is of, and who is on that leg.
    pub parties: Parties,
}

/// The ways in which a recording is told of, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It has begun, and nothing can be fetched before it is told to be ready.
    Begun,
    /// The caller has ended the message (`<Record action>`). The sound may not be ready.
    Left {
        /// Who called whom; not known where the called number is none of ours.
        parties: Option<Parties>,
        /// In seconds; 0 is nothing.
        duration_seconds: u32,
    },
    /// The sound is ready (`recordingStatusCallback`, completed).
    Ready {
        /// In seconds; 0 is nothing.
        duration_seconds: u32,
    },
    /// No webhook has told of it; it was found in Twilio's list, and the sound is ready.
    Found {
        /// Who called whom.
        parties: Parties,
        /// In seconds; 0 is nothing.
        duration_seconds: u32,
    },
    /// There is no sound (`recordingStatusCallback`, absent): too short, or silent.
    Absent {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
    /// Twilio could not keep the sound (`recordingStatusCallback`, failed).
    Lost {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
}

/// What a webhook tells of the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptReport {
    /// The recording.
    pub recording_sid: RecordingSid,
    /// The caller's leg.
    pub call_sid: CallSid,
    /// The account that holds it.
    pub account_sid: AccountSid,
    /// The words.
    pub transcript: Transcript,
    /// Now.
    pub at: Timestamp,
}

/// A voicemail, as the ledger has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Voicemail {
    /// The recording, and the row's key.
    pub recording_sid: RecordingSid,
    /// The caller's leg.
    pub call_sid: CallSid,
    /// The account that holds the recording.
    pub account_sid: AccountSid,
    /// When the first webhook told of it.
    pub recorded_at: Timestamp,
    /// Who called whom, as far as a webhook told.
    pub parties: Option<Parties>,
    /// For whom it is: the mailbox to which the number led when it was left. None until that is
    /// found out, and of a row of the time before there were mailboxes.
    pub mailbox: Option<MailboxId>,
    /// For whom of the number's phone file it was left, and in which language, as it stood in the address: none is
    /// the number's own.
    pub left_for: Option<String>,
    /// Whose leg of which call that programs steer it is the recording of, as in `CL…/p1`, if it is no message.
    pub conversation: Option<String>,
    /// Who called whom and how it is to be treated, once that is found out.
    pub destination: Option<Destination>,
    /// What is known of the sound at Twilio.
    pub recording: Recorded,
    /// That Twilio does not give the sound, and for how long.
    pub absence: Option<Absence>,
    /// When a sound that was called gone turned out to be there after all.
    pub found_again_at: Option<Timestamp>,
    /// When the owner had been told before that the sound was gone.
    pub told_gone_at: Option<Timestamp>,
    /// The words, once the engine has reported.
    pub transcript: Option<Transcript>,
    /// When that was.
    pub transcribed_at: Option<Timestamp>,
    /// Our own copy of the sound.
    pub audio: Option<Audio>,
    /// What Amazon was asked for.
    pub job: Option<TranscriptionJob>,
    /// The mail.
    pub mail: Mail,
    /// The second, short mail with words that came after the first.
    pub words_mail: Mail,
    /// The first mail over again, to the owner's second address.
    pub second_mail: Mail,
    /// Whether there is to be such a mail.
    pub second_mail_wanted: bool,
    /// What became of the mails to the owner's first address.
    pub first_address: MailReports,
    /// What became of the mails to the second one.
    pub second_address: MailReports,
    /// When the recording at Twilio was deleted.
    pub purged_at: Option<Timestamp>,
    /// The last instruction to send the first mail over again.
    pub resend: Option<Resend>,
    /// The links to it.
    pub links: Links,
    /// What is to be kept of it, and what is gone.
    pub keeping: Keeping,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// When it was last found standing still, and woken.
    pub woken_at: Option<Timestamp>,
    /// The events about it that are out, by their types.
    pub published: BTreeSet<String>,
    /// Whether there is something left to do.
    pub open: bool,
    /// Grows with every change.
    pub revision: u32,
}

/// How a voicemail is to be treated, as its number's settings said when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Who called whom.
    pub parties: Parties,
    /// Who will make words of it.
    pub engines: Engines,
    /// Whether the recording at Twilio is to be deleted once it is safely stored.
    pub purge_at_twilio: bool,
    /// Why no mail tells of it, if none does.
    pub not_mailed: Option<NotMailed>,
}

/// Why no mail tells of a voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMailed {
    /// Its phone file keeps it in silence.
    Silent,
    /// It is a conversation, recorded for a program.
    Conversation,
}

names! {
    NotMailed {
        Silent = "silent",
        Conversation = "conversation",
    }
}

/// What is known of the sound at Twilio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The caller has spoken; the sound may not be ready.
    Left {
        /// In seconds; not known while only the words were reported.
        duration_seconds: Option<u32>,
    },
    /// It can be fetched.
    Ready {
        /// In seconds.
        duration_seconds: u32,
    },
    /// There is none, and there was nothing to hear.
    Absent,
    /// The caller has spoken, and Twilio lost it.
    Lost {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
    /// The caller has spoken, and Twilio says that it is not there (any more): somebody deleted it
    /// before we had it. Any sign that it is there undoes this.
    Gone,
}

/// That Twilio was asked for a sound in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The first time.
    pub since: Timestamp,
    /// Since when Twilio has not known the recording itself, either; none if it knows it.
    pub unknown_since: Option<Timestamp>,
    /// How often in a row with the same answer.
    pub asks: u32,
}

/// Our own copy of the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// The key in the bucket.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// Like `audio/x-wav`.
    pub content_type: String,
    /// Whether it is tagged as delivered, so that the bucket's own lifecycle may delete it.
    pub released: bool,
}

/// What went wrong last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Failures in a row.
    pub attempts: u32,
    /// The last one, in words for the operator.
    pub last_error: String,
    /// Not before then again.
    pub next_attempt_at: Timestamp,
}

/// The links to a voicemail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Links carry this number; those with another one are withdrawn.
    pub epoch: u32,
    /// When the sound was first played by way of a link.
    pub heard_at: Option<Timestamp>,
}

impl Voicemail {
    /// Where the sound is stored, or will be: by number, date and recording, as in
    /// `voicemails/14155550100/2026/11/21/RE….wav`, in UTC.
    pub fn audio_key(&self, number: &PhoneNumber) -> String {
        let digits = number.reveal().trim_start_matches('+');
        let date = self.recorded_at.strftime("%Y/%m/%d");
        format!("voicemails/{digits}/{date}/{}.wav", self.recording_sid)
    }

    /// Why no mail tells of it, if none does.
    pub fn not_mailed(&self) -> Option<NotMailed> {
        self.destination.as_ref().and_then(|destination| destination.not_mailed)
    }

    /// How far one of its mails got.
    pub fn mail(&self, kind: MailKind) -> &Mail {
        match kind {
            MailKind::Voicemail | MailKind::MissedCall => &self.mail,
            MailKind::Transcript => &self.words_mail,
            MailKind::Second => &self.second_mail,
            MailKind::Resend(_) => self.resend.as_ref().map_or(&Mail::Unsent, |resend| &resend.mail),
        }
    }
}

impl Recorded {
    /// Nothing was said: no voicemail.
    pub fn is_empty(self) -> bool {
        matches!(
            self,
            Self::Absent | Self::Left { duration_seconds: Some(0) } | Self::Ready { duration_seconds: 0 }
        )
    }

    /// The caller has spoken, and there is nothing that could be fetched.
    pub fn is_lost(self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Gone)
    }

    /// In seconds, where it is known.
    pub fn duration_seconds(self) -> Option<u32> {
        match self {
            Self::Left { duration_seconds } => duration_seconds,
            Self::Ready { duration_seconds } => Some(duration_seconds),
            Self::Absent | Self::Lost { .. } | Self::Gone => None,
        }
    }
}

/// How far a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingState {
    /// It is still being made.
    Underway,
    /// It can be fetched.
    Completed {
        /// In seconds; 0 is nothing.
        duration_seconds: u32,
    },
    /// There is none, as there was nothing to hear.
    Absent {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
    /// Twilio could not keep it.
    Failed {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
    /// Somebody deleted it. Twilio knows of it for another 40 days.
    Deleted,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Instruction;
    use crate::fixtures;
    use crate::mail::ResendTo;

    #[test]
    fn a_sound_is_stored_by_its_number_its_day_and_its_recording() {
        let voicemail = Voicemail { recorded_at: fixtures::after(10 * 3600), ..fixtures::left() };
        let number = PhoneNumber::parse("+14155550100").unwrap();
        let key = "voicemails/14155550100/2026/11/22/RE0123456789abcdef0123456789abcdef.wav";
        assert_eq!(voicemail.audio_key(&number), key);
    }

    #[test]
    fn each_mail_about_a_voicemail_has_a_state_of_its_own() {
        let claimed = |tries| Mail::Claimed { until: fixtures::after(60), tries };
        let mut voicemail = Voicemail {
            mail: claimed(1),
            words_mail: claimed(2),
            second_mail: claimed(3),
            ..fixtures::archived()
        };
        assert_eq!(voicemail.mail(MailKind::Resend(1)), &Mail::Unsent);
        let instruction =
            Instruction { by: "kim".to_owned(), why: "lost".to_owned(), at: fixtures::after(90) };
        voicemail.resend = Some(Resend {
            number: 1,
            instruction,
            to: ResendTo::First,
            with_sound: true,
            mail: claimed(4),
            reports: MailReports::default(),
        });
        let kinds = [MailKind::Voicemail, MailKind::Transcript, MailKind::Second, MailKind::Resend(1)];
        assert_eq!(kinds.map(|kind| voicemail.mail(kind).clone()), [1, 2, 3, 4].map(claimed));
    }

    #[test]
    fn a_message_is_empty_lost_or_long_as_its_recording_says() {
        let left = |duration_seconds| Recorded::Left { duration_seconds };
        let ready = |duration_seconds| Recorded::Ready { duration_seconds };
        let lost = Recorded::Lost { error_code: Some(21_234) };
        let cases = [
            // Empty, lost, and how long.
            (left(None), (false, false, None)),
            (left(Some(0)), (true, false, Some(0))),
            (left(Some(42)), (false, false, Some(42))),
            (ready(0), (true, false, Some(0))),
            (ready(42), (false, false, Some(42))),
            (Recorded::Absent, (true, false, None)),
            (lost, (false, true, None)),
            (Recorded::Gone, (false, true, None)),
        ];
        for (recorded, expected) in cases {
            let found = (recorded.is_empty(), recorded.is_lost(), recorded.duration_seconds());
            assert_eq!(found, expected, "{recorded:?}");
        }
    }
}
