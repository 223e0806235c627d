//! How values stand in the stored form: settings as everywhere else, the rest as small as it can be.

use hours::Schedule;
use jiff::tz::TimeZone;

/// Hours whose lines were not read yet.
pub(crate) fn unread() -> Schedule {
    Schedule::closed(TimeZone::UTC)
}

/// A setting's one written form.
pub(crate) mod setting {
    use domain::SettingValue;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: SettingValue<Form: Serialize>,
        S: Serializer,
    {
        value.written().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: SettingValue<Form: Deserialize<'de>>,
        D: Deserializer<'de>,
    {
        T::read(T::Form::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A section of settings, as in a row of them: a setting of a later release says nothing.
pub(crate) mod section {
    use domain::Section;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use serde_json::{Map, Value, from_value};

    pub(crate) fn serialize<T: Section, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.written().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: Section + Default,
        D: Deserializer<'de>,
    {
        let mut form = Map::<String, Value>::deserialize(deserializer)?;
        form.retain(|name, _| T::SETTINGS.iter().any(|setting| setting.name == name));
        let mut section = T::default();
        match section.take(from_value(Value::Object(form)).map_err(D::Error::custom)?).into_iter().next() {
            None => Ok(section),
            Some(wrong) => Err(D::Error::custom(wrong.why)),
        }
    }
}

/// Something for each of several languages, in their order.
pub(crate) mod by_language {
    use std::str::FromStr as _;

    use domain::Language;
    use serde::de::{DeserializeOwned, Error as _};
    use serde::{Deserialize as _, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        all: &[(Language, T)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(all.iter().map(|(language, it)| (language.tag(), it)))
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<Vec<(Language, T)>, D::Error>
    where
        T: DeserializeOwned,
        D: Deserializer<'de>,
    {
        let all = Vec::<(String, T)>::deserialize(deserializer)?;
        let known = |(tag, it): (String, T)| Ok((Language::from_str(&tag).map_err(D::Error::custom)?, it));
        all.into_iter().map(known).collect()
    }
}

/// A time in whole seconds.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.as_secs())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

/// What a clock on the wall shows.
pub(crate) mod wall {
    use jiff::civil::DateTime;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(at: &DateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A date or a time, as it is written.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it with what is there")]
    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(T::to_string).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}
