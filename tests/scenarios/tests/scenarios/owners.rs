//! A number changes hands, or is given up, while something that was left for its owner is under way.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Days, EmailAddress, Mailbox, MailboxId, NumberSettings, Owner, Retention, Voicemail};
use exchange::{Caller, Story, WebhookKind};
use local::development;
use local::front::Reach;
use local::mail_events::{Bounce, Fate, MailEventType};
use local::stack::Stack;
use phone::PhoneNumber;
use retention::Request;
use store::Written;

use crate::letter::Letter;
use crate::world::{MASKED_NUMBER, OWNER_EMAIL, STRANGER, World, seconds, stranger};

const SECOND_EMAIL: &str = "assistant@aftertone.example";
const NEXT_EMAIL: &str = "kim@aftertone.example";

const HOUR: u64 = 3600;

fn masked() -> PhoneNumber {
    PhoneNumber::parse(MASKED_NUMBER).unwrap()
}

fn email(address: &str) -> EmailAddress {
    EmailAddress::parse(address).unwrap()
}

/// The next owner of the number.
fn kim() -> Mailbox {
    let owner = Owner { missed_call_mail: true, second_email: None, ..Owner::at(email(NEXT_EMAIL)) };
    Mailbox { id: MailboxId::parse("kim").unwrap(), owner, retention: Retention::default() }
}

/// What becomes of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    GivenToKim,
    Removed,
}

async fn change(stack: &Stack, change: Change) {
    let (ledger, now) = (&stack.ledger, stack.clock.now());
    let seen = ledger.settings(&masked()).await.unwrap();
    let written = match change {
        Change::GivenToKim => {
            ledger.add_mailbox(&kim()).await.unwrap();
            let kim = ledger.seen_mailbox(&kim().id).await.unwrap();
            ledger.move_number(&seen, &seen.settings, &kim, now).await.unwrap()
        }
        Change::Removed => ledger.remove_settings(&seen, now).await.unwrap(),
    };
    assert_eq!(written, Written::Applied);
}

impl World {
    /// It happens so many seconds from now.
    fn changes_after(&self, time: u64, what: Change) {
        let stack = self.stack.clone();
        self.stack.clock.spawn(async move {
            stack.clock.sleep(seconds(time)).await;
            change(&stack, what).await;
        });
    }

    /// A stranger leaves a message while SES is away.
    async fn call_without_mail(&self) -> Story {
        self.stack.mailbox.front().set(Reach::Refused).await.unwrap();
        self.exchange().call(stranger(), MASKED_NUMBER).await
    }

    /// SES has been away for an hour, and is back. What stood still is found.
    async fn mail_is_back(&self, story: &Story) -> Voicemail {
        self.stack.clock.advance(seconds(HOUR)).await;
        self.stack.mailbox.front().set(Reach::Open).await.unwrap();
        self.stack.reconcile().await.unwrap();
        self.stack.clock.settled().await;
        self.stack.ledger.voicemail(&story.recording().unwrap().sid).await.unwrap()
    }

    fn mails(&self) -> Vec<Letter> {
        self.stack.mailbox.messages().iter().map(Letter::read).collect()
    }

    fn went_to(&self) -> Vec<String> {
        self.mails().into_iter().map(|mail| mail.to).collect()
    }

    /// The number's row as releases wrote it that knew no mailboxes.
    async fn with_old_row(&self) {
        let client = self.stack.database.backstage_client();
        let key = |number: String| AttributeValue::S(number);
        let item = AttributeValue::S("settings".to_owned());
        let table = "aftertone-numbers";
        let mailbox = format!("mailbox#{MASKED_NUMBER}");
        let get = client.get_item().table_name(table).key("number", key(mailbox.clone()));
        let row = get.key("item", item.clone()).send().await.unwrap().item.unwrap();
        let update = client.update_item().table_name(table).key("number", key(MASKED_NUMBER.to_owned()));
        let update = update
            .key("item", item.clone())
            .update_expression("SET #owner = :owner, retention = :retention REMOVE mailbox, #plan.time_zone");
        let update = update.expression_attribute_names("#owner", "owner");
        let update = update.expression_attribute_names("#plan", "plan");
        let update = update.expression_attribute_values(":owner", row["owner"].clone());
        update.expression_attribute_values(":retention", row["retention"].clone()).send().await.unwrap();
        let delete = client.delete_item().table_name(table).key("number", key(mailbox));
        delete.key("item", item).send().await.unwrap();
    }

