//! What is kept, for how long, and what a hold keeps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Act, Days, Instruction, Language, MailboxId, NumberSettings, Part, Retention, Voicemail};
use exchange::{Caller, RecordingStatus, Speech};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _};
use local::faults::{Faults, How, Outage, Service, When};
use phone::{PhoneNumber, RecordingSid};
use retention::{Limits, Report, Request};
use store::Written;

use crate::world::{MASKED_NUMBER, STRANGER, Told, World, seconds, stranger};

const DAY: u64 = 24 * 3600;

fn keeps(audio: i64, transcript: i64, calls: i64) -> impl FnOnce(&mut NumberSettings) {
    let days = |days| Days::new(days).ok();
    move |number| {
        number.retention = Retention { audio: days(audio), transcript: days(transcript), calls: days(calls) };
    }
}

impl World {
    /// A run of the daily function, or as many as it takes.
    async fn clean(&self) -> Report {
        let _busy = self.stack.clock.busy();
        retention::handle(&self.stack.retention, Request::default()).await.unwrap()
    }

    /// Each request to the bucket takes four seconds, for an hour.
    fn slow_bucket(&self) {
        let when = When::Span { after_seconds: 0, seconds: 3_600 };
        let outages = vec![Outage { service: Service::S3, how: How::Slow, when }];
        self.stack.break_by(&Faults { outages, ..Faults::default() });
    }

    async fn row(&self, sid: &RecordingSid) -> Voicemail {
        self.stack.ledger.voicemail(sid).await.unwrap()
    }

