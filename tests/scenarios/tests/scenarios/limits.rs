//! Messages and mails at the edges of what Twilio, Amazon and SES take.

use domain::{Engine, Mail, MessageLength, Transcript, Transcription as Wanted};
use exchange::{Caller, RestFault, RestRequest, Speech, Times, Transcription};
use local::faults::{Faults, How, Outage, Service, When};
use local::mailbox::Fault;
use local::transcriber::Work;
use runtime::telemetry::Metric;

use crate::letter::Letter;
use crate::logs;
use crate::world::{MASKED_NUMBER, STRANGER, World, after_call, seconds, stranger};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_sound_that_comes_at_the_third_try_is_mailed_once() {
    let world = World::new().await;
    world.exchange().rest_faults(RestRequest::Media, RestFault::NotFound, Times::Next(1));
    world.exchange().rest_faults(RestRequest::Media, RestFault::HtmlPage, Times::Next(1));
    let told = world.no_answer().await;
    assert!(told.one_voicemail().says(Speech::english_sample().words()));
    assert_eq!(world.rest_requests(RestRequest::Media), 3);
}

#[tokio::test]
async fn below_ten_megabytes_a_mail_has_the_sound_and_else_the_link() {
    for (length, size, fits) in [(452, 9_900_000, true), (461, 10_100_000, false)] {
        let world = World::with_number(|number| {
            number.voicemail.transcription = Wanted::Off;
            number.voicemail.max_length = MessageLength::seconds(600).unwrap();
        })
        .await;
        let told = world.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(length), "Long"))).await;
        let wav = told.story.recording().unwrap().speech.to_wav();
        let mail = told.only_mail();
        if fits {
            told.delivered(mail);
            let sent = world.stack.mailbox.messages()[0].raw.len();
            assert!(sent.abs_diff(size) < 10_000, "{sent} bytes");
        } else {
            // What it would have had: lines of 76 characters for 57 bytes.
            assert!((wav.len() / 57 * 78).abs_diff(size) < 10_000, "{} bytes", wav.len());
            assert!(mail.sounds.is_empty());
            assert!(mail.says("The recording is too large for an email. Please use the link."));
        }
        let redirect = world.get(&format!("{}?audio=1", mail.link())).await;
        assert!(world.get(&redirect.location.unwrap()).await.body == wav, "{length} s");
    }
}

#[tokio::test]
async fn twilio_alone_makes_words_of_messages_of_three_to_119_seconds() {
    const SHORT: &str = "The message is too short to be transcribed.";
    const LONG: &str = "The message is too long to be transcribed.";
    for (length, says) in
        [(1, SHORT), (2, SHORT), (3, "Call me."), (119, "Call me."), (120, LONG), (121, LONG)]
    {
        let world = World::with_number(|number| number.voicemail.transcription = Wanted::Twilio).await;
        let told = world.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(length), "Call me."))).await;
        assert!(told.one_voicemail().says(says), "{length} s");
    }
}

#[tokio::test]
async fn a_message_of_any_length_has_its_words() {
    for (length, engine) in [
        (1, Engine::Amazon),
        (2, Engine::Amazon),
        (3, Engine::Twilio),
        (119, Engine::Twilio),
        (120, Engine::Amazon),
        (121, Engine::Amazon),
    ] {
        let world = World::new().await;
        let told = world.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(length), "Call me."))).await;
        assert!(told.one_voicemail().says("Call me."), "{length} s");
        assert_eq!(told.voicemail().transcript.as_ref().unwrap().engine, engine, "{length} s");
    }
}

#[tokio::test]
async fn words_that_come_after_a_day_follow_once_in_the_same_thread() {
    for purges in [false, true] {
        let world = World::with_number(|number| {
            number.voicemail.transcription = Wanted::Twilio;
            number.voicemail.purge_at_twilio = purges;
        })
        .await;
        world.exchange().set_transcription(Transcription::Completes { after: seconds(DAY - 60) });
        let told = world.call(stranger()).await;
        let [first, second] = &told.mails[..] else { panic!("{} mails\n{}", told.mails.len(), told.story) };
        told.delivered(first);
        let words = Speech::english_sample().words().to_owned();
        assert!(!first.says(&words) && second.says(&words) && first.thread == second.thread);
        assert!((120..=125).contains(&after_call(&told.story, first.sent_at)), "{}", told.story);
        let late = i64::try_from(DAY).unwrap() - 60;
        assert!((late..late + 10).contains(&after_call(&told.story, second.sent_at)), "{}", told.story);
        assert!(matches!(told.voicemail().words_mail, Mail::Sent { with_words: true, .. }));
        assert_eq!(told.voicemail().transcript, Some(Transcript::words(Engine::Twilio, words)));
        assert_eq!(told.voicemail().purged_at.is_some(), purges);
    }
}

#[tokio::test]
async fn words_that_come_after_two_days_are_mailed_all_the_same() {
    let world = World::with_number(|number| number.voicemail.transcription = Wanted::Twilio).await;
    world.exchange().set_transcription(Transcription::Completes { after: seconds(2 * DAY) });
    let told = world.call(stranger()).await;
    assert_eq!(told.mails.len(), 2);
    assert!(told.mails[1].says(Speech::english_sample().words()));
}

/// Thirty strangers who call at the same instant and leave a message each.
async fn thirty_calls(world: &World) {
    let busy = world.stack.clock.busy();
    let calls: Vec<_> = (0..30)
        .map(|number| {
            let caller = Caller::new(format!("+131255501{number:02}"));
            world.exchange().start_call(caller.leaves(Speech::tone(seconds(1), "Call me.")), MASKED_NUMBER)
        })
        .collect();
    drop(busy);
    for call in calls {
        assert!(call.finished().await.heard_beep());
    }
    world.stack.clock.settled().await;
}

