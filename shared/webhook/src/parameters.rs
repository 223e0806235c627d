use thiserror::Error;

/// The parameters of a form, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

/// A parameter that the webhook can't do without is missing, or is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Missing {
    /// It is not there.
    #[error("the parameter {0} is missing")]
    Absent(&'static str),
    /// It is there, but makes no sense.
    #[error("the parameter {0} is malformed")]
    Malformed(&'static str),
}

impl Parameters {
    /// Reads a form. Every byte sequence is some form.
    pub fn parse(form: &[u8]) -> Self {
        Self(form_urlencoded::parse(form).into_owned().collect())
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value of that name, if it says anything.
    pub fn non_empty(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// A value that must be there; it may be empty.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Missing> {
        self.get(name).ok_or(Missing::Absent(name))
    }

    /// A value that must be there and be readable.
    pub(crate) fn parsed<T, E>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Missing> {
        parse(self.required(name)?).map_err(|_| Missing::Malformed(name))
    }

    /// A number, if it is there and is one.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.trim().parse().ok()
    }
}