    /// The keys of the objects in the bucket.
    async fn objects(&self) -> Vec<String> {
        let list = self.stack.bucket.backstage_client().list_objects_v2().bucket(self.stack.bucket.name());
        let listed = list.send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    fn is_at_twilio(&self, sid: &RecordingSid) -> bool {
        let recordings = self.exchange().recordings();
        recordings.iter().any(|it| it.sid == *sid && it.status != RecordingStatus::Deleted)
    }

    fn instruction(&self, why: &str) -> Instruction {
        Instruction { by: "ada".to_owned(), why: why.to_owned(), at: self.stack.clock.now() }
    }
}

fn sid(told: &Told) -> RecordingSid {
    told.voicemail().recording_sid.clone()
}

#[tokio::test]
async fn sound_words_and_caller_go_in_time_and_leave_receipts() {
    let world = World::with_number(keeps(30, 60, 90)).await;
    let told = world.no_answer().await;
    let (sid, link) = (sid(&told), told.only_mail().link());
    let clean_on_day = async |day: u64, before: u64| {
        world.stack.clock.advance(seconds((day - before) * DAY)).await;
        world.clean().await.deleted
    };
    assert_eq!(clean_on_day(29, 0).await, 0);
    assert!(world.is_at_twilio(&sid) && world.objects().await.len() == 1);
    assert_eq!(clean_on_day(30, 29).await, 2);
    assert!(!world.is_at_twilio(&sid) && world.objects().await.is_empty());
    assert_eq!(world.clean().await.deleted, 0, "twice does nothing");
    assert!(world.row(&sid).await.transcript.is_some() && world.row(&sid).await.audio.is_none());
    assert_eq!(clean_on_day(60, 30).await, 1);
    assert!(world.row(&sid).await.transcript.is_none() && world.row(&sid).await.parties.is_some());
    // Who called, and the row of the call.
    assert_eq!(clean_on_day(90, 60).await, 2);
    assert!(world.stack.ledger.call(told.story.call_sid()).await.is_err());
    let row = world.row(&sid).await;
    assert_eq!((&row.parties, &row.destination), (&None, &None));
    let receipts: Vec<(Act, &str)> =
        row.keeping.receipts.iter().map(|receipt| (receipt.act, receipt.instruction.why.as_str())).collect();
    assert_eq!(
        receipts,
        [
            (Act::Deleted(Part::TwilioCopy), "kept for 30 days"),
            (Act::Deleted(Part::Audio), "kept for 30 days"),
            (Act::Deleted(Part::Transcript), "kept for 60 days"),
            (Act::Deleted(Part::Parties), "kept for 90 days"),
        ]
    );
    let number = local::development::number().unwrap().number;
    let today = world.stack.clock.now();
    assert_eq!(world.stack.ledger.deleted_rows(&number, today).await.unwrap(), (1, 0));
    for table in ["voicemails", "calls"] {
        for row in world.rows(table).await {
            assert!(!row.contains(STRANGER) && !row.contains(MASKED_NUMBER), "{row}");
        }
    }
    assert_eq!(world.get(&link).await.status, 410);
    assert_eq!(world.stack.wakeups.dead_letters(), []);
}

#[tokio::test]
async fn what_amazon_wrote_into_the_bucket_goes_with_the_words() {
    let world = World::with_number(|number| {
        keeps(30, 60, 90)(number);
        number.speech.language = Language::Chinese;
    })
    .await;
    let told = world.call(Caller::new(STRANGER).leaves(Speech::chinese_sample())).await;
    let result = format!("transcripts/{}.json", sid(&told));
    assert!(world.objects().await.contains(&result));
    world.stack.clock.advance(seconds(59 * DAY)).await;
    world.clean().await;
    assert_eq!(world.objects().await, [result.as_str()]);
    world.stack.clock.advance(seconds(DAY)).await;
    world.clean().await;
    assert!(world.row(&sid(&told)).await.transcript.is_none() && world.objects().await.is_empty());
}

#[tokio::test]
async fn a_link_to_what_was_deleted_says_so() {
    let world = World::new().await;
    let told = world.no_answer().await;
    let link = told.only_mail().link();
    let (sid, instruction) = (sid(&told), world.instruction("the caller asks for it"));
    assert_eq!(world.stack.ledger.ask_deletion(&sid, &instruction).await.unwrap(), Written::Applied);
    let request = Request { recording_sids: vec![sid.as_str().to_owned()] };
    let report = retention::handle(&world.stack.retention, request).await.unwrap();
    assert_eq!((report.deleted, report.finished), (4, true));
    assert!(!world.is_at_twilio(&sid) && world.objects().await.is_empty());
    for query in ["", "?audio=1", "?download=1"] {
        let page = world.get(&format!("{link}{query}")).await;
        assert_eq!(page.status, 410);
        assert!(String::from_utf8_lossy(&page.body).contains("This voicemail has been deleted"));
    }
    let row = world.row(&sid).await;
    assert!(row.keeping.receipts.iter().all(|receipt| receipt.instruction.by == "ada"));
    world.stack.clock.settled().await;
    assert_eq!(world.stack.mailbox.messages().len(), 1, "it is not sent again");
}

#[tokio::test]
async fn a_link_closes_when_the_deletion_is_asked_for() {
    let world = World::new().await;
    let told = world.no_answer().await;
    let link = told.only_mail().link();
    assert_eq!(world.get(&link).await.status, 200);
    let instruction = world.instruction("the caller asks for it");
    assert_eq!(world.stack.ledger.ask_deletion(&sid(&told), &instruction).await.unwrap(), Written::Applied);
    for query in ["", "?audio=1", "?download=1"] {
        let page = world.get(&format!("{link}{query}")).await;
        assert_eq!(page.status, 410);
        assert!(!String::from_utf8_lossy(&page.body).contains(Speech::english_sample().words()));
    }
}

#[tokio::test]
async fn a_mail_under_way_stops_when_the_deletion_is_asked_for() {
    // The worker waits for its turn at SES, with the mail written: so long that it can be seen.
    let world = World::with(|options| options.mails_per_second = 1, |_| {}).await;
    let seconds_before_the_mail = 1;
    let stack = world.stack.clone();
    let instruction = world.instruction("the caller asks for it");
    world.slow_bucket();
    let asked = world.stack.clock.spawn(async move {
        // As soon as the sound is stored, the mail begins with getting it, which takes four seconds.
        loop {
            stack.clock.sleep(seconds(seconds_before_the_mail)).await;
            let rows = stack.ledger.list_voicemails(&store::Listed::default()).await.unwrap().rows;
            if let Some(row) = rows.iter().find(|row| row.transcript.is_some() && row.audio.is_some()) {
                assert_eq!(row.mail, domain::Mail::Unsent, "too late for this scenario");
                return stack.ledger.ask_deletion(&row.recording_sid, &instruction).await.unwrap();
            }
        }
    });
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    assert_eq!(asked.await.unwrap(), Written::Applied);
    world.stack.clock.settled().await;
    assert!(world.stack.mailbox.messages().is_empty(), "{story}");
    assert_eq!(world.stack.mailbox.calls(), 0);
}

#[tokio::test]
async fn a_sound_being_stored_when_its_deletion_is_asked_for_goes_too() {
    let world = World::new().await;
    let stack = world.stack.clone();
    let instruction = world.instruction("the caller asks for it");
    world.slow_bucket();
    let cleaned = world.stack.clock.spawn(async move {
        // To store it takes seconds.
        loop {
            stack.clock.sleep(std::time::Duration::from_millis(500)).await;
            let rows = stack.ledger.list_voicemails(&store::Listed::default()).await.unwrap().rows;
            let is_being_stored = |row: &&Voicemail| {
                row.destination.is_some() && matches!(row.recording, domain::Recorded::Ready { .. })
            };
            if let Some(row) = rows.iter().find(is_being_stored) {
                assert_eq!(row.audio, None, "too late for this scenario");
                stack.ledger.ask_deletion(&row.recording_sid, &instruction).await.unwrap();
                let request = Request { recording_sids: vec![row.recording_sid.as_str().to_owned()] };
                return retention::handle(&stack.retention, request).await.unwrap();
            }
        }
    });
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    let report = cleaned.await.unwrap();
    world.stack.clock.settled().await;
    assert_eq!(
        (report.deleted, report.finished),
        (0, true),
        "it may be being stored: the next run deletes it"
    );
    world.stack.clock.advance(seconds(300)).await;
    assert_eq!(world.clean().await.deleted, 4);
    assert_eq!(world.objects().await, [""; 0], "{story}");
    for row in world.rows("voicemails").await {
        assert!(!row.contains(STRANGER) && !row.contains(&MASKED_NUMBER[1..]), "{row}");
    }
    assert_eq!(world.stack.mailbox.calls(), 0);
    assert_eq!(world.stack.wakeups.dead_letters(), []);
}

#[tokio::test]
async fn words_that_come_after_their_deletion_go_with_a_later_run() {
    let world = World::with_number(|number| number.speech.language = Language::Chinese).await;
    world.stack.transcriber.set_work(local::transcriber::Work::Completes { after: seconds(3_600) });
    let stack = world.stack.clone();
    let instruction = world.instruction("the caller asks for it");
    let asked = world.stack.clock.spawn(async move {
        loop {
            stack.clock.sleep(seconds(1)).await;
            let rows = stack.ledger.list_voicemails(&store::Listed::default()).await.unwrap().rows;
            if let Some(row) =
                rows.iter().find(|row| matches!(row.job, Some(domain::TranscriptionJob::Started { .. })))
            {
                stack.ledger.ask_deletion(&row.recording_sid, &instruction).await.unwrap();
                let request = Request { recording_sids: vec![row.recording_sid.as_str().to_owned()] };
                let report = retention::handle(&stack.retention, request).await.unwrap();
                assert_eq!((report.deleted, report.finished), (4, true));
                return row.recording_sid.clone();
            }
        }
    });
    let caller = Caller::new(STRANGER).leaves(Speech::chinese_sample());
    let story = world.exchange().call(caller, MASKED_NUMBER).await;
    let sid = asked.await.unwrap();
    world.stack.clock.settled().await;
    world.stack.clock.advance(seconds(DAY)).await;
    assert_eq!(world.objects().await, [format!("transcripts/{sid}.json")], "{story}");
    world.clean().await;
    assert_eq!(world.objects().await, [""; 0], "{story}");
    assert!(world.row(&sid).await.job.is_some() && world.row(&sid).await.transcript.is_none());
    world.stack.clock.advance(seconds(2 * DAY)).await;
    world.clean().await;
    assert_eq!(world.row(&sid).await.job, None, "it is not looked after any more");
    assert_eq!(world.stack.wakeups.dead_letters(), []);
}

#[tokio::test]
async fn a_hold_keeps_the_recording_at_twilio_until_it_is_lifted() {
    let world = World::with_number(|number| number.voicemail.purge_at_twilio = true).await;
    let number = local::development::number().unwrap().number;
    world.stack.ledger.hold_number(&number, &world.instruction("case 7")).await.unwrap();
    let told = world.no_answer().await;
    let sid = sid(&told);
    told.one_voicemail();
    assert!(world.is_at_twilio(&sid) && told.voicemail().keeping.purge_withheld);
    assert_eq!(world.clean().await.deleted, 0);
    world.stack.ledger.release_number(&number, &world.instruction("closed")).await.unwrap();
    assert_eq!(world.clean().await.deleted, 1);
    assert!(!world.is_at_twilio(&sid) && world.objects().await.len() == 1);
}

/// The number's sounds are in a bucket that answers everything with `status`; how often it did.
async fn refuse_with(world: &mut World, status: u16) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let router = axum::Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(axum::http::StatusCode::from_u16(status).unwrap())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let bucket = aws::Aws::emulated(aws::Endpoints::default().with(aws::Service::S3, url)).bucket("full");
    Arc::get_mut(&mut world.stack).unwrap().retention.bucket = bucket.unwrap();
    asked
}

