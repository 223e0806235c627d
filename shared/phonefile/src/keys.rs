//! What may stand where: the tables by which files are read, and from which the schema for editors and the
//! reference in `docs/phone-file.md` are written.

/// What may be written in a map.
#[derive(Debug)]
pub struct Table {
    /// The name by which others refer to it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What may stand in it.
    pub keys: &'static [Key],
    /// What else may: names or keys of the owner's own.
    pub others: Option<&'static Key>,
}

/// What may stand in a map under a name.
#[derive(Debug)]
pub struct Key {
    /// The name.
    pub name: &'static str,
    /// How its value is written.
    pub form: Form,
    /// What goes where it is not said.
    pub unsaid: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// How a value is written.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A text.
    Text,
    /// A telephone number.
    Number,
    /// An e-mail address.
    Email,
    /// A language of prompts.
    Language,
    /// `40s`, `5m`.
    Duration,
    /// `30 days`, `forever`.
    Days,
    /// `yes` or `no`.
    Flag,
    /// A count.
    Count,
    /// A word, one of these.
    Choice(&'static [&'static str]),
    /// The name of something in that section.
    Name(&'static str),
    /// An action, a list of them, or a plan's name.
    Plan,
    /// A prompt's name, a text, or a text for each language.
    Words,
    /// One, or several in a list.
    Some(&'static Form),
    /// A list.
    List(&'static Form),
    /// One of several.
    Either(&'static [Form]),
    /// Names of the owner's own, and what they stand for.
    Named(&'static Form),
    /// A map.
    Map(&'static Table),
    /// Whatever: it is read elsewhere, or by a later release.
    Any,
    /// Nothing behind the colon.
    Nothing,
}

const fn key(name: &'static str, form: Form, unsaid: &'static str, meaning: &'static str) -> Key {
    Key { name, form, unsaid, meaning }
}

const NEEDED: &str = "**needed**";
/// Taken already, and done by a later release.
pub(crate) const LATER: &str = "*later*";

/// The tags of [`domain::Language`].
pub(crate) const LANGUAGES: [&str; 7] = ["en", "zh-CN", "es", "fr", "de", "ja", "pt-BR"];

impl Key {
    /// Whether a map without it is not whole.
    pub fn is_needed(&self) -> bool {
        self.unsaid == NEEDED
    }

    /// Whether a later release does what it says.
    pub fn is_later(&self) -> bool {
        self.unsaid == LATER
    }
}

impl Table {
    /// The names of its keys.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys.iter().map(|key| key.name)
    }
}

/// All tables, the file itself first.
pub static TABLES: [&Table; 12] =
    [&FILE, &PERSON, &ENTRY, &WORDS, &MENU, &OPTION, &STEP, &RULE, &RINGING, &MESSAGES, &KEEP, &LIMIT];

/// What an expectation may say: a table like the [others](TABLES).
pub static EXPECTATION: Table = Table {
    name: "expect",
    about: "A call that is played at each edit: who calls when, and what becomes of it. Nobody picks up in it.",
    keys: &[
        key("from", Form::Text, "somebody unknown", "Who calls: a number, or `anonymous`"),
        key("at", Form::Text, NEEDED, "When, by the clock on the wall: `2026-12-24 23:00`"),
        key("known", Form::Flag, "`no`", "Whether they called before, so that `first-time` does not fit"),
        key("unverified", Form::Flag, "`no`", "Whether their carrier does not vouch for the number"),
        key("presses", Form::Some(&Form::Text), "nothing", "The keys that they press, one for each menu"),
        key("says", Form::Some(&Form::Text), "nothing", "The words that they say, where they press nothing"),
        key("hears", Form::Some(&Form::Name("prompts")), "", "The prompts that they hear"),
        key("menu", Form::Some(&Form::Name("menus")), "", "The menus that they come to"),
        key("rings", Form::Some(&Form::Name("people")), "", "Whose telephones ring: these and no other"),
        key("forwards", Form::Some(&Form::Number), "", "The numbers that the call is forwarded to"),
        key("voicemail", Form::Name("people"), "", "In whose mailbox it ends"),
        key("silent", Form::Flag, "", "Whether its message is kept in silence"),
        key("rejects", Form::Flag, "", "Whether it is refused"),
    ],
    others: None,
};

/// The file.
pub static FILE: Table = Table {
    name: "file",
    about: "A number, and who is reached when.",
    keys: &[
        key("number", Form::Number, NEEDED, "The number that people call"),
        key(
            "mailbox",
            Form::Name("people"),
            "the first of `people` with an `email`",
            "Where messages go of which no plan says it",
        ),
        key(
            "time_zone",
            Form::Text,
            NEEDED,
            "Where its clocks hang, by its IANA name: `America/Los_Angeles`",
        ),
        key(
            "languages",
            Form::Some(&Form::Language),
            "`[en]`",
            "What callers may choose, the usual one first: `en` `zh-CN` `es` `fr` `de` `ja` `pt-BR`",
        ),
        key(
            "voices",
            Form::Named(&Form::Text),
            "one for each language",
            "Other text-to-speech voices, by language, as Twilio names them: `{ en: Polly.Amy-Neural }`",
        ),
        key(
            "closed_until",
            Form::Text,
            "open",
            "Until then all `hours` are closed: `2026-12-01 09:00`, by the clock of `time_zone`",
        ),
        key("people", Form::Named(&Form::Map(&PERSON)), NEEDED, "Who can be reached"),
        key(
            "lists",
            Form::Named(&Form::Some(&Form::Either(&[Form::Text, Form::Map(&ENTRY)]))),
            "none",
            "Callers by their numbers. `blocked` and `vip` are lists like others, but nobody can be in both",
        ),
        key(
            "blocked",
            Form::Choice(&["reject", "silent"]),
            "`reject`",
            "What becomes of callers who are blocked beside the lists, by 9 or by `aftertone number block`: they are refused, or `silent` takes their message",
        ),
        key(
            "hours",
            Form::Named(&Form::Any),
            "none",
            "When somebody is there: schedules by the week and the date",
        ),
        key(
            "prompts",
            Form::Named(&Form::Words),
            "built in",
            "What callers hear. `connecting` `greeting` `thanks` `nothing-heard` `unavailable` `not-in-use` replace what is built in",
        ),
        key("menus", Form::Named(&Form::Map(&MENU)), "none", "What callers choose from, by key or word"),
        key("plans", Form::Named(&Form::Plan), "none", "Plans that stand in several places"),
        key(
            "off",
            Form::Plan,
            "on",
            "While it stands here, all calls go this way: `voicemail`, or `[say: unavailable, reject]`",
        ),
        key(
            "calls",
            Form::List(&Form::Map(&RULE)),
            "all to voicemail",
            "What becomes of a call: the first rule that fits",
        ),
        key("ringing", Form::Map(&RINGING), "", "How telephones ring"),
        key("messages", Form::Map(&MESSAGES), "", "How messages are taken"),
        key("keep", Form::Map(&KEEP), "", "How long things are kept"),
        key("limit", Form::Map(&LIMIT), "none", "How many calls are forwarded"),
        key("texts", Form::Any, LATER, "What becomes of a text message"),
        key("expect", Form::List(&Form::Map(&EXPECTATION)), "nothing", "Calls that are played at each edit"),
    ],
    others: None,
};

/// A person.
pub static PERSON: Table = Table {
    name: "person",
    about: "Who rings, and who gets mail. Who has an `email` has a mailbox.",
    keys: &[
        key("name", Form::Text, "none", "How mails greet"),
        key("phone", Form::Number, "none", "The telephone that rings"),
        key("email", Form::Email, "none", "Where messages are mailed"),
        key("second_email", Form::Email, "none", "Where they go when the first address takes no mail"),
        key("missed_call_mail", Form::Flag, "`no`", "Whether calls without a message are mailed, too"),
        key(
            "language",
            Form::Language,
            "the first of `languages`",
            "The language of mails and of what is said to them",
        ),
        key(
            "away_until",
            Form::Text,
            "there",
            "Until then they don't ring: `2026-12-01 18:00`. Rules whose `from` names the list `vip` ring them nevertheless",
        ),
        key(
            "browser",
            Form::Flag,
            LATER,
            "Whether a browser rings as well; never alone, for its tab may sleep",
        ),
    ],
    others: None,
};

/// A caller in a list.
pub static ENTRY: Table = Table {
    name: "entry",
    about: "A caller in a list. Without note and end the caller alone will do: `\"+1900*\"`.",
    keys: &[
        key("who", Form::Text, NEEDED, "A number, a prefix like `+1900*`, `anonymous`, or `unverified`"),
        key("note", Form::Text, "none", "Why"),
        key("until", Form::Text, "for ever", "The last day: `2027-01-31`"),
    ],
    others: None,
};

/// What is said.
pub static WORDS: Table = Table {
    name: "words",
    about: "What is said: a text for each language. `{opens NAME}` and `{closes NAME}` become sentences like \"tomorrow at nine\".",
    keys: &[key(
        "audio",
        Form::Text,
        "spoken",
        "A sound to play instead, a file or an https address; the texts stand in for it",
    )],
    others: Some(&key("*language*", Form::Text, "", "The text in that language")),
};

/// A menu.
pub static MENU: Table = Table {
    name: "menu",
    about: "What is said, and what each key does. `*` goes back and `#` says it again. What no key takes, two silent or two wrong rounds, goes to `otherwise`, and then on behind the menu.",
    keys: &[
        key("say", Form::Words, NEEDED, "What is said"),
        key("otherwise", Form::Plan, "on behind the menu", "What becomes of who chooses nothing"),
        key(
            "private",
            Form::Flag,
            "`no`",
            "Whether what is chosen is never remembered for the next call. No choice is in a log, or kept when the call is over",
        ),
    ],
    others: Some(&key(
        "`0` to `9`",
        Form::Either(&[Form::Plan, Form::Map(&OPTION)]),
        "",
        "What the key does",
    )),
};

/// A key of a menu.
pub static OPTION: Table = Table {
    name: "option",
    about: "A key of a menu. Without words the plan alone will do: `1: on-call`.",
    keys: &[
        key("words", Form::Some(&Form::Text), "none", "What may be said instead of pressing it"),
        key("do", Form::Plan, NEEDED, "What it does"),
        key("private", Form::Flag, "as the menu", "Whether the choice is never remembered for the next call"),
    ],
    others: None,
};

/// An action.
pub static STEP: Table = Table {
    name: "action",
    about: "An action of a plan. A plan's are tried in order until one takes the call; voicemail is the silent last one. A plan's name among them stands for its actions.",
    keys: &[
        key("say", Form::Words, "", "Says a prompt, or a text"),
        key("ask-name", Form::Nothing, "", "Asks who calls and why"),
        key(
            "ring",
            Form::Some(&Form::Either(&[Form::Name("people"), Form::Map(&RUNG)])),
            "",
            "Rings these people together; `{ person: ben, after: 10s }` a little later",
        ),
        key("for", Form::Duration, "`25s`", "With `ring` or `forward`: for how long, 5 s to 10 min"),
        key("menu", Form::Name("menus"), "", "Lets the caller choose"),
        key("forward", Form::Number, "", "Rings a number that is nobody's here"),
        key(
            "control",
            Form::Either(&[Form::Text, Form::Nothing]),
            "",
            "Offers the call to programs, which may answer, reject or redirect it within ten seconds: told at this https address, or, without one, when they ask (docs/api.md)",
        ),
        key(
            "key",
            Form::Text,
            "",
            "With `control` and an address: the id of the API key whose callback secret signs what is told there",
        ),
        key(
            "voicemail",
            Form::Either(&[Form::Name("people"), Form::Nothing]),
            "",
            "Takes a message, for the mailbox that is named, or `mailbox`. Takes every call",
        ),
        key(
            "silent",
            Form::Nothing,
            "",
            "Takes a message that is kept for the mailbox `mailbox`, and of which nobody is told. Takes every call",
        ),
        key(
            "reject",
            Form::Nothing,
            "",
            "Refuses the call: the busy tone, and nothing to pay; behind words, the end of it. Takes every call",
        ),
        key(
            "escalate",
            Form::Any,
            LATER,
            "With `voicemail`: whom to call about the message until somebody takes it",
        ),
        key("desk", Form::Any, LATER, "Lets callers wait until somebody is free"),
    ],
    others: None,
};

/// Who rings later than others.
pub static RUNG: Table = Table {
    name: "rung",
    about: "Who rings a little later than the others.",
    keys: &[
        key("person", Form::Name("people"), NEEDED, "Who"),
        key("after", Form::Duration, "`0s`", "How much later"),
    ],
    others: None,
};

/// A rule.
pub static RULE: Table = Table {
    name: "rule",
    about: "Which calls, and what becomes of them. The first rule that fits has the call.",
    keys: &[
        key(
            "from",
            Form::Some(&Form::Text),
            "anybody",
            "Who calls, any of these: a list, a number, a prefix like `+1900*`, `anonymous`, `unverified`, `first-time`; or `not` and one of them",
        ),
        key(
            "when",
            Form::Some(&Form::Text),
            "at any time",
            "When, any of these: the name of `hours`, or `not` and a name",
        ),
        key("to", Form::Some(&Form::Number), "`number`", "Which number was called"),
        key("do", Form::Plan, NEEDED, "What becomes of the call"),
    ],
    others: None,
};

/// How telephones ring.
pub static RINGING: Table = Table {
    name: "ringing",
    about: "How telephones ring.",
    keys: &[
        key(
            "caller_id",
            Form::Choice(&["caller", "masked-number"]),
            "`caller`",
            "What they show: the caller, where there is a number to show, or the number that was called",
        ),
        key("announce", Form::Flag, "`yes`", "Whether the caller hears `connecting` first"),
        key("hang_up_on_star", Form::Flag, "`no`", "Whether the caller can end the forwarded call with `*`"),
        key(
            "wait",
            Form::Choice(&["ringing", "music"]),
            "`ringing`",
            "What a caller hears who is parked: the tone of ringing, or music",
        ),
    ],
    others: None,
};

/// How messages are taken.
pub static MESSAGES: Table = Table {
    name: "messages",
    about: "How messages are taken.",
    keys: &[
        key("longest", Form::Duration, "`3m`", "The longest message, 2 s to 4 h"),
        key(
            "finish_key",
            Form::Text,
            "`\"#\"`",
            "The key that ends it: `0` to `9`, `#` or `*`; `none`, then only hanging up or silence does",
        ),
        key("beep", Form::Flag, "`yes`", "Whether a beep says when to speak"),
        key(
            "transcription",
            Form::Choice(&["auto", "twilio", "amazon", "off"]),
            "`auto`",
            "Who makes words of the sound",
        ),
        key(
            "languages",
            Form::Some(&Form::Text),
            "those of the prompts",
            "What callers may speak, like `[en-US, es-US]`",
        ),
        key("purge_at_twilio", Form::Flag, "`no`", "Whether Twilio's copy is deleted once ours is safe"),
    ],
    others: None,
};

/// How long things are kept.
pub static KEEP: Table = Table {
    name: "keep",
    about: "How long things are kept: `30 days`, or `forever`.",
    keys: &[
        key("audio", Form::Days, "`forever`", "The sound, here and at Twilio"),
        key("transcript", Form::Days, "`forever`", "The words"),
        key("calls", Form::Days, "`180 days`", "Who called, once sound and words are gone"),
    ],
    others: None,
};

/// How many calls are forwarded.
pub static LIMIT: Table = Table {
    name: "limit",
    about: "How many calls are forwarded, and what becomes of the others.",
    keys: &[
        key("calls_per_month", Form::Count, NEEDED, "Calls that ring somebody in a calendar month"),
        key("then", Form::Plan, "`voicemail`", "What becomes of calls beyond: a plan that rings nobody"),
    ],
    others: None,
};
