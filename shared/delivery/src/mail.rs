//! The mail, in the owner's language.
//!
//! One mail per voicemail: text and HTML, the sound attached when it fits, and our own link in any
//! case. Words that come after it go out in a second, short mail in the same thread. A mail that
//! the owner's address does not take goes to the second one. A [`MissedCallDraft`] is written for
//! a call in which no message was left.
//!
//! Sending is not here a transaction with the ledger, and can't be: SES takes a mail, or the
//! answer gets lost. So a worker claims the mail first; only when it dies, or loses the answer,
//! between SES's taking the mail and the ledger's knowing it, may the mail be sent again. Each mail
//! bears [`Tags`] that SES's events repeat, so that any event of it proves that it was sent.

use aws_sdk_ses::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use domain::{
    Address, Destination, EmailAddress, Entry, MailKind, MailReports, MissedCall, NoTranscript, Owner,
    Parties, Recorded, ResendTo, TranscriptStatus, Voicemail,
};
use jiff::{SignedDuration, Timestamp};
use lifecycle::words;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailbox;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use texts::{Locale, Texts, caller, printable};
use thiserror::Error;

mod body;

use body::Content;

/// What SES takes, in bytes: the whole message as it is sent, attachments in base64 included.
/// Source: "Service quotas in Amazon SES", message size with API v1.
pub const SIZE_LIMIT: usize = 10_000_000;

/// How mails are sent, the same for all.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The verified address that mails come from.
    pub from: EmailAddress,
    /// SES's configuration set, where bounces are reported.
    pub configuration_set: Option<String>,
    /// What links begin with: `https://example.com`.
    pub link_base_url: String,
    /// How long links work.
    pub link_lifetime: SignedDuration,
}

/// All that a mail is made of, except for the sound.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// Which of a voicemail's mails.
    pub kind: MailKind,
    /// What it is about.
    pub voicemail: &'a Voicemail,
    /// For whom the voicemail is.
    pub destination: &'a Destination,
    /// To whom the mail goes.
    pub owner: &'a Owner,
    /// At which of the owner's addresses.
    pub address: Address,
    /// How mails are sent.
    pub sender: &'a Sender,
    /// What opens the link; none if there is no sound to listen to.
    pub token: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

/// All that a mail about a missed call is made of.
#[derive(Clone, Copy, Debug)]
pub struct MissedCallDraft<'a> {
    /// Which of its mails.
    pub kind: MailKind,
    /// What it is about.
    pub missed_call: &'a MissedCall,
    /// To whom the mail goes.
    pub owner: &'a Owner,
    /// At which of the owner's addresses.
    pub address: Address,
    /// How mails are sent.
    pub sender: &'a Sender,
    /// Now.
    pub now: Timestamp,
}

/// A mail, ready to be sent.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The whole message.
    pub message: Vec<u8>,
    /// To whom.
    pub to: EmailAddress,
    /// Whether the words are in it.
    pub with_words: bool,
    /// By what SES's events of it find back to the ledger.
    pub tags: Tags,
}

/// What a mail is tagged with for SES, whose events repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// The SID of the ledger's entry: [`Entry::as_str`].
    pub entry: String,
    /// At which of the owner's addresses.
    pub address: Address,
    /// Which of its mails.
    pub kind: MailKind,
    /// Whether the words are in it.
    pub with_words: bool,
    /// Whether the sound is attached.
    pub with_sound: bool,
}

/// What the kind of a mail that is sent over again is called, before its number.
const RESEND: &str = "resend";

/// A word in a tag for each other mail.
const KINDS: [(MailKind, &str); 4] = [
    (MailKind::Voicemail, "voicemail"),
    (MailKind::Transcript, "words"),
    (MailKind::Second, "second"),
    (MailKind::MissedCall, "missed-call"),
];

