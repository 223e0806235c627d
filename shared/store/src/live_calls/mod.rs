//! The table `LiveCalls`: a call that is parked or in a menu, in one row until it is over.
//!
//! Whoever answers a webhook changes the course, and names the revision that was seen. What is told of a leg
//! stands in an attribute of that leg, so that nobody's news is lost to somebody else's.

pub(crate) mod call;
pub(crate) mod due;
pub(crate) mod leg;
pub(crate) mod legs;
pub(crate) mod row;
