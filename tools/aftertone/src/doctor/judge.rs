//! What is wrong with the facts, and what cures it: a pure function.

use jiff::SignedDuration;
use phone::PhoneNumber;

use super::check::Check;
use super::facts::{
    AccountFacts, AtTwilio, Depth, Executions, Fact, Facts, LoginFact, NumberFacts, StackFacts,
};
use crate::reading::international;
use crate::settings::unreadable::{UNREADABLE_CURE, shown_key};
use crate::wire::{self, Obstacle};

mod callbacks;
mod file;
mod mail;
mod rows;

/// The webhooks' and the worker's outputs, without which nothing can be examined.
const OUTPUTS: [&str; 10] = [
    "ApiUrl",
    "VoiceUrl",
    "StatusUrl",
    "NumbersTable",
    "CallsTable",
    "VoicemailsTable",
    "LiveCallsTable",
    "AccessTable",
    "AudioBucket",
    "TwilioSecretArn",
];

/// AWS refuses requests that are 5 minutes off.
const SKEW_REFUSED: SignedDuration = SignedDuration::from_mins(4);
const SKEW_NOTICED: SignedDuration = SignedDuration::from_secs(30);

/// What `DeliverConcurrency` may be in the template, and what it is where a stack does not say.
const WORKERS: [i32; 6] = [4, 10, 14, 20, 50, 100];
const DELIVER_CONCURRENCY: i32 = 14;

/// The least that `ActConcurrency` and `NotifyConcurrency` may be.
const LEAST_CONCURRENCY: i32 = 2;

/// As many waiting as a worker does in a minute or so.
const QUEUE_LONG: u64 = 1000;

/// Judges everything, the causes before what they cause.
pub(crate) fn judge(facts: &Facts) -> Vec<Check> {
    let mut checks = Vec::new();
    match &facts.identity {
        None => {}
        Some(Ok(arn)) => checks.push(Check::good("credentials", format!("AWS knows you as {arn}"))),
        Some(Err(why)) => checks.push(Check::bad(
            "credentials",
            format!("AWS does not know you: {why}"),
            "sign in (`aws sso login`, or `aws configure`), or name the profile with --profile",
        )),
    }
    match &facts.stack {
        Err(cure) if !facts.runs => {
            checks.push(Check::bad("stack", format!("{} does not run", facts.system), cure));
        }
        Err(why) => checks.push(Check::bad("stack", format!("{} is not found", facts.system), why)),
        Ok(stack) => checks.extend(judge_stack(facts, stack)),
    }
    checks
}

