//! What is so: plain data, to be judged.

use std::sync::Arc;

use domain::{Address, Mailbox, MailboxId, NumberSettings};
use jiff::Timestamp;
use phone::{AccountSid, PhoneNumber};
use phonefile::PhoneFile;
use twilio::IncomingNumber;

use crate::deployment::Outputs;
use crate::wire::Wanted;

/// What was found out, or why it could not be.
pub(crate) type Fact<T> = Result<T, String>;

/// Everything.
pub(crate) struct Facts {
    pub(crate) now: Timestamp,
    /// Which system: a stack's name, or a folder.
    pub(crate) system: String,
    /// As whom AWS knows us. None: there is no AWS behind this system.
    pub(crate) identity: Option<Fact<String>>,
    pub(crate) stack: Fact<Box<StackFacts>>,
    /// Whether anybody answers there. What is deployed always runs.
    pub(crate) runs: bool,
}

/// What can only be asked once the stack is found.
pub(crate) struct StackFacts {
    pub(crate) outputs: Outputs,
    pub(crate) tables: Vec<(String, Fact<TableState>)>,
    pub(crate) bucket: Fact<()>,
    pub(crate) accounts: Fact<Vec<AccountFacts>>,
    /// Why accounts of the secret can't be read that are in it and can't.
    pub(crate) unreadable_accounts: Vec<String>,
    /// Status of a webhook signed by nobody we know.
    pub(crate) forged: Fact<u16>,
    /// What the fallback URL answers a caller, one who has left a message, and one who has talked to the
    /// owner. None: there is none.
    pub(crate) fallback: Option<[Fact<String>; 3]>,
    /// The API's clock, as its last answer had it, and ours at that moment.
    pub(crate) clocks: Option<(Timestamp, Timestamp)>,
    pub(crate) wanted: Fact<Wanted>,
    pub(crate) numbers: Fact<Vec<NumberFacts>>,
    /// Rows of numbers and mailboxes that can't be read: their keys, and why.
    pub(crate) unreadable_settings: Vec<(String, String)>,
    /// None: mail stays on this machine.
    pub(crate) mail: Option<MailFacts>,
    /// The queue of the worker, and its dead letters. None: there is no SQS behind this system.
    pub(crate) queues: Option<(Fact<Depth>, Fact<Depth>)>,
    /// How many functions may run at once. None: there is no Lambda behind this system.
    pub(crate) executions: Option<Fact<Executions>>,
    pub(crate) open: Fact<Vec<OpenRow>>,
    /// Rows that are not done and can't be read: their keys, and why.
    pub(crate) unreadable: Vec<(String, String)>,
    /// Of the last days.
    pub(crate) mail_fates: Fact<Vec<MailFate>>,
    /// Every mailbox, with the numbers that lead to it.
    pub(crate) mailboxes: Fact<Vec<(Mailbox, Vec<PhoneNumber>)>>,
    /// When the last mail was sent, if SES has told nothing of it for long.
    pub(crate) mails_unheard: Option<Timestamp>,
    /// The keys of programs, and whether what they are told can reach them. None: the stack has none.
    pub(crate) callbacks: Option<Fact<Vec<CallbackFacts>>>,
    /// When each account's recordings were last compared with the ledger.
    pub(crate) reconciled: Vec<(AccountSid, Fact<Option<Timestamp>>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableState {
    /// `ACTIVE` is how it should be.
    pub(crate) status: String,
    /// Whether changes are told to somebody.
    pub(crate) has_stream: bool,
}

/// A Twilio account, as the secret has it.
#[derive(Clone, Debug)]
pub(crate) struct AccountFacts {
    pub(crate) sid: AccountSid,
    pub(crate) has_api_key: bool,
    /// What Twilio says to each of the tokens, then to the API key.
    pub(crate) logins: Vec<LoginFact>,
    /// Status of a webhook signed with each of the tokens.
    pub(crate) signed: Vec<Fact<u16>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginFact {
    Accepted { status: String, kind: String },
    Refused,
    Unknown(String),
}

#[derive(Clone, Debug)]
pub(crate) struct NumberFacts {
    pub(crate) settings: NumberSettings,
    pub(crate) at_twilio: AtTwilio,
    /// Targets that are masked numbers.
    pub(crate) masked_targets: bool,
    /// Whether the countries of its targets may be called.
    pub(crate) countries: Vec<(String, Fact<bool>)>,
    /// Its phone file; none if it has none.
    pub(crate) file: Option<FileFacts>,
}

/// The phone file that a number goes by.
#[derive(Clone, Debug)]
pub(crate) struct FileFacts {
    pub(crate) version: u32,
    /// As its owner wrote it.
    pub(crate) text: Fact<String>,
    /// As calls read it.
    pub(crate) stored: Fact<Arc<PhoneFile>>,
}

#[derive(Clone, Debug)]
pub(crate) enum AtTwilio {
    Found(Box<IncomingNumber>),
    Missing,
    Unknown(String),
}

#[derive(Clone, Debug)]
pub(crate) struct MailFacts {
    pub(crate) from: String,
    pub(crate) account: Fact<SesAccount>,
    /// The identity that covers the sender; none if SES knows none.
    pub(crate) identity: Fact<Option<Identity>>,
    /// Whether the configuration set exists, by name.
    pub(crate) configuration_set: Option<(String, Fact<bool>)>,
    pub(crate) owners: Vec<OwnerFacts>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SesAccount {
    /// False: the sandbox, in which mail goes to verified addresses only.
    pub(crate) production: bool,
    pub(crate) sending: bool,
    /// `HEALTHY`, `PROBATION`, `SHUTDOWN`.
    pub(crate) enforcement: String,
    pub(crate) in_24_hours: f64,
    pub(crate) sent: f64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) verified: bool,
    /// `SUCCESS` is how it should be.
    pub(crate) dkim: String,
}

#[derive(Clone, Debug)]
pub(crate) struct OwnerFacts {
    pub(crate) email: String,
    /// Why SES sends nothing there, if so.
    pub(crate) suppressed: Fact<Option<String>>,
    /// Whether the address is verified; only asked in the sandbox.
    pub(crate) verified: Option<Fact<bool>>,
}

/// What a program is told of its calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallbackFacts {
    /// The key's name.
    pub(crate) key: String,
    /// Why its address is none that is told anything; none if it has none, or a good one.
    pub(crate) bad_address: Option<String>,
    /// Whether there is what signs it.
    pub(crate) is_signed: bool,
}

/// What is in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) waiting: u64,
    pub(crate) under_way: u64,
}

/// How many functions of an account may run at once, in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Executions {
    pub(crate) in_all: i32,
    /// Those that are kept for no function.
    pub(crate) unreserved: i32,
}

/// A voicemail, or the mail about a missed call, that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenRow {
    pub(crate) sid: String,
    pub(crate) since: Timestamp,
    /// Whether the mail is out already, and only something behind it is awaited.
    pub(crate) mailed: bool,
    pub(crate) trouble: Option<TroubleFact>,
}

/// What went wrong last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TroubleFact {
    pub(crate) attempts: u32,
    pub(crate) last_error: String,
}

/// A mail to one of the owner's addresses, and what the server made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MailFate {
    /// Whose mail it was, whoever has the number now.
    pub(crate) mailbox: MailboxId,
    pub(crate) number: PhoneNumber,
    pub(crate) address: Address,
    pub(crate) at: Timestamp,
    pub(crate) outcome: MailOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MailOutcome {
    Delivered,
    /// For good.
    Bounced {
        /// In the server's words.
        reason: String,
    },
}