#[tokio::test]
async fn what_a_slow_batch_leaves_over_comes_back_and_none_is_cut_off() {
    let world = World::with_number(|number| number.voicemail.transcription = Wanted::Off).await;
    world.stack.wakeups.pause();
    thirty_calls(&world).await;
    // Each step of each takes 4 s: ten of them take longer than the worker may.
    let when = When::Span { after_seconds: 0, seconds: 3600 };
    let slow = [Service::S3, Service::Ses].map(|service| Outage { service, how: How::Slow, when });
    world.stack.break_by(&Faults { outages: slow.to_vec(), ..Faults::default() });
    world.stack.wakeups.resume();
    world.stack.clock.settled().await;
    for _ in 0..4 {
        world.stack.clock.advance(seconds(900)).await;
        world.stack.reconcile().await.unwrap();
        world.stack.clock.settled().await;
    }
    assert_eq!(world.stack.wakeups.cut_off(), 0);
    assert_eq!(world.stack.mailbox.messages().len(), 30);
}

#[tokio::test]
async fn a_mail_for_which_little_time_is_left_goes_with_the_next_try() {
    let world = World::with_number(|number| number.voicemail.transcription = Wanted::Off).await;
    world.stack.wakeups.pause();
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    // To store the sound takes a second attempt, after 20 of the 40 seconds of a message.
    let when = When::Span { after_seconds: 0, seconds: 10 };
    let outages = vec![Outage { service: Service::S3, how: How::TimeOut, when }];
    world.stack.break_by(&Faults { outages, ..Faults::default() });
    world.stack.wakeups.resume();
    world.stack.clock.settled().await;
    world.told(story).await.one_voicemail();
    assert!(logs::lines().iter().any(|line| line.contains("outcome=\"late\"")), "{:#?}", logs::lines());
    assert_eq!(logs::counted(Metric::Failed), 0, "that is no failure");
}

#[tokio::test]
async fn mails_are_sent_no_faster_than_ses_takes_them() {
    for mails_per_second in [1, 14] {
        let world = World::with(
            |options| options.mails_per_second = mails_per_second,
            |number| {
                number.voicemail.transcription = Wanted::Off;
            },
        )
        .await;
        thirty_calls(&world).await;
        let mails = world.stack.mailbox.messages();
        let mut sent: Vec<i64> = mails.iter().map(Letter::read).map(|mail| mail.sent_at).collect();
        assert_eq!(sent.len(), 30);
        sent.sort_unstable();
        let most = sent.chunk_by(|a, b| a == b).map(<[i64]>::len).max().unwrap();
        assert!(most <= mails_per_second as usize, "{most} in a second: {sent:?}");
        assert_eq!(world.stack.mailbox.calls(), 30, "none had to be sent again");
    }
}

#[tokio::test]
async fn ses_is_let_alone_for_a_while_when_it_takes_no_more_mails() {
    let world = World::with_number(|number| number.voicemail.transcription = Wanted::Off).await;
    // The client's own three tries, of each of two mails.
    world.stack.mailbox.fail_next(6, Fault::Throttling);
    thirty_calls(&world).await;
    assert_eq!(world.stack.mailbox.messages().len(), 30);
    assert_eq!(world.stack.mailbox.calls(), 36);
    assert_eq!(world.stack.wakeups.dead_letters(), []);
}

#[tokio::test]
async fn no_more_jobs_run_at_amazon_than_may_and_all_words_come() {
    let world = World::with(|options| options.transcribe_concurrency = 4, |_| {}).await;
    world.stack.transcriber.set_work(Work::Completes { after: seconds(40) });
    thirty_calls(&world).await;
    assert_eq!(world.stack.transcriber.most_at_once(), 4);
    assert_eq!(world.stack.transcriber.jobs().len(), 30);
    let mails: Vec<Letter> = world.stack.mailbox.messages().iter().map(Letter::read).collect();
    let with_words = mails.iter().filter(|mail| mail.says("Call me.")).count();
    assert_eq!(with_words, 30, "each has its words, in the first mail or in a second");
    assert!((30..=60).contains(&mails.len()));
    assert_eq!(world.stack.wakeups.dead_letters(), []);
}

#[tokio::test]
async fn one_message_goes_round_for_who_waits_for_amazon() {
    let world = World::with(|options| options.transcribe_concurrency = 1, |_| {}).await;
    world.stack.transcriber.set_work(Work::Never);
    let caller = || Caller::new(STRANGER).leaves(Speech::tone(seconds(1), "Call me."));
    // The words of the first hold the only place that there is, and those of the second wait for it.
    for _ in 0..2 {
        world.exchange().call(caller(), MASKED_NUMBER).await;
        world.stack.clock.advance(seconds(600)).await;
    }
    let looks = || logs::lines().iter().filter(|line| line.contains("outcome=\"busy\"")).count();
    let (asked_before, looks_before) = (world.stack.transcriber.requests(), looks());
    world.stack.clock.advance(seconds(3600)).await;
    let (asked, looks) = (world.stack.transcriber.requests() - asked_before, looks() - looks_before);
    assert!((12..=15).contains(&asked), "{asked} requests: every four minutes and a half");
    // A message looks three times too early, and asks the fourth time; then the next one takes over from it.
    assert!(looks <= 4 * usize::try_from(asked).unwrap() + 2, "{looks} looks for {asked} requests");
}
