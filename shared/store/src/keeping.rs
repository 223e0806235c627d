//! What is kept, and what is deleted: holds, deletions, and their receipts.
//!
//! A hold, on a voicemail or on a whole number, stops every deletion until it is lifted. A deletion
//! is [begun](Store::begin_deletion) in one transaction that looks at both, so that a hold is
//! either there before, and nothing is touched, or comes after, and the row says that a deletion
//! had begun. Everything of this kind leaves a receipt on the row, in the order in which it
//! happened. What is left of a voicemail in the end is its row without a word of who called.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update};
use jiff::Timestamp;
use phone::{PhoneNumber, RecordingSid};

use crate::change::{Change, IntoAttribute};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::numbers;
use crate::row::Row;
use crate::voicemails::{Voicemail, open_value};
use crate::{Item, Store, Written};

/// The value of `item` in the row that holds a number's hold.
const HOLD: &str = "hold";

/// Who wants something, why, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// A person, as the operator names them.
    pub by: String,
    /// In words, for whoever asks later.
    pub why: String,
    /// When it was given.
    pub at: Timestamp,
}

/// What can be deleted of a voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The recording at Twilio.
    TwilioCopy,
    /// Our own copy of the sound.
    Audio,
    /// The words.
    Transcript,
    /// Who called whom.
    Parties,
}

/// What a receipt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A hold was placed.
    Held,
    /// A hold was lifted.
    Released,
    /// Somebody asked for everything to be deleted.
    DeletionAsked,
    /// A part was deleted.
    Deleted(Part),
    /// The mail was ordered to be sent over again.
    Resent,
}

/// That something was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What.
    pub act: Act,
    /// By whom, why, and when.
    pub order: Order,
}

/// What is to be kept of a voicemail, and what is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Nothing may be deleted.
    pub hold: Option<Order>,
    /// Everything is to be deleted.
    pub deletion_asked: Option<Order>,
    /// A deletion has begun and is not known to be done.
    pub deletion_begun_at: Option<Timestamp>,
    /// The recording at Twilio was to be deleted and was not, because of a hold.
    pub purge_withheld: bool,
    /// When our copy of the sound was deleted.
    pub audio_deleted_at: Option<Timestamp>,
    /// When the words were deleted.
    pub transcript_deleted_at: Option<Timestamp>,
    /// When it was deleted who called whom; nothing is left after that.
    pub parties_deleted_at: Option<Timestamp>,
    /// What was done, in order.
    pub receipts: Vec<Receipt>,
}

/// Whether something may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It may.
    Go,
    /// It is held, or gone.
    Held,
}

const ACTS: [(Act, &str); 8] = [
    (Act::Held, "held"),
    (Act::Released, "released"),
    (Act::DeletionAsked, "deletion-asked"),
    (Act::Deleted(Part::TwilioCopy), "twilio-copy-deleted"),
    (Act::Deleted(Part::Audio), "audio-deleted"),
    (Act::Deleted(Part::Transcript), "transcript-deleted"),
    (Act::Deleted(Part::Parties), "parties-deleted"),
    (Act::Resent, "resent"),
];

impl Act {
    /// In a word.
    pub fn name(self) -> &'static str {
        ACTS.iter().find(|(act, _)| *act == self).map_or("deleted", |(_, name)| name)
    }
}

impl Keeping {
    pub(crate) fn read(row: Row<'_>) -> Result<Self, StoreError> {
        let mut receipts = Vec::new();
        for value in row.list("receipts")? {
            receipts.push(row.required("receipts", read_receipt(value))?);
        }
        Ok(Self {
            hold: row.read("hold", read_order)?,
            deletion_asked: row.read("deletion_asked", read_order)?,
            deletion_begun_at: row.time("deletion_begun_at")?,
            purge_withheld: row.flag("purge_withheld")?.unwrap_or(false),
            audio_deleted_at: row.time("audio_deleted_at")?,
            transcript_deleted_at: row.time("transcript_deleted_at")?,
            parties_deleted_at: row.time("parties_deleted_at")?,
            receipts,
        })
    }
}

