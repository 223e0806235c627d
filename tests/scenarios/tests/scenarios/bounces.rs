//! The owner's address does not take the mail.

use std::time::Duration;

use domain::{Act, EmailAddress, Instruction, Mail, ResendTo, Voicemail};
use exchange::{Caller, Transcription};
use local::front::Reach;
use local::mail_events::{Bounce, Fate, MailEventType};
use runtime::telemetry::Metric;
use store::Written;

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
    fn fate(&self, address: &str, event: MailEventType, after: Duration) {
        self.stack.mailbox.set_fate(address, Fate { event, after });
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
    world.fate(OWNER_EMAIL, MailEventType::Bounced(Bounce::NoEmail), seconds(5));
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
    assert_eq!(logs::counted(Metric::Bounced), 1);
}

#[tokio::test]
async fn a_bounce_without_a_second_address_rings_the_alarm() {
    let world = World::new().await;
    world.fate(OWNER_EMAIL, MailEventType::Bounced(Bounce::NoEmail), seconds(5));
    let told = world.no_answer().await;
    assert_eq!(went_to(&told), [OWNER_EMAIL]);
    let row = told.voicemail();
    assert!(row.first_address.bounced.is_some() && !row.second_mail_wanted);
    assert_eq!(logs::counted(Metric::Bounced), 1);
}

#[tokio::test]
async fn when_both_addresses_bounce_it_ends_there() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, MailEventType::Bounced(Bounce::NoEmail), seconds(5));
    world.fate(SECOND_EMAIL, MailEventType::Bounced(Bounce::NoEmail), seconds(3600));
    let told = world.no_answer().await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL]);
    assert!(told.voicemail().second_address.bounced.is_some());
    assert_eq!(logs::counted(Metric::Bounced), 2);
}

#[tokio::test]
async fn words_that_come_after_a_bounce_go_to_the_second_address() {
    for why in [Bounce::NoEmail, Bounce::MailboxFull] {
        let world = with_second_address().await;
        world.fate(OWNER_EMAIL, MailEventType::Bounced(why), seconds(5));
        world.exchange().set_transcription(Transcription::Completes { after: Duration::from_mins(10) });
        let told = world.no_answer().await;
        assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL, SECOND_EMAIL], "{why:?}");
        assert!(told.mails[2].says(told.story.recording().unwrap().speech.words()), "{why:?}");
    }
}

#[tokio::test]
async fn what_is_no_bounce_is_only_written_down() {
    for event in [MailEventType::Delayed, MailEventType::Complaint] {
        let world = with_second_address().await;
        world.fate(OWNER_EMAIL, event, seconds(5));
        let told = world.no_answer().await;
        assert_eq!(went_to(&told), [OWNER_EMAIL], "{event:?}");
        let address = &told.voicemail().first_address;
        let times = [address.delayed_at, address.complained_at];
        assert_eq!(
            times.map(|time| time.is_some()),
            [MailEventType::Delayed, MailEventType::Complaint].map(|it| it == event)
        );
        assert_eq!(logs::counted(Metric::Bounced), 0);
        assert_eq!(logs::counted(Metric::Complained), usize::from(event == MailEventType::Complaint));
    }
}

#[tokio::test]
async fn every_bounce_leads_to_a_mail_that_may_get_through() {
    for why in Bounce::ALL {
        let world = with_second_address().await;
        world.fate(OWNER_EMAIL, MailEventType::Bounced(why), seconds(5));
        let told = world.no_answer().await;
        let for_the_sound = [Bounce::MessageTooLarge, Bounce::AttachmentRejected].contains(&why);
        let next = if for_the_sound { OWNER_EMAIL } else { SECOND_EMAIL };
        assert_eq!(went_to(&told), [OWNER_EMAIL, next], "{why:?}");
        let [first, second] = &told.mails[..] else { unreachable!() };
        assert_eq!(second.sounds.is_empty(), for_the_sound, "{why:?}");
        assert!(second.link() != "" && second.subject == first.subject && second.thread == first.thread);
        let row = told.voicemail();
        assert!(!row.open && row.trouble.is_none());
        let acts: Vec<Act> = row.keeping.receipts.iter().map(|receipt| receipt.act).collect();
        assert_eq!(acts == [Act::Resent], for_the_sound, "{why:?}: {acts:?}");
        let reasons = [
            row.first_address.bounced.as_ref().map(|bounce| bounce.reason.as_str()),
            row.first_address.soft_bounce_reason.as_deref(),
        ];
        assert!(reasons.iter().flatten().all(|reason| !reason.is_empty() && !reason.contains('@')));
        assert_eq!(reasons.iter().flatten().count(), 1, "{why:?}");
        assert_eq!((logs::counted(Metric::Bounced), logs::counted(Metric::MailFailed)), (1, 0), "{why:?}");
    }
}

#[tokio::test]
async fn a_full_mailbox_is_a_failure_without_a_second_address() {
    let world = World::new().await;
    world.fate(OWNER_EMAIL, MailEventType::Bounced(Bounce::MailboxFull), seconds(5));
    let told = world.no_answer().await;
    assert_eq!(went_to(&told), [OWNER_EMAIL]);
    assert!(told.voicemail().first_address.soft_bounced_at.is_some());
    assert_eq!((logs::counted(Metric::Bounced), logs::counted(Metric::MailFailed)), (1, 1));
}

