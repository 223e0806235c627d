//! What a request can't be taken for.

use live::{Code, Problem};

/// A request that makes no sense; `cause` names what of it.
pub(crate) fn invalid(cause: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidRequest, cause)
}
