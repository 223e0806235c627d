//! A time zone by its name.

use jiff::tz::{TimeZone, db};
use thiserror::Error;

use crate::suggest::nearest;

/// No IANA zone has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no time zone {text:?}: {}", cure(suggestion.as_deref()))]
pub struct UnknownZone {
    /// The name.
    pub text: String,
    /// The zone that may have been meant.
    pub suggestion: Option<String>,
}

fn cure(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(zone) => format!("write {zone}, if that is meant"),
        None => "write the name of a city's zone, like Europe/Berlin".to_owned(),
    }
}

/// The IANA zone of a name, as `Europe/Berlin`.
pub fn zone(text: &str) -> Result<TimeZone, UnknownZone> {
    let text = text.trim();
    // jiff has a zone of its own for what is unknown.
    if let Ok(zone) = TimeZone::get(text)
        && !zone.is_unknown()
    {
        return Ok(zone);
    }
    let names: Vec<String> = db().available().map(|name| name.as_str().to_owned()).collect();
    // Somebody names the city alone.
    let city = names.iter().find(|name| {
        name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&text.replace(' ', "_")))
    });
    let suggestion = city.map(String::as_str).or_else(|| nearest(text, names.iter().map(String::as_str)));
    let suggestion = suggestion.map(str::to_owned);
    Err(UnknownZone { text: text.chars().take(60).collect(), suggestion })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_name_and_a_city_suggests_its_own() {
        assert!(zone("Europe/Berlin").is_ok() && zone("UTC").is_ok());
        for (text, told) in [
            (
                "Etc/Unknown",
                "there is no time zone \"Etc/Unknown\": write the name of a city's zone, like Europe/Berlin",
            ),
            ("Berlin", "there is no time zone \"Berlin\": write Europe/Berlin, if that is meant"),
            ("Europe/Berln", "there is no time zone \"Europe/Berln\": write Europe/Berlin, if that is meant"),
            ("new york", "there is no time zone \"new york\": write America/New_York, if that is meant"),
            (
                "where I live",
                "there is no time zone \"where I live\": write the name of a city's zone, like Europe/Berlin",
            ),
        ] {
            assert_eq!(zone(text).unwrap_err().to_string(), told);
        }
    }
}
