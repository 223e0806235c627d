//! A call begins, is counted, ends.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    Call, CallBegins, CallStatusReport, DialOutcome, DialReport, Disposition, InList, Leg, LegState, Parties,
    Treatment,
};
use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};

use crate::calls::{passed_over, treatment};
use crate::change::{Change, IntoAttribute, MAX_ATTEMPTS, backoff_with_jitter};
use crate::error::StoreError;
use crate::numbers::hits::{hits_key, one_more, one_more_before};
use crate::numbers::number::usage_key;
use crate::row::Row;
use crate::{Item, Store, Written};

/// What came of beginning a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is in the ledger; if it is forwarded it counts, now or when it is over.
    New,
    /// It was there already, with this decision; without what the caller got, where it was begun by another
    /// version.
    Repeated(Disposition, Option<Box<Treatment>>),
    /// It was to be forwarded, but the month's calls are used up. Nothing was written.
    PlanUsedUp,
}

/// By which entry of a list a call was decided, and whether that is still to be counted.
const IN_LIST: &str = "in_list";
const HIT_UNCOUNTED: &str = "hit_uncounted";

/// States in which a leg is over, in Twilio's words.
pub(crate) const ENDS: [&str; 5] = ["completed", "canceled", "failed", "busy", "no-answer"];

impl Store {
    /// Puts a call in the ledger: one conditional write. Where a month has a limit, a forwarded call is
    /// counted in the same write, in which the limit can't be passed however many calls come at once.
    /// Without a limit there is time: it is counted once it is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Conflict`] if calls to the same number kept
    /// colliding.
    pub async fn begin_call(&self, call: &CallBegins) -> Result<Begun, StoreError> {
        let limit = match (call.decision.disposition, call.calls_per_month) {
            (Disposition::Forward, Some(limit)) => limit,
            (Disposition::Forward, None) => {
                return self.begin(call, begins(call).set("uncounted_month", &*call.month)).await;
            }
            (Disposition::Instead(..), _) => return self.begin(call, begins(call)).await,
        };
        if limit == 0 {
            return Ok(Begun::PlanUsedUp);
        }
        for attempt in 1..=MAX_ATTEMPTS {
            match self.begin_and_count(call, limit).await? {
                Counted::Begun => return Ok(Begun::New),
                Counted::Known => return repeated(&self.call_row(&call.call_sid).await?),
                Counted::UsedUp => return Ok(Begun::PlanUsedUp),
                Counted::Collided => backoff_with_jitter(attempt).await,
            }
        }
        Err(StoreError::Conflict)
    }

    async fn begin(&self, call: &CallBegins, begins: Change) -> Result<Begun, StoreError> {
        let (written, row) =
            begins.apply_and_read(&self.client, &self.tables.calls, call_key(&call.call_sid)).await?;
        match written {
            Written::Applied => {
                // Twilio may have told of the end before this was written.
                self.count_beside(&row).await;
                Ok(Begun::New)
            }
            _ => repeated(&row),
        }
    }

    async fn begin_and_count(&self, call: &CallBegins, limit: u32) -> Result<Counted, StoreError> {
        let count = Change::new()
            .add("calls", 1)
            .when("attribute_not_exists(#calls) OR #calls < :limit")
            .value("limit", limit);
        let month = usage_key(&call.parties.number, &call.month);
        self.change_and_count(&call.call_sid, begins(call), month, count).await
    }

    /// Changes a call's row and a count among the numbers, both or neither.
    async fn change_and_count(
        &self,
        call_sid: &CallSid,
        change: Change,
        counted: Item,
        count: Change,
    ) -> Result<Counted, StoreError> {
        let change = change.in_transaction(&self.tables.calls, call_key(call_sid))?;
        let count = count.in_transaction(&self.tables.numbers, counted)?;
        let result = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(change).build())
            .transact_items(TransactWriteItem::builder().update(count).build())
            .send()
            .await;
        let Err(error) = result else {
            return Ok(Counted::Begun);
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
        else {
            return Err(StoreError::unavailable(error));
        };
        let reasons = canceled.cancellation_reasons();
        let reason = |index: usize| reasons.get(index).and_then(|reason| reason.code()).unwrap_or("None");
        match (reason(0), reason(1)) {
            ("ConditionalCheckFailed", _) => Ok(Counted::Known),
            (_, "ConditionalCheckFailed") => Ok(Counted::UsedUp),
            ("TransactionConflict", _) | (_, "TransactionConflict") => Ok(Counted::Collided),
            _ => Err(StoreError::unavailable(error)),
        }
    }