impl Store {
    /// Holds a voicemail and the row of its call: nothing of them is deleted until it is
    /// [released](Self::release_voicemail). Whether a deletion had begun stands on the row.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such voicemail.
    pub async fn hold_voicemail(
        &self,
        recording_sid: &RecordingSid,
        order: &Order,
    ) -> Result<Written, StoreError> {
        let change = with_receipt(Change::new().set("hold", write_order(order)), Act::Held, order)
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#hold)");
        let written = self.change_voicemail(recording_sid, change).await?;
        let voicemail = self.voicemail(recording_sid).await?;
        // Also when it was held already: the first attempt may have ended between the two.
        let change =
            Change::new().add_to_set("holds", recording_sid.as_str()).when("attribute_exists(#call_sid)");
        self.change_call(&voicemail.call_sid, change).await?;
        Ok(written)
    }

    /// Lifts the hold on a voicemail; one on its number stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such voicemail.
    pub async fn release_voicemail(
        &self,
        recording_sid: &RecordingSid,
        order: &Order,
    ) -> Result<Written, StoreError> {
        let voicemail = self.voicemail(recording_sid).await?;
        let change =
            with_receipt(Change::new().remove("hold"), Act::Released, order).when("attribute_exists(#hold)");
        let written = self.change_voicemail(recording_sid, change).await?;
        let change = Change::new()
            .delete_from_set("holds", recording_sid.as_str())
            .when("attribute_exists(#call_sid)");
        self.change_call(&voicemail.call_sid, change).await?;
        Ok(written)
    }

    /// Holds everything of a number: its voicemails and calls, those to come as well.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hold_number(&self, number: &PhoneNumber, order: &Order) -> Result<Written, StoreError> {
        let change = with_receipt(Change::new().set("hold", write_order(order)), Act::Held, order)
            .when("attribute_not_exists(#hold)");
        change.apply(&self.client, &self.tables.numbers, hold_key(number)).await
    }

    /// Lifts the hold on a number; those on its voicemails stay.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn release_number(&self, number: &PhoneNumber, order: &Order) -> Result<Written, StoreError> {
        let change =
            with_receipt(Change::new().remove("hold"), Act::Released, order).when("attribute_exists(#hold)");
        change.apply(&self.client, &self.tables.numbers, hold_key(number)).await
    }

    /// The hold on a number, if there is one, and all holds that were placed and lifted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn number_hold(
        &self,
        number: &PhoneNumber,
    ) -> Result<(Option<Order>, Vec<Receipt>), StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(hold_key(number)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let item = answer.item.unwrap_or_default();
        let keeping = Keeping::read(Row::new("hold", &item))?;
        Ok((keeping.hold, keeping.receipts))
    }

    /// Asks for everything of a voicemail to be deleted, delivered or not: it is done with the next
    /// run of the retention function. [`Written::Repeated`]: it is held, was asked for before, or
    /// does not exist.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ask_deletion(
        &self,
        recording_sid: &RecordingSid,
        order: &Order,
    ) -> Result<Written, StoreError> {
        let change = Change::new().set("deletion_asked", write_order(order));
        let change = with_receipt(change, Act::DeletionAsked, order).when(
            "attribute_exists(#recorded_at) AND attribute_not_exists(#hold) \
             AND attribute_not_exists(#deletion_asked)",
        );
        self.change_voicemail(recording_sid, change).await
    }

    /// Says on the row that something of it is being deleted, unless the voicemail or its number is
    /// held. Only after [`Deletion::Go`] may anything be deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_deletion(&self, voicemail: &Voicemail, at: Timestamp) -> Result<Deletion, StoreError> {
        let change = Change::new()
            .set_if_absent("deletion_begun_at", Some(at))
            .add("revision", 1)
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#hold)");
        let key = Entry::from(&voicemail.recording_sid).key();
        let update = change.in_transaction(&self.tables.voicemails, key)?;
        let number = voicemail.parties.as_ref().map(|parties| &parties.number);
        let update = TransactWriteItem::builder().update(update).build();
        self.unless_held(number, vec![update]).await
    }

    /// Writes several things at once, unless a number is held or one of their conditions fails.
    pub(crate) async fn unless_held(
        &self,
        number: Option<&PhoneNumber>,
        mut items: Vec<TransactWriteItem>,
    ) -> Result<Deletion, StoreError> {
        if let Some(number) = number {
            let check = ConditionCheck::builder()
                .table_name(&self.tables.numbers)
                .set_key(Some(hold_key(number)))
                .condition_expression("attribute_not_exists(#hold)")
                .expression_attribute_names("#hold", "hold")
                .build()
                .map_err(|error| StoreError::Unavailable(error.into()))?;
            items.push(TransactWriteItem::builder().condition_check(check).build());
        }
        Ok(match self.write_together(items).await? {
            Written::New => Deletion::Go,
            Written::Repeated => Deletion::Held,
        })
    }

    /// Records that a part of a voicemail is gone, and takes what the row has of it. That counts once;
    /// once more for a sound that was stored after its deletion.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn deleted(
        &self,
        recording_sid: &RecordingSid,
        part: Part,
        order: &Order,
    ) -> Result<Written, StoreError> {
        let (once, attributes): (&str, &[&str]) = match part {
            Part::TwilioCopy => ("purged_at", &[]),
            Part::Audio => ("audio_deleted_at", &["audio_key", "audio_size", "audio_type"]),
            Part::Transcript => ("transcript_deleted_at", &["transcript", "transcript_status"]),
            Part::Parties => (
                "parties_deleted_at",
                &[
                    "number",
                    "caller",
                    "caller_name",
                    "mailbox",
                    "resend_to",
                    "last_error",
                    "next_attempt_at",
                    "attempts",
                ],
            ),
        };
        let change = attributes.iter().fold(Change::new(), |change, attribute| change.remove(attribute));
        let change = change.set(once, order.at).remove("deletion_begun_at");
        // Words that come after it are not to be taken in again.
        let change = match part {
            Part::Transcript => change.set_if_absent("transcribed_at", Some(order.at)),
            // The worker is to tell of it.
            Part::Parties => change.set("open", open_value(recording_sid.into())),
            Part::TwilioCopy | Part::Audio => change,
        };
        let is_left = match part {
            Part::Audio => " OR attribute_exists(#audio_key)",
            Part::TwilioCopy | Part::Transcript | Part::Parties => "",
        };
        let change = with_receipt(change, Act::Deleted(part), order)
            .when(format!("attribute_exists(#recorded_at) AND (attribute_not_exists(#{once}){is_left})"));
        self.change_voicemail(recording_sid, change).await
    }

    /// Leaves the recording at Twilio where it is, because of a hold: it is deleted after that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn withhold_purge(&self, recording_sid: &RecordingSid) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("purge_withheld", true)
            .remove("deletion_begun_at")
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#purged_at)");
        self.change_voicemail(recording_sid, change).await
    }
}

