//! SES takes mails and does not say so.

use domain::Mail;
use local::faults::{Faults, How, Outage, Service, Span, Travel, When};
use local::front::Reach;
use local::mailbox::Fault;
use runtime::telemetry::Metric;

use crate::logs;
use crate::world::{MASKED_NUMBER, Told, World, after_call, seconds, stranger};

const TWO_HOURS: u32 = 2 * 60 * 60;

/// For two hours SES's answers get lost, and its events of mails travel like this.
fn unanswered(events: Travel) -> Faults {
    let span = Span { after_seconds: 0, seconds: TWO_HOURS + 300 };
    let when = When::Span { after_seconds: 0, seconds: TWO_HOURS + 300 };
    let outages = vec![Outage { service: Service::Ses, how: How::AnswerLost, when }];
    Faults { outages, mail_events: vec![(events, span)], ..Faults::default() }
}

impl World {
    /// A call, and what goes wrong from its beginning on; the search runs every 15 minutes for
    /// three hours. How many mails came in the first two hours after the call is the second.
    async fn for_three_hours(&self, faults: &Faults) -> (Told, usize) {
        self.stack.break_by(faults);
        let story = self.exchange().call(stranger(), MASKED_NUMBER).await;
        for _ in 0..12 {
            self.stack.clock.advance(seconds(900)).await;
            self.stack.reconcile().await.unwrap();
        }
        self.stack.clock.settled().await;
        let told = self.told(story).await;
        let in_two_hours = |second: i64| after_call(&told.story, second) <= i64::from(TWO_HOURS);
        let early = told.mails.iter().filter(|mail| in_two_hours(mail.sent_at)).count();
        (told, early)
    }
}

#[tokio::test]
async fn ses_events_prove_that_a_mail_was_sent() {
    let world = World::new().await;
    let (told, _) = world.for_three_hours(&unanswered(Travel::Normal)).await;
    let mail = told.one_voicemail();
    let Mail::Sent { at, message_id, with_words } = &told.voicemail().mail else { unreachable!() };
    assert_eq!(at.as_second(), mail.sent_at, "when SES took it");
    let sent = world.stack.mailbox.messages();
    assert_eq!(sent[0].message_id.as_ref(), Some(message_id));
    assert!(with_words);
    assert_eq!(logs::counted(Metric::MailUnknown), 1);
}

#[tokio::test]
async fn that_nothing_is_heard_of_mails_rings_until_something_is() {
    let world = World::new().await;
    let span = Span { after_seconds: 0, seconds: TWO_HOURS };
    world.stack.break_by(&Faults { mail_events: vec![(Travel::Dropped, span)], ..Faults::default() });
    let sent_at = world.no_answer().await.one_voicemail().sent_at;
    let mut silent = 0;
    for _ in 0..6 {
        world.stack.clock.advance(seconds(20 * 60)).await;
        let is_silent = world.stack.reconcile().await.unwrap().ses_is_silent;
        // After an hour, and as long as it is so.
        assert_eq!(is_silent, world.stack.clock.now().as_second() - sent_at > 3600);
        silent += usize::from(is_silent);
    }
    assert!((3..6).contains(&silent), "{silent}");
    assert_eq!(logs::counted(Metric::Woken), silent);
    // The next mail is heard of.
    world.no_answer().await;
    world.stack.clock.advance(seconds(15 * 60)).await;
    assert!(!world.stack.reconcile().await.unwrap().ses_is_silent);
}

#[tokio::test]
async fn while_ses_events_arrive_a_mail_comes_twice_at_most() {
    for (travel, mails) in [(Travel::Doubled, 1), (Travel::Overtaken, 1), (Travel::Late, 2)] {
        let world = World::new().await;
        let (told, _) = world.for_three_hours(&unanswered(travel)).await;
        assert_eq!(told.mails.len(), mails, "{travel:?}");
        told.mails.iter().for_each(|mail| told.delivered(mail));
    }
}

#[tokio::test]
async fn without_ses_events_a_mail_comes_five_times_in_two_hours() {
    let world = World::new().await;
    let (told, early) = world.for_three_hours(&unanswered(Travel::Dropped)).await;
    println!("{early} mails in two hours, {} until SES answers", told.mails.len());
    assert!((2..=5).contains(&early), "{early}");
    // And one when it does.
    assert!(told.mails.len() <= early + 1, "{}", told.mails.len());
    told.mails.iter().for_each(|mail| told.delivered(mail));
}

#[tokio::test]
async fn a_missed_call_whose_answer_is_lost_is_told_of_once() {
    let world = World::with_number(|number| number.owner.missed_call_mail = true).await;
    world.stack.break_by(&unanswered(Travel::Normal));
    let caller = exchange::Caller::new(crate::world::STRANGER).hangs_up_while_ringing_after(8);
    let told = world.call(caller).await;
    assert_eq!(told.mails.len(), 1);
    let row = world.stack.ledger.missed_call(told.story.call_sid()).await.unwrap();
    assert!(matches!(row.mail, Mail::Sent { .. }) && row.trouble.is_none());
}

#[tokio::test]
async fn a_fault_of_ses_itself_is_tried_again_after_five_minutes() {
    let world = World::new().await;
    world.stack.mailbox.fail_next(1, Fault::ServiceUnavailable);
    let told = world.no_answer().await;
    let mail = told.one_voicemail();
    assert!((300..=420).contains(&after_call(&told.story, mail.sent_at)), "{}", told.story);
    assert_eq!(world.stack.mailbox.calls(), 2);
}

#[tokio::test]
async fn a_mail_that_never_reached_ses_is_tried_again_within_minutes() {
    let world = World::new().await;
    world.stack.mailbox.front().set(Reach::Refused).await.unwrap();
    world.mend_after(|stack| stack.mailbox.front(), seconds(150));
    let told = world.no_answer().await;
    let mail = told.one_voicemail();
    assert!(after_call(&told.story, mail.sent_at) < 240, "{}", told.story);
    assert_eq!(logs::counted(Metric::MailUnknown), 0);
}
