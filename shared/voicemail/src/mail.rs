//! The mail, in the owner's language.
//!
//! One mail per voicemail: text and HTML, the sound attached when it fits, and our own link in any
//! case. Words that come after it go out in a second, short mail in the same thread.
//!
//! Sending is not here a transaction with the ledger, and can't be: SES takes a mail, or the
//! answer gets lost. So a worker claims the mail first, with a lease; only when it dies, or loses
//! the answer, between SES's taking the mail and the ledger's knowing it, is the mail sent again.

use aws_sdk_ses::error::SdkError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use callflow::{EmailAddress, Owner};
use jiff::{SignedDuration, Timestamp};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use phone::Caller;
use store::{Destination, MailKind, Sound, Voicemail};
use thiserror::Error;

use crate::step::words;

mod body;
mod texts;

use body::Content;
use texts::Texts;

/// What SES takes, in bytes: the whole message as it is sent, attachments in base64 included.
/// Source: "Service quotas in Amazon SES", message size with API v1.
pub const SIZE_LIMIT: usize = 10_000_000;

/// What headers and texts take at most, in bytes; the words are bounded by the webhook's size.
const ALLOWANCE: u64 = 300_000;

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

/// A mail, ready to be sent.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The whole message.
    pub message: Vec<u8>,
    /// To whom.
    pub to: EmailAddress,
    /// Whether the words are in it.
    pub with_words: bool,
}

/// Why SES did not take a mail.
#[derive(Debug, Error)]
pub enum SendError {
    /// It said no: the mail is surely not sent.
    #[error("SES refuses the mail")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody knows: the answer did not come.
    #[error("SES did not answer")]
    Unknown(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The sound of a voicemail can't be written into a mail.
#[derive(Debug, Error)]
#[error("the mail can't be written")]
pub struct ComposeError(#[from] std::io::Error);

/// Whether a sound of `size` bytes is worth fetching: the mail with it may stay below the limit.
pub fn may_attach(size: u64) -> bool {
    // Base64 makes four of three, and breaks lines after 76.
    size.saturating_mul(4) / 3 * 78 / 76 + ALLOWANCE <= SIZE_LIMIT as u64
}

/// Writes a mail. The sound is left out if the mail would grow too large with it.
///
/// # Errors
/// [`ComposeError`].
pub fn compose(
    kind: MailKind,
    voicemail: &Voicemail,
    destination: &Destination,
    owner: &Owner,
    sender: &Sender,
    token: Option<&str>,
    sound: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<Composed, ComposeError> {
    if let Some(sound) = sound {
        let with_sound = write(kind, voicemail, destination, owner, sender, token, Some(sound), now)?;
        if with_sound.message.len() <= SIZE_LIMIT {
            return Ok(with_sound);
        }
    }
    write(kind, voicemail, destination, owner, sender, token, None, now)
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
    let result = ses
        .send_raw_email()
        .source(sender.from.reveal())
        .destinations(mail.to.reveal())
        .set_configuration_set_name(sender.configuration_set.clone())
        .raw_message(message)
        .send()
        .await;
    match result {
        Ok(sent) => Ok(sent.message_id),
        Err(error @ (SdkError::ConstructionFailure(_) | SdkError::ServiceError(_))) => {
            Err(SendError::Refused(error.into()))
        }
        Err(error) => Err(SendError::Unknown(error.into())),
    }
}

#[expect(clippy::too_many_arguments, reason = "all that a mail is made of, each once")]
fn write(
    kind: MailKind,
    voicemail: &Voicemail,
    destination: &Destination,
    owner: &Owner,
    sender: &Sender,
    token: Option<&str>,
    sound: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<Composed, ComposeError> {
    let texts = Texts::of(owner.language);
    let recorded_at = voicemail.recorded_at.to_zoned(owner.time_zone.clone());
    let words = words(voicemail, destination);
    let caller = caller(&destination.parties.caller, destination.parties.caller_name.as_deref(), texts);
    let expires_at = now.checked_add(sender.link_lifetime).unwrap_or(Timestamp::MAX);
    let content = Content {
        kind,
        caller: caller.clone(),
        callback: destination.parties.caller.number(),
        number: destination.parties.number.reveal(),
        owner: owner.name.as_deref().map(printable),
        // Numbers read the same in every language.
        recorded_at: recorded_at.strftime("%Y-%m-%d %H:%M %Z").to_string(),
        length: voicemail
            .sound
            .duration_seconds()
            .map(|seconds| format!("{}:{:02}", seconds / 60, seconds % 60)),
        words,
        lost: matches!(voicemail.sound, Sound::Lost { .. }),
        attached: sound.is_some(),
        link: token.map(|token| format!("{}/v/{token}", sender.link_base_url.trim_end_matches('/'))),
        link_until: expires_at.to_zoned(owner.time_zone.clone()).strftime("%Y-%m-%d").to_string(),
        language: owner.language,
    };
    let subject = texts.subject.replace("{caller}", &caller);
    let subject = match kind {
        MailKind::Voicemail => subject,
        MailKind::Words => format!("Re: {subject}"),
    };
    let domain = sender.from.reveal().rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let thread = format!("{}.voicemail@{domain}", voicemail.recording_sid);
    let message_id = match kind {
        MailKind::Voicemail => format!("{}.first@{domain}", voicemail.recording_sid),
        MailKind::Words => format!("{}.words@{domain}", voicemail.recording_sid),
    };
    let to = Address::new_address(owner.name.as_deref().map(printable), owner.email.reveal());
    let mut message = MessageBuilder::new()
        .from(Address::new_address(Some("Aftertone"), sender.from.reveal()))
        .to(to)
        .subject(subject)
        .date(now.as_second())
        .message_id(message_id)
        // SES gives a mail a Message-ID of its own, so the mails of a thread can't name each
        // other. They name the same ancestor instead, which mail programs thread by.
        .header("References", MessageId::new(thread.clone()))
        .header("In-Reply-To", MessageId::new(thread))
        // RFC 3834: no vacation notice is to answer this.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .text_body(content.text(texts))
        .html_body(content.html(texts));
    if let Some(sound) = sound {
        let name = format!("voicemail-{}.wav", recorded_at.strftime("%Y-%m-%d-%H%M%S"));
        message = message.attachment("audio/wav", name, sound);
    }
    let with_words = matches!(words, crate::Words::Known(_));
    Ok(Composed { message: message.write_to_vec()?, to: owner.email.clone(), with_words })
}

/// `Alice (+14155550100)`, or whatever is known.
fn caller(caller: &Caller, name: Option<&str>, texts: &Texts) -> String {
    let who = match caller {
        Caller::Withheld(_) => texts.withheld.to_owned(),
        caller => printable(&caller.reveal()),
    };
    match name.map(printable).filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} ({who})"),
        None => who,
    }
}

/// A stranger's text, without what could break a header or turn the reading direction.
fn printable(text: &str) -> String {
    let misleading = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(|c| !misleading(c)).take(200).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
