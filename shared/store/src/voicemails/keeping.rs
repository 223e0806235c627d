//! What is kept, and what is deleted: holds, deletions, and their receipts.
//!
//! A hold, on a voicemail or on a whole number, stops every deletion until it is lifted. A deletion
//! is [begun](Store::begin_deletion) in one transaction that looks at both, so that a hold is
//! either there before, and nothing is touched, or comes after, and the row says that a deletion
//! had begun. Everything of this kind leaves a receipt on the row, in the order in which it
//! happened. What is left of a voicemail in the end is its row without a word of who called.

use crate::change::{Change, IntoAttribute};
use crate::error::StoreError;
use crate::numbers::number;
use crate::row::Row;
use crate::voicemails::entry;
use crate::voicemails::entry::open_value;
use crate::voicemails::receipts::{self, with_receipt, write_instruction};
use crate::{Item, Store, Written};
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use domain::{Act, Instruction, Part, Receipt, Voicemail};
use jiff::Timestamp;
use phone::{PhoneNumber, RecordingSid};

/// The value of `item` in the row that holds a number's hold.
const HOLD: &str = "hold";

/// Whether something may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It may.
    Go,
    /// It is held, or gone.
    Held,
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
        instruction: &Instruction,
    ) -> Result<Written, StoreError> {
        let change =
            with_receipt(Change::new().set("hold", write_instruction(instruction)), Act::Held, instruction)
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
        instruction: &Instruction,
    ) -> Result<Written, StoreError> {
        let voicemail = self.voicemail(recording_sid).await?;
        let change = with_receipt(Change::new().remove("hold"), Act::Released, instruction)
            .when("attribute_exists(#hold)")
            .refused(|_| Written::NotApplicable);
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
    pub async fn hold_number(
        &self,
        number: &PhoneNumber,
        instruction: &Instruction,
    ) -> Result<Written, StoreError> {
        let change =
            with_receipt(Change::new().set("hold", write_instruction(instruction)), Act::Held, instruction)
                .when("attribute_not_exists(#hold)");
        change.apply(&self.client, &self.tables.numbers, hold_key(number)).await
    }

    /// Lifts the hold on a number; those on its voicemails stay.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn release_number(
        &self,
        number: &PhoneNumber,
        instruction: &Instruction,
    ) -> Result<Written, StoreError> {
        let change = with_receipt(Change::new().remove("hold"), Act::Released, instruction)
            .when("attribute_exists(#hold)")
            .refused(|_| Written::NotApplicable);
        change.apply(&self.client, &self.tables.numbers, hold_key(number)).await
    }

    /// The hold on a number, if there is one, and all holds that were placed and lifted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn number_hold(
        &self,
        number: &PhoneNumber,
    ) -> Result<(Option<Instruction>, Vec<Receipt>), StoreError> {
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
        let keeping = receipts::read(Row::new("hold", &item))?;
        Ok((keeping.hold, keeping.receipts))
    }

    /// Asks for everything of a voicemail to be deleted, delivered or not: it is done with the next
    /// run of the retention function.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ask_deletion(
        &self,
        recording_sid: &RecordingSid,
        instruction: &Instruction,
    ) -> Result<Written, StoreError> {
        let change = Change::new().set("deletion_asked", write_instruction(instruction));
        let change = with_receipt(change, Act::DeletionAsked, instruction)
            .when(
                "attribute_exists(#recorded_at) AND attribute_not_exists(#hold) \
                 AND attribute_not_exists(#deletion_asked)",
            )
            .refused(|row| match (row.contains_key("recorded_at"), row.contains_key("hold")) {
                (false, _) => Written::NotApplicable,
                (_, true) => Written::Held,
                _ => Written::AlreadyApplied,
            });
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
        let key = entry::key((&voicemail.recording_sid).into());
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
            Written::Applied => Deletion::Go,
            _ => Deletion::Held,
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
        instruction: &Instruction,
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
        let change = change.set(once, instruction.at).remove("deletion_begun_at");
        // Words that come after it are not to be taken in again.
        let change = match part {
            Part::Transcript => change.set_if_absent("transcribed_at", Some(instruction.at)),
            // The worker is to tell of it.
            Part::Parties => change.set("open", open_value(recording_sid.into())),
            Part::TwilioCopy | Part::Audio => change,
        };
        let is_left = match part {
            Part::Audio => " OR attribute_exists(#audio_key)",
            Part::TwilioCopy | Part::Transcript | Part::Parties => "",
        };
        let change = with_receipt(change, Act::Deleted(part), instruction)
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
    number::key(number, HOLD.into_attribute())
}

/// An update that a transaction carries.
pub(crate) fn updating(update: Update) -> TransactWriteItem {
    TransactWriteItem::builder().update(update).build()
}
