//! What can be asked of the keys of programs.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use domain::{ApiKey, ApiKeyName, CallbackUrl, Country, InvalidApiKey, Scope};
use jiff::SignedDuration;

use super::region::Region;

/// For longer nobody needs two secrets.
const LONGEST_OVERLAP: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key for a program that controls calls; it is shown once
    Add(Box<KeyAdd>),
    /// List the keys: what they may do, and what they have used today
    List,
    /// Give a key and its callbacks a new secret; the old one counts for a while
    Rotate {
        /// The key's name
        #[arg(value_parser = ApiKeyName::parse)]
        name: ApiKeyName,
        /// How long the old secret counts, like 24h, 30m or 0s
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = overlap)]
        old_valid_for: SignedDuration,
    },
    /// Remove a key: nothing gets in with it any more
    Remove {
        /// The key's name
        #[arg(value_parser = ApiKeyName::parse)]
        name: ApiKeyName,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct KeyAdd {
    /// What to call it, like crm
    #[arg(value_parser = ApiKeyName::parse)]
    pub(crate) name: ApiKeyName,
    /// What it may do: read, control, create
    #[arg(long = "scope", value_name = "SCOPES", value_delimiter = ',', default_value = "read,control",
          value_parser = scope)]
    pub(crate) scopes: Vec<Scope>,
    /// A masked number whose calls it sees, and from which it may call; again for more; all without
    #[arg(long = "number", value_name = "NUMBER")]
    pub(crate) numbers: Vec<String>,
    #[command(flatten)]
    pub(crate) region: Region,
    /// The countries that it may call, like US,CA; those of its numbers without
    #[arg(long = "country", value_name = "COUNTRIES", value_delimiter = ',', value_parser = Country::parse)]
    pub(crate) countries: Vec<Country>,
    /// How many people it may call in a minute
    #[arg(long, value_name = "COUNT", default_value_t = ApiKey::CALLS_PER_MINUTE)]
    pub(crate) calls_per_minute: u32,
    /// For how many minutes they may be called in a day
    #[arg(long, value_name = "MINUTES", default_value_t = ApiKey::MINUTES_PER_DAY)]
    pub(crate) minutes_per_day: u32,
    /// Where the program hears what happens
    #[arg(long, value_name = "URL", value_parser = CallbackUrl::parse)]
    pub(crate) callback: Option<CallbackUrl>,
    /// Who makes it; otherwise whom AWS knows you as, or this machine's user
    #[arg(long, value_name = "WHO", env = "AFTERTONE_BY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) by: Option<String>,
}

fn scope(text: &str) -> Result<Scope, InvalidApiKey> {
    Scope::named(text).ok_or(InvalidApiKey::Scope)
}

fn overlap(text: &str) -> Result<SignedDuration, String> {
    let overlap: SignedDuration = text.parse().map_err(|_| "write it like 24h, 30m or 0s".to_owned())?;
    if overlap.is_negative() || overlap > LONGEST_OVERLAP {
        return Err("it may be 30 days (720h) at most".to_owned());
    }
    Ok(overlap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_a_time_up_to_thirty_days() {
        for (text, hours) in [("24h", 24), ("720h", 720), ("0s", 0), ("90m", 1)] {
            assert_eq!(overlap(text).map(|overlap| overlap.as_hours()), Ok(hours), "{text}");
        }
        for text in ["", "24", "tomorrow", "-1h", "721h"] {
            assert!(overlap(text).is_err(), "{text}");
        }
    }
}