/// A row as an earlier release left it, which tagged nothing.
async fn without(world: &World, sid: &RecordingSid, attributes: &str) {
    let update = world.stack.database.backstage_client().update_item().table_name("aftertone-voicemails");
    let update = update.key("recording_sid", AttributeValue::S(sid.as_str().to_owned()));
    update.update_expression(format!("REMOVE {attributes}")).send().await.unwrap();
}

#[tokio::test]
async fn a_sound_that_expired_before_it_was_tagged_fails_no_run() {
    for status in [403, 404, 405] {
        let mut world = World::new().await;
        let sid = sid(&world.no_answer().await);
        without(&world, &sid, "audio_released_at").await;
        let asked = refuse_with(&mut world, status).await;
        for _ in 0..2 {
            assert_eq!(world.clean().await.failed, 0, "{status}");
            assert!(world.row(&sid).await.audio.unwrap().released, "{status}");
            assert_eq!(asked.load(Ordering::Relaxed), 1, "{status}: it is asked for once");
        }
    }
}

#[tokio::test]
async fn a_closed_row_that_was_never_mailed_is_not_tagged() {
    let mut world = World::new().await;
    let sid = sid(&world.no_answer().await);
    without(&world, &sid, "audio_released_at, mail_sent_at").await;
    let asked = refuse_with(&mut world, 500).await;
    let report = world.clean().await;
    assert_eq!((report.failed, asked.load(Ordering::Relaxed)), (0, 0));
    let row = world.row(&sid).await;
    assert!(!row.open && !row.audio.unwrap().released);
}

