//! The table `LiveCalls`: how far the events of a call were told to each endpoint, in `delivery#…`.

pub(crate) mod delivery;
mod row;
