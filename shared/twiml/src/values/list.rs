//! Lists in one attribute.

use std::fmt::Display;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::form::ValueError;

/// One or more items in one attribute, written with a single space between them.
///
/// An array becomes a list as it is; that it has an item is checked by the compiler. A vector
/// is checked when it is turned into a list.
///
/// ```
/// use twiml::values::{CallEvent, List};
///
/// let events = List::from([CallEvent::Answered, CallEvent::Completed]);
/// assert!(events.contains(&CallEvent::Answered));
/// assert!(List::<CallEvent>::try_from(vec![]).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(items: [T; N]) -> Self {
        const { assert!(N > 0, "a list holds at least one item") };
        Self(items.into())
    }
}

impl<T> From<T> for List<T> {
    fn from(item: T) -> Self {
        Self(vec![item])
    }
}

impl<T> TryFrom<Vec<T>> for List<T> {
    type Error = ValueError;

    fn try_from(items: Vec<T>) -> Result<Self, ValueError> {
        if items.is_empty() { Err(ValueError::EmptyList) } else { Ok(Self(items)) }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: FromStr<Err = ValueError>> FromStr for List<T> {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let items: Result<Vec<T>, ValueError> = text.split_ascii_whitespace().map(str::parse).collect();
        items?.try_into()
    }
}

impl<T: Display> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        serializer.serialize_str(&words.join(" "))
    }
}
