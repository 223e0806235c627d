//! The fallback documents in the template: what callers hear while no function works.
//!
//! They are constants in `template.yaml`, because nothing of ours may have to run when they are
//! needed. They are written from callflow's own answers, and a test holds the two together.

use std::fmt::Write as _;

use callflow::{
    Callbacks, RULES, Says, WithoutFunctions, hang_up_without_functions, thanks_without_functions,
    voicemail_without_functions,
};
use domain::Language;
use serde_json::Value;
use thiserror::Error;

/// What stands in the documents where the template puts the address of the webhooks.
pub const PLACEHOLDER: &str = "WEBHOOKS";

/// Where a message's end leads: beside the document itself.
const RECORDED: &str = "thanks";

/// An answer of callflow's can't be written.
#[derive(Debug, Error)]
#[error("an answer can't be written as TwiML")]
pub struct NotTwiml;

/// The template has no such document.
#[derive(Debug, Error)]
#[error("the template has no fallback document {key} for {language}")]
pub struct NoDocument {
    key: &'static str,
    language: Language,
}

/// The status by which API Gateway is told which of its responses is the answer.
pub fn status(answer: WithoutFunctions) -> u16 {
    match answer {
        WithoutFunctions::TakeMessage => 200,
        WithoutFunctions::Thanks => 201,
        WithoutFunctions::HangUp => 202,
    }
}

/// Callflow's rules in Velocity's language, as API Gateway reads it.
pub fn choice() -> String {
    let said = |says: &Says| match says {
        Says::Has(field) => format!(r#"$form.contains("&{field}=")"#),
        Says::Is(field, value) => format!(r#"$form.contains("&{field}={value}&")"#),
        Says::IsNot(field, value) => format!(r#"!$form.contains("&{field}={value}&")"#),
    };
    let mut template = r#"#set($form = "&$input.body&")"#.to_owned();
    for (nth, (answer, lines)) in RULES.iter().enumerate() {
        let lines = lines.iter().map(|line| line.iter().map(said).collect::<Vec<_>>().join(" && "));
        let condition = lines.map(|line| format!("({line})")).collect::<Vec<_>>().join(" || ");
        let directive = if nth == 0 { "#if" } else { "#elseif" };
        let _ = write!(template, r#"{directive}({condition}){{"statusCode": {}}}"#, status(*answer));
    }
    let otherwise = status(WithoutFunctions::TakeMessage);
    let _ = write!(template, r#"#else{{"statusCode": {otherwise}}}#end"#);
    template
}

/// The documents in every language, and what chooses among them, as they stand in the template.
///
/// # Errors
/// [`NotTwiml`], if callflow's answers break a rule of TwiML.
pub fn written() -> Result<String, NotTwiml> {
    let callbacks = Callbacks::below(PLACEHOLDER);
    let Ok(hang_up) = hang_up_without_functions().to_xml() else { return Err(NotTwiml) };
    let (choice, hang_up) = (choice(), plain(&hang_up));
    let mut mapping =
        format!("  FallbackChoice:\n    Request:\n      Choose: '{choice}'\n      HangUp: '{hang_up}'\n");
    mapping.push_str("  FallbackDocuments:\n");
    for language in Language::ALL {
        let voice = voicemail_without_functions(language, &callbacks, RECORDED).to_xml();
        let thanks = thanks_without_functions(language).to_xml();
        let (Ok(voice), Ok(thanks)) = (voice, thanks) else { return Err(NotTwiml) };
        let (voice, thanks) = (plain(&voice), plain(&thanks));
        let _ = write!(mapping, "    {language}:\n      Voice: '{voice}'\n      Thanks: '{thanks}'\n");
    }
    Ok(mapping.trim_end().to_owned())
}

/// What callers get from the fallback URL, for webhooks below `webhooks`.
///
/// # Errors
/// [`NoDocument`].
pub fn voice(template: &str, language: Language, webhooks: &str) -> Result<String, NoDocument> {
    Ok(document(template, language, "Voice")?.replace(PLACEHOLDER, webhooks))
}

/// What they get after the message.
///
/// # Errors
/// [`NoDocument`].
pub fn thanks(template: &str, language: Language) -> Result<String, NoDocument> {
    document(template, language, "Thanks")
}

/// What they get after a conversation.
///
/// # Errors
/// [`NoDocument`].
pub fn hung_up(template: &str) -> Result<String, NoDocument> {
    in_template(template, "FallbackChoice/Request/HangUp")
        .ok_or(NoDocument { key: "HangUp", language: Language::English })
}

fn document(template: &str, language: Language, key: &'static str) -> Result<String, NoDocument> {
    in_template(template, &format!("FallbackDocuments/{language}/{key}")).ok_or(NoDocument { key, language })
}

/// A text among the template's mappings.
fn in_template(template: &str, path: &str) -> Option<String> {
    let template: Value = serde_saphyr::from_str(template).ok()?;
    template.pointer(&format!("/Mappings/{path}"))?.as_str().map(str::to_owned)
}

/// Replaces what API Gateway's templates, YAML or the way to AWS would take for
/// something else by XML's character references.
fn plain(xml: &str) -> String {
    xml.trim_end().chars().filter(|c| *c != '\n').fold(String::new(), |mut text, c| {
        if c.is_ascii() && !['#', '$', '\''].contains(&c) {
            text.push(c);
        } else {
            let _ = write!(text, "&#{};", u32::from(c));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    #[test]
    fn the_templates_fallback_documents_are_what_callflow_writes() {
        let written = written().unwrap();
        let mappings = |yaml: &str| serde_saphyr::from_str::<Value>(yaml).unwrap()["Mappings"].clone();
        let (are, are_to_be) = (mappings(TEMPLATE), mappings(&format!("Mappings:\n{written}")));
        for name in ["FallbackChoice", "FallbackDocuments"] {
            assert!(
                are[name] == are_to_be[name],
                "template.yaml is out of date. Its fallback documents are to be:\n\n{written}\n"
            );
        }
    }

    #[test]
    fn a_document_never_leads_a_caller_back_to_a_function() {
        for language in Language::ALL {
            let voice = voice(TEMPLATE, language, "https://example.com/webhook").unwrap();
            assert!(voice.contains(r#" action="thanks""#), "{voice}");
            assert!(!thanks(TEMPLATE, language).unwrap().contains("example.com"));
        }
    }
}
