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
                let condition = self.body["Conditions"].get(argument[0].as_str().unwrap_or_default());
                let holds = self.holds(condition.context("no such condition")?)?;
                self.text(&argument[if holds { 1 } else { 2 }])
            }
            other => bail!("{other} is not known here"),
        }
    }

    fn holds(&self, condition: &Value) -> Result<bool> {
        let (function, argument) = call(condition)?;
        match function {
            "Fn::Equals" => Ok(self.text(&argument[0])? == self.text(&argument[1])?),
            "Fn::Not" => Ok(!self.holds(&argument[0])?),
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
    use serde_json::json;

    use super::*;

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