impl Tags {
    /// The tag with the entry's SID.
    pub const ENTRY: &'static str = "entry";
    /// The tag with the address.
    pub const ADDRESS: &'static str = "address";
    /// The tag with the kind of mail. Mails of releases before this one have none.
    pub const MAIL: &'static str = "mail";
    /// The tag that says whether the words are in it.
    pub const WORDS: &'static str = "words";

    /// The tag that says whether the sound is attached.
    pub const SOUND: &'static str = "sound";

    /// By name and value. Letters, digits and dashes only, as SES wants them.
    /// Source: `MessageTag` in the Amazon SES API Reference.
    fn named(&self) -> [(&'static str, String); 5] {
        let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let kind = match self.kind {
            MailKind::Resend(number) => format!("{RESEND}-{number}"),
            kind => kind_name(kind).to_owned(),
        };
        [
            (Self::ENTRY, self.entry.clone()),
            (Self::ADDRESS, address_name(self.address).to_owned()),
            (Self::MAIL, kind),
            (Self::WORDS, yes_or_no(self.with_words)),
            (Self::SOUND, yes_or_no(self.with_sound)),
        ]
    }

    /// Which mail a tag's value means.
    pub fn kind(value: &str) -> Option<MailKind> {
        let number = value.strip_prefix(RESEND).and_then(|rest| rest.strip_prefix('-'));
        if let Some(number) = number {
            return number.parse().ok().map(MailKind::Resend);
        }
        KINDS.iter().find(|(_, name)| *name == value).map(|(kind, _)| *kind)
    }

    /// Which address a tag's value means.
    pub fn address(value: &str) -> Option<Address> {
        [Address::First, Address::Second, Address::Again]
            .into_iter()
            .find(|address| address_name(*address) == value)
    }
}

fn address_name(address: Address) -> &'static str {
    match address {
        Address::First => "first",
        Address::Second => "second",
        Address::Again => "again",
    }
}

/// What a mail is called in tags and logs.
pub fn kind_name(kind: MailKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or(RESEND, |(_, name)| name)
}

