//! How webhooks travel.

use local::faults::Travel;

/// What may happen to a webhook. For one that drives the call and gets lost, Twilio asks the
/// number's fallback URL.
pub const TRAVELS: [Travel; 7] = [
    Travel::Normal,
    Travel::Doubled,
    Travel::Late,
    Travel::Overtaken,
    Travel::Slow,
    Travel::TooSlow,
    Travel::Dropped,
];
