//! The ledger: one row per voicemail, how far it got, and why no further.

use crate::change::{Change, IntoAttribute};
use crate::error::StoreError;
use crate::row::Row;
use crate::voicemails::entry;
use crate::voicemails::entry::{IS_KEPT, open_value};
use crate::voicemails::links;
use crate::voicemails::mails::{self, MailAttributes, mail_attributes, of_this_resend, read_mail};
use crate::voicemails::receipts::{self, with_receipt};
use crate::voicemails::resend;
use crate::voicemails::transcripts;
use crate::{Item, Store, Written};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Absence, Act, Address, Audio, Destination, Entry, Instruction, Mail, MailKind, MailboxId, NotMailed,
    Part, Parties, Recorded, RecordingReport, Reported, TranscriptReport, Trouble, Voicemail,
};
use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, CallSid, PhoneNumber, RecordingSid};

/// How far the clocks of SES and of a function may be apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);

/// The attribute with the events that are out.
pub(crate) const PUBLISHED: &str = "published";

/// Of a write that is only right while a row is as it was seen.
pub(crate) fn changed_since(row: &Item) -> Written {
    if row.is_empty() { Written::NotApplicable } else { Written::Conflict }
}

/// Of a write that is not about what is deleted, or is to be.
fn known_or_deleted(row: &Item) -> Written {
    let deleted = ["deletion_asked", "audio_deleted_at", "transcript_deleted_at", "parties_deleted_at"];
    let is_about_nothing = row.is_empty() || deleted.iter().any(|name| row.contains_key(*name));
    if is_about_nothing { Written::NotApplicable } else { Written::AlreadyApplied }
}

