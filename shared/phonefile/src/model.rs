//! A file that has been read: who is reached when.

use std::time::Duration;

use domain::{CallerId, EmailAddress, Language, Retention, RingTime, VoicemailSettings, WaitSound};
use hours::Schedule;
use jiff::Zoned;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::place::Place;
use crate::written::{by_language, seconds, section, setting, unread, wall};

/// What an owner wrote about a number, checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PhoneFile {
    /// The number that people call.
    #[serde(with = "setting")]
    pub number: PhoneNumber,
    /// The person whose mailbox takes the messages of which no plan says it.
    pub mailbox: String,
    /// Where its clocks hang.
    #[serde(with = "setting")]
    pub time_zone: TimeZone,
    /// What callers may choose, the usual one first: never empty.
    #[serde(with = "setting")]
    pub languages: Vec<Language>,
    /// Voices other than the languages' own.
    #[serde(default, with = "by_language", skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<(Language, String)>,
    /// Until then all hours are closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_until: Option<Until>,
    /// In the order of the file, as all that has a name.
    pub people: Vec<Person>,
    /// Callers by their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<List>,
    /// What becomes of callers whom somebody has blocked beside the lists.
    #[serde(default, skip_serializing_if = "Blocked::is_reject")]
    pub blocked: Blocked,
    /// When somebody is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
    /// What callers hear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<NamedWords>,
    /// What they choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub menus: Vec<Menu>,
    /// Plans that have names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<NamedPlan>,
    /// While there is one, all calls go this way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Plan>,
    /// The first that fits has the call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Rule>,
    /// How telephones ring.
    #[serde(default)]
    pub ringing: Ringing,
    /// How messages are taken.
    #[serde(default, with = "section")]
    pub messages: VoicemailSettings,
    /// How long things are kept.
    #[serde(default, with = "section")]
    pub keep: Retention,
    /// How many calls are forwarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Calls that are played at each edit.
    #[serde(skip)]
    pub expect: Vec<Expectation>,
}

/// What becomes of callers whom somebody has blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// They are refused.
    #[default]
    Reject,
    /// They may leave a message, of which nobody is told.
    Silent,
}

impl Blocked {
    /// Each of them.
    pub(crate) const ALL: [Self; 2] = [Self::Reject, Self::Silent];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Silent => "silent",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    fn is_reject(&self) -> bool {
        *self == Self::Reject
    }
}

/// When something is over, by the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Until {
    /// Where it stands.
    pub place: Place,
    /// When.
    #[serde(with = "wall")]
    pub at: DateTime,
}

/// Who rings, and who gets mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// By which the file knows them.
    pub id: String,
    /// Where.
    pub place: Place,
    /// How mails greet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The telephone that rings.
    #[serde(default, with = "setting", skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// Where messages are mailed: who has one has a mailbox.
    #[serde(default, with = "setting", skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Where they go when the first takes no mail.
    #[serde(default, with = "setting", skip_serializing_if = "Option::is_none")]
    pub second_email: Option<EmailAddress>,
    /// Whether calls without a message are mailed, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed_call_mail: bool,
    /// None is the first of the file's.
    #[serde(default, with = "setting", skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Until then they ring only for who is in `vip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_until: Option<Until>,
}

/// Callers by their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Who is in it.
    #[serde(skip)]
    pub entries: Vec<Entry>,
}

/// A caller in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub place: Place,
    /// Which.
    pub who: Who,
    /// Why.
    pub note: Option<String>,
    /// The last day.
    pub until: Option<Date>,
}

/// Which callers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Who {
    /// One.
    Number(PhoneNumber),
    /// Whose numbers begin so: `+`, and digits.
    Prefix(String),
    /// Who shows no number.
    Anonymous,
    /// For whose number their carrier does not vouch.
    Unverified,
    /// Who was neither called nor heard of for a year, and stands in no list.
    FirstTime,
    /// Who stands in a list.
    Listed(String),
}

/// A schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hours {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// When, by lines, calendar, and the file's `closed_until`.
    #[serde(skip, default = "unread")]
    pub schedule: Schedule,
    /// Its lines.
    pub lines: Vec<HoursLine>,
    /// What else closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
}

/// A line of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursLine {
    /// Which days, as written.
    pub days: String,
    /// Which hours, as written.
    pub hours: String,
    /// Where it stands.
    pub place: Place,
}

/// Days and times that are closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Where it stands.
    pub place: Place,
    /// The text of an `.ics` file.
    pub text: String,
}

/// What is said, in the languages in which it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Where.
    pub place: Place,
    /// The texts, in the order of the file's languages: never empty.
    #[serde(with = "by_language")]
    pub texts: Vec<(Language, Vec<Said>)>,
    /// A sound to play instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
}

