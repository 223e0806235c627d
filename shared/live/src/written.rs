//! How values are written that keep themselves out of logs: in full, for whoever may know them.

/// A telephone number, in E.164.
pub(crate) mod number {
    use phone::PhoneNumber;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(number: &PhoneNumber, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(number.reveal())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PhoneNumber, D::Error> {
        let text = String::deserialize(from)?;
        PhoneNumber::parse(&text)
            .map_err(|_| D::Error::custom("a number in E.164 is expected, as +14155550100"))
    }
}

/// Twilio's name of a leg.
pub(crate) mod call_sid {
    use phone::CallSid;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(sid: &CallSid, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(sid.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<CallSid, D::Error> {
        CallSid::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }

    /// One that may not be known yet.
    pub(crate) mod some {
        use phone::CallSid;
        use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

        // As serde wants it.
        #[expect(clippy::ref_option)]
        pub(crate) fn serialize<S: Serializer>(sid: &Option<CallSid>, to: S) -> Result<S::Ok, S::Error> {
            sid.as_ref().map(CallSid::as_str).serialize(to)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<CallSid>, D::Error> {
            let text = Option::<String>::deserialize(from)?;
            text.map(|text| CallSid::parse(&text)).transpose().map_err(D::Error::custom)
        }
    }
}

/// Twilio's name of a recording.
pub(crate) mod recording_sid {
    use phone::RecordingSid;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(sid: &RecordingSid, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(sid.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RecordingSid, D::Error> {
        RecordingSid::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }

    /// One that may not be known yet.
    pub(crate) mod some {
        use phone::RecordingSid;
        use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

        // As serde wants it.
        #[expect(clippy::ref_option)]
        pub(crate) fn serialize<S: Serializer>(sid: &Option<RecordingSid>, to: S) -> Result<S::Ok, S::Error> {
            sid.as_ref().map(RecordingSid::as_str).serialize(to)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<RecordingSid>, D::Error> {
            let text = Option::<String>::deserialize(from)?;
            text.map(|text| RecordingSid::parse(&text)).transpose().map_err(D::Error::custom)
        }
    }
}

/// What such texts look like, where types are described.
#[cfg(feature = "schema")]
pub(crate) mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    macro_rules! text {
        ($name:ident, $pattern:literal, $meaning:literal) => {
            pub(crate) enum $name {}

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "pattern": $pattern, "description": $meaning })
                }
            }
        };
    }

    text!(Number, r"^\+[1-9][0-9]{6,14}$", "A telephone number, in E.164.");
    text!(CallSid, "^CA[0-9a-fA-F]{32}$", "Twilio's name of a leg.");
    text!(RecordingSid, "^RE[0-9a-fA-F]{32}$", "Twilio's name of a recording.");
}