impl Store {
    /// Records what a webhook tells of a recording: each of the ways counts once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn voicemail_reported(&self, report: &RecordingReport) -> Result<Written, StoreError> {
        let mut change = first_sight(&report.call_sid, &report.account_sid, report.at)
            .set_if_absent("left_for", report.left_for.as_deref());
        if let Some(conversation) = &report.conversation {
            change = with_parties(change, &conversation.parties)
                .set_if_absent("conversation", Some(conversation.leg.as_str()));
        }
        let open = open_value((&report.recording_sid).into());
        let once;
        match &report.reported {
            // Nobody is woken for it.
            Reported::Begun => {
                let change = change.when("attribute_not_exists(#recorded_at)").refused(known_or_deleted);
                return self.change_voicemail(&report.recording_sid, change).await;
            }
            Reported::Left { parties, duration_seconds } => {
                once = "left_at";
                // What the callback says of the length counts more, whichever comes first.
                change = change.set_if_absent("duration_s", Some(*duration_seconds));
                if let Some(parties) = parties {
                    change = with_parties(change, parties);
                }
                // Also a message without length: only a row that begins open is woken at the end of
                // the time box, and the other report may know of more.
                change = change.set("open", open);
            }
            Reported::Ready { duration_seconds } => {
                once = "ready_at";
                change = change.set("duration_s", *duration_seconds).set("open", open);
            }
            Reported::Found { parties, duration_seconds } => {
                once = "ready_at";
                change = with_parties(change, parties).set("duration_s", *duration_seconds).set("open", open);
            }
            Reported::Absent { error_code } => {
                once = "absent_at";
                change = change.set_some("twilio_error_code", *error_code).remove("open");
            }
            Reported::Lost { error_code } => {
                once = "lost_at";
                change = change.set_some("twilio_error_code", *error_code).set("open", open);
            }
        }
        let duration_seconds = match &report.reported {
            Reported::Ready { duration_seconds } | Reported::Found { duration_seconds, .. } => {
                *duration_seconds
            }
            Reported::Begun | Reported::Left { .. } | Reported::Absent { .. } | Reported::Lost { .. } => {
                // Who called is not to be written again where it is deleted.
                let condition =
                    format!("attribute_not_exists(#{once}) AND attribute_not_exists(#parties_deleted_at)");
                let change = change.set(once, report.at).when(condition).refused(known_or_deleted);
                return self.change_voicemail(&report.recording_sid, change).await;
            }
        };
        let change = change.set(once, report.at).when(
            "attribute_not_exists(#ready_at) AND attribute_not_exists(#gone_at) \
             AND attribute_not_exists(#missing_since) AND attribute_not_exists(#parties_deleted_at)",
        );
        // Whatever was put off is worth a try now.
        match self.change_voicemail(&report.recording_sid, recovered(change)).await? {
            Written::Applied => Ok(Written::Applied),
            _ => self.found_again(&report.recording_sid, duration_seconds, report.at).await,
        }
    }

    /// Takes back that a sound is gone, or missing, as Twilio says that it is there: unless it is
    /// stored already, or somebody asked for its deletion.
    async fn found_again(
        &self,
        recording_sid: &RecordingSid,
        duration_seconds: u32,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("ready_at", at)
            .set("duration_s", duration_seconds)
            .set("found_again_at", at)
            .set("open", open_value(recording_sid.into()))
            .when(format!(
                "(attribute_exists(#gone_at) OR attribute_exists(#missing_since)) \
                 AND attribute_not_exists(#archived_at) AND {IS_KEPT}"
            ));
        self.change_voicemail(recording_sid, recovered(there(change))).await
    }

    /// Records the words. The first ones count, and of each engine the first report; it opens the
    /// row again. That an engine failed gives way to what another one made of it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn transcript(&self, report: &TranscriptReport) -> Result<Written, StoreError> {
        let change = first_sight(&report.call_sid, &report.account_sid, report.at)
            .set("transcribed_at", report.at)
            .set("open", open_value((&report.recording_sid).into()));
        let change = transcripts::write(change, &report.transcript).refused(known_or_deleted);
        self.change_voicemail(&report.recording_sid, change).await
    }

    /// One voicemail, as it is at this moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no webhook has told of it.
    pub async fn voicemail(&self, recording_sid: &RecordingSid) -> Result<Voicemail, StoreError> {
        read(&self.entry_row(recording_sid.into()).await?.ok_or(StoreError::NotFound("voicemail"))?)
    }

    pub(crate) async fn entry_row(&self, entry: Entry<'_>) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.voicemails)
            .set_key(Some(entry::key(entry)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(answer.item)
    }

    /// The voicemails of a number, newest first; 100 at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn voicemails_of(&self, number: &PhoneNumber) -> Result<Vec<Voicemail>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.voicemails)
            .index_name(crate::schema::BY_NUMBER)
            .key_condition_expression("#number = :number")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":number", number.into_attribute())
            .scan_index_forward(false)
            .limit(100)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.items().iter().map(read).collect()
    }

    /// Records for whom it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn identified(
        &self,
        recording_sid: &RecordingSid,
        destination: &Destination,
        mailbox: &MailboxId,
    ) -> Result<Written, StoreError> {
        let Destination { parties, engines, purge_at_twilio, not_mailed } = destination;
        let languages = engines.amazon().map(transcripts::write_languages);
        let change = Change::new()
            .set("number", &parties.number)
            .set("caller", &parties.caller)
            .set_some("caller_name", parties.caller_name.as_deref())
            .set_if_absent("mailbox", Some(mailbox.reveal()))
            .set("engine", transcripts::engines_name(engines))
            .set_some("languages", languages)
            .set("purge_at_twilio", *purge_at_twilio)
            .set_some("not_mailed", not_mailed.map(NotMailed::name))
            .when(format!("attribute_exists(#recorded_at) AND attribute_not_exists(#engine) AND {IS_KEPT}"))
            .refused(known_or_deleted);
        self.change_voicemail(recording_sid, recovered(change)).await
    }

    /// Records where our own copy of the sound is; not where its deletion was asked for since it began
    /// to be stored.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn archived(
        &self,
        recording_sid: &RecordingSid,
        audio: &Audio,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = stored(audio, at).when(format!(
            "attribute_exists(#recorded_at) AND attribute_not_exists(#archived_at) AND {IS_KEPT}"
        ));
        let change = change.refused(known_or_deleted);
        self.change_voicemail(recording_sid, recovered(there(change))).await
    }

    /// The same for a sound of which the owner was told at `told_gone_at` that it was gone: the mail
    /// with the sound is still to be sent, as if none had been, and nothing is known of it that SES
    /// told of the first one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn archived_after_all(
        &self,
        recording_sid: &RecordingSid,
        audio: &Audio,
        told_gone_at: Timestamp,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let MailAttributes { sent_at, message_id, with_words, .. } = mail_attributes(MailKind::Voicemail);
        let change = mails::forget_reports(stored(audio, at), Address::Second);
        let change = mails::forget_reports(change, Address::First)
            .set("told_gone_at", told_gone_at)
            .set("open", open_value(recording_sid.into()))
            .remove(sent_at)
            .remove(message_id)
            .remove(with_words)
            .when(format!(
                "attribute_exists(#recorded_at) AND attribute_not_exists(#archived_at) \
                 AND #{sent_at} = :told_gone_at AND {IS_KEPT}"
            ))
            .refused(known_or_deleted);
        self.change_voicemail(recording_sid, recovered(there(change))).await
    }

    /// Records that Twilio was asked for the sound in vain, and when to ask again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sound_missing(
        &self,
        recording_sid: &RecordingSid,
        absence: &Absence,
        error: &str,
        next_attempt_at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("soundless_since", absence.since)
            .set_or_remove("missing_since", absence.unknown_since)
            .set("missing_asks", absence.asks)
            .set("last_error", error)
            .set("next_attempt_at", next_attempt_at)
            .add("attempts", 1)
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#archived_at)");
        self.change_voicemail(recording_sid, change).await
    }

    /// Records that the sound was deleted at Twilio before it was stored.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn gone(&self, recording_sid: &RecordingSid, at: Timestamp) -> Result<Written, StoreError> {
        let change = Change::new().set("gone_at", at).when(
            "attribute_exists(#recorded_at) AND attribute_not_exists(#archived_at) AND attribute_not_exists(#gone_at)",
        );
        self.change_voicemail(recording_sid, recovered(change)).await
    }

    /// Records that our own copy of the sound is not where it was: it is to be fetched again or, where
    /// the recording at Twilio was deleted since, it is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audio_missing(&self, voicemail: &Voicemail, at: Timestamp) -> Result<Written, StoreError> {
        let Some(audio) = &voicemail.audio else { return Ok(Written::NotApplicable) };
        let change = ["audio_key", "audio_size", "audio_type", "archived_at", "audio_released_at"]
            .into_iter()
            .fold(Change::new().set("audio_missed_at", at), Change::remove);
        let change = if voicemail.purged_at.is_some() { change.set("gone_at", at) } else { change };
        let change = change
            .when("attribute_exists(#recorded_at) AND #audio_key = :missed")
            .refused(changed_since)
            .value("missed", audio.key.as_str());
        self.change_voicemail(&voicemail.recording_sid, change).await
    }

    /// Records that our own copy of the sound is tagged as delivered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audio_released(
        &self,
        recording_sid: &RecordingSid,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("audio_released_at", at)
            .when("attribute_exists(#audio_key) AND attribute_not_exists(#audio_released_at)");
        self.change_voicemail(recording_sid, recovered(change)).await
    }

    /// Claims the sending of a mail until then. Only who got [`Written::Applied`] may send. Nobody does
    /// any more once somebody has asked for the deletion of it all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn claim_mail(
        &self,
        entry: impl Into<Entry<'_>>,
        kind: MailKind,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Written, StoreError> {
        let entry = entry.into();
        let MailAttributes { claimed_until, tries, sent_at, .. } = mail_attributes(kind);
        let mark = entry::mark(entry);
        let change = Change::new().set(claimed_until, until).add(tries, 1).value("now", now);
        let condition = format!(
            "attribute_exists(#{mark}) AND attribute_not_exists(#not_missed) \
                 AND attribute_not_exists(#deletion_asked) AND attribute_not_exists(#{sent_at}) \
                 AND (attribute_not_exists(#{claimed_until}) OR #{claimed_until} <= :now)"
        );
        let change = change.refused(|row| {
            let unwanted =
                row.is_empty() || row.contains_key("not_missed") || row.contains_key("deletion_asked");
            if unwanted { Written::NotApplicable } else { Written::Conflict }
        });
        self.change_entry(entry, of_this_resend(change, Some(kind), condition)).await
    }

    /// Records that SES has taken a mail, as its answer says.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mail_sent(
        &self,
        entry: impl Into<Entry<'_>>,
        kind: MailKind,
        message_id: &str,
        with_words: bool,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        self.mail_taken(entry.into(), kind, message_id, with_words, at, "").await
    }

    /// The same, as an event of SES says, which may be late: not of the mail that told of a sound
    /// that was called gone, and came after all, for the one with the sound is still to be sent.
    /// Where the answer to that mail got lost, only when the sound was found again tells the two
    /// apart: a claim of before may have been sent a moment after it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mail_proved(
        &self,
        entry: impl Into<Entry<'_>>,
        kind: MailKind,
        message_id: &str,
        with_words: bool,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let condition = match kind {
            MailKind::Voicemail => {
                " AND (#told_gone_at < :since OR (attribute_not_exists(#told_gone_at) \
                 AND (attribute_not_exists(#found_again_at) OR #found_again_at < :since)))"
            }
            _ => "",
        };
        self.mail_taken(entry.into(), kind, message_id, with_words, at, condition).await
    }

    async fn mail_taken(
        &self,
        entry: Entry<'_>,
        kind: MailKind,
        message_id: &str,
        with_words: bool,
        at: Timestamp,
        condition: &str,
    ) -> Result<Written, StoreError> {
        let attributes = mail_attributes(kind);
        let (mark, sent_at) = (entry::mark(entry), attributes.sent_at);
        let change = Change::new()
            .set(sent_at, at)
            .set(attributes.message_id, message_id)
            .set(attributes.with_words, with_words)
            .remove(attributes.claimed_until)
            .remove(attributes.tries);
        let change = match condition {
            "" => change,
            // Two clocks may be apart by a moment.
            _ => change.value("since", at.checked_sub(CLOCKS_DIFFER).unwrap_or(at)),
        };
        let condition = format!("attribute_exists(#{mark}) AND attribute_not_exists(#{sent_at}){condition}");
        let change = of_this_resend(change, Some(kind), condition);
        self.change_entry(entry, recovered(change)).await
    }

    /// Gives the claim `until` then back after SES has said no: the mail is as it was `before`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn release_mail(
        &self,
        entry: impl Into<Entry<'_>>,
        kind: MailKind,
        until: Timestamp,
        before: &Mail,
    ) -> Result<Written, StoreError> {
        let MailAttributes { claimed_until, tries, .. } = mail_attributes(kind);
        let change = match before {
            Mail::Claimed { until, tries: before } => {
                Change::new().set(claimed_until, *until).set(tries, *before)
            }
            Mail::Unsent | Mail::Sent { .. } => Change::new().remove(claimed_until).remove(tries),
        };
        // A worker that outlived its claim must not free another's.
        let change =
            change.when(format!("#{claimed_until} = :until")).value("until", until).refused(changed_since);
        self.change_entry(entry.into(), change).await
    }

    /// Records that the recording at Twilio is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn purged(&self, recording_sid: &RecordingSid, at: Timestamp) -> Result<Written, StoreError> {
        let instruction = Instruction { by: "deliver".to_owned(), why: "safely stored".to_owned(), at };
        let change = recovered(Change::new().set("purged_at", at).remove("deletion_begun_at"));
        let change = with_receipt(change, Act::Deleted(Part::TwilioCopy), &instruction)
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#purged_at)");
        self.change_voicemail(recording_sid, change).await
    }

    /// Records that a step failed, and when to try again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn step_failed(
        &self,
        entry: impl Into<Entry<'_>>,
        error: &str,
        next_attempt_at: Timestamp,
    ) -> Result<Written, StoreError> {
        let entry = entry.into();
        let condition = format!("attribute_exists(#{})", entry::mark(entry));
        self.change_entry(entry, failing(error, next_attempt_at).when(condition)).await
    }

    /// The same for the sending of a mail, unless it is known to be sent by now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mail_failed(
        &self,
        entry: impl Into<Entry<'_>>,
        kind: MailKind,
        error: &str,
        next_attempt_at: Timestamp,
    ) -> Result<Written, StoreError> {
        let entry = entry.into();
        let (mark, sent_at) = (entry::mark(entry), mail_attributes(kind).sent_at);
        let condition = format!("attribute_exists(#{mark}) AND attribute_not_exists(#{sent_at})");
        self.change_entry(entry, failing(error, next_attempt_at).when(condition)).await
    }

    /// Records that events of these names are out. A step that failed has still to be tried again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn published(
        &self,
        entry: impl Into<Entry<'_>>,
        names: &[&str],
    ) -> Result<Written, StoreError> {
        let entry = entry.into();
        self.change_entry(entry, publishes(entry, names)).await
    }

    /// The same, where it was this that had failed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn published_at_last(
        &self,
        entry: impl Into<Entry<'_>>,
        names: &[&str],
    ) -> Result<Written, StoreError> {
        let entry = entry.into();
        self.change_entry(entry, recovered(publishes(entry, names))).await
    }

    /// Takes the row off the list of those that are not done, unless it has changed since
    /// `voicemail` was read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn close(&self, voicemail: &Voicemail) -> Result<Written, StoreError> {
        self.close_entry((&voicemail.recording_sid).into(), voicemail.revision).await
    }

    pub(crate) async fn close_entry(&self, entry: Entry<'_>, seen: u32) -> Result<Written, StoreError> {
        let change = Change::new()
            .remove("open")
            .when("attribute_exists(#open) AND #revision = :seen")
            .value("seen", seen)
            .refused(|row| match (row.is_empty(), row.contains_key("open")) {
                (true, _) => Written::NotApplicable,
                (_, true) => Written::Conflict,
                _ => Written::AlreadyApplied,
            });
        self.change_entry(entry, change).await
    }

    pub(crate) async fn change_voicemail(
        &self,
        recording_sid: &RecordingSid,
        change: Change,
    ) -> Result<Written, StoreError> {
        self.change_entry(recording_sid.into(), change).await
    }

    pub(crate) async fn change_entry(&self, entry: Entry<'_>, change: Change) -> Result<Written, StoreError> {
        change.add("revision", 1).apply(&self.client, &self.tables.voicemails, entry::key(entry)).await
    }
}

