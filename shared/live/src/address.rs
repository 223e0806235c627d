//! Whom legs are placed to, and from whom they come.

use std::collections::BTreeMap;

use phone::{Caller, PhoneNumber};
use serde::{Deserialize, Serialize};

/// Whom a leg is placed to, or from whom it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Address {
    /// A telephone, by its number in E.164.
    Phone {
        /// The number.
        #[serde(with = "crate::written::number")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::Number"))]
        number: PhoneNumber,
    },
    /// A SIP address.
    Sip {
        /// The address, `sip:` and all.
        uri: String,
        /// Headers that go with it, by their names: `X-…` or `User-to-User`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// A browser or an app, by the name under which it is registered.
    Client {
        /// The name.
        identity: String,
        /// What it is told with the call.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<String, String>,
    },
    /// A telephone of the number's owner, which is a secret.
    Owner,
    /// Somebody who calls without telling from where: a withheld number, or none that can be called back.
    Withheld,
}

impl Address {
    /// From whom a call comes.
    pub fn of_caller(caller: &Caller) -> Self {
        match caller {
            Caller::Number(number) => Self::Phone { number: number.clone() },
            Caller::Client(identity) => {
                Self::Client { identity: identity.to_string(), parameters: BTreeMap::new() }
            }
            Caller::Sip(uri) => Self::Sip { uri: uri.to_string(), headers: BTreeMap::new() },
            Caller::Withheld(_) | Caller::Other(_) => Self::Withheld,
        }
    }
}
