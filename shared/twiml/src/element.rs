//! How an element becomes a struct: one field for each attribute, and what stands between the
//! tags.

use crate::values::form::parsed;
use crate::values::{Text, Trimmed};
use serde::de::Deserializer;
use serde::ser::{Serialize, SerializeStruct};
use std::fmt::Display;
use std::str::FromStr;

/// Defines an element: the struct, a setter for each attribute, and serde in both directions.
///
/// Writing is not derived: quick-xml refuses text in a sequence unless text came before it, so
/// what stands between the tags is handed over piece by piece (see [`Content`]).
macro_rules! element {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$attribute_doc:meta])* $attribute:ident: $type:ty = $attribute_key:literal, )*
        }
        $( with {
            $( $(#[$content_doc:meta])* $content:ident: $content_type:ty = $content_key:literal, )*
        } )?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$attribute_doc])*
                #[serde(rename = $attribute_key, default, deserialize_with = "crate::element::attribute")]
                pub $attribute: Option<$type>,
            )*
            $( $(
                $(#[$content_doc])*
                #[serde(rename = $content_key, default)]
                pub $content: $content_type,
            )* )?
        }

        impl $name {
            $(
                $(#[$attribute_doc])*
                pub fn $attribute(mut self, $attribute: impl Into<$type>) -> Self {
                    self.$attribute = Some($attribute.into());
                    self
                }
            )*
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;

                let mut element = serializer.serialize_struct(stringify!($name), 0)?;
                let fields = &mut element;
                $(
                    if let Some(value) = &self.$attribute {
                        SerializeStruct::serialize_field(fields, $attribute_key, value)?;
                    }
                )*
                $( $( crate::element::Content::write(&self.$content, $content_key, fields)?; )* )?
                // Some elements have neither attributes nor content.
                let _ = fields;
                SerializeStruct::end(element)
            }
        }
    };
}

pub(crate) use element;

/// What can stand between the tags of an element.
pub(crate) trait Content {
    /// Hands each piece to the serializer; nothing, if there is none.
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error>;
}

impl<T: Serialize> Content for [T] {
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error> {
        self.iter().try_for_each(|piece| element.serialize_field(key, piece))
    }
}

impl<T: Serialize> Content for Vec<T> {
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error> {
        self.as_slice().write(key, element)
    }
}

impl<T: Serialize> Content for Option<T> {
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error> {
        self.as_slice().write(key, element)
    }
}

impl Content for Text {
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error> {
        element.serialize_field(key, self)
    }
}

impl Content for Trimmed {
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error> {
        element.serialize_field(key, self)
    }
}

/// Reads an attribute that is there; serde's `default` stands for one that is not.
pub(crate) fn attribute<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    parsed(deserializer).map(Some)
}