    /// The rows of the ledger as releases wrote them that knew no mailboxes.
    async fn without_pins(&self) {
        let client = self.stack.database.backstage_client();
        let rows = client.scan().table_name("aftertone-voicemails").send().await.unwrap();
        for row in rows.items() {
            let update = client.update_item().table_name("aftertone-voicemails");
            let update = update.key("recording_sid", row["recording_sid"].clone());
            update.update_expression("REMOVE mailbox").send().await.unwrap();
        }
    }
}

async fn with_second_address() -> World {
    World::with_number(|number| {
        number.owner.second_email = Some(email(SECOND_EMAIL));
        number.owner.missed_call_mail = true;
    })
    .await
}

#[tokio::test]
async fn a_second_mail_goes_to_the_owner_of_the_first() {
    for what in [Change::GivenToKim, Change::Removed] {
        let world = with_second_address().await;
        world.stack.mailbox.set_fate(
            OWNER_EMAIL,
            Fate { event: MailEventType::Bounced(Bounce::NoEmail), after: seconds(HOUR) },
        );
        world.changes_after(600, what);
        world.no_answer().await;
        assert_eq!(world.went_to(), [OWNER_EMAIL, SECOND_EMAIL], "{what:?}");
    }
}

#[tokio::test]
async fn a_voicemail_of_an_outage_goes_to_whoever_had_the_number() {
    for what in [Change::GivenToKim, Change::Removed] {
        let world = World::new().await;
        world.changes_after(600, what);
        let story = world.call_without_mail().await;
        let voicemail = world.mail_is_back(&story).await;
        assert!(!voicemail.open, "{what:?}: {voicemail:?}");
        let [mail] = &world.mails()[..] else { panic!("{what:?}: not one mail") };
        assert_eq!((mail.to.as_str(), mail.sounds.len()), (OWNER_EMAIL, 1), "{what:?}");
        assert_eq!(world.get(&mail.link()).await.status, 200);
        let pinned = voicemail.mailbox.as_ref().map(MailboxId::reveal);
        assert_eq!(pinned, Some(MASKED_NUMBER), "{what:?}");
    }
}

#[tokio::test]
async fn a_missed_call_of_an_outage_goes_to_whoever_had_the_number() {
    for what in [Change::GivenToKim, Change::Removed] {
        let world = with_second_address().await;
        world.changes_after(600, what);
        // The worker's own tries have to do: SES is back before they end.
        world.stack.mailbox.front().set(Reach::Refused).await.unwrap();
        world.mend_after(|stack| stack.mailbox.front(), seconds(660));
        world.exchange().call(Caller::new(STRANGER).hangs_up_while_ringing_after(8), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        assert_eq!(world.went_to(), [OWNER_EMAIL], "{what:?}");
    }
}

#[tokio::test]
async fn a_voicemail_is_its_owners_however_late_it_is_found() {
    for what in [Change::GivenToKim, Change::Removed] {
        let world = World::with_twilio_alone().await;
        // No webhook tells of the recording, and the ledger knows nothing of the call either.
        world.exchange().set_delivery(|it| match it.kind {
            WebhookKind::Voice | WebhookKind::DialAction => vec![seconds(0)],
            _ => Vec::new(),
        });
        let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        world.exchange().clear_delivery();
        world.stack.clock.advance(seconds(60)).await;
        change(&world.stack, what).await;
        world.stack.clock.advance(seconds(900)).await;
        world.stack.reconcile().await.unwrap();
        world.stack.clock.settled().await;
        let told = world.told(story).await;
        // It waited for no words any more: they may come in a second mail.
        assert!(world.went_to().iter().all(|to| to == OWNER_EMAIL), "{what:?}: {:?}", world.went_to());
        told.delivered(&told.mails[0]);
    }
}

#[tokio::test]
async fn what_comes_after_the_change_is_the_next_owners() {
    let world = World::new().await;
    change(&world.stack, Change::GivenToKim).await;
    world.stack.clock.advance(seconds(31)).await;
    world.call(stranger()).await;
    world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    assert_eq!(world.went_to(), [NEXT_EMAIL, NEXT_EMAIL]);
}

#[tokio::test]
async fn a_call_missed_during_the_change_is_the_earlier_owners() {
    let world = World::with_number(|number| number.owner.missed_call_mail = true).await;
    world.changes_after(4, Change::GivenToKim);
    world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(40)).await;
    assert_eq!(world.went_to(), [OWNER_EMAIL]);
}

