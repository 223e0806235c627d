//! What Aftertone is about: settings, mailboxes, calls, voicemails, their mails, and who did what.
//!
//! Types and their names, and nothing else: no I/O, no SDK, no clock. How they stand in a table is
//! `store`'s; how they are said to people is `texts`'; what follows from them is `callflow`'s and
//! `lifecycle`'s.
//!
//! ## Layout
//! - [`settings`](NumberSettings), [`owner`](Owner), [`mailbox`](Mailbox), [`retention`](Retention),
//!   [`prompt`](Prompt), [`language`](Language), [`transcription`](Transcription), [`email`](EmailAddress):
//!   what the owner decided; [`form`](Section): how that is written, [`setting_values`](SettingValue): value
//!   by value.
//! - [`call`](Call): who called whom, what was decided, what became of it.
//! - [`decision`](Decision): what a caller gets, whole.
//! - [`live_call`](LiveCall): a call that is parked or in a menu, and the legs that ring for it.
//! - [`wait_sound`](WaitSound): what callers hear meanwhile.
//! - [`passed_over`](PassedOver): who was to ring in a call, and did not.
//! - [`in_list`](InList): by which entry of a list a call was decided.
//! - [`voicemail`](Voicemail), [`transcript`](Transcript), [`mail`](Mail): a voicemail, its words, its mails.
//! - [`missed_call`](MissedCall): a call in which no message was left.
//! - [`ledger`](LedgerRow): whichever of the two it is.
//! - [`timeline`](TimelineEvent): what happened, and when.
//! - [`api_key`](ApiKey): a program's key, and what it may do; [`once`](Once): what a program was answered.
//! - [`audit`](Instruction): holds, deletions, and their receipts.
//! - `fixtures`: rows for tests, of other rooms too; with the feature of that name.

mod api_key;
mod audit;
mod call;
mod decision;
mod email;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod form;
mod in_list;
mod invalid;
mod language;
mod ledger;
mod left_for;
mod leg_state;
mod live_call;
mod mail;
mod mailbox;
mod missed_call;
mod names;
mod once;
mod owner;
mod passed_over;
mod prompt;
mod retention;
mod setting_values;
mod settings;
mod timeline;
mod transcript;
mod transcription;
mod voicemail;
mod wait_sound;

pub use api_key::{
    ApiKey, ApiKeyId, ApiKeyName, CallbackUrl, Country, FormerSecret, InvalidApiKey, KeyNumbers, Scope,
    SecretHash,
};
pub use audit::{Act, Instruction, Keeping, Part, Receipt};
pub use call::{
    Call, CallBegins, CallStatusReport, DialOutcome, DialReport, DialStatus, Leg, NotReached, Parties,
};
pub use decision::{Ask, Decision, Disposition, Ring, Spoken, TakeMessage, Treatment, WhyNotForwarded};
pub use email::EmailAddress;
pub use form::{Section, Setting, SettingValue, Wrong};
pub use in_list::{Hits, InList};
pub use invalid::InvalidSetting;
pub use language::{Language, UnknownLanguage};
pub use ledger::{Entry, LedgerRow};
pub use left_for::LeftFor;
pub use leg_state::LegState;
pub use live_call::{Advance, Course, Deed, Effect, Frame, LegId, LiveCall, LiveLeg, PlanAt, Stage};
pub use mail::{Address, AfterBounce, Bounce, Mail, MailEvent, MailKind, MailReports, Resend, ResendTo};
pub use mailbox::{Mailbox, MailboxId};
pub use missed_call::{MissedCall, NotMissed};
pub use once::{Once, OnceId};
pub use owner::{Owner, OwnerForm};
pub use passed_over::{PassedOver, WhyNotRung};
pub use prompt::{AudioUrl, Prompt, PromptText, Wording};
pub use retention::{Days, Retention, RetentionForm};
pub use setting_values::{Limit, PromptForm};
pub use settings::{
    CallSettings, CallerId, FinishKey, Forwarding, ForwardingForm, Instead, MessageLength, Number,
    NumberSettings, Plan, PlanForm, RingTime, Speech, SpeechForm, VoicemailForm, VoicemailSettings,
};
pub use timeline::{Happening, TimelineEvent};
pub use transcript::{
    NoTranscript, Transcript, TranscriptStatus, TranscriptText, TranscriptionFailure, TranscriptionJob,
};
pub use transcription::{Engine, Engines, LanguageCode, SpokenLanguages, Transcription};
pub use voicemail::{
    Absence, Audio, Conversation, Destination, Links, NotMailed, Recorded, RecordingReport, RecordingState,
    Reported, TranscriptReport, Trouble, Voicemail,
};
pub use wait_sound::WaitSound;
