//! Whether programs can be told of their calls.

use crate::doctor::check::Check;
use crate::doctor::facts::{CallbackFacts, Fact};

const ABOUT: &str = "callbacks";

pub(super) fn judge(callbacks: &Fact<Vec<CallbackFacts>>) -> Vec<Check> {
    let callbacks = match callbacks {
        Err(why) => return vec![Check::unknown(ABOUT, format!("what signs them is not known: {why}"))],
        Ok(callbacks) => callbacks,
    };
    let bad: Vec<Check> = callbacks.iter().flat_map(of_key).collect();
    if bad.is_empty() && !callbacks.is_empty() {
        return vec![Check::good(ABOUT, "programs can be told of their calls")];
    }
    bad
}

fn of_key(CallbackFacts { key, bad_address, is_signed }: &CallbackFacts) -> Vec<Check> {
    let address = bad_address.as_ref().map(|why| {
        Check::bad(
            ABOUT,
            format!("the key {key} has an address that is told nothing: {why}"),
            "make another key with `aftertone key add --callback`, and remove this one; or have its program name an \
             address with each call",
        )
    });
    let secret = (!is_signed).then(|| {
        Check::bad(
            ABOUT,
            format!("nothing signs what the program of the key {key} is told, so it is told nothing"),
            format!("make a secret with `aftertone key rotate {key}`, and give it to the program"),
        )
    });
    address.into_iter().chain(secret).collect()
}
