//! What holds of every value and of every text.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use twiml::messaging;
use twiml::voice::{Enqueue, Redirect};
use twiml::voice::{Response, Say, Task};

use crate::strategies::{any_messaging_response, any_response, any_string};

/// Pieces of documents, to be put together rightly and wrongly.
const PIECES: &[&str] = &[
    "<Response>",
    "</Response>",
    "<Response/>",
    "<Say>",
    "</Say>",
    "<Say",
    "/>",
    ">",
    "<Dial>",
    "</Dial>",
    "<Number>",
    "</Number>",
    "<break/>",
    "<p>",
    "</p>",
    " voice=\"",
    "\"",
    "'",
    " loop='2'",
    "+15550100",
    " ",
    "\n",
    "&amp;",
    "&",
    "&#0;",
    "&#x20;",
    "&lt;",
    ";",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "--",
    "<?xml version=\"1.0\"?>",
    "<?x",
    "?>",
    "<!DOCTYPE x>",
    "\u{FEFF}",
    "\u{FFFF}",
    "$text",
    "<$text>",
    "=",
    "é",
    "\u{1}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_written_is_read_back_equal_and_is_xml(response in any_response()) {
        let xml = response.to_xml().unwrap();
        prop_assert!(xml.starts_with(r#"<?xml version="1.0" encoding="UTF-8"?><Response"#));
        roxmltree::Document::parse(&xml).unwrap();
        prop_assert_eq!(&Response::from_xml(&xml).unwrap(), &response);

        let pretty = response.to_xml_pretty().unwrap();
        prop_assert_eq!(&Response::from_xml(&pretty).unwrap(), &response);
    }

    #[test]
    fn what_is_written_for_messages_is_read_back_equal(response in any_messaging_response()) {
        let xml = response.to_xml().unwrap();
        roxmltree::Document::parse(&xml).unwrap();
        prop_assert_eq!(&messaging::Response::from_xml(&xml).unwrap(), &response);
        let pretty = response.to_xml_pretty().unwrap();
        prop_assert_eq!(&messaging::Response::from_xml(&pretty).unwrap(), &response);
    }

    #[test]
    fn another_parser_reads_the_same_text(text in any_string(), other in any_string()) {
        let response = Response::new()
            .say(Say::new(text.as_str()).voice(other.as_str()))
            .enqueue(Enqueue::workflow("WW1", Task::new(other.as_str())))
            .redirect(Redirect::new(text.as_str()));
        let xml = response.to_xml().unwrap();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let clean = |text: &str| text.replace(|c: char| {
            c < ' ' && !"\t\n\r".contains(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
        }, "");
        let mut elements = document.root_element().children();
        let say = elements.next().unwrap();
        prop_assert_eq!(say.text().unwrap_or_default(), clean(&text));
        prop_assert_eq!(say.attribute("voice").unwrap(), clean(&other));
        let task = elements.next().unwrap().first_child().unwrap();
        prop_assert_eq!(task.text().unwrap_or_default(), clean(&other));
        let redirect = elements.next().unwrap();
        let url = clean(&text);
        prop_assert_eq!(redirect.text().unwrap_or_default(), url.trim_matches([' ', '\t', '\n', '\r']));
    }

    #[test]
    fn reading_any_string_never_panics(text in any_string()) {
        let _ = Response::from_xml(&text);
        let _ = Response::from_xml(&format!("<Response>{text}</Response>"));
        let _ = Response::from_xml(&format!("<Response><Say>{text}</Say></Response>"));
    }

    #[test]
    fn reading_any_bytes_never_panics(bytes in vec(any::<u8>(), 0..64)) {
        let _ = Response::from_xml(&String::from_utf8_lossy(&bytes));
    }
}

/// Whatever is taken is XML for another parser, too, and is the same once written.
fn taken_rightly(xml: &str) -> Result<(), TestCaseError> {
    if let Ok(response) = Response::from_xml(xml) {
        if let Err(error) = roxmltree::Document::parse(xml) {
            return Err(TestCaseError::fail(format!("{xml:?} is not XML: {error}")));
        }
        let written = response.to_xml().unwrap();
        prop_assert_eq!(Response::from_xml(&written).unwrap(), response);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_put_together_from_pieces_is_taken_only_if_it_is_xml(
        pieces in vec(select(PIECES), 0..8)
    ) {
        taken_rightly(&pieces.concat())?;
        taken_rightly(&format!("<Response>{}</Response>", pieces.concat()))?;
        taken_rightly(&format!("<Response><Say>{}</Say></Response>", pieces.concat()))?;
        taken_rightly(&format!("<Response><Say{}/></Response>", pieces.concat()))?;
    }

    #[test]
    fn a_document_with_a_fault_put_in_is_taken_only_if_it_is_xml(
        place in any::<prop::sample::Index>(),
        removed in 0_usize..3,
        piece in prop_oneof![select(PIECES).prop_map(str::to_owned), any_string()],
    ) {
        const XML: &str = concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><!-- c --><Dial timeout="20" "#,
            r#"action='/x?a=1&amp;b=2'><Number>+15550100</Number></Dial><Say voice="a">Hi "#,
            r#"<break time="1s"/><![CDATA[<]]>&#33;</Say><Hangup></Hangup></Response>"#,
        );
        let at = place.index(XML.len() + 1);
        let end = (at + removed).min(XML.len());
        taken_rightly(&format!("{}{piece}{}", &XML[..at], &XML[end..]))?;
    }
}