#[tokio::test]
async fn a_run_that_is_cut_short_is_gone_on_with() {
    let mut world = World::with_number(keeps(1, 1, 1)).await;
    for _ in 0..3 {
        world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    }
    world.no_answer().await;
    world.stack.clock.advance(seconds(2 * DAY)).await;
    let stack = Arc::get_mut(&mut world.stack).unwrap();
    stack.retention.limits = Limits { rows: 1, ..Limits::default() };
    let mut deleted = 0;
    for run in 1.. {
        let report = world.clean().await;
        deleted += report.deleted;
        if report.finished {
            assert!(run > 1, "one page at a time");
            break;
        }
    }
    assert_eq!(deleted, 8, "four parts of a voicemail, and four calls");
    assert_eq!(world.clean().await.deleted, 0);
}

/// The row of a voicemail many times over, under other keys and of other numbers.
async fn multiply(world: &World, told: &Told, voicemails: usize, numbers: usize) {
    let client = world.stack.database.backstage_client();
    let text = |text: String| AttributeValue::S(text);
    let key = ("recording_sid".to_owned(), text(sid(told).as_str().to_owned()));
    let row = client.get_item().table_name("aftertone-voicemails").set_key(Some([key].into()));
    let row = row.send().await.unwrap().item.unwrap();
    for nth in 0..numbers {
        let mut settings = local::development::number().unwrap();
        settings.number = PhoneNumber::parse(&format!("+1415555{:04}", 1_000 + nth)).unwrap();
        settings.mailbox = MailboxId::of_number(&settings.number);
        keeps(1, 1, 1)(&mut settings);
        world.stack.ledger.put_number(&settings).await.unwrap();
    }
    for nth in 1..voicemails {
        let mut row = row.clone();
        row.insert("recording_sid".to_owned(), text(format!("RE{nth:032x}")));
        row.insert("number".to_owned(), text(format!("+1415555{:04}", 1_000 + nth % numbers)));
        client.put_item().table_name("aftertone-voicemails").set_item(Some(row)).send().await.unwrap();
    }
}