fn judge_stack(facts: &Facts, stack: &StackFacts) -> Vec<Check> {
    let mut checks = vec![outputs(facts, stack)];
    checks.extend(stack.tables.iter().map(|(name, state)| {
        let must_stream =
            ["VoicemailsTable", "LiveCallsTable"].iter().any(|table| stack.outputs.get(table) == Some(name));
        table(name, state, must_stream)
    }));
    checks.push(match &stack.bucket {
        Ok(()) => Check::good("bucket", "the sound has its place"),
        Err(why) => Check::bad(
            "bucket",
            format!("the bucket can't be opened: {why}"),
            "deploy again with `sam deploy`; if you may not read it, you need s3:ListBucket and s3:GetObject",
        ),
    });
    match &stack.accounts {
        Err(why) => {
            checks.push(Check::bad("secret", why, "write it with `aftertone secret set --account AC...`"));
        }
        Ok(accounts) => {
            checks.extend(accounts.iter().flat_map(logins));
            checks.extend(accounts.iter().flat_map(signatures));
            checks.push(forged(&stack.forged));
        }
    }
    checks.extend(stack.unreadable_accounts.iter().map(|why| {
        Check::bad(
            "secret",
            format!("{why}; the others work"),
            "write that account anew with `aftertone secret set --account AC...`, or mend the secret where it is kept",
        )
    }));
    checks.extend(stack.fallback.as_ref().map(fallback));
    checks.extend(stack.clocks.map(|(theirs, ours)| clock(ours.duration_since(theirs))));
    match &stack.numbers {
        Err(why) => {
            checks.push(Check::bad("numbers", format!("they can't be read: {why}"), "see the tables above"));
        }
        Ok(numbers) if numbers.is_empty() && stack.unreadable_settings.is_empty() => {
            checks.push(Check::warning(
                "numbers",
                "no number is in service yet",
                "take one into service with `aftertone number add`",
            ));
        }
        Ok(numbers) => {
            let masked: Vec<&PhoneNumber> = numbers.iter().map(|it| &it.settings.number).collect();
            for it in numbers {
                checks.extend(number(stack, it));
                let file = it.file.iter();
                checks
                    .extend(file.flat_map(|file| file::judge(&it.settings.number, file, &masked, facts.now)));
            }
        }
    }
    checks.extend(stack.unreadable_settings.iter().map(|(key, why)| {
        Check::bad("numbers", format!("{} can't be read: {why}", shown_key(key)), UNREADABLE_CURE)
    }));
    if let Some(mail) = &stack.mail {
        checks.extend(mail::judge(mail));
    }
    if let Some((deliver, dead)) = &stack.queues {
        checks.extend(queues(deliver, dead));
    }
    if let Some(found) = &stack.executions {
        let workers = |output| stack.outputs.get(output).and_then(|count| count.parse().ok());
        let deliver = workers("DeliverConcurrency").unwrap_or(DELIVER_CONCURRENCY);
        // A stack that does not say has no `act`.
        let act = workers("ActConcurrency").unwrap_or(0);
        // Without keys nobody is told of calls.
        let has_keys = matches!(&stack.callbacks, Some(Ok(keys)) if !keys.is_empty());
        let notify = workers("NotifyConcurrency").filter(|_| has_keys).unwrap_or(0);
        checks.push(executions(found, Workers { deliver, act, notify }));
    }
    checks.extend(stack.callbacks.iter().flat_map(callbacks::judge));
    checks.extend(rows::judge(facts, stack));
    checks
}

fn outputs(facts: &Facts, stack: &StackFacts) -> Check {
    let missing: Vec<&str> = OUTPUTS.into_iter().filter(|name| stack.outputs.get(name).is_none()).collect();
    if missing.is_empty() {
        return Check::good("stack", format!("{} is found", facts.system));
    }
    Check::bad(
        "stack",
        format!("{} lacks the outputs {}", facts.system, missing.join(", ")),
        "is it a stack of Aftertone? Deploy this version with `sam deploy`",
    )
}

fn table(name: &str, state: &Fact<super::facts::TableState>, must_stream: bool) -> Check {
    let deploy = "deploy again with `sam deploy`; a deleted table comes back from its point-in-time recovery";
    match state {
        Err(why) => Check::bad("table", format!("{name} can't be used: {why}"), deploy),
        Ok(state) if state.status != "ACTIVE" => Check::bad(
            "table",
            format!("{name} is {}", state.status),
            "wait until it is ACTIVE; if it stays so, look at the table in the console",
        ),
        Ok(state) if must_stream && !state.has_stream => Check::bad(
            "table",
            format!("{name} has no stream, so nothing wakes the worker"),
            "deploy again with `sam deploy`, then `aftertone retry --all`",
        ),
        Ok(_) => Check::good("table", format!("{name} is there")),
    }
}