/// Any webhook may be the first to tell of a recording.
fn first_sight(call_sid: &CallSid, account_sid: &AccountSid, at: Timestamp) -> Change {
    Change::new()
        .set_if_absent("call_sid", Some(call_sid.as_str()))
        .set_if_absent("account_sid", Some(account_sid.as_str()))
        .set_if_absent("recorded_at", Some(at))
}

fn with_parties(change: Change, parties: &Parties) -> Change {
    change
        .set_if_absent("number", Some(&parties.number))
        .set_if_absent("caller", Some(&parties.caller))
        .set_if_absent("caller_name", parties.caller_name.as_deref())
}

/// Where our own copy of the sound is.
fn stored(audio: &Audio, at: Timestamp) -> Change {
    Change::new()
        .set("audio_key", audio.key.as_str())
        .set("audio_size", AttributeValue::N(audio.size.to_string()))
        .set("audio_type", audio.content_type.as_str())
        .set("archived_at", at)
}

/// The sound is there: that it was missing is history.
fn there(change: Change) -> Change {
    change.remove("gone_at").remove("soundless_since").remove("missing_since").remove("missing_asks")
}

fn failing(error: &str, next_attempt_at: Timestamp) -> Change {
    Change::new().set("last_error", error).set("next_attempt_at", next_attempt_at).add("attempts", 1)
}