/// Why SES did not take a mail.
#[derive(Debug, Error)]
pub enum SendError {
    /// It said no: the mail is surely not sent.
    #[error("SES refuses the mail")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It said no, for too many mails came in this second, or on this day.
    #[error("SES takes no more mails for now")]
    Throttled(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It was not reached: the mail is surely not sent.
    #[error("SES can't be reached")]
    Unreached(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody knows: the answer did not come, or told of a fault of SES's own, in which it may have
    /// taken the mail.
    #[error("SES did not say whether it took the mail")]
    Unknown(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The sound of a voicemail can't be written into a mail.
#[derive(Debug, Error)]
#[error("the mail can't be written")]
pub struct ComposeError(#[from] std::io::Error);

/// Whether a sound of `size` bytes is worth fetching: the mail with it may stay below the limit,
/// which only the whole mail shows.
pub fn may_attach(size: u64) -> bool {
    // Base64 makes a line of 76 characters, and a line break, of 57 bytes.
    size.div_ceil(57).saturating_mul(78) <= SIZE_LIMIT as u64
}

impl Draft<'_> {
    /// Writes the mail. The sound is left out if the mail would grow too large with it.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn compose(&self, sound: Option<Vec<u8>>) -> Result<Composed, ComposeError> {
        if sound.is_some() {
            let with_sound = self.write(sound)?;
            if with_sound.message.len() <= SIZE_LIMIT {
                return Ok(with_sound);
            }
        }
        self.write(None)
    }
}

/// Sends a mail.
///
/// # Errors
/// [`SendError`] tells a clear no from silence.
pub async fn send(ses: &aws_sdk_ses::Client, sender: &Sender, mail: Composed) -> Result<String, SendError> {
    let message = match RawMessage::builder().data(Blob::new(mail.message)).build() {
        Ok(message) => message,
        Err(error) => return Err(SendError::Refused(error.into())),
    };
    let tag = |(name, value): (&str, String)| MessageTag::builder().name(name).value(value).build();
    // They say nothing where no configuration set publishes events.
    let tags: Option<Vec<MessageTag>> = mail.tags.named().into_iter().map(tag).collect::<Result<_, _>>().ok();
    let result = ses
        .send_raw_email()
        .source(sender.from.reveal())
        .destinations(mail.to.reveal())
        .set_configuration_set_name(sender.configuration_set.clone())
        .raw_message(message)
        .set_tags(tags)
        .send()
        .await;
    result.map(|sent| sent.message_id).map_err(meaning)
}

/// What it means that SES did not say yes.
fn meaning(error: SdkError<SendRawEmailError>) -> SendError {
    match error {
        error if error.code() == Some("Throttling") => SendError::Throttled(error.into()),
        SdkError::ConstructionFailure(_) => SendError::Refused(error.into()),
        SdkError::ServiceError(refused) if !refused.raw().status().is_server_error() => {
            SendError::Refused(SdkError::ServiceError(refused).into())
        }
        error if aws::was_never_connected(&error) => SendError::Unreached(error.into()),
        error => SendError::Unknown(error.into()),
    }
}

impl Draft<'_> {
    fn write(&self, sound: Option<Vec<u8>>) -> Result<Composed, ComposeError> {
        let Self { kind, voicemail, destination, owner, address, sender, token, now } = *self;
        let texts = Texts::of(owner.language);
        let expires_at = now.checked_add(sender.link_lifetime).unwrap_or(Timestamp::MAX);
        let words = words(voicemail, destination);
        let common = content(kind, &destination.parties, voicemail.recorded_at, owner, address);
        // An order alone, to the second address, says nothing about the first.
        let turned_away = turns_away(&voicemail.first_address, voicemail.second_mail_wanted);
        let content = Content {
            bounced: common.bounced.filter(|_| turned_away),
            length: voicemail
                .recording
                .duration_seconds()
                .map(|seconds| format!("{}:{:02}", seconds / 60, seconds % 60)),
            words,
            missing: match voicemail.recording {
                _ if voicemail.audio.is_some() => None,
                Recorded::Lost { .. } => Some(texts.lost),
                Recorded::Gone => Some(texts.gone),
                _ => None,
            },
            found_again: voicemail.audio.is_some()
                && voicemail.told_gone_at.is_some()
                && kind != MailKind::Transcript,
            attached: sound.is_some(),
            link: token.map(|token| format!("{}/v/{token}", sender.link_base_url.trim_end_matches('/'))),
            link_until: locale(owner, &destination.parties).date(expires_at),
            ..common
        };
        let subject = texts.subject.replace("{caller}", &content.caller.to_string());
        let (subject, place) = match kind {
            MailKind::Transcript => (format!("Re: {subject}"), "words"),
            MailKind::Second => (subject, "second"),
            MailKind::Resend(_) => (subject, "again"),
            MailKind::Voicemail | MailKind::MissedCall => (subject, "first"),
        };
        let id = format!("{}.{place}", voicemail.recording_sid);
        let thread = format!("{}.voicemail", voicemail.recording_sid);
        let (recipient, sent_to) = match (kind, voicemail.resend.as_ref().map(|resend| &resend.to)) {
            (MailKind::Resend(_), Some(ResendTo::Named(email))) => (email, Address::Again),
            (MailKind::Resend(_), _) => (to(owner, address), Address::Again),
            _ => (to(owner, address), address),
        };
        let with_sound = sound.is_some();
        let mut message = message(&content, subject, [id, thread], owner, recipient, sender, now);
        if let Some(sound) = sound {
            let name = texts::file_name(voicemail, &owner.time_zone);
            message = message.attachment("audio/wav", name, sound);
        }
        Ok(Composed {
            message: message.write_to_vec()?,
            to: recipient.clone(),
            with_words: matches!(words, TranscriptStatus::Known(_)),
            tags: Tags {
                entry: Entry::from(&voicemail.recording_sid).as_str().to_owned(),
                address: sent_to,
                kind,
                with_words: matches!(words, TranscriptStatus::Known(_)),
                with_sound,
            },
        })
    }
}

impl MissedCallDraft<'_> {
    /// Writes the mail.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn compose(&self) -> Result<Composed, ComposeError> {
        let Self { kind, missed_call, owner, address, sender, now } = *self;
        let at = missed_call.missed_at;
        let content = content(MailKind::MissedCall, &missed_call.parties, at, owner, address);
        let texts = Texts::of(owner.language);
        let subject = texts.missed_subject.replace("{caller}", &content.caller.to_string());
        let call_sid = &missed_call.call_sid;
        let place = match address {
            Address::First | Address::Again => "first",
            Address::Second => "second",
        };
        let ids = [format!("{call_sid}.{place}"), format!("{call_sid}.call")];
        let message = message(&content, subject, ids, owner, to(owner, address), sender, now);
        Ok(Composed {
            message: message.write_to_vec()?,
            to: to(owner, address).clone(),
            with_words: false,
            tags: Tags {
                entry: Entry::from(call_sid).as_str().to_owned(),
                address,
                kind,
                with_words: false,
                with_sound: false,
            },
        })
    }
}

