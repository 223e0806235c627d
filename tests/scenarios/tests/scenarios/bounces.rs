//! The owner's address does not take the mail.

use std::time::Duration;

use callflow::EmailAddress;
use exchange::{Caller, Transcription};
use local::front::Reach;
use local::mail_events::{Bounce, Fate, News};
use store::{Mail, Voicemail};
use webhook::telemetry::Outcome;

use crate::logs;
use crate::world::{OWNER_EMAIL, STRANGER, Told, World, seconds, stranger};

const SECOND_EMAIL: &str = "assistant@aftertone.example";

/// A world whose number has a second address.
async fn with_second_address() -> World {
    World::with_number(|number| {
        number.owner.second_email = EmailAddress::parse(SECOND_EMAIL).ok();
        number.owner.missed_call_mail = true;
    })
    .await
}

impl World {
    fn fate(&self, address: &str, news: News, after: Duration) {
        self.stack.mailbox.set_fate(address, Fate { news, after });
    }
}

fn went_to(told: &Told) -> Vec<&str> {
    told.mails.iter().map(|mail| mail.to.as_str()).collect()
}

#[tokio::test]
async fn a_mail_that_is_delivered_says_so_on_the_row() {
    let world = World::new().await;
    let told = world.no_answer().await;
    told.one_voicemail();
    let Voicemail { first_address, mail: Mail::Sent { at, .. }, .. } = told.voicemail() else { panic!() };
    assert_eq!(first_address.delivered_at, Some(*at + seconds(1)));
    assert_eq!((&first_address.bounced, first_address.complained_at), (&None, None));
}

#[tokio::test]
async fn a_voicemail_that_bounces_goes_to_the_second_address_once() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, News::Bounced(Bounce::NoEmail), seconds(5));
    let told = world.no_answer().await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL]);
    let [first, second] = &told.mails[..] else { unreachable!() };
    assert_eq!(
        (&second.sounds, &second.subject, &second.thread),
        (&first.sounds, &first.subject, &first.thread)
    );
    assert!(second.says("could not be delivered to olivia@aftertone.example"), "{}", second.text);
    assert!(second.says(told.story.recording().unwrap().speech.words()));
    let row = told.voicemail();
    let bounced = row.first_address.bounced.as_ref().unwrap();
    assert_eq!(bounced.reason, "Permanent NoEmail smtp; 550 5.1.1 user unknown");
    assert!(row.second_address.delivered_at.is_some() && !row.open);
    assert_eq!(logs::counted(Outcome::Bounced), 1);
}

#[tokio::test]
async fn a_voicemail_that_bounces_without_a_second_address_says_so_and_rings_the_alarm() {
    let world = World::new().await;
    world.fate(OWNER_EMAIL, News::Bounced(Bounce::NoEmail), seconds(5));
    let told = world.no_answer().await;
    assert_eq!(went_to(&told), [OWNER_EMAIL]);
    let row = told.voicemail();
    assert!(row.first_address.bounced.is_some() && !row.second_mail_wanted);
    assert_eq!(logs::counted(Outcome::Bounced), 1);
}

#[tokio::test]
async fn when_both_addresses_bounce_it_ends_there() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, News::Bounced(Bounce::NoEmail), seconds(5));
    world.fate(SECOND_EMAIL, News::Bounced(Bounce::NoEmail), seconds(3600));
    let told = world.no_answer().await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL]);
    assert!(told.voicemail().second_address.bounced.is_some());
    assert_eq!(logs::counted(Outcome::Bounced), 2);
}

#[tokio::test]
async fn words_that_come_after_a_bounce_go_to_the_second_address() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, News::Bounced(Bounce::NoEmail), seconds(5));
    world.exchange().set_transcription(Transcription::Completes { after: Duration::from_mins(10) });
    let told = world.no_answer().await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL, SECOND_EMAIL]);
    assert!(told.mails[2].says(told.story.recording().unwrap().speech.words()));
}

#[tokio::test]
async fn what_is_no_hard_bounce_is_only_written_down() {
    for news in [News::Bounced(Bounce::MailboxFull), News::Delayed, News::Complaint] {
        let world = with_second_address().await;
        world.fate(OWNER_EMAIL, news, seconds(5));
        let told = world.no_answer().await;
        assert_eq!(went_to(&told), [OWNER_EMAIL], "{news:?}");
        let address = &told.voicemail().first_address;
        let times = [address.soft_bounced_at, address.delayed_at, address.complained_at];
        let expected =
            [News::Bounced(Bounce::MailboxFull), News::Delayed, News::Complaint].map(|it| it == news);
        assert_eq!(times.map(|time| time.is_some()), expected);
        assert_eq!(logs::counted(Outcome::Bounced), 0);
        assert_eq!(logs::counted(Outcome::Complained), usize::from(news == News::Complaint));
    }
}

#[tokio::test]
async fn a_missed_call_whose_mail_bounces_goes_to_the_second_address() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, News::Bounced(Bounce::NoEmail), seconds(5));
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL]);
    assert_eq!(told.mails[0].subject, told.mails[1].subject);
    let row = world.stack.ledger.missed_call(told.story.call_sid()).await.unwrap();
    assert!(row.first_address.bounced.is_some() && row.second_address.delivered_at.is_some());
}

#[tokio::test]
async fn a_bounce_that_the_ledger_could_not_take_is_told_again() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, News::Bounced(Bounce::NoEmail), seconds(600));
    let story = world.exchange().call(stranger(), crate::world::MASKED_NUMBER).await;
    world.stack.clock.advance(seconds(500)).await;
    world.stack.database.front().set(Reach::Refused).await.unwrap();
    world.mend_after(|stack| stack.database.front(), seconds(200));
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL]);
    assert_eq!(logs::counted(Outcome::Bounced), 1);
}
