use domain::{Address, EmailAddress, NumberSettings};
use jiff::Timestamp;
use phone::{AccountSid, PhoneNumber};
use twilio::IncomingNumber;

use super::super::check::Health;
use super::super::facts::{
    CallbackFacts, Executions, Identity, MailFacts, MailFate, MailOutcome, OpenRow, OwnerFacts, SesAccount,
    TableState, TroubleFact,
};
use super::*;
use crate::deployment::Outputs;
use crate::wire::Wanted;

const VOICE: &str = "https://api.example.com/webhook/voice";
const STATUS: &str = "https://api.example.com/webhook/status";

const RECORDS: &str = "<Response><Say>Speak</Say><Record/></Response>";
const THANKS: &str = "<Response><Say>Thanks</Say><Hangup/></Response>";
const HANGS_UP: &str = "<Response><Hangup/></Response>";

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn wanted() -> Wanted {
    Wanted::new(VOICE, None, STATUS)
}

/// What Twilio has after `wire`.
fn wired() -> IncomingNumber {
    let mut number = IncomingNumber {
        phone_number: "+14155550100".into(),
        voice_method: "POST".into(),
        status_callback_method: "POST".into(),
        ..IncomingNumber::default()
    };
    for change in wire::plan(&number, &wanted()).changes {
        match change.name {
            "VoiceUrl" => number.voice_url = change.after,
            "StatusCallback" => number.status_callback = change.after,
            other => unreachable!("{other}"),
        }
    }
    number
}

fn settings() -> NumberSettings {
    let phone = |text| PhoneNumber::parse(text).unwrap();
    NumberSettings::new(
        phone("+14155550100"),
        EmailAddress::parse("olivia@example.com").unwrap(),
        phone("+12125550199"),
    )
}

/// A system in which all is well.
fn healthy() -> Facts {
    let outputs = OUTPUTS.map(|name| (name.to_owned(), format!("the {name}")));
    let table = |name: &str| {
        (
            format!("the {name}"),
            Ok(TableState {
                status: "ACTIVE".into(),
                has_stream: matches!(name, "VoicemailsTable" | "LiveCallsTable"),
            }),
        )
    };
    Facts {
        now: now(),
        system: "the stack aftertone".into(),
        runs: true,
        identity: Some(Ok("arn:aws:iam::1:user/olivia".into())),
        stack: Ok(Box::new(StackFacts {
            outputs: Outputs::new(outputs),
            tables: ["NumbersTable", "CallsTable", "VoicemailsTable", "LiveCallsTable", "AccessTable"]
                .map(table)
                .into(),
            bucket: Ok(()),
            accounts: Ok(vec![AccountFacts {
                sid: account_sid(),
                has_api_key: false,
                logins: vec![accepted("active", "Full")],
                signed: vec![Ok(400)],
            }]),
            unreadable_accounts: vec![],
            forged: Ok(403),
            fallback: Some([RECORDS, THANKS, HANGS_UP].map(|document| Ok(document.into()))),
            clocks: Some((now(), now())),
            wanted: Ok(wanted()),
            numbers: Ok(vec![NumberFacts {
                settings: settings(),
                at_twilio: AtTwilio::Found(Box::new(wired())),
                masked_targets: false,
                countries: vec![("US".into(), Ok(true))],
                file: None,
            }]),
            unreadable_settings: vec![],
            mail: Some(MailFacts {
                from: "voicemail@example.com".into(),
                account: Ok(SesAccount {
                    production: true,
                    sending: true,
                    enforcement: "HEALTHY".into(),
                    in_24_hours: 50_000.0,
                    sent: 7.0,
                }),
                identity: Ok(Some(Identity {
                    name: "example.com".into(),
                    verified: true,
                    dkim: "SUCCESS".into(),
                })),
                configuration_set: Some(("aftertone".into(), Ok(true))),
                owners: vec![OwnerFacts {
                    email: "olivia@example.com".into(),
                    suppressed: Ok(None),
                    verified: None,
                }],
            }),
            queues: Some((Ok(Depth::default()), Ok(Depth::default()))),
            executions: Some(Ok(Executions { in_all: 1_000, unreserved: 1_000 })),
            open: Ok(vec![]),
            unreadable: vec![],
            mail_fates: Ok(vec![delivered(Address::First, 90)]),
            mailboxes: Ok(vec![(settings().for_mailbox(), vec![settings().number])]),
            mails_unheard: None,
            callbacks: Some(Ok(vec![CallbackFacts {
                key: "crm".into(),
                bad_address: None,
                is_signed: true,
            }])),
            reconciled: vec![(account_sid(), Ok(Some(minutes_ago(20))))],
        })),
    }
}

