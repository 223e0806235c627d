//! What a function is told by its environment.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// The variables of a function's environment. One that is empty is as good as not set: a template, and
/// `sam local`, can't leave one out.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// In place of the process's own.
    given: Option<BTreeMap<String, String>>,
}

/// Why a function does not start: it is told too little, or something that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadVariable {
    /// It is not there, or empty.
    NotSet {
        /// Its name.
        name: String,
    },
    /// It can't be read.
    Malformed {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Display for BadVariable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, what) = match self {
            Self::NotSet { name } => (name, "is not set".to_owned()),
            Self::Malformed { name, why } => (name, format!("is malformed: {why}")),
        };
        write!(f, "the environment variable {name} {what}; ")?;
        f.write_str("template.yaml sets it, and docs/functions.md says what it is")
    }
}

impl std::error::Error for BadVariable {}

impl Environment {
    /// That of the process.
    pub fn of_process() -> Self {
        Self::default()
    }

    /// Variables that stand nowhere else.
    pub fn given<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { given: Some(variables.collect()) }
    }

    /// A variable, if it is set.
    pub fn text(&self, name: &str) -> Option<String> {
        let value = match &self.given {
            Some(given) => given.get(name).cloned(),
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// A variable that must be set.
    ///
    /// # Errors
    /// [`BadVariable::NotSet`].
    pub fn required(&self, name: &str) -> Result<String, BadVariable> {
        self.text(name).ok_or_else(|| BadVariable::NotSet { name: name.to_owned() })
    }

    /// What a variable that must be set says.
    ///
    /// # Errors
    /// [`BadVariable`].
    pub fn read<T, E: Display>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, BadVariable> {
        read(&self.required(name)?)
            .map_err(|error| BadVariable::Malformed { name: name.to_owned(), why: error.to_string() })
    }

    /// What a variable says, or what goes without saying.
    ///
    /// # Errors
    /// [`BadVariable::Malformed`].
    pub fn or<T: FromStr<Err: Display>>(&self, name: &str, unsaid: T) -> Result<T, BadVariable> {
        match self.text(name) {
            Some(_) => self.read(name, T::from_str),
            None => Ok(unsaid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_empty_is_not_set() {
        let environment = Environment::given([("EMPTY", ""), ("SET", "5")]);
        assert_eq!(environment.text("EMPTY"), None);
        assert_eq!(environment.text("NOWHERE"), None);
        assert_eq!(environment.text("SET").as_deref(), Some("5"));
        assert_eq!(environment.or("EMPTY", 7), Ok(7));
        assert_eq!(environment.or("SET", 7), Ok(5));
    }

    #[test]
    fn a_variable_that_is_missing_or_bad_is_named() {
        let environment = Environment::given([("EMPTY", ""), ("WORD", "five")]);
        let missing = environment.required("EMPTY").unwrap_err();
        assert!(missing.to_string().starts_with("the environment variable EMPTY is not set;"), "{missing}");
        let bad = environment.or("WORD", 7).unwrap_err();
        let expected = "the environment variable WORD is malformed: invalid digit found in string;";
        assert!(bad.to_string().starts_with(expected), "{bad}");
    }
}
