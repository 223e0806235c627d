//! What happened to a call or a voicemail, and when.

use jiff::Timestamp;
use phone::CallSid;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimelineEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
    /// The forwarded leg to which it happened.
    pub leg: Option<CallSid>,
}

macro_rules! happenings {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What may happen. Of what happens in the same millisecond, the usual order is that of this list.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Happening {
            $($(#[$doc])* $variant,)*
            /// A forwarded leg reached a state, in Twilio's words.
            Leg(String),
            /// Something that this version does not know.
            Other(String),
        }

        impl Happening {
            /// In a word.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Leg(state) => state,
                    Self::Other(name) => name,
                }
            }

            /// What is called by that name.
            pub fn named(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

happenings! {
    /// The call came in.
    Begun = "begun",
    /// The forwarded leg ended.
    DialEnded = "dial_ended",
    /// The first webhook told of the recording.
    Recorded = "recorded",
    /// The caller ended the message.
    Left = "left",
    /// The caller's leg reached its latest state.
    Status = "status",
    /// The call was over, and no message known of.
    Missed = "missed",
    /// The recording was ready at Twilio.
    Ready = "ready",
    /// Our own copy was stored.
    Archived = "archived",
    /// Amazon Transcribe began.
    JobStarted = "job_started",
    /// The transcript came.
    Transcribed = "transcribed",
    /// The mail was sent.
    MailSent = "mail_sent",
    /// The owner's mail server had it.
    MailDelivered = "mail_delivered",
    /// It came back for good.
    MailBounced = "mail_bounced",
    /// The second mail, with the words, was sent.
    WordsMailSent = "words_mail_sent",
    /// The recording at Twilio was deleted.
    Purged = "purged",
    /// The first webhook told of the call.
    Seen = "seen",
    /// Twilio said that there is no sound.
    Absent = "absent",
    /// Twilio said that it could not keep the sound.
    Lost = "lost",
    /// The recording was gone from Twilio before it was stored.
    Gone = "gone",
    /// It was there after all.
    FoundAgain = "found_again",
    /// The mail that says that it is gone was sent.
    ToldGone = "told_gone",
    /// Our own copy was not where it was.
    AudioMissed = "audio_missed",
    /// Our own copy was tagged as delivered.
    AudioReleased = "audio_released",
    /// The owner's mail server did not take it yet.
    MailDelayed = "mail_delayed",
    /// It came back; another may get through.
    MailSoftBounced = "mail_soft_bounced",
    /// The owner called it spam.
    MailComplained = "mail_complained",
    /// The mail to the second address was sent.
    SecondMailSent = "second_mail_sent",
    /// The mail server had the mail to the second address.
    SecondMailDelivered = "second_mail_delivered",
    /// The mail server did not take yet the mail to the second address.
    SecondMailDelayed = "second_mail_delayed",
    /// Came back; another may get through: the mail to the second address.
    SecondMailSoftBounced = "second_mail_soft_bounced",
    /// Came back for good: the mail to the second address.
    SecondMailBounced = "second_mail_bounced",
    /// Was called spam: the mail to the second address.
    SecondMailComplained = "second_mail_complained",
    /// The mail that was sent over again was sent.
    ResendSent = "resend_sent",
    /// The mail server had the mail that was sent over again.
    ResendDelivered = "resend_delivered",
    /// The mail server did not take yet the mail that was sent over again.
    ResendDelayed = "resend_delayed",
    /// Came back; another may get through: the mail that was sent over again.
    ResendSoftBounced = "resend_soft_bounced",
    /// Came back for good: the mail that was sent over again.
    ResendBounced = "resend_bounced",
    /// Was called spam: the mail that was sent over again.
    ResendComplained = "resend_complained",
    /// Somebody listened by a link.
    Heard = "heard",
    /// Our own copy was deleted.
    AudioDeleted = "audio_deleted",
    /// The transcript was deleted.
    TranscriptDeleted = "transcript_deleted",
    /// Who called was deleted.
    PartiesDeleted = "parties_deleted",
    /// A deletion began.
    DeletionBegun = "deletion_begun",
    /// The worker was woken.
    Woken = "woken",
    /// When the next try is due.
    NextAttempt = "next_attempt",
    /// When Amazon Transcribe is asked again.
    JobNextAttempt = "job_next_attempt",
    /// When the row goes.
    Expires = "expires",
}