#[tokio::test]
async fn a_mail_sent_over_again_has_a_fresh_link_and_its_own_fate() {
    let world = with_second_address().await;
    let told = world.no_answer().await;
    let sid = told.voicemail().recording_sid.clone();
    let now = world.stack.clock.now();
    let instruction = |why: &str| Instruction { by: "ada".to_owned(), why: why.to_owned(), at: now };
    let elsewhere = EmailAddress::parse("kim@aftertone.example").unwrap();
    world.fate("kim@aftertone.example", MailEventType::Bounced(Bounce::MailboxFull), seconds(5));
    let resends = [(ResendTo::First, OWNER_EMAIL), (ResendTo::Named(elsewhere), "kim@aftertone.example")];
    for (count, (to, address)) in resends.iter().enumerate() {
        world.stack.clock.advance(seconds(3_600)).await;
        let ordered = world.stack.ledger.resend(&sid, to, &instruction("lost")).await.unwrap();
        assert_eq!(ordered, Written::Applied);
        world.stack.clock.settled().await;
        let again = world.told(told.story.clone()).await;
        let mail = again.mails.last().unwrap();
        assert_eq!((again.mails.len(), mail.to.as_str()), (count + 2, *address));
        assert_eq!(mail.sounds, told.mails[0].sounds);
        assert!(mail.link() != told.mails[0].link() && world.get(&mail.link()).await.status == 200);
        let resend = again.voicemail().resend.clone().unwrap();
        assert_eq!(
            (resend.number, resend.instruction.why.as_str()),
            (u32::try_from(count).unwrap() + 1, "lost")
        );
        assert_eq!(resend.reports.delivered_at.is_some(), count == 0);
        assert_eq!(resend.reports.soft_bounced_at.is_some(), count == 1);
        assert!(again.voicemail().keeping.receipts.iter().all(|it| it.act == Act::Resent));
    }
    // To the second address goes nothing for that: it was not the owner's mail that came back.
    assert!(!world.stack.ledger.voicemail(&sid).await.unwrap().second_mail_wanted);
    let asked = world.stack.ledger.ask_deletion(&sid, &instruction("gone")).await.unwrap();
    assert_eq!(asked, Written::Applied);
    let ordered = world.stack.ledger.resend(&sid, &ResendTo::First, &instruction("lost")).await.unwrap();
    assert_eq!(ordered, Written::NotApplicable);
}

#[tokio::test]
async fn a_mail_sent_over_again_goes_where_it_was_ordered_to() {
    for bounce in [Some(Bounce::NoEmail), Some(Bounce::MailboxFull), None] {
        let world = with_second_address().await;
        if let Some(why) = bounce {
            world.fate(OWNER_EMAIL, MailEventType::Bounced(why), seconds(5));
        }
        let told = world.no_answer().await;
        let sid = told.voicemail().recording_sid.clone();
        for (to, address) in [(ResendTo::First, OWNER_EMAIL), (ResendTo::Second, SECOND_EMAIL)] {
            world.stack.clock.advance(seconds(3_600)).await;
            let at = world.stack.clock.now();
            let instruction = Instruction { by: "ada".to_owned(), why: "lost".to_owned(), at };
            assert_eq!(world.stack.ledger.resend(&sid, &to, &instruction).await.unwrap(), Written::Applied);
            world.stack.clock.settled().await;
            let again = world.told(told.story.clone()).await;
            let mail = again.mails.last().unwrap();
            assert_eq!(mail.to, address, "{bounce:?}");
            let says_why = mail.says("could not be delivered");
            assert_eq!(says_why, bounce.is_some() && to == ResendTo::Second, "{}", mail.text);
        }
    }
}

#[tokio::test]
async fn a_missed_call_whose_mail_bounces_goes_to_the_second_address() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, MailEventType::Bounced(Bounce::NoEmail), seconds(5));
    let told = world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL]);
    assert_eq!(told.mails[0].subject, told.mails[1].subject);
    let row = world.stack.ledger.missed_call(told.story.call_sid()).await.unwrap();
    assert!(row.first_address.bounced.is_some() && row.second_address.delivered_at.is_some());
}

#[tokio::test]
async fn a_bounce_that_the_ledger_could_not_take_is_told_again() {
    let world = with_second_address().await;
    world.fate(OWNER_EMAIL, MailEventType::Bounced(Bounce::NoEmail), seconds(600));
    let story = world.exchange().call(stranger(), crate::world::MASKED_NUMBER).await;
    let still = world.still_after(seconds(500)).await;
    world.stack.database.front().set(Reach::Refused).await.unwrap();
    world.mend_after(|stack| stack.database.front(), seconds(200));
    drop(still);
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    assert_eq!(went_to(&told), [OWNER_EMAIL, SECOND_EMAIL]);
    assert_eq!(logs::counted(Metric::Bounced), 1);
}