fn logins(account: &AccountFacts) -> Vec<Check> {
    let sid = &account.sid;
    let tokens = account.logins.len() - usize::from(account.has_api_key);
    let mut checks = Vec::new();
    for (place, login) in account.logins.iter().enumerate() {
        let is_key = place == tokens;
        let what = match (is_key, tokens) {
            (true, _) => "API key".to_owned(),
            (false, 1) => "token".to_owned(),
            (false, _) => format!("token {} of {tokens}", place + 1),
        };
        checks.push(match login {
            LoginFact::Refused if !is_key && tokens > 1 => Check::warning(
                "secret",
                format!("Twilio does not take the {what} of {sid}"),
                "a rotation is under way: finish it with `aftertone secret promote`",
            ),
            LoginFact::Refused => Check::bad(
                "secret",
                format!("Twilio does not take the {what} of {sid}"),
                format!(
                    "copy it from Twilio's console and write it with `aftertone secret set --account {sid}`"
                ),
            ),
            LoginFact::Unknown(why) => {
                Check::unknown("secret", format!("Twilio does not answer for {sid}: {why}"))
            }
            LoginFact::Accepted { status, .. } if status != "active" => Check::bad(
                "secret",
                format!("the account {sid} is {status} at Twilio, which takes no calls for it"),
                "see what Twilio's console says about it: often it is the balance",
            ),
            LoginFact::Accepted { kind, .. } if kind.eq_ignore_ascii_case("trial") => Check::warning(
                "secret",
                format!("{sid} is a trial account, which calls verified numbers only"),
                "verify the owner's telephone in Twilio's console, or upgrade the account",
            ),
            LoginFact::Accepted { .. } => Check::good("secret", format!("Twilio takes the {what} of {sid}")),
        });
    }
    checks
}

fn signatures(account: &AccountFacts) -> Vec<Check> {
    let sid = &account.sid;
    let told = |status: &Fact<u16>| match status {
        // It says of no call, which only who is believed is told.
        Ok(400) => Check::good("signature", format!("the API believes what {sid} signs")),
        Ok(403) => Check::bad(
            "signature",
            format!("the API takes a webhook that {sid} signed for a forgery"),
            "the functions read a new secret within five minutes: try again then. Behind a domain of your own, \
             deploy with it as parameter, so that the functions know what Twilio calls",
        ),
        Ok(503) => Check::bad(
            "signature",
            "the functions can't read the Twilio secret",
            "deploy again with `sam deploy`: their roles need secretsmanager:GetSecretValue on it",
        ),
        Ok(404) => Check::bad(
            "signature",
            "the API does not have the webhook's route",
            "deploy again with `sam deploy`, and wire the numbers anew with `aftertone wire --all`",
        ),
        Ok(status) => Check::bad(
            "signature",
            format!("the API answers a webhook with {status}"),
            "see the log of the function `status` in CloudWatch",
        ),
        Err(why) => Check::bad(
            "signature",
            format!("the API can't be reached: {why}"),
            "see in the API Gateway console whether the API is deployed; for a local system, start it with \
             `cargo run -- serve`",
        ),
    };
    account.signed.iter().map(told).collect()
}

fn forged(status: &Fact<u16>) -> Check {
    match status {
        Ok(403) => Check::good("signature", "the API refuses a forged webhook"),
        Ok(400 | 200 | 204) => Check::bad(
            "signature",
            "the API believes a forged webhook",
            "take the API down (remove its routes), and deploy an unaltered version",
        ),
        Ok(status) => Check::unknown("signature", format!("a forged webhook is answered {status}")),
        Err(why) => Check::unknown("signature", format!("a forged webhook gets no answer: {why}")),
    }
}