fn accepted(status: &str, kind: &str) -> LoginFact {
    LoginFact::Accepted { status: status.into(), kind: kind.into() }
}

fn stack(facts: &mut Facts) -> &mut StackFacts {
    facts.stack.as_mut().unwrap()
}

fn account(facts: &mut Facts) -> &mut AccountFacts {
    &mut stack(facts).accounts.as_mut().unwrap()[0]
}

fn number(facts: &mut Facts) -> &mut NumberFacts {
    &mut stack(facts).numbers.as_mut().unwrap()[0]
}

fn at_twilio(facts: &mut Facts) -> &mut IncomingNumber {
    match &mut number(facts).at_twilio {
        AtTwilio::Found(number) => number,
        other => unreachable!("{other:?}"),
    }
}

fn mail(facts: &mut Facts) -> &mut MailFacts {
    stack(facts).mail.as_mut().unwrap()
}

fn ses(facts: &mut Facts) -> &mut SesAccount {
    mail(facts).account.as_mut().unwrap()
}

fn callback(facts: &mut Facts) -> &mut CallbackFacts {
    &mut stack(facts).callbacks.as_mut().unwrap().as_mut().unwrap()[0]
}

fn account_sid() -> AccountSid {
    AccountSid::parse(&format!("AC{:032x}", 1)).unwrap()
}

fn minutes_ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

/// An account of so few executions, and what the stack says of its workers.
fn workers(facts: &mut Facts, executions: i32, deliver: &str, act: &str, notify: &str) {
    let told = [("DeliverConcurrency", deliver), ("ActConcurrency", act), ("NotifyConcurrency", notify)];
    let told = told.map(|(name, count)| (name.to_owned(), count.to_owned()));
    let others = OUTPUTS.map(|name| (name.to_owned(), format!("the {name}")));
    let stack = stack(facts);
    stack.outputs = Outputs::new(others.into_iter().chain(told));
    stack.executions = Some(Ok(Executions { in_all: executions, unreserved: executions }));
}

fn late(age_minutes: i64) -> OpenRow {
    OpenRow {
        sid: "RE1".into(),
        since: minutes_ago(age_minutes),
        mailed: false,
        trouble: Some(TroubleFact { attempts: 3, last_error: "SES says no".into() }),
    }
}

fn delivered(address: Address, minutes: i64) -> MailFate {
    MailFate {
        mailbox: settings().mailbox,
        number: PhoneNumber::parse("+14155550100").unwrap(),
        address,
        at: minutes_ago(minutes),
        outcome: MailOutcome::Delivered,
    }
}

fn bounced(address: Address, minutes: i64) -> MailFate {
    let outcome = MailOutcome::Bounced { reason: "550 user unknown".into() };
    MailFate { outcome, ..delivered(address, minutes) }
}

fn fates(facts: &mut Facts) -> &mut Vec<MailFate> {
    stack(facts).mail_fates.as_mut().unwrap()
}

#[test]
fn a_healthy_system_has_nothing_but_good_news() {
    for check in judge(&healthy()) {
        assert_eq!((check.health, &check.cure), (Health::Good, &None), "{check:?}");
    }
}

