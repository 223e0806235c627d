//! Calls that are forwarded, for whoever looks at them while they go on.

use domain::{Call, Treatment};
use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};

use crate::Store;
use crate::calls::call::{self, ENDS, leg_attribute};
use crate::calls::treatment;
use crate::change::IntoAttribute as _;
use crate::error::StoreError;
use crate::row::Row;
use crate::schema::BY_NUMBER;

/// A call, with what its row says besides.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardedCall {
    /// The call.
    pub call: Call,
    /// What its caller was to get when it came in; none of another version.
    pub treatment: Option<Treatment>,
    /// When it was told that somebody picked up who is there still.
    pub picked_up_at: Option<Timestamp>,
    /// Since when nobody is called for it any more, or it is over.
    pub ended_at: Option<Timestamp>,
}

impl Store {
    /// One call, and what its caller was to get.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no webhook has told of it.
    pub async fn call_with_treatment(&self, call_sid: &CallSid) -> Result<ForwardedCall, StoreError> {
        let row = self.call_row(call_sid).await?;
        let call = call::read(&row)?;
        let of_row = Row::new("call", &row);
        let is_over = call.status.as_deref().is_some_and(|status| ENDS.contains(&status));
        let told_at = if is_over { of_row.time("status_at")? } else { None };
        let ended_at = of_row.time("dial_ended_at")?.or(told_at);
        let there = call.legs.iter().find(|leg| leg.status == "in-progress");
        let told = there.and_then(|leg| row.get(&leg_attribute(&leg.call_sid))?.as_m().ok());
        let picked_up_at = told.map(|told| Row::new("call", told).time("at")).transpose()?.flatten();
        Ok(ForwardedCall { call, treatment: treatment::read(&row)?, picked_up_at, ended_at })
    }

    /// The calls that came in to a number since then, the newest first; so many at most. The list is a moment behind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn calls_since(
        &self,
        number: &PhoneNumber,
        since: Timestamp,
        most: u16,
    ) -> Result<Vec<CallSid>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.calls)
            .index_name(BY_NUMBER)
            .key_condition_expression("#number = :number AND #begun_at > :since")
            .expression_attribute_names("#number", "number")
            .expression_attribute_names("#begun_at", "begun_at")
            .expression_attribute_values(":number", number.into_attribute())
            .expression_attribute_values(":since", since.into_attribute())
            .scan_index_forward(false)
            .limit(i32::from(most.max(1)))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let sid = |item| {
            let row = Row::new("call", item);
            let sid = row.parsed("call_sid", |text| CallSid::parse(text).ok())?;
            row.required("call_sid", sid)
        };
        answer.items().iter().map(sid).collect()
    }
}
