//! The table `LiveCalls`: calls that programs steer. `control` is the call as its log has it, with how far the
//! requests about it are; `event#…` is its log, an entry a row. A change of the call and what it adds to the log are
//! one transaction.

pub(crate) mod call;
pub(crate) mod kept;
pub(crate) mod promote;
pub(crate) mod row;