/// What breaks it, how bad that is, what is told, and what cures it.
type Fault = (&'static str, fn(&mut Facts), Health, &'static str, &'static str);

const FAULTS: &[Fault] = &[
    (
        "no credentials",
        |it| it.identity = Some(Err("no providers".into())),
        Health::Bad,
        "AWS does not know you",
        "--profile",
    ),
    (
        "no stack",
        |it| it.stack = Err("there is no stack".into()),
        Health::Bad,
        "is not found",
        "there is no stack",
    ),
    (
        "foreign stack",
        |it| stack(it).outputs = Outputs::default(),
        Health::Bad,
        "lacks the outputs ApiUrl",
        "sam deploy",
    ),
    (
        "missing table",
        |it| stack(it).tables[1].1 = Err("not found".into()),
        Health::Bad,
        "the CallsTable can't be used: not found",
        "sam deploy",
    ),
    (
        "table being made",
        |it| stack(it).tables[0].1 = Ok(TableState { status: "CREATING".into(), has_stream: false }),
        Health::Bad,
        "is CREATING",
        "wait",
    ),
    (
        "no stream",
        |it| stack(it).tables[2].1 = Ok(TableState { status: "ACTIVE".into(), has_stream: false }),
        Health::Bad,
        "has no stream",
        "retry --all",
    ),
    (
        "no bucket",
        |it| stack(it).bucket = Err("gone".into()),
        Health::Bad,
        "the bucket can't be opened",
        "sam deploy",
    ),
    (
        "no secret",
        |it| stack(it).accounts = Err("the Twilio secret names no account".into()),
        Health::Bad,
        "names no account",
        "secret set",
    ),
    (
        "one account of the secret unreadable",
        |it| stack(it).unreadable_accounts = vec!["account 2 of the Twilio secret has no sid".into()],
        Health::Bad,
        "account 2 of the Twilio secret has no sid; the others work",
        "secret set --account AC",
    ),
    (
        "one number unreadable",
        |it| stack(it).unreadable_settings = vec![("+14155550101".into(), "the owner is missing".into())],
        Health::Bad,
        "+1 415-555-0101 can't be read: the owner is missing",
        "mend the attribute",
    ),
    (
        "SES tells nothing",
        |it| stack(it).mails_unheard = Some(minutes_ago(120)),
        Health::Bad,
        "SES has told nothing of the mail that was sent 2 h ago",
        "subscription",
    ),
    (
        "wrong token",
        |it| account(it).logins = vec![LoginFact::Refused],
        Health::Bad,
        "does not take the token",
        "secret set --account AC",
    ),
    (
        "half rotated",
        |it| account(it).logins = vec![LoginFact::Refused, accepted("active", "Full")],
        Health::Warning,
        "token 1 of 2",
        "secret promote",
    ),
    (
        "wrong key",
        |it| {
            account(it).has_api_key = true;
            account(it).logins.push(LoginFact::Refused);
        },
        Health::Bad,
        "the API key",
        "secret set",
    ),
    (
        "suspended",
        |it| account(it).logins = vec![accepted("suspended", "Full")],
        Health::Bad,
        "is suspended",
        "balance",
    ),
    (
        "trial",
        |it| account(it).logins = vec![accepted("active", "Trial")],
        Health::Warning,
        "trial account",
        "upgrade",
    ),
    (
        "Twilio is down",
        |it| account(it).logins = vec![LoginFact::Unknown("timeout".into())],
        Health::Unknown,
        "does not answer",
        "",
    ),
    (
        "signature refused",
        |it| account(it).signed = vec![Ok(403)],
        Health::Bad,
        "for a forgery",
        "domain of your own",
    ),
    (
        "secret unreadable",
        |it| account(it).signed = vec![Ok(503)],
        Health::Bad,
        "can't read the Twilio secret",
        "GetSecretValue",
    ),
    (
        "no route",
        |it| account(it).signed = vec![Ok(404)],
        Health::Bad,
        "does not have the webhook's route",
        "wire --all",
    ),
    (
        "broken function",
        |it| account(it).signed = vec![Ok(500)],
        Health::Bad,
        "answers a webhook with 500",
        "CloudWatch",
    ),
    (
        "no API",
        |it| account(it).signed = vec![Err("refused".into())],
        Health::Bad,
        "can't be reached: refused",
        "serve",
    ),
    (
        "open door",
        |it| stack(it).forged = Ok(400),
        Health::Bad,
        "believes a forged webhook",
        "take the API down",
    ),
    (
        "no fallback",
        |it| {
            stack(it).fallback = Some([Err("it answers 415".into()), Ok(THANKS.into()), Ok(HANGS_UP.into())]);
        },
        Health::Bad,
        "gives callers nothing: it answers 415",
        "deploy again",
    ),
    (
        "deaf fallback",
        |it| stack(it).fallback = Some([THANKS, THANKS, HANGS_UP].map(|document| Ok(document.into()))),
        Health::Bad,
        "takes no message",
        "deploy again",
    ),
    (
        "forgetful fallback",
        |it| stack(it).fallback = Some([RECORDS, RECORDS, HANGS_UP].map(|document| Ok(document.into()))),
        Health::Warning,
        "asks a caller for a message who has left one",
        "deploy again",
    ),
    (
        "fallback that asks whoever has talked",
        |it| stack(it).fallback = Some([RECORDS, THANKS, RECORDS].map(|document| Ok(document.into()))),
        Health::Warning,
        "asks a caller for a message who has talked to the owner",
        "deploy again",
    ),
    (
        "no fallback after a conversation",
        |it| stack(it).fallback = Some([Ok(RECORDS.into()), Ok(THANKS.into()), Err("it answers 500".into())]),
        Health::Bad,
        "gives callers nothing: it answers 500",
        "deploy again",
    ),
    (
        "clock behind",
        |it| stack(it).clocks = Some((now(), now() - SignedDuration::from_mins(10))),
        Health::Bad,
        "600 s behind",
        "NTP",
    ),
    (
        "clock ahead",
        |it| stack(it).clocks = Some((now(), now() + SignedDuration::from_secs(60))),
        Health::Warning,
        "60 s ahead of",
        "NTP",
    ),
    (
        "no number",
        |it| stack(it).numbers = Ok(vec![]),
        Health::Warning,
        "no number is in service",
        "number add",
    ),
    ("number sold", |it| number(it).at_twilio = AtTwilio::Missing, Health::Bad, "belongs to none", "buy it"),
    (
        "foreign URL",
        |it| at_twilio(it).voice_url = "https://crm.example.org/".into(),
        Health::Bad,
        "VoiceUrl is https://crm.example.org/",
        "wire +14155550100 --force",
    ),
    (
        "new number",
        |it| at_twilio(it).voice_url = "https://demo.twilio.com/welcome/voice/".into(),
        Health::Bad,
        "does not lead here yet",
        "wire +14155550100",
    ),
    (
        "no retries",
        |it| at_twilio(it).voice_url = VOICE.into(),
        Health::Warning,
        "not wired as it should be: VoiceUrl",
        "wire",
    ),
    (
        "no callback",
        |it| at_twilio(it).status_callback = String::new(),
        Health::Warning,
        "StatusCallback",
        "wire",
    ),
    (
        "TwiML app",
        |it| at_twilio(it).voice_application_sid = "AP1".into(),
        Health::Bad,
        "the TwiML app AP1",
        "--force",
    ),
    ("SIP trunk", |it| at_twilio(it).trunk_sid = "TK1".into(), Health::Bad, "the SIP trunk TK1", "--force"),
    (
        "no telephone",
        |it| number(it).settings.forwarding.targets.clear(),
        Health::Warning,
        "rings no telephone",
        "--target",
    ),
    ("loop", |it| number(it).masked_targets = true, Health::Bad, "rings a masked number", "--target"),
    (
        "forbidden country",
        |it| number(it).countries = vec![("FR".into(), Ok(false))],
        Health::Bad,
        "may not call FR",
        "Geo permissions",
    ),
    (
        "unknown sender",
        |it| mail(it).identity = Ok(None),
        Health::Bad,
        "knows neither voicemail@example.com",
        "create-email-identity",
    ),
    (
        "unverified sender",
        |it| {
            mail(it).identity =
                Ok(Some(Identity { name: "example.com".into(), verified: false, dkim: "PENDING".into() }));
        },
        Health::Bad,
        "example.com is not verified",
        "DKIM records",
    ),
    (
        "no DKIM",
        |it| {
            mail(it).identity =
                Ok(Some(Identity { name: "example.com".into(), verified: true, dkim: "FAILED".into() }));
        },
        Health::Warning,
        "DKIM of example.com is FAILED",
        "CNAME",
    ),
    ("no sender", |it| mail(it).from.clear(), Health::Bad, "does not say from which address", "sam deploy"),
    ("sandbox", |it| ses(it).production = false, Health::Warning, "in the sandbox", "production access"),
    ("switched off", |it| ses(it).sending = false, Health::Bad, "switched sending off", "Reputation"),
    (
        "under review",
        |it| ses(it).enforcement = "PROBATION".into(),
        Health::Warning,
        "under review",
        "Reputation",
    ),
    (
        "quota used up",
        |it| ses(it).sent = 50_000.0,
        Health::Bad,
        "quota of 50000 mails is used up",
        "ask for more",
    ),
    (
        "quota nearly used",
        |it| ses(it).sent = 45_000.0,
        Health::Warning,
        "45000 of the day's 50000",
        "higher quota",
    ),
    (
        "owner unverified",
        |it| mail(it).owners[0].verified = Some(Ok(false)),
        Health::Bad,
        "olivia@example.com is not verified",
        "create-email-identity",
    ),
    (
        "owner suppressed",
        |it| mail(it).owners[0].suppressed = Ok(Some("bounce".into())),
        Health::Bad,
        "olivia@example.com any more (bounce)",
        "delete-suppressed-destination",
    ),
    (
        "no configuration set",
        |it| mail(it).configuration_set = Some(("x".into(), Ok(false))),
        Health::Bad,
        "no configuration set x",
        "sam deploy",
    ),
    (
        "no permission at SES",
        |it| mail(it).account = Err("denied".into()),
        Health::Unknown,
        "ses:GetAccount",
        "",
    ),
    (
        "long queue",
        |it| stack(it).queues = Some((Ok(Depth { waiting: 5_000, under_way: 1 }), Ok(Depth::default()))),
        Health::Warning,
        "5000 messages wait",
        "throttled",
    ),
    (
        "no queue",
        |it| stack(it).queues = Some((Err("gone".into()), Ok(Depth::default()))),
        Health::Bad,
        "queue can't be read",
        "sam deploy",
    ),
    (
        "dead letters",
        |it| stack(it).queues = Some((Ok(Depth::default()), Ok(Depth { waiting: 3, under_way: 0 }))),
        Health::Bad,
        "3 messages failed too often",
        "retry --all",
    ),
    (
        "few executions",
        |it| stack(it).executions = Some(Ok(Executions { in_all: 10, unreserved: 10 })),
        Health::Warning,
        "10 functions may run at once, 10 of them are reserved for none; `deliver` takes 14",
        "DeliverConcurrency=4",
    ),
    (
        "too many who ring people",
        |it| workers(it, 10, "4", "3", "0"),
        Health::Warning,
        "`deliver` takes 4 at most, `act` 3",
        "DeliverConcurrency=4 ActConcurrency=2,",
    ),
    (
        "too many who tell programs",
        |it| workers(it, 100, "20", "2", "80"),
        Health::Warning,
        "`deliver` takes 20 at most, `act` 2, `notify` 80",
        "DeliverConcurrency=20 NotifyConcurrency=20,",
    ),
    (
        "a new account that tells programs of calls",
        |it| workers(it, 10, "4", "2", "2"),
        Health::Warning,
        "`act` 2, `notify` 2",
        "ask AWS for more executions",
    ),
    (
        "what rings people leaves too little to voicemails",
        |it| workers(it, 100, "50", "20", "0"),
        Health::Warning,
        "`deliver` takes 50 at most, `act` 20",
        "DeliverConcurrency=20,",
    ),
    (
        "no permission at Lambda",
        |it| stack(it).executions = Some(Err("denied".into())),
        Health::Unknown,
        "lambda:GetAccountSettings",
        "",
    ),
    (
        "a callback at a private address",
        |it| callback(it).bad_address = Some("its host is not a public address".into()),
        Health::Bad,
        "the key crm has an address that is told nothing: its host is not a public address",
        "aftertone key add --callback",
    ),
    (
        "a callback that nothing signs",
        |it| callback(it).is_signed = false,
        Health::Bad,
        "nothing signs what the program of the key crm is told",
        "aftertone key rotate crm",
    ),
    (
        "no permission for what signs callbacks",
        |it| stack(it).callbacks = Some(Err("denied".into())),
        Health::Unknown,
        "what signs them is not known: denied",
        "",
    ),
    (
        "late voicemails",
        |it| stack(it).open = Ok(vec![late(20), late(180)]),
        Health::Bad,
        "2 are not delivered; the oldest (RE1) for 3 h, because: SES says no",
        "aftertone retry --all",
    ),
    (
        "rows in trouble",
        |it| stack(it).open = Ok(vec![late(5), OpenRow { mailed: true, ..late(500) }]),
        Health::Warning,
        "2 failed at their last step and are tried again, most often RE1 (3 times): SES says no",
        "aftertone retry --all",
    ),
    (
        "first address bounces",
        |it| fates(it).extend([bounced(Address::First, 30), bounced(Address::First, 10)]),
        Health::Bad,
        "2 mails to the first address of +1 415-555-0100 (o****@example.com now) came back",
        "aftertone number edit +14155550100 --email ADDRESS",
    ),
    (
        "first address bounces, second takes it",
        |it| fates(it).extend([bounced(Address::First, 30), delivered(Address::Second, 29)]),
        Health::Warning,
        "550 user unknown; the second address takes them",
        "--email ADDRESS",
    ),
    (
        "second address bounces",
        |it| fates(it).push(bounced(Address::Second, 29)),
        Health::Bad,
        "a mail to the second address of +1 415-555-0100 came back",
        "--second-email ADDRESS",
    ),
    (
        "bounces not readable",
        |it| stack(it).mail_fates = Err("gone".into()),
        Health::Unknown,
        "mails can't be looked at: gone",
        "",
    ),
    (
        "a row of a later release",
        |it| stack(it).unreadable = vec![("RE1".to_owned(), "has the schema 2".to_owned())],
        Health::Bad,
        "1 rows that are not done can't be read, like RE1: has the schema 2",
        "deploy that one again",
    ),
    (
        "never reconciled",
        |it| stack(it).reconciled[0].1 = Ok(None),
        Health::Warning,
        "were never compared",
        "function `reconcile`",
    ),
    (
        "reconciled long ago",
        |it| stack(it).reconciled[0].1 = Ok(Some(minutes_ago(61))),
        Health::Bad,
        "were last compared with the ledger 1 h ago",
        "schedule",
    ),
    (
        "reconciled nobody knows when",
        |it| stack(it).reconciled[0].1 = Err("gone".into()),
        Health::Unknown,
        "is not known: gone",
        "",
    ),
];

#[test]
fn every_fault_is_named_with_its_cure() {
    for (name, breaks, health, told, cure) in FAULTS {
        let mut facts = healthy();
        breaks(&mut facts);
        let checks = judge(&facts);
        let found: Vec<&Check> = checks.iter().filter(|check| check.health != Health::Good).collect();
        let [check] = found.as_slice() else { unreachable!("{name}: {found:#?}") };
        assert_eq!(check.health, *health, "{name}: {check:?}");
        assert!(check.told.contains(told), "{name}: {check:?}");
        assert!(check.cure.as_deref().unwrap_or_default().contains(cure), "{name}: {check:?}");
        assert!(*health == Health::Unknown || check.cure.is_some(), "{name}: {check:?}");
    }
}

#[test]
fn a_voicemail_that_is_young_or_mailed_already_is_no_fault() {
    let mut facts = healthy();
    let well = |minutes| OpenRow { trouble: None, ..late(minutes) };
    let mailed = OpenRow { mailed: true, ..well(500) };
    stack(&mut facts).open = Ok(vec![well(5), mailed]);
    let checks = judge(&facts);
    let voicemails = checks.iter().find(|check| check.about == "voicemails").unwrap();
    assert_eq!((voicemails.health, voicemails.told.as_str()), (Health::Good, "2 are under way"));
}

#[test]
fn a_new_account_has_executions_for_the_template_as_it_is() {
    let mut facts = healthy();
    workers(&mut facts, 10, "4", "2", "2");
    stack(&mut facts).callbacks = Some(Ok(Vec::new()));
    assert!(judge(&facts).iter().all(|check| check.health == Health::Good));
}

#[test]
fn an_address_that_takes_mail_again_is_not_blamed() {
    let mut facts = healthy();
    fates(&mut facts).extend([bounced(Address::First, 60), delivered(Address::First, 30)]);
    let checks = judge(&facts);
    let bounces = checks.iter().find(|check| check.about == "bounces").unwrap();
    assert_eq!(bounces.health, Health::Good, "{bounces:?}");
}

#[test]
fn a_local_system_is_judged_without_aws() {
    let mut facts = healthy();
    facts.identity = None;
    stack(&mut facts).mail = None;
    stack(&mut facts).queues = None;
    stack(&mut facts).executions = None;
    let about: Vec<&str> = judge(&facts).iter().map(|check| check.about).collect();
    assert!(
        !about
            .iter()
            .any(|about| ["credentials", "mail", "queue", "dead letters", "executions"].contains(about)),
        "{about:?}"
    );
}
