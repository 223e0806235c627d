//! Settings that can't be read.

use phone::PhoneNumber;

use crate::reading::international;

/// What helps where settings can't be read.
pub(crate) const UNREADABLE_CURE: &str = "Calls to it get a beep without the owner's settings. If a later release \
     wrote it, deploy that one again; else mend the attribute in the table of the numbers";

/// The key of a row of settings, a number as people write it.
pub(crate) fn shown_key(key: &str) -> String {
    PhoneNumber::parse(key).map_or_else(|_| key.to_owned(), |number| international(&number))
}