/// A part of what is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// As it is written.
    Text(String),
    /// When these hours begin next.
    Opens(String),
    /// When they end.
    Closes(String),
}

/// A prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedWords {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What is said.
    pub words: Words,
}

/// What to say: a prompt, or words for this place alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speech {
    /// The prompt of that name: the file's own, or one that is built in.
    Prompt(String),
    /// These words.
    Words(Words),
}

/// A menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What is said.
    pub say: Speech,
    /// What each key does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<MenuOption>,
    /// What becomes of who chooses nothing; none leads on behind the menu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Plan>,
}

/// A key of a menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuOption {
    /// `0` to `9`.
    pub key: char,
    /// Where it stands.
    pub place: Place,
    /// What may be said instead, in small letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Plan,
    /// Whether the choice is never remembered for the next call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

/// A plan that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPlan {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What is done.
    pub plan: Plan,
}

/// What is done, in order, until an action takes the call; voicemail is the silent last one.
pub type Plan = Vec<Step>;

/// An action, where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// What.
    pub action: Action,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Says something.
    Say(Speech),
    /// Asks who calls and why.
    AskName,
    /// Rings people together.
    Ring {
        /// Whom.
        people: Vec<Rung>,
        /// How long.
        #[serde(with = "setting")]
        time: RingTime,
    },
    /// Lets the caller choose.
    Menu(String),
    /// Rings a number that is nobody's here.
    Forward {
        /// Which.
        #[serde(with = "setting")]
        to: PhoneNumber,
        /// How long.
        #[serde(with = "setting")]
        time: RingTime,
    },
    /// Offers the call to a program, which may answer, reject or redirect it within ten seconds.
    Control(Option<Program>),
    /// Takes a message for a mailbox; none is the file's.
    Voicemail(Option<String>),
    /// Takes a message of which nobody is told.
    Silent,
    /// Refuses the call.
    Reject,
    /// Does what that plan says, and goes on if nothing of it takes the call.
    Plan(String),
}

/// A program that is told of a call. Without one, programs ask for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Where.
    pub url: String,
    /// The name of the API key whose secret signs what it is told.
    pub key: String,
}

/// Who rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Who.
    pub person: String,
    /// How much later than the others.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub after: Duration,
}

/// Which calls, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Where.
    pub place: Place,
    /// Who calls: any of these; anybody, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Term<Who>>,
    /// When: within any of these; always, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Term<String>>,
    /// Which number was called: any of these; the file's, if there are none.
    #[serde(default, with = "setting", skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<PhoneNumber>,
    /// What becomes of the call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Plan,
}

/// Something, or all but it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Term<T> {
    /// Whether all but it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
    /// What.
    pub what: T,
}

/// How telephones ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ringing {
    /// What they show.
    #[serde(with = "setting")]
    pub caller_id: CallerId,
    /// Whether the caller hears `connecting` first.
    pub announce: bool,
    /// Whether the caller can end the call with `*`.
    pub hang_up_on_star: bool,
    /// What the caller hears who waits while several ring, one after the other or together.
    #[serde(skip_serializing_if = "WaitSound::is_ringing")]
    pub wait: WaitSound,
}

impl Default for Ringing {
    fn default() -> Self {
        Self { caller_id: CallerId::Caller, announce: true, hang_up_on_star: false, wait: WaitSound::Ringing }
    }
}

/// How many calls are forwarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// In a calendar month.
    pub calls_per_month: u32,
    /// What becomes of calls beyond.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Plan,
}

/// A call, and what is to become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Where it stands.
    pub place: Place,
    /// The call.
    pub call: Call,
    /// What callers hear, each of these.
    pub hears: Option<Vec<String>>,
    /// The menus that they come to, each of these.
    pub menu: Option<Vec<String>>,
    /// Whose telephones ring: these and no other.
    pub rings: Option<Vec<String>>,
    /// The numbers that it is forwarded to: these and no other.
    pub forwards: Option<Vec<PhoneNumber>>,
    /// In whose mailbox it ends.
    pub voicemail: Option<String>,
    /// Whether its message is kept in silence.
    pub silent: Option<bool>,
    /// Whether it is refused.
    pub rejects: Option<bool>,
}

/// A call, as far as a file can tell calls apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who calls; none shows no number.
    pub from: Option<PhoneNumber>,
    /// When, in the file's zone.
    pub at: Zoned,
    /// Whether they called before.
    pub known: bool,
    /// Whether their carrier does not vouch for the number.
    pub unverified: bool,
    /// The keys that they press, one for each menu.
    pub presses: Vec<char>,
    /// The words that they say, where no key is left.
    pub says: Vec<String>,
}