/// Whether mails to the first address come back.
pub(crate) fn turns_away(first_address: &MailReports, second_mail_wanted: bool) -> bool {
    first_address.bounced.is_some() || second_mail_wanted
}

/// Where an owner is written to. Without a second address it is always the first.
fn to(owner: &Owner, address: Address) -> &EmailAddress {
    match (address, &owner.second_email) {
        (Address::Second, Some(second_email)) => second_email,
        _ => &owner.email,
    }
}

/// What every mail says: who called whom, and when.
fn content<'a>(
    kind: MailKind,
    parties: &'a Parties,
    at: Timestamp,
    owner: &'a Owner,
    address: Address,
) -> Content<'a> {
    let locale = locale(owner, parties);
    Content {
        kind,
        caller: caller(&parties.caller, parties.caller_name.as_deref(), locale),
        callback: parties.caller.number(),
        number: locale.number(&parties.number),
        owner: owner_name(owner),
        bounced: (address == Address::Second).then(|| owner.email.reveal()),
        recorded_at: locale.time(at),
        length: None,
        words: TranscriptStatus::None(NoTranscript::Off),
        missing: None,
        found_again: false,
        attached: false,
        link: None,
        link_until: String::new(),
        language: owner.language,
    }
}

/// How the owner of a number reads what is about a call to it.
fn locale<'a>(owner: &'a Owner, parties: &'a Parties) -> Locale<'a> {
    Locale { language: owner.language, time_zone: &owner.time_zone, home: Some(&parties.number) }
}

fn owner_name(owner: &Owner) -> Option<String> {
    owner.name.as_deref().map(printable).filter(|name| !name.is_empty())
}

/// A mail without attachments; `ids` are the local parts of its own ID and of its thread's.
fn message<'a>(
    content: &Content<'_>,
    subject: String,
    ids: [String; 2],
    owner: &Owner,
    recipient: &EmailAddress,
    sender: &'a Sender,
    now: Timestamp,
) -> MessageBuilder<'a> {
    let texts = Texts::of(owner.language);
    let domain = sender.from.reveal().rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let [id, thread] = ids.map(|id| format!("{id}@{domain}"));
    MessageBuilder::new()
        .from(Mailbox::new_address(Some("Aftertone"), sender.from.reveal()))
        .to(Mailbox::new_address(owner_name(owner), recipient.reveal().to_owned()))
        .subject(subject)
        .date(now.as_second())
        .message_id(id)
        // SES gives a mail a Message-ID of its own, so the mails of a thread can't name each
        // other. They name the same ancestor instead, which mail programs thread by.
        .header("References", MessageId::new(thread.clone()))
        .header("In-Reply-To", MessageId::new(thread))
        // RFC 3834: no vacation notice is to answer this.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .text_body(content.text(texts))
        .html_body(content.html(texts))
}

#[cfg(test)]
mod tests;