#[tokio::test]
async fn a_shared_mailbox_gets_the_mails_of_all_its_numbers() {
    const OTHER: &str = "+14155550101";
    let world = World::new().await;
    let ledger = &world.stack.ledger;
    let mailbox = ledger.seen_mailbox(&MailboxId::of_number(&masked())).await.unwrap();
    let number = PhoneNumber::parse(OTHER).unwrap();
    let other = NumberSettings { number, ..development::number().unwrap() };
    ledger.add_settings_to(&mailbox, &other, world.stack.clock.now()).await.unwrap();
    world.exchange().wire(OTHER, world.stack.urls());
    for number in [MASKED_NUMBER, OTHER] {
        world.exchange().call(stranger(), number).await;
        world.stack.clock.settled().await;
    }
    assert_eq!(world.went_to(), [OWNER_EMAIL, OWNER_EMAIL]);
    // An address that is changed is changed for both.
    let mut changed = mailbox.mailbox.clone();
    changed.owner.email = email(NEXT_EMAIL);
    let seen = ledger.seen_mailbox(&changed.id).await.unwrap();
    assert_eq!(ledger.replace_mailbox(&seen, &changed).await.unwrap(), Written::Applied);
    world.stack.clock.advance(seconds(31)).await;
    for number in [MASKED_NUMBER, OTHER] {
        world.exchange().call(stranger(), number).await;
        world.stack.clock.settled().await;
    }
    assert_eq!(world.went_to()[2..], [NEXT_EMAIL, NEXT_EMAIL]);
}

#[tokio::test]
async fn an_old_row_takes_calls_and_mails_and_is_edited() {
    let world = with_second_address().await;
    world.with_old_row().await;
    world.no_answer().await.one_voicemail();
    world.call(Caller::new(STRANGER).hangs_up_while_ringing_after(8)).await;
    let ledger = &world.stack.ledger;
    let seen = ledger.settings(&masked()).await.unwrap();
    assert_eq!(ledger.replace_settings(&seen, &seen.settings).await.unwrap(), Written::Applied);
    world.stack.clock.advance(seconds(31)).await;
    world.call(stranger()).await;
    assert_eq!(world.went_to(), [OWNER_EMAIL; 3]);
    let numbers = world.rows("numbers").await;
    assert!(numbers.iter().any(|row| row.contains(&format!("mailbox#{MASKED_NUMBER}"))), "{numbers:?}");
}

#[tokio::test]
async fn an_open_row_without_a_pin_is_pinned_by_the_first_search() {
    let world = World::new().await;
    world.with_old_row().await;
    let story = world.call_without_mail().await;
    world.stack.clock.advance(seconds(600)).await;
    world.without_pins().await;
    world.stack.reconcile().await.unwrap();
    let sid = &story.recording().unwrap().sid;
    let pinned = world.stack.ledger.voicemail(sid).await.unwrap().mailbox;
    assert_eq!(pinned.as_ref().map(MailboxId::reveal), Some(MASKED_NUMBER));
    change(&world.stack, Change::GivenToKim).await;
    assert!(!world.mail_is_back(&story).await.open);
    assert_eq!(world.went_to(), [OWNER_EMAIL]);
}

#[tokio::test]
async fn what_an_owner_left_is_kept_as_long_as_that_owner_said() {
    let days = |days| Days::new(days).ok();
    for (what, pinned) in [
        (Change::GivenToKim, true),
        (Change::GivenToKim, false),
        (Change::Removed, true),
        (Change::Removed, false),
    ] {
        let world = World::with_number(|number| {
            number.retention = Retention { audio: days(30), transcript: days(30), calls: days(40) };
        })
        .await;
        let told = world.no_answer().await;
        if !pinned {
            world.without_pins().await;
        }
        world.stack.clock.advance(seconds(60)).await;
        change(&world.stack, what).await;
        let clean = async || {
            let _busy = world.stack.clock.busy();
            retention::handle(&world.stack.retention, Request::default()).await.unwrap()
        };
        world.stack.clock.advance(seconds(29 * 24 * HOUR)).await;
        assert_eq!(clean().await.deleted, 0, "{what:?}");
        world.stack.clock.advance(seconds(24 * HOUR)).await;
        clean().await;
        let row = world.stack.ledger.voicemail(&told.voicemail().recording_sid).await.unwrap();
        assert!(row.keeping.audio_deleted_at.is_some() && row.transcript.is_none(), "{what:?} {pinned}");
        world.stack.clock.advance(seconds(10 * 24 * HOUR)).await;
        clean().await;
        let row = world.stack.ledger.voicemail(&told.voicemail().recording_sid).await.unwrap();
        assert!(row.parties.is_none() && row.mailbox.is_none(), "{what:?} {pinned}");
        assert!(world.rows("calls").await.is_empty(), "{what:?} {pinned}");
    }
}
