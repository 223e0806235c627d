//! What the last release left undone, this one does.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::EmailAddress;
use exchange::{Caller, Speech, WebhookKind};
use local::development;
use local::place::Folders;
use local::stack::{Options, Stack};
use mail_parser::MessageParser;
use phone::{CallSid, RecordingSid};
use upgrade::bench::put;
use upgrade::rows::{Item, Kept, kept, renamed};

const SECOND_EMAIL: &str = "assistant@aftertone.example";

/// An open row of the last release, under the key of something that this network has.
struct Left {
    about: String,
    key: String,
    row: Item,
    /// How many mails each of the owner's addresses is to get.
    first: usize,
    second: usize,
}

fn has(row: &Item, name: &str) -> bool {
    row.contains_key(name)
}

fn number(row: &Item, name: &str) -> Option<u64> {
    row.get(name)?.as_n().ok()?.parse().ok()
}

/// What callers have said, and how many bytes that is.
fn speeches() -> Vec<(Speech, u64)> {
    let tones = [1, 9, 470].map(|seconds| Speech::tone(Duration::from_secs(seconds), "Call me."));
    let all = [Speech::english_sample(), Speech::chinese_sample()].into_iter().chain(tones);
    all.map(|speech| (speech.clone(), speech.to_wav().len() as u64)).collect()
}

/// The one that a row's copy, or else its length, is of.
fn speech(speeches: &[(Speech, u64)], row: &Item) -> Speech {
    let (size, duration) = (number(row, "audio_size"), number(row, "duration_s"));
    let fits = |(_, bytes): &&(Speech, u64)| match (size, duration) {
        (Some(size), _) => *bytes == size,
        // 8,000 samples of two bytes a second.
        (None, Some(duration)) => (*bytes / 16_000).abs_diff(duration) < 2,
        (None, None) => true,
    };
    speeches.iter().find(fits).unwrap_or(&speeches[0]).0.clone()
}

fn expected(row: &Item, sent: &str) -> usize {
    let ended = ["deletion_asked", "audio_deleted_at", "parties_deleted_at", "absent_at", "not_missed"];
    let ended = has(row, sent) || ended.iter().any(|name| has(row, name));
    // Where only the end of the call told that nothing was said, the network has more.
    let silent = has(row, "ready_at") && number(row, "duration_s") == Some(0);
    // The network has what was gone, and it is sent once it is found again.
    usize::from(!ended && !silent) + usize::from(sent == "mail_sent_at" && has(row, "gone_at") && !silent)
}

/// A network that has a recording for each row, of calls of which no webhook told.
async fn stack_with(rows: Vec<Kept>) -> (Stack, Vec<Left>) {
    let start = "2026-11-20T15:30:00Z".parse().unwrap();
    let stack = Stack::start(Options::at(start, Folders::temporary().unwrap())).await.unwrap();
    let mut settings = development::number().unwrap();
    settings.owner.missed_call_mail = true;
    settings.owner.second_email = EmailAddress::parse(SECOND_EMAIL).ok();
    stack.add_number(&settings).await.unwrap();
    stack.exchange.plug(development::OWNER_PHONE, exchange::Phone::busy());
    stack.exchange.set_delivery(|webhook| {
        let steers = [WebhookKind::Voice, WebhookKind::DialAction].contains(&webhook.kind);
        if steers { vec![Duration::ZERO] } else { Vec::new() }
    });
    let (speeches, mut left) = (speeches(), Vec::new());
    for (nth, Kept { about, row, .. }) in rows.into_iter().enumerate() {
        let (key, call) = if has(&row, "missed_at") {
            let sid = format!("CA{:032x}", nth + 1);
            (sid.clone(), sid)
        } else {
            let caller = Caller::new(development::STRANGER).leaves(speech(&speeches, &row));
            let story = stack.exchange.call(caller, development::MASKED_NUMBER).await;
            let recording = story.recording().unwrap_or_else(|| unreachable!("{story}"));
            (recording.sid.as_str().to_owned(), story.call_sid().as_str().to_owned())
        };
        let row = renamed(&row, &key, &call);
        let first = expected(&row, "mail_sent_at");
        let wanted = has(&row, "second_mail_wanted");
        let second = if wanted { expected(&row, "second_mail_sent_at") } else { 0 };
        left.push(Left { about, key, row, first, second });
    }
    stack.clock.settled().await;
    stack.exchange.clear_delivery();
    (stack, left)
}

/// Puts the rows where they were, and the sound that they say is stored.
async fn put_all(stack: &Stack, left: &[Left]) {
    let (client, s3) = (stack.database.backstage_client(), stack.bucket.backstage_client());
    let recordings = stack.exchange.recordings();
    for Left { key, row, .. } in left {
        let sound = recordings.iter().find(|it| it.sid.as_str() == key.as_str());
        if let (Some(sound), Some(stored)) = (sound, row.get("audio_key").and_then(|it| it.as_s().ok())) {
            let object = s3.put_object().bucket(stack.bucket.name()).key(stored);
            let sound = object.content_type("audio/x-wav").body(sound.speech.to_wav().into());
            sound.send().await.unwrap();
        }
        put(&client, "voicemails", row).await;
    }
}

/// How many mails there are about each row to each address, without those that only bring words.
fn mails(stack: &Stack, left: &[Left]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for mail in stack.mailbox.messages() {
        let message = MessageParser::new().parse(&mail.raw).unwrap();
        if message.subject().unwrap_or_default().starts_with("Re: ") {
            continue;
        }
        // Its headers name it.
        let head = String::from_utf8_lossy(&mail.raw[..mail.raw.len().min(4_096)]);
        let about = left.iter().find(|it| head.contains(it.key.as_str()));
        let about = about.unwrap_or_else(|| unreachable!("a mail about nothing: {head}"));
        for recipient in mail.recipients {
            *counts.entry((about.key.clone(), recipient)).or_insert(0) += 1;
        }
    }
    counts
}

#[tokio::test]
async fn every_row_that_the_last_release_left_open_is_done() {
    let open: Vec<Kept> = kept("voicemails").into_iter().filter(|kept| has(&kept.row, "open")).collect();
    assert!(open.len() >= 201, "{} open rows", open.len());
    let (stack, left) = stack_with(open).await;
    put_all(&stack, &left).await;
    stack.clock.settled().await;
    for hours in [0, 0, 0, 25, 0] {
        stack.clock.advance(Duration::from_hours(hours) + Duration::from_mins(15)).await;
        stack.reconcile().await.unwrap();
        stack.clock.settled().await;
    }
    let counts = mails(&stack, &left);
    let mut wrong = Vec::new();
    for Left { about, key, row, first, second } in &left {
        let open = match RecordingSid::parse(key) {
            Ok(sid) => stack.ledger.voicemail(&sid).await.unwrap().open,
            Err(_) => stack.ledger.missed_call(&CallSid::parse(key).unwrap()).await.unwrap().open,
        };
        if open {
            wrong.push(format!("{about}: still open\n{row:?}"));
        }
        for (address, expected) in [(development::OWNER_EMAIL, first), (SECOND_EMAIL, second)] {
            let count = counts.get(&(key.clone(), address.to_owned())).copied().unwrap_or(0);
            if count != *expected {
                wrong.push(format!("{about}: {count} mails to {address}, not {expected}\n{row:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), left.len(), wrong.join("\n"));
}