/// The night has three runs of thirteen minutes. One after the other, of which each asks Twilio and
/// S3, a thousand deletions took four.
#[tokio::test]
async fn a_night_deletes_what_is_due_of_many_numbers_at_once() {
    const VOICEMAILS: usize = 100;
    let world = World::with_number(keeps(1, 1, 1)).await;
    let told = world.no_answer().await;
    multiply(&world, &told, VOICEMAILS, 20).await;
    world.stack.clock.advance(seconds(2 * DAY)).await;
    let began = std::time::Instant::now();
    let mut deleted = 0;
    for _ in 0..3 {
        let report = world.clean().await;
        assert!(report.finished, "{report:?}");
        deleted += report.deleted;
        // What failed on a busy machine is with the next run.
        if report.failed == 0 {
            break;
        }
    }
    let took = began.elapsed();
    let per_second = f64::from(u32::try_from(deleted).unwrap()) / took.as_secs_f64();
    println!("{deleted} deletions in {took:.1?}: {per_second:.0} a second");
    // Four parts of each, and a call.
    assert_eq!(deleted, VOICEMAILS * 4 + 1);
    assert_eq!(world.clean().await.deleted, 0);
}

/// When each voicemail is due, and what holds it.
struct Year {
    called: BTreeMap<Date, RecordingSid>,
}

/// Month ends, the leap day, and others between.
const CALLS: [Date; 10] = [
    date(2028, 1, 30),
    date(2028, 1, 31),
    date(2028, 2, 28),
    LEAP_DAY,
    date(2028, 3, 31),
    date(2028, 4, 15),
    date(2028, 4, 30),
    date(2028, 6, 30),
    date(2028, 8, 31),
    date(2028, 10, 31),
];
const LEAP_DAY: Date = date(2028, 2, 29);

/// When the number is held, and when the voicemail of the leap day is.
const NUMBER_HELD: [Date; 2] = [date(2028, 5, 1), date(2028, 6, 1)];
const VOICEMAIL_HELD: [Date; 2] = [date(2028, 3, 10), date(2028, 9, 1)];

fn noon(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).in_tz("UTC").unwrap().timestamp()
}

