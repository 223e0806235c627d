//! The template language's functions, as far as the values need them that the emulator leaves out.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A deployed template, with what its names stand for.
#[derive(Debug)]
pub struct Template {
    /// The template, after SAM's transform.
    pub body: Value,
    /// What `Ref` gives: parameters, pseudo-parameters, and the names of resources.
    pub names: BTreeMap<String, String>,
}

impl Template {
    /// The text that a value stands for.
    ///
    /// # Errors
    /// When it uses a function that is not known here.
    pub fn text(&self, value: &Value) -> Result<String> {
        if let Some(text) = value.as_str() {
            return Ok(text.to_owned());
        }
        let (function, argument) = call(value)?;
        match function {
            "Ref" => self.name(argument.as_str().context("a Ref to nothing")?),
            "Fn::Sub" => self.substitute(argument.as_str().context("a Sub without a text")?),
            "Fn::Join" => {
                let parts: Result<Vec<String>> = list(&argument[1])?.iter().map(|it| self.text(it)).collect();
                Ok(parts?.join(argument[0].as_str().context("a Join without a delimiter")?))
            }
            "Fn::Select" => {
                let index = usize::try_from(argument[0].as_u64().context("a Select without an index")?)?;
                let (function, split) = call(&argument[1])?;
                if function != "Fn::Split" {
                    bail!("a Select from {function}");
                }
                let (delimiter, text) = (self.text(&split[0])?, self.text(&split[1])?);
                text.split(&*delimiter).nth(index).map(str::to_owned).context("a Select beyond the end")
            }
            "Fn::FindInMap" => {
                let keys: Result<Vec<String>> = list(argument)?.iter().map(|it| self.text(it)).collect();
                let found = keys?.iter().try_fold(&self.body["Mappings"], |map, key| map.get(key));
                Ok(found.and_then(Value::as_str).context("nothing in the map")?.to_owned())
            }
            "Fn::If" => {
                let holds = self.holds_by_name(&argument[0])?;
                self.text(&argument[if holds { 1 } else { 2 }])
            }
            other => bail!("{other} is not known here"),
        }
    }

    fn holds_by_name(&self, name: &Value) -> Result<bool> {
        let condition = self.body["Conditions"].get(name.as_str().unwrap_or_default());
        self.holds(condition.context("no such condition")?)
    }

    fn holds(&self, condition: &Value) -> Result<bool> {
        let (function, argument) = call(condition)?;
        match function {
            "Fn::Equals" => Ok(self.text(&argument[0])? == self.text(&argument[1])?),
            "Fn::Not" => Ok(!self.holds(&argument[0])?),
            "Fn::And" => {
                let all: Result<Vec<bool>> = list(argument)?.iter().map(|it| self.holds(it)).collect();
                Ok(all?.into_iter().all(|holds| holds))
            }
            "Condition" => self.holds_by_name(argument),
            other => bail!("{other} is not known here"),
        }
    }

    fn substitute(&self, text: &str) -> Result<String> {
        let mut parts = text.split("${");
        let mut done = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').context("a name without an end")?;
            done.push_str(&self.name(name)?);
            done.push_str(rest);
        }
        Ok(done)
    }

    fn name(&self, name: &str) -> Result<String> {
        let default = self.body.pointer(&format!("/Parameters/{name}/Default"));
        let default = default.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        self.names.get(name).cloned().or(default).with_context(|| format!("{name} stands for nothing"))
    }
}

fn call(value: &Value) -> Result<(&str, &Value)> {
    let (function, argument) = value
        .as_object()
        .and_then(|map| map.iter().next())
        .with_context(|| format!("{value} is no function"))?;
    Ok((function, argument))
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value.as_array().with_context(|| format!("{value} is no list"))
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
    use serde_json::{Map, json};
    use serde_saphyr::Tagged;

    use super::*;

    /// YAML in which the short form of a function is what it is short for.
    struct Long(Value);

    impl<'de> Deserialize<'de> for Long {
        fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
            let Tagged(Plain(value), tag) = Tagged::<Plain>::deserialize(yaml)?;
            Ok(Self(match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
                Some(name @ ("Ref" | "Condition")) => json!({ name: value }),
                Some(name) => json!({ format!("Fn::{name}"): value }),
                None => value,
            }))
        }
    }

    struct Plain(Value);

    impl<'de> Deserialize<'de> for Plain {
        fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
            yaml.deserialize_any(Reader).map(Plain)
        }
    }

    struct Reader;

    impl<'de> Visitor<'de> for Reader {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("YAML")
        }

        fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_str<E>(self, value: &str) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_unit<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
            let mut values = vec![];
            while let Some(Long(value)) = list.next_element()? {
                values.push(value);
            }
            Ok(values.into())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
            let mut values = Map::new();
            while let Some((key, Long(value))) = map.next_entry::<String, Long>()? {
                values.insert(key, value);
            }
            Ok(values.into())
        }
    }

    #[test]
    fn a_mail_from_outside_of_its_domain_is_refused() {
        let Long(body) = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
        let identity = body.pointer("/Resources/MailIdentity/Properties/EmailIdentity").unwrap().clone();
        // SES takes no identity with blanks in its name.
        let refused = "MailFrom is not an address of MailDomain";
        for (from, domain, name) in [
            ("a@example.com", "", "a@example.com"),
            ("a@example.com", "example.com", "example.com"),
            ("a@mail.example.com", "mail.example.com", "mail.example.com"),
            ("a@mail.example.com", "example.com", refused),
            ("a@example.com", "mail.example.com", refused),
            ("a@example.com", "example.org", refused),
            ("a@notexample.com", "example.com", refused),
            ("example.com@example.org", "example.com", refused),
        ] {
            let names = [("MailFrom", from), ("MailDomain", domain)];
            let names = names.map(|(name, it)| (name.to_owned(), it.to_owned())).into();
            let template = Template { body: body.clone(), names };
            assert_eq!(template.text(&identity).unwrap(), name, "{from} of {domain:?}");
        }
    }

    #[test]
    fn functions_stand_for_what_cloudformation_makes_of_them() {
        let template = Template {
            body: json!({
                "Parameters": { "Language": { "Default": "en" }, "Days": { "Default": 3 } },
                "Conditions": { "English": { "Fn::Equals": [{ "Ref": "Language" }, "en"] },
                    "Other": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Language" }, "en"] }] } },
                "Mappings": { "Documents": { "en": { "Voice": "aXbXc" } } },
            }),
            names: [("Api", "a1"), ("AWS::Region", "r")].map(|(name, it)| (name.into(), it.into())).into(),
        };
        let document = json!({ "Fn::FindInMap": ["Documents", { "Ref": "Language" }, "Voice"] });
        let cases = [
            (json!({ "Fn::Sub": "https://${Api}.${AWS::Region}/${Days}" }), "https://a1.r/3"),
            (json!({ "Fn::Select": [2, { "Fn::Split": ["X", document] }] }), "c"),
            (json!({ "Fn::Join": ["-", ["a", { "Fn::If": ["English", "b", ""] }]] }), "a-b"),
            (json!({ "Fn::If": ["Other", "b", "c"] }), "c"),
        ];
        for (value, text) in cases {
            assert_eq!(template.text(&value).unwrap(), text, "{value}");
        }
        assert!(template.text(&json!({ "Fn::GetAtt": ["A", "B"] })).is_err());
        assert!(template.text(&json!({ "Ref": "Nothing" })).is_err());
    }
}