fn fallback([caller, speaker, talker]: &[Fact<String>; 3]) -> Check {
    let deploy = "deploy again with `sam deploy`, and see the fallback API in the API Gateway console";
    let records = |document: &str| document.contains("<Record");
    match (caller, speaker, talker) {
        (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => Check::bad(
            "fallback",
            format!(
                "the fallback URL gives callers nothing: {why}; they hear an application error when the functions fail"
            ),
            deploy,
        ),
        (Ok(caller), ..) if !records(caller) => {
            Check::bad("fallback", "the fallback URL takes no message of a caller", deploy)
        }
        (_, Ok(speaker), _) if records(speaker) || !speaker.contains("<Response") => Check::warning(
            "fallback",
            "the fallback URL asks a caller for a message who has left one",
            deploy,
        ),
        (.., Ok(talker)) if records(talker) || !talker.contains("<Response") => Check::warning(
            "fallback",
            "the fallback URL asks a caller for a message who has talked to the owner",
            deploy,
        ),
        _ => Check::good("fallback", "the fallback URL takes messages, and thanks for them"),
    }
}

fn clock(ahead: SignedDuration) -> Check {
    let off = ahead.abs();
    let told = format!(
        "this machine's clock is {} s {} the API's",
        off.as_secs(),
        if ahead.is_negative() { "behind" } else { "ahead of" }
    );
    let cure = "set this machine's clock by the network (NTP)";
    if off >= SKEW_REFUSED {
        Check::bad("clock", format!("{told}: AWS refuses what it signs"), cure)
    } else if off >= SKEW_NOTICED {
        Check::warning("clock", told, cure)
    } else {
        Check::good("clock", "this machine's clock is right")
    }
}

fn number(stack: &StackFacts, facts: &NumberFacts) -> Vec<Check> {
    let settings = &facts.settings;
    let (shown, plain) = (international(&settings.number), settings.number.reveal());
    let mut checks = vec![match (&facts.at_twilio, &stack.wanted) {
        (AtTwilio::Missing, _) => Check::bad(
            "number",
            format!("{shown} belongs to none of the secret's Twilio accounts"),
            format!(
                "buy it, or put its account in with `aftertone secret set`, or `aftertone number remove {plain}`"
            ),
        ),
        (AtTwilio::Unknown(why), _) => {
            Check::unknown("number", format!("{shown}: Twilio does not tell: {why}"))
        }
        (_, Err(why)) => Check::unknown("number", format!("{shown}: {why}")),
        (AtTwilio::Found(number), Ok(wanted)) => leads(&shown, plain, &wire::plan(number, wanted)),
    }];
    // Of telephones that a phone file names, it is told below, by their people.
    let is_file = facts.file.is_some();
    if !is_file && settings.forwarding.on && settings.forwarding.targets.is_empty() {
        checks.push(Check::warning(
            "number",
            format!("{shown} rings no telephone: all its calls go to voicemail"),
            format!("name one with `aftertone number edit {plain} --target NUMBER`"),
        ));
    }
    if !is_file && facts.masked_targets {
        checks.push(Check::bad(
            "number",
            format!("{shown} rings a masked number, which is left out so that no call goes round in circles"),
            format!("name the owner's telephone with `aftertone number edit {plain} --target NUMBER`"),
        ));
    }
    for (country, may) in &facts.countries {
        checks.push(match may {
            Ok(true) => Check::good("countries", format!("{shown} may call {country}")),
            Ok(false) => Check::bad(
                "countries",
                format!("{shown} may not call {country}, where its owner's telephone is"),
                "tick the country in Twilio's console: Voice > Settings > Geo permissions",
            ),
            Err(why) => {
                Check::unknown("countries", format!("whether {shown} may call {country} is not known: {why}"))
            }
        });
    }
    checks
}

fn leads(shown: &str, number: &str, plan: &wire::Plan) -> Check {
    let told: Vec<String> = plan.obstacles.iter().map(Obstacle::to_string).collect();
    if !told.is_empty() {
        return Check::bad(
            "number",
            format!("{shown} leads elsewhere: {}", told.join("; ")),
            format!("if that is no longer needed: `aftertone wire {number} --force`"),
        );
    }
    if plan.changes.is_empty() {
        return Check::good("number", format!("{shown} leads here"));
    }
    let names: Vec<&str> = plan.changes.iter().map(|change| change.name).collect();
    let cure = format!("`aftertone wire {number}`");
    // The call itself comes here; what is missing is help when something fails.
    if names.contains(&"VoiceUrl") && !plan.voice_comes_here {
        Check::bad("number", format!("{shown} does not lead here yet"), cure)
    } else if names.contains(&"VoiceFallbackMethod") {
        let what =
            format!("{shown} asks its fallback with GET, which is not taken there: VoiceFallbackMethod");
        Check::bad("number", what, cure)
    } else {
        Check::warning("number", format!("{shown} is not wired as it should be: {}", names.join(", ")), cure)
    }
}

/// How many of each worker run at once, at most.
#[derive(Clone, Copy)]
struct Workers {
    deliver: i32,
    act: i32,
    notify: i32,
}

/// Whether the workers leave enough executions to those who call: `deliver` half of what the others leave.
fn executions(found: &Fact<Executions>, Workers { deliver, act, notify }: Workers) -> Check {
    let about = "executions";
    let Executions { in_all, unreserved } = match found {
        Err(why) => {
            return Check::unknown(
                about,
                format!(
                    "how many functions may run at once can't be read: {why}; you need lambda:GetAccountSettings"
                ),
            );
        }
        Ok(found) => *found,
    };
    let fit = |count: i32| count.min((unreserved / 5).max(LEAST_CONCURRENCY));
    let (act_fits, notify_fits) = (fit(act), fit(notify));
    let left = i64::from(unreserved) - i64::from(act_fits) - i64::from(notify_fits);
    let deliver_fits = |count: &i32| 2 * i64::from(*count) <= left;
    let fits = WORKERS.into_iter().rev().find(deliver_fits).unwrap_or(WORKERS[0]);
    // AWS keeps a hundred for functions without a reserve.
    let reserve = (unreserved - 100) / 10;
    let and = |name: &str, count: i32| if count > 0 { format!(", `{name}` {count}") } else { String::new() };
    let others = and("act", act) + &and("notify", notify);
    let told = format!(
        "{in_all} functions may run at once, {unreserved} of them are reserved for none; `deliver` takes {deliver} at \
         most{others}"
    );
    if 2 * i64::from(deliver) + i64::from(act) + i64::from(notify) > i64::from(unreserved) {
        let less = |name: &str, count: i32, fits: i32| {
            if fits < count { format!(" {name}={fits}") } else { String::new() }
        };
        let others = less("ActConcurrency", act, act_fits) + &less("NotifyConcurrency", notify, notify_fits);
        Check::warning(
            about,
            told,
            format!(
                "so many workers at once take them from callers: deploy with DeliverConcurrency={fits}{others}, \
                 or ask AWS for more executions (Service Quotas, Lambda)"
            ),
        )
    } else if reserve < 1 {
        Check::good(about, format!("{told}; too few for ReservedExecutions"))
    } else {
        Check::good(
            about,
            format!("{told}; DeliverConcurrency={fits} and ReservedExecutions={reserve} would fit"),
        )
    }
}

fn queues(deliver: &Fact<Depth>, dead: &Fact<Depth>) -> Vec<Check> {
    let deliver = match deliver {
        Err(why) => Check::bad(
            "queue",
            format!("the worker's queue can't be read: {why}"),
            "deploy again with `sam deploy`; if you may not read it, you need sqs:GetQueueAttributes",
        ),
        Ok(depth) if depth.waiting > QUEUE_LONG => Check::warning(
            "queue",
            format!("{} messages wait for the worker", depth.waiting),
            "see in CloudWatch whether the function `deliver` is throttled or fails",
        ),
        Ok(depth) => Check::good(
            "queue",
            format!("{} messages wait, {} are under way", depth.waiting, depth.under_way),
        ),
    };
    let dead = match dead {
        Err(why) => Check::bad(
            "dead letters",
            format!("the dead-letter queue can't be read: {why}"),
            "deploy again with `sam deploy`; if you may not read it, you need sqs:GetQueueAttributes",
        ),
        Ok(depth) if depth.waiting + depth.under_way > 0 => Check::bad(
            "dead letters",
            match depth.waiting + depth.under_way {
                1 => "1 message failed too often".to_owned(),
                count => format!("{count} messages failed too often"),
            },
            "see why with `aftertone voicemails list --open`, mend it, then `aftertone retry --all`: \
             `reconcile` takes a letter away when it is done",
        ),
        Ok(_) => Check::good("dead letters", "there are none"),
    };
    vec![deliver, dead]
}

#[cfg(test)]
mod tests;