/// The run of a day is at its end, after all that was recorded at noon.
fn midnight(day: Date) -> Timestamp {
    noon(day) + 12.hours()
}

/// Whether what is kept for `days` is gone after the run of `day`: a hold puts it off until it is
/// lifted.
fn is_gone(recorded: Date, days: i64, day: Date) -> bool {
    let put_off = |due: Date, [from, to]: [Date; 2]| if (from..to).contains(&due) { to } else { due };
    let due = put_off(recorded.checked_add(days.days()).unwrap(), NUMBER_HELD);
    let due = if recorded == LEAP_DAY { put_off(due, VOICEMAIL_HELD) } else { due };
    due <= day
}

fn all_gone(day: Date) -> Vec<bool> {
    CALLS.iter().flat_map(|recorded| [30, 45, 60].map(|days| is_gone(*recorded, days, day))).collect()
}

/// Calls, and a run every day, over a leap year: each part of each voicemail is there until its
/// day, and gone after it, but for those that are held.
#[tokio::test]
async fn over_a_leap_year_nothing_goes_early_or_stays_and_holds_hold() {
    let world = World::with_number(keeps(30, 45, 60)).await;
    let (ledger, clock) = (&world.stack.ledger, &world.stack.clock);
    let number = local::development::number().unwrap().number;
    let mut year = Year { called: BTreeMap::new() };
    for day in date(2028, 1, 1).series(1.day()).take(366) {
        clock.advance_to(noon(day)).await;
        let [from, to] = NUMBER_HELD;
        if day == from {
            ledger.hold_number(&number, &world.instruction("case 7")).await.unwrap();
        } else if day == to {
            ledger.release_number(&number, &world.instruction("closed")).await.unwrap();
        }
        let [from, to] = VOICEMAIL_HELD;
        if day == from {
            ledger.hold_voicemail(&year.called[&LEAP_DAY], &world.instruction("case 8")).await.unwrap();
        } else if day == to {
            ledger.release_voicemail(&year.called[&LEAP_DAY], &world.instruction("closed")).await.unwrap();
        }
        if CALLS.contains(&day) {
            let told = world.call(stranger()).await;
            year.called.insert(day, told.voicemail().recording_sid.clone());
        }
        clock.advance_to(midnight(day)).await;
        assert!(world.clean().await.finished);
        // Before and after each change, and once a month.
        let [yesterday, tomorrow] = [-1, 1].map(|days: i64| day.checked_add(days.days()).unwrap());
        if all_gone(yesterday) != all_gone(day) || all_gone(day) != all_gone(tomorrow) || day.day() == 1 {
            year.check(&world, day).await;
        }
    }
    assert_eq!(year.called.len(), CALLS.len());
}

impl Year {
    /// What is there after the run of a day, and what is not.
    async fn check(&self, world: &World, day: Date) {
        let objects = world.objects().await;
        for (recorded, sid) in &self.called {
            let gone = |days: i64| is_gone(*recorded, days, day);
            let row = world.row(sid).await;
            let told = format!("{sid} of {recorded} on {day}: {row:?}");
            assert_eq!(row.audio.is_none(), gone(30), "{told}");
            assert_eq!(!world.is_at_twilio(sid), gone(30), "{told}");
            assert_eq!(!objects.iter().any(|key| key.contains(sid.as_str())), gone(30), "{told}");
            assert_eq!(row.transcript.is_none(), gone(45), "{told}");
            assert_eq!(row.parties.is_none(), gone(60), "{told}");
            assert_eq!(world.stack.ledger.call(&row.call_sid).await.is_err(), gone(60), "{told}");
            let deletions = row.keeping.receipts.iter().filter(|it| matches!(it.act, Act::Deleted(_)));
            let expected = [gone(30), gone(30), gone(45), gone(60)].into_iter().filter(|gone| *gone);
            assert_eq!(deletions.count(), expected.count(), "{told}");
        }
    }
}