fn publishes(entry: Entry<'_>, types: &[&str]) -> Change {
    Change::new().add_all_to_set(PUBLISHED, types).when(format!("attribute_exists(#{})", entry::mark(entry)))
}

/// A step has succeeded: what went wrong before it is history.
fn recovered(change: Change) -> Change {
    change.remove("attempts").remove("last_error").remove("next_attempt_at")
}

pub(crate) fn read(item: &Item) -> Result<Voicemail, StoreError> {
    let row = Row::new("voicemail", item);
    row.understood()?;
    let recording_sid = row.parsed("recording_sid", |text| RecordingSid::parse(text).ok())?;
    let call_sid = row.parsed("call_sid", |text| CallSid::parse(text).ok())?;
    let account_sid = row.parsed("account_sid", |text| AccountSid::parse(text).ok())?;
    let parties = match (row.phone_number("number")?, row.caller("caller")?) {
        (Some(number), Some(caller)) => {
            Some(Parties { number, caller, caller_name: row.text("caller_name")?.map(str::to_owned) })
        }
        _ => None,
    };
    let destination = match (transcripts::read_engines(row)?, &parties) {
        (Some(engines), Some(parties)) => Some(Destination {
            parties: parties.clone(),
            engines,
            purge_at_twilio: row.flag("purge_at_twilio")?.unwrap_or(false),
            not_mailed: row.parsed("not_mailed", NotMailed::named)?,
        }),
        _ => None,
    };
    Ok(Voicemail {
        recording_sid: row.required("recording_sid", recording_sid)?,
        call_sid: row.required("call_sid", call_sid)?,
        account_sid: row.required("account_sid", account_sid)?,
        recorded_at: row.required("recorded_at", row.time("recorded_at")?)?,
        parties,
        mailbox: read_pin(row)?,
        left_for: row.text("left_for")?.map(str::to_owned),
        conversation: row.text("conversation")?.map(str::to_owned),
        destination,
        recording: read_recording(row)?,
        absence: read_absence(row)?,
        found_again_at: row.time("found_again_at")?,
        told_gone_at: row.time("told_gone_at")?,
        transcript: transcripts::read(row)?,
        transcribed_at: row.time("transcribed_at")?,
        job: transcripts::read_job(row)?,
        audio: match row.text("audio_key")? {
            None => None,
            Some(key) => Some(Audio {
                key: key.to_owned(),
                size: row.required("audio_size", row.number("audio_size")?)?,
                content_type: row.required("audio_type", row.text("audio_type")?)?.to_owned(),
                released: row.time("audio_released_at")?.is_some(),
            }),
        },
        mail: read_mail(row, MailKind::Voicemail)?,
        words_mail: read_mail(row, MailKind::Transcript)?,
        second_mail: read_mail(row, MailKind::Second)?,
        second_mail_wanted: row.flag("second_mail_wanted")?.unwrap_or(false),
        resend: resend::read(row)?,
        first_address: mails::read_reports(row, Address::First)?,
        second_address: mails::read_reports(row, Address::Second)?,
        purged_at: row.time("purged_at")?,
        woken_at: row.time("woken_at")?,
        published: row.texts(PUBLISHED)?,
        links: links::read(row)?,
        keeping: receipts::read(row)?,
        trouble: read_trouble(row)?,
        open: row.text("open")?.is_some(),
        revision: row.number("revision")?.unwrap_or(0),
    })
}