fn hold_key(number: &PhoneNumber) -> Item {
    numbers::key(number, HOLD.into_attribute())
}

pub(crate) fn with_receipt(change: Change, act: Act, order: &Order) -> Change {
    let mut receipt = order_item(order);
    receipt.insert("act".to_owned(), act.name().into_attribute());
    change.append("receipts", AttributeValue::M(receipt))
}

pub(crate) fn write_order(order: &Order) -> AttributeValue {
    AttributeValue::M(order_item(order))
}

fn order_item(order: &Order) -> Item {
    Item::from([
        ("by".to_owned(), order.by.as_str().into_attribute()),
        ("why".to_owned(), order.why.as_str().into_attribute()),
        ("at".to_owned(), order.at.into_attribute()),
    ])
}

pub(crate) fn read_order(value: &AttributeValue) -> Option<Order> {
    let item = value.as_m().ok()?;
    let text = |name: &str| item.get(name)?.as_s().ok();
    Some(Order { by: text("by")?.clone(), why: text("why")?.clone(), at: text("at")?.parse().ok()? })
}

fn read_receipt(value: &AttributeValue) -> Option<Receipt> {
    let act = value.as_m().ok()?.get("act")?.as_s().ok()?;
    let (act, _) = ACTS.iter().find(|(_, name)| name == act)?;
    Some(Receipt { act: *act, order: read_order(value)? })
}

/// An update that a transaction carries.
pub(crate) fn updating(update: Update) -> TransactWriteItem {
    TransactWriteItem::builder().update(update).build()
}
