//! A live call begins, goes on, is over.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::{
    Advance, CallBegins, Course, DialOutcome, Disposition, LegState, LiveCall, LiveLeg, PassedOver, Stage,
    Treatment, WhyNotRung,
};
use jiff::Timestamp;
use phone::CallSid;

use crate::calls::call::{Begun, begins, call_key, leg_attribute, repeated};
use crate::calls::{passed_over, treatment};
use crate::change::{Change, IntoAttribute as _, MAX_ATTEMPTS, backoff_with_jitter};
use crate::error::StoreError;
use crate::live_calls::leg;
use crate::live_calls::row::{course_text, is_hunting, key, read, write};
use crate::numbers::number::usage_key;
use crate::{Item, Store, Written};

/// What came of changing a call's course.
#[derive(Clone, Debug, PartialEq)]
pub enum Advanced {
    /// It is so now.
    Applied(LiveCall),
    /// Somebody else was faster: it is so, and what was decided by the row before is to be decided anew.
    Raced(LiveCall),
}

impl Store {
    /// Puts a call that goes over several webhooks in the ledger and among the live ones: both, or neither. It
    /// counts as in [`Store::begin_call`]; one that has no limit, once it is [summed up](Store::sum_up).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Conflict`] if calls to the same number kept colliding.
    pub async fn begin_live(&self, call: &CallBegins, live: &LiveCall) -> Result<Begun, StoreError> {
        let is_forwarded = matches!(call.decision.disposition, Disposition::Forward);
        let limit = call.calls_per_month.filter(|_| is_forwarded);
        if limit == Some(0) {
            return Ok(Begun::PlanUsedUp);
        }
        let uncounted = (is_forwarded && limit.is_none()).then_some(&*call.month);
        let row = Put::builder()
            .table_name(&self.tables.live_calls)
            .set_item(Some(write(live)))
            .condition_expression("attribute_not_exists(#call_id)")
            .expression_attribute_names("#call_id", "call_id")
            .build()
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        for attempt in 1..=MAX_ATTEMPTS {
            let begins = begins(call).set_some("uncounted_month", uncounted);
            let begins = begins.in_transaction(&self.tables.calls, call_key(&call.call_sid))?;
            let count = limit.map(|limit| self.count(call, limit)).transpose()?;
            let writes = [
                Some(TransactWriteItem::builder().update(begins).build()),
                Some(TransactWriteItem::builder().put(row.clone()).build()),
                count.map(|count| TransactWriteItem::builder().update(count).build()),
            ];
            let writes = writes.into_iter().flatten().collect();
            let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
            let Err(error) = sent else { return Ok(Begun::New) };
            let reasons = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                    canceled.cancellation_reasons()
                }
                _ => return Err(StoreError::unavailable(error)),
            };
            let codes = [0, 1, 2].map(|at| reasons.get(at).and_then(|reason| reason.code()));
            match codes {
                [Some("ConditionalCheckFailed"), ..] | [_, Some("ConditionalCheckFailed"), _] => {
                    return repeated(&self.call_row(&call.call_sid).await?);
                }
                [.., Some("ConditionalCheckFailed")] => return Ok(Begun::PlanUsedUp),
                codes if codes.contains(&Some("TransactionConflict")) => backoff_with_jitter(attempt).await,
                _ => return Err(StoreError::unavailable(error)),
            }
        }
        Err(StoreError::Conflict)
    }

    /// One more forwarded call of the month, within its limit.
    fn count(&self, call: &CallBegins, limit: u32) -> Result<Update, StoreError> {
        let count = Change::new()
            .add("calls", 1)
            .when("attribute_not_exists(#calls) OR #calls < :limit")
            .value("limit", limit);
        count.in_transaction(&self.tables.numbers, usage_key(&call.parties.number, &call.month))
    }

    /// A live call, as it is at this moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if none is of this name.
    pub async fn live_call(&self, call_sid: &CallSid) -> Result<LiveCall, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.live_calls)
            .set_key(Some(key(call_sid)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        read_if_there(&answer.item.unwrap_or_default())
    }

    /// Changes the course of a call that is not over, if nobody did since it was seen: one write.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such live call.
    pub async fn advance(
        &self,
        call_sid: &CallSid,
        seen: u32,
        advance: &Advance,
    ) -> Result<Advanced, StoreError> {
        let mut change = Change::new()
            .set("course", course_text(&advance.course))
            .set("answered", treatment::write(&advance.answered))
            .set("hunting", is_hunting(&advance.course, advance.over_at))
            .set_some("said", advance.said.as_deref())
            .set_some("over_at", advance.over_at)
            .set("due", advance.at)
            .add("revision", 1)
            .when("#revision = :seen AND attribute_not_exists(#over_at)")
            .value("seen", seen);
        change = passed_over::add(change, &advance.passed_over);
        if advance.lets_winner_go {
            change = change.remove("winner");
        }
        for (place, (id, it)) in advance.legs.iter().enumerate() {
            let alias = format!("leg{place}");
            change = change.called(&alias, leg::attribute(id)).set(&alias, leg::write(it));
        }
        let (written, row) = self.change_live(call_sid, change).await?;
        let call = read_if_there(&row)?;
        Ok(if written == Written::Applied { Advanced::Applied(call) } else { Advanced::Raced(call) })
    }

    /// Records that a call is over, whatever went on in it. None where it is no live one. Its token proves nothing
    /// any more, and goes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn live_over(&self, call_sid: &CallSid, at: Timestamp) -> Result<Option<LiveCall>, StoreError> {
        let change = Change::new()
            .set("over_at", at)
            .set("hunting", false)
            .set("due", at)
            .remove("call_token")
            .add("revision", 1)
            .when("attribute_exists(#call_id) AND attribute_not_exists(#over_at)");
        let (_, row) = self.change_live(call_sid, change).await?;
        if row.is_empty() { Ok(None) } else { read(&row).map(Some) }
    }

    /// Tells the ledger of calls what became of the legs of a call that is over, and who talked; and counts the
    /// call, if it was not yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sum_up(
        &self,
        call: &LiveCall,
        outcome: Option<DialOutcome>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let ended_at = outcome.map(|_| call.over_at.unwrap_or(at));
        let mut change = Change::new()
            .set_if_absent("seen_at", Some(call.begun_at))
            .set_if_absent("dial_outcome", outcome.map(DialOutcome::name))
            .set_if_absent("dial_ended_at", ended_at);
        for it in call.legs.values() {
            if let Some(call_sid) = &it.call_sid {
                change = change.set(&leg_attribute(call_sid), in_ledger(it, at));
            }
        }
        let never_placed = call.legs.values().filter_map(never_placed);
        let passed_over: Vec<PassedOver> = call.passed_over.iter().cloned().chain(never_placed).collect();
        change = passed_over::add(change, &passed_over);
        let key_of_call = call_key(&call.call_sid);
        let (_, row) = change.apply_and_read(&self.client, &self.tables.calls, key_of_call).await?;
        self.count_if_over(&row).await
    }

    /// Records that nothing is to be done about a call any more. What its caller chose on the way is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn live_done(&self, call: &LiveCall, at: Timestamp) -> Result<(), StoreError> {
        let course = Course { place: Vec::new(), stage: Stage::End, ..call.course.clone() };
        let done = Change::new()
            .set("summed_up_at", at)
            .set("course", course_text(&course))
            .set("answered", treatment::write(&Treatment::HangUp))
            .remove("due")
            .remove("due_shard")
            .when("attribute_exists(#call_id) AND attribute_not_exists(#summed_up_at)");
        self.change_live(&call.call_sid, done).await?;
        Ok(())
    }

    /// Changes the row, and tells how it is then.
    pub(crate) async fn change_live(
        &self,
        call_sid: &CallSid,
        change: Change,
    ) -> Result<(Written, Item), StoreError> {
        change.apply_and_read(&self.client, &self.tables.live_calls, key(call_sid)).await
    }
}