pub(crate) fn read_pin(row: Row<'_>) -> Result<Option<MailboxId>, StoreError> {
    row.parsed("mailbox", |id| MailboxId::parse(id).ok())
}

fn read_recording(row: Row<'_>) -> Result<Recorded, StoreError> {
    if row.text("lost_at")?.is_some() {
        return Ok(Recorded::Lost { error_code: row.number("twilio_error_code")? });
    }
    if row.text("absent_at")?.is_some() {
        return Ok(Recorded::Absent);
    }
    if row.text("gone_at")?.is_some() {
        return Ok(Recorded::Gone);
    }
    let duration_seconds = row.number("duration_s")?;
    Ok(match (row.text("ready_at")?, duration_seconds) {
        (Some(_), Some(duration_seconds)) => Recorded::Ready { duration_seconds },
        _ => Recorded::Left { duration_seconds },
    })
}

fn read_absence(row: Row<'_>) -> Result<Option<Absence>, StoreError> {
    let Some(since) = row.time("soundless_since")? else { return Ok(None) };
    Ok(Some(Absence {
        since,
        unknown_since: row.time("missing_since")?,
        asks: row.number("missing_asks")?.unwrap_or(1),
    }))
}

pub(crate) fn read_trouble(row: Row<'_>) -> Result<Option<Trouble>, StoreError> {
    let Some(last_error) = row.text("last_error")? else { return Ok(None) };
    Ok(Some(Trouble {
        attempts: row.number("attempts")?.unwrap_or(1),
        last_error: last_error.to_owned(),
        next_attempt_at: row.required("next_attempt_at", row.time("next_attempt_at")?)?,
    }))
}
