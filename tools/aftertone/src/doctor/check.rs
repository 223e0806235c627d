//! What was looked at, and how it is.

/// What was looked at, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// In a word.
    pub(crate) about: &'static str,
    pub(crate) health: Health,
    pub(crate) told: String,
    /// What helps.
    pub(crate) cure: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Good,
    /// It works, and may not tomorrow.
    Warning,
    Bad,
    /// It could not be found out.
    Unknown,
}

impl Check {
    pub(super) fn good(about: &'static str, told: impl Into<String>) -> Self {
        Self { about, health: Health::Good, told: told.into(), cure: None }
    }

    /// Nothing is wrong, and it may be unexpected.
    pub(super) fn note(about: &'static str, told: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { about, health: Health::Good, told: told.into(), cure: Some(cure.into()) }
    }

    pub(super) fn unknown(about: &'static str, told: impl Into<String>) -> Self {
        Self { about, health: Health::Unknown, told: told.into(), cure: None }
    }

    pub(super) fn warning(about: &'static str, told: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { about, health: Health::Warning, told: told.into(), cure: Some(cure.into()) }
    }

    pub(super) fn bad(about: &'static str, told: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { about, health: Health::Bad, told: told.into(), cure: Some(cure.into()) }
    }
}

/// What could not be found out, for want of a permission.
pub(super) fn unreadable(about: &'static str, what: &str, why: &str, permission: &str) -> Check {
    Check::unknown(about, format!("{what} is not known: {why}; you need {permission}"))
}