/// The row of a call that has to be there.
pub(crate) fn read_if_there(row: &Item) -> Result<LiveCall, StoreError> {
    if row.is_empty() { Err(StoreError::NotFound("live call")) } else { read(row) }
}

/// What the ledger of calls is told of a leg that Twilio never had.
fn never_placed(leg: &LiveLeg) -> Option<PassedOver> {
    if leg.call_sid.is_some() {
        return None;
    }
    let why = leg.refused.map_or(WhyNotRung::NotPlaced, WhyNotRung::Refused);
    Some(PassedOver { person: leg.person.clone(), why })
}

/// A leg, as the ledger of calls has them: in Twilio's words, and in ours.
fn in_ledger(leg: &LiveLeg, at: Timestamp) -> AttributeValue {
    let status = match leg.state {
        LegState::Planned | LegState::Queued | LegState::Ringing | LegState::Canceled => "canceled",
        LegState::Busy => "busy",
        LegState::NoAnswer => "no-answer",
        LegState::Failed => "failed",
        LegState::Answered
        | LegState::Declined
        | LegState::ToVoicemail
        | LegState::TooLate
        | LegState::Accepted
        | LegState::NotAPerson
        | LegState::Left => "completed",
    };
    AttributeValue::M(Item::from([
        ("status".to_owned(), status.into_attribute()),
        ("sequence".to_owned(), 0_u32.into_attribute()),
        ("at".to_owned(), at.into_attribute()),
        ("person".to_owned(), leg.person.as_str().into_attribute()),
        ("why".to_owned(), leg.state.name().into_attribute()),
    ]))
}
