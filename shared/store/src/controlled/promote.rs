//! A forwarded call becomes one that programs steer.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{Deed, Effect, LegId, Once, Treatment};
use jiff::Timestamp;
use live::Event;
use phone::CallSid;

use crate::calls::call::{ENDS, call_key};
use crate::calls::treatment;
use crate::change::Change;
use crate::controlled::call::{Committed, ControlledChange};
use crate::controlled::row::ControlledCall;
use crate::error::StoreError;
use crate::live_calls::leg::{attribute, deed_name};
use crate::live_calls::row::key;
use crate::{Store, Tables};

impl Store {
    /// Puts down the first revision of a call that was forwarded, and in the ledger of calls, with the same
    /// transaction, what its caller gets from now on: whoever answers once the two are not connected any more reads
    /// that there, and asks nobody. Not of a call that is over, or whose caller was asked for by then. The leg that
    /// has the caller of a [live call](domain::LiveCall), `taken_by`, is ended by nobody then, and has to have them
    /// still.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Conflict`] if writers kept colliding.
    pub async fn promote(
        &self,
        (call, call_sid): (&ControlledCall, &CallSid),
        (treatment, taken_by): (&Treatment, Option<&LegId>),
        events: &[Event],
        once: &Once,
        due: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        let leg = taken_by.map(|leg| keeps(&self.tables, call_sid, leg)).transpose()?;
        let more = std::iter::once(marks(&self.tables, call_sid, treatment)?).chain(leg).collect();
        self.commit_with(more, &[ControlledChange { call, events, due }], Some(once), now).await
    }
}

fn keeps(tables: &Tables, call_sid: &CallSid, leg: &LegId) -> Result<TransactWriteItem, StoreError> {
    let change = Change::new()
        .called("leg", attribute(leg))
        .set_in(&format!("#leg.#{}", deed_name(Deed::Ending)), "then", Effect::GivenUp)
        .when("#winner = :winner AND attribute_not_exists(#over_at)")
        .value("winner", leg.as_str());
    Ok(TransactWriteItem::builder().update(change.in_transaction(&tables.live_calls, key(call_sid))?).build())
}

fn marks(tables: &Tables, call_sid: &CallSid, what: &Treatment) -> Result<TransactWriteItem, StoreError> {
    let mut change = Change::new().set("treatment", treatment::write(what));
    let names: Vec<String> = ENDS.iter().enumerate().map(|(place, _)| format!(":ends{place}")).collect();
    for (place, status) in ENDS.iter().enumerate() {
        change = change.value(&format!("ends{place}"), *status);
    }
    let change = change.when(format!(
        "attribute_exists(#begun_at) AND attribute_not_exists(#dial_ended_at) \
         AND (attribute_not_exists(#status) OR NOT #status IN ({}))",
        names.join(", ")
    ));
    Ok(TransactWriteItem::builder().update(change.in_transaction(&tables.calls, call_key(call_sid))?).build())
}
