//! TwiML.

use proptest::prelude::*;
use twiml::voice::Response;

use crate::config;
use crate::text::{altered, any_bytes, any_text};

const DOCUMENT: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?><Response><!-- c --><Dial timeout="20" "#,
    r#"action='/x?a=1&amp;b=2'><Number>+15550100</Number></Dial><Say voice="a">Hi "#,
    r#"<break time="1s"/><![CDATA[<]]>&#33;</Say><Gather input="speech dtmf"><Play>a</Play></Gather>"#,
    r#"<Record maxLength="60" finishOnKey="&#35;"/><Hangup></Hangup></Response>"#,
);

/// Whatever is taken is XML for another parser, too, and is the same once written.
fn taken_rightly(xml: &str) -> Result<(), TestCaseError> {
    if let Ok(response) = Response::from_xml(xml) {
        prop_assert!(roxmltree::Document::parse(xml).is_ok(), "{:?} is not XML", xml);
        let written = response.to_xml().unwrap();
        prop_assert_eq!(Response::from_xml(&written).unwrap(), response);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_taken_for_twiml_is_xml_and_is_written_back_the_same(
        altered in altered(DOCUMENT),
        text in any_text(),
        bytes in any_bytes(),
    ) {
        taken_rightly(&altered)?;
        taken_rightly(&text)?;
        taken_rightly(&String::from_utf8_lossy(&bytes))?;
        taken_rightly(&format!("<Response>{text}</Response>"))?;
        taken_rightly(&format!("<Response><Say>{text}</Say></Response>"))?;
        taken_rightly(&format!("<Response><Say {text}/></Response>"))?;
    }
}
