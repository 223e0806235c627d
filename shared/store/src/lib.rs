//! What Aftertone remembers: numbers, calls, live calls, the ledger of voicemails and who may come in, in DynamoDB.
//!
//! Webhooks come twice, late and out of order. So every write here is conditional and says whether
//! [what came of it](Written): repeating one changes nothing. Five plain tables, so
//! that a function's permissions name just the table and the actions that it uses.
//!
//! | table | key | holds |
//! |---|---|---|
//! | Numbers | `number`, `item` = `settings` or `usage#2026-11` | what the owner decided; forwarded calls of a month; `caller#+1…` and `hits#LIST#…`: what is known of a caller, and of an entry of a list; `file#…` and `rules#…`: its phone file, version by version; `former#2026-11-20T…`: whose the number was until then; under `mailbox#ID` a mailbox; under `reconcile`, how far Twilio's recordings are known |
//! | Calls | `call_sid` | one row per call |
//! | `LiveCalls` | `call_id`, `item` = `call` | a call that is parked or in a menu: its course, its legs, who has it; under `control` and `event#…` one that programs steer, and its log; under `delivery#…`, how far its events were told to an endpoint |
//! | Voicemails | `recording_sid` | how far each voicemail got, and why no further; likewise, under the call's SID, calls that were missed |
//! | Access | `key`, `item` | under `keys` the API keys, `key#ID`, and their names, `name#NAME`; under `usage#ID`, what a key has used in a minute and on a day; under `once#ID#…`, what a request was answered |
//!
//! ## Layout
//! - [`numbers`](Store::number): settings, kept in memory for 30 s.
//! - [`file`](Store::write_file): phone files, and what was in force before.
//! - [`mailboxes`](Store::mailbox): who gets the mails, and whose a number was at some time.
//! - [`calls`](Store::begin_call): a call begins, is counted, ends.
//! - [`live_calls`](Store::begin_live): a call's course and its legs, until it is over.
//! - [`controlled`](Store::commit_controlled): calls that programs steer, and their logs.
//! - [`deliveries`](Store::deliveries): who is told of them, and how far.
//! - [`voicemails`](Store::voicemail_reported): the ledger.
//! - [`reconcile`](Store::open_page): finding and waking what stands still.
//! - [`marks`](Store::marks): how far Twilio's recordings are known.
//! - [`missed_calls`](Store::call_missed): calls that nobody took and nobody left a message in.
//! - [`mail_events`](Store::mail_event): what became of mails after SES had taken them.
//! - [`links`](Store::revoke_links): the links to a voicemail, and whether it was heard.
//! - [`settings`](Store::replace_settings), [`lists`](Store::list_calls), [`retry`](Store::retry): what an operator needs.
//! - [`access`](Store::api_keys): keys of programs, what they [used](Store::take_call), what they were
//!   [answered](Store::once).
//! - [`keeping`](Store::hold_voicemail), [`sweep`](Store::ledger_page): holds, deletions and their receipts.
//! - [`schema`]: the tables, for whoever has to make them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Mailbox, MailboxId, Number};
use phone::PhoneNumber;
use runtime::{BadVariable, Environment};

mod access;
mod calls;
mod change;
mod controlled;
mod deliveries;
mod error;
mod filter;
mod lists;
mod live_calls;
mod numbers;
mod row;
pub mod schema;
mod shards;
mod sweep;
mod unreadable;
mod voicemails;

pub use access::usage::{Taken, Usage};
pub use calls::call::Begun;
pub use calls::forwarded::ForwardedCall;
pub use controlled::call::{Committed, ControlledChange, ControlledPart};
pub use controlled::kept::KeptPart;
pub use controlled::row::ControlledCall;
pub use deliveries::delivery::DeliveryPart;
pub use error::StoreError;
pub use lists::Listed;
pub use live_calls::call::Advanced;
pub use live_calls::due::DuePart;
pub use live_calls::legs::{Accepted, Claimed};
pub use numbers::callers::KnownCaller;
pub use numbers::file::{Filed, NewFile};
pub use numbers::file_row::FileVersion;
pub use numbers::mailboxes::{MailboxName, Owners};
pub use numbers::marks::{Listing, Marks};
pub use numbers::settings::{SeenMailbox, SeenSettings};
pub use sweep::{Page, Sweep};
pub use unreadable::{Rows, Unreadable};
pub use voicemails::keeping::Deletion;
pub use voicemails::reconcile::{Next, OpenPage, OpenPart};

use numbers::known::Known;
use numbers::known_files::KnownFiles;

type Item = HashMap<String, AttributeValue>;

/// The names of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Settings and usage.
    pub numbers: String,
    /// Calls.
    pub calls: String,
    /// The ledger.
    pub voicemails: String,
    /// Calls that go on, and their legs.
    pub live_calls: String,
    /// API keys, what they used, and what they were answered.
    pub access: String,
}

impl Tables {
    /// As `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE` and `ACCESS_TABLE` say.
    ///
    /// # Errors
    /// [`BadVariable`].
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        Ok(Self {
            numbers: environment.required("NUMBERS_TABLE")?,
            calls: environment.required("CALLS_TABLE")?,
            voicemails: environment.required("VOICEMAILS_TABLE")?,
            live_calls: environment.required("LIVE_CALLS_TABLE")?,
            access: environment.required("ACCESS_TABLE")?,
        })
    }

    /// `aftertone-numbers`, `aftertone-calls`, `aftertone-voicemails`, `aftertone-live-calls`, `aftertone-access`, or
    /// with another prefix.
    pub fn with_prefix(prefix: &str) -> Self {
        Self {
            numbers: format!("{prefix}-numbers"),
            calls: format!("{prefix}-calls"),
            voicemails: format!("{prefix}-voicemails"),
            live_calls: format!("{prefix}-live-calls"),
            access: format!("{prefix}-access"),
        }
    }
}

/// What came of a conditional write. Only the first changed anything, and none of the others is mended by
/// trying the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It changed the row.
    Applied,
    /// The row knew it already, or knew something later.
    AlreadyApplied,
    /// Somebody else was faster, or has changed since what this was decided by: look again, and decide anew.
    Conflict,
    /// A hold is on it: release it first.
    Held,
    /// There is nothing, or nothing any more, that it could be about.
    NotApplicable,
}

/// The tables, and the settings read from them in the last 30 seconds. Clones share both.
#[derive(Clone, Debug)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    tables: Arc<Tables>,
    known_numbers: Known<PhoneNumber, Number>,
    known_mailboxes: Known<MailboxId, Mailbox>,
    known_files: KnownFiles,
    known_masked: Known<(PhoneNumber, u32), HashSet<PhoneNumber>>,
}

impl Store {
    /// A store over these tables.
    pub fn new(client: aws_sdk_dynamodb::Client, tables: Tables) -> Self {
        Self {
            client,
            tables: Arc::new(tables),
            known_numbers: Known::default(),
            known_mailboxes: Known::default(),
            known_files: KnownFiles::default(),
            known_masked: Known::default(),
        }
    }
}
