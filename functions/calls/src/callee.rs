//! Whom to call, as a program writes it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An address, with what goes along.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AddressWithHeaders"))]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressBody {
    /// The address.
    #[cfg_attr(feature = "schema", schemars(with = "AddressText"))]
    pub(crate) address: String,
    /// With SIP, headers: `X-…` and `User-to-User`. With `client:`, parameters. With a number, none. 1,024 characters in
    /// all.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("propertyNames" = { "pattern": "^[A-Za-z0-9_-]+$" })))]
    pub(crate) headers: BTreeMap<String, String>,
}

/// An address as a text.
#[cfg(feature = "schema")]
pub(crate) enum AddressText {}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for AddressText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AddressText".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A number in E.164, `sip:` or `sips:` and an address, or `client:` and a name.",
            "pattern": r"^(\+[1-9][0-9]{6,14}|sips?:[!-~]*@[!-~]*|client:[A-Za-z0-9_.-]{1,256})$",
        })
    }
}