    /// Counts a call that began without a limit in its month, and one that an entry of a list decided at that entry,
    /// once it is over: exactly once, however often and in whatever order it is told.
    pub(crate) async fn count_if_over(&self, row: &Item) -> Result<(), StoreError> {
        let call = Row::new("call", row);
        let is_over = row.contains_key("dial_ended_at")
            || call.text("status")?.is_some_and(|status| ENDS.contains(&status));
        let is_hit = call.flag(HIT_UNCOUNTED)?.unwrap_or(false);
        let month = call.text("uncounted_month")?;
        if !is_over || !(is_hit || month.is_some()) {
            return Ok(());
        }
        let call_sid = call.parsed("call_sid", |text| CallSid::parse(text).ok())?;
        let call_sid = call.required("call_sid", call_sid)?;
        let number = call.required("number", call.phone_number("number")?)?;
        if let Some(month) = month {
            self.count_month(&call_sid, &number, month).await?;
        }
        if let (true, Some(entry)) = (is_hit, read_in_list(call)?) {
            let begun_at = call.required("begun_at", call.time("begun_at")?)?;
            self.count_hit(&call_sid, &hits_key(&number, &entry), begun_at).await?;
        }
        Ok(())
    }

    async fn count_month(
        &self,
        call_sid: &CallSid,
        number: &PhoneNumber,
        month: &str,
    ) -> Result<(), StoreError> {
        for attempt in 1..=MAX_ATTEMPTS {
            let mark = Change::new().remove("uncounted_month").when("attribute_exists(#uncounted_month)");
            let count = Change::new().add("calls", 1);
            match self.change_and_count(call_sid, mark, usage_key(number, month), count).await? {
                Counted::Collided => backoff_with_jitter(attempt).await,
                Counted::Begun | Counted::Known | Counted::UsedUp => return Ok(()),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn count_hit(
        &self,
        call_sid: &CallSid,
        counted: &Item,
        begun_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut is_last = true;
        for attempt in 1..=MAX_ATTEMPTS {
            let mark =
                Change::new().remove(HIT_UNCOUNTED).when(format!("attribute_exists(#{HIT_UNCOUNTED})"));
            let count = if is_last { one_more(begun_at) } else { one_more_before() };
            match self.change_and_count(call_sid, mark, counted.clone(), count).await? {
                Counted::Begun | Counted::Known => return Ok(()),
                Counted::Collided => backoff_with_jitter(attempt).await,
                // A call that came in later was over before.
                Counted::UsedUp => is_last = false,
            }
        }
        Err(StoreError::Conflict)
    }

    /// The same, where somebody waits for something else: the report of the call's end makes up for a
    /// failure.
    async fn count_beside(&self, row: &Item) {
        if let Err(error) = self.count_if_over(row).await {
            tracing::warn!(error = %error, "a call is not counted yet");
        }
    }

    /// Records what became of the forwarded leg, and tells what the caller was to get: none where the call
    /// was not begun, or was by another version. Of several legs, one after the other, the last one counts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn dial_ended(&self, report: &DialReport) -> Result<(Written, Option<Treatment>), StoreError> {
        let (written, row) = parties(Change::new(), &report.parties, report.at)
            .set("dial_outcome", report.outcome.name())
            .set_some("dial_duration_s", report.duration_seconds)
            .set("dial_ended_at", report.at)
            .when(
                "attribute_not_exists(#dial_ended_at) \
                 OR (#dial_outcome <> :dial_outcome AND NOT #dial_outcome IN (:talked, :gone))",
            )
            .value("talked", DialOutcome::Conversation.name())
            .value("gone", DialOutcome::CallerGone.name())
            .apply_and_read(&self.client, &self.tables.calls, call_key(&report.call_sid))
            .await?;
        // A caller who was not put through waits for the greeting: the end of the call is time enough.
        if !matches!(report.outcome, DialOutcome::NotReached(_)) {
            self.count_beside(&row).await;
        }
        // What can't be read is decided anew.
        Ok((written, treatment::read(&row).unwrap_or_default()))
    }

    /// Records the state of a leg, unless a later one is known; and counts the call, if it was not yet. Tells what
    /// the caller was to get, as [`Store::dial_ended`] does.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Conflict`] if calls to the same number kept
    /// colliding.
    pub async fn call_status(
        &self,
        report: &CallStatusReport,
    ) -> Result<(Written, Option<Treatment>), StoreError> {
        let change = Change::new().set_if_absent("seen_at", Some(report.at));
        let (row, change) = match &report.parent_call_sid {
            None => {
                let change = change
                    .set("status", report.status.as_str())
                    .set("status_sequence", report.sequence)
                    .set("status_at", report.at)
                    .set_or_remove("duration_s", report.duration_seconds)
                    .set_or_remove("sip_response_code", report.sip_response_code)
                    .when("attribute_not_exists(#status_sequence) OR #status_sequence < :status_sequence");
                (&report.call_sid, change)
            }
            Some(parent) => {
                let attribute = leg_attribute(&report.call_sid);
                let change = change
                    .set(&attribute, leg(report))
                    .when(format!("attribute_not_exists(#{attribute}) OR #{attribute}.#sequence < :sequence"))
                    .value("sequence", report.sequence);
                (parent, change)
            }
        };
        let (written, row) = change.apply_and_read(&self.client, &self.tables.calls, call_key(row)).await?;
        // Also when the state was known: to count may have failed the first time.
        if report.parent_call_sid.is_none() {
            self.count_if_over(&row).await?;
        }
        Ok((written, treatment::read(&row).unwrap_or_default()))
    }

    pub(crate) async fn change_call(
        &self,
        call_sid: &CallSid,
        change: Change,
    ) -> Result<Written, StoreError> {
        change.apply(&self.client, &self.tables.calls, call_key(call_sid)).await
    }

    /// One call.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no webhook has told of it.
    pub async fn call(&self, call_sid: &CallSid) -> Result<Call, StoreError> {
        read(&self.call_row(call_sid).await?)
    }

    pub(crate) async fn call_row(&self, call_sid: &CallSid) -> Result<Item, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.calls)
            .set_key(Some(call_key(call_sid)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.item.ok_or(StoreError::NotFound("call"))
    }
}

enum Counted {
    Begun,
    Known,
    UsedUp,
    Collided,
}

pub(crate) fn repeated(row: &Item) -> Result<Begun, StoreError> {
    // The condition that made this a repetition is that the row has `begun_at`, which is never
    // written without a decision.
    let disposition =
        read(row)?.disposition.ok_or(StoreError::Malformed { row: "call", attribute: "decision" })?;
    Ok(Begun::Repeated(disposition, treatment::read(row)?.map(Box::new)))
}

pub(crate) fn begins(call: &CallBegins) -> Change {
    passed_over::add(parties(Change::new(), &call.parties, call.at), &call.passed_over)
        .set("begun_at", call.at)
        .set("decision", call.decision.disposition.name())
        .set("treatment", treatment::write(&call.decision.treatment))
        .set_some(IN_LIST, call.in_list.as_ref().map(ToString::to_string))
        .set_some(HIT_UNCOUNTED, call.in_list.as_ref().map(|_| true))
        .when("attribute_not_exists(#begun_at)")
}

/// Any webhook may be the first to tell who called whom.
fn parties(change: Change, parties: &Parties, at: Timestamp) -> Change {
    change
        .set_if_absent("number", Some(&parties.number))
        .set_if_absent("caller", Some(&parties.caller))
        .set_if_absent("caller_name", parties.caller_name.as_deref())
        .set_if_absent("seen_at", Some(at))
}

pub(crate) fn call_key(call_sid: &CallSid) -> Item {
    Item::from([("call_sid".to_owned(), call_sid.as_str().into_attribute())])
}

pub(crate) fn leg_attribute(call_sid: &CallSid) -> String {
    format!("leg_{call_sid}")
}

fn leg(report: &CallStatusReport) -> aws_sdk_dynamodb::types::AttributeValue {
    let mut item = Item::from([
        ("status".to_owned(), report.status.as_str().into_attribute()),
        ("sequence".to_owned(), report.sequence.into_attribute()),
        ("at".to_owned(), report.at.into_attribute()),
    ]);
    if let Some(seconds) = report.duration_seconds {
        item.insert("duration_s".to_owned(), seconds.into_attribute());
    }
    if let Some(code) = report.sip_response_code {
        item.insert("sip_response_code".to_owned(), code.into_attribute());
    }
    aws_sdk_dynamodb::types::AttributeValue::M(item)
}

fn read_in_list(row: Row<'_>) -> Result<Option<InList>, StoreError> {
    row.parsed(IN_LIST, |text| text.parse().ok())
}

pub(crate) fn read(item: &Item) -> Result<Call, StoreError> {
    let row = Row::new("call", item);
    row.understood()?;
    let call_sid = row.parsed("call_sid", |text| CallSid::parse(text).ok())?;
    let mut legs = Vec::new();
    for (name, value) in row.entries() {
        let Some(call_sid) = name.strip_prefix("leg_").and_then(|sid| CallSid::parse(sid).ok()) else {
            continue;
        };
        let leg = Row::new("call", value.as_m().map_err(|_| row.malformed("leg"))?);
        legs.push(Leg {
            call_sid,
            status: leg.required("status", leg.text("status")?)?.to_owned(),
            sequence: leg.required("sequence", leg.number("sequence")?)?,
            person: leg.text("person")?.map(str::to_owned),
            why: leg.parsed("why", LegState::named)?,
        });
    }
    legs.sort_by(|a, b| a.call_sid.cmp(&b.call_sid));
    Ok(Call {
        call_sid: row.required("call_sid", call_sid)?,
        number: row.phone_number("number")?,
        caller: row.caller("caller")?,
        caller_name: row.text("caller_name")?.map(str::to_owned),
        begun_at: row.time("begun_at")?,
        disposition: row.parsed("decision", Disposition::named)?,
        dial_outcome: row.parsed("dial_outcome", DialOutcome::named)?,
        dial_duration_seconds: row.number("dial_duration_s")?,
        status: row.text("status")?.map(str::to_owned),
        duration_seconds: row.number("duration_s")?,
        legs,
        passed_over: passed_over::read(row)?,
        in_list: read_in_list(row)?,
        seen_at: row.time("seen_at")?,
        held: item.contains_key("holds"),
    })
}
