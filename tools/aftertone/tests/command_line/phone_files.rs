//! Phone files without any stack: nothing here has an account, a stack, or a network.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::world::{Run, aftertone, run};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A document's first block in that language.
fn block(document: &Path, language: &str) -> String {
    let text = std::fs::read_to_string(document).unwrap();
    let (_, after) = text.split_once(&format!("```{language}\n")).unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

async fn check(text: &str, more: &[&str]) -> Run {
    run(aftertone().args(["number", "check", "-"]).args(more), text).await
}

async fn when(text: &str, more: &[&str]) -> Run {
    run(aftertone().args(["when", "--file", "-"]).args(more), text).await
}

const WRONG: &str = r#"number: "+14155550101"
time_zone: America/Los_Angeles
people: { ana: { phone: "+12125550142", email: ana@example.com } }
texts: []
calls:
  - { from: "1900*", do: voicemail }
  - { do: [ring: anna] }
"#;

#[tokio::test]
async fn every_fault_is_shown_with_its_line_and_mark() {
    let run = check(WRONG, &[]).await;
    assert_eq!((run.code, &*run.complaint), (1, ""));
    for told in [
        "standard input:4:1  warning: `texts` comes with a later release.",
        "standard input:6:13  from: \"1900*\" is no prefix: begin with +",
        "  6 |   - { from: \"1900*\", do: voicemail }\n    |             ^^^^^^^",
        "standard input:7:18  `anna` is no person. Did you mean `ana`?",
        "standard input can't be taken: 2 errors and 1 warning.\n",
    ] {
        assert!(run.shown.contains(told), "{told}\n{}", run.shown);
    }
}

#[tokio::test]
async fn faults_are_told_to_scripts_in_json() {
    let run = check(WRONG, &["--json"]).await;
    assert_eq!((run.code, &*run.complaint), (1, ""));
    let told = run.json();
    assert_eq!(told["fits"], false);
    let fault = json!({
        "weight": "error", "line": 7, "column": 18,
        "cause": "`anna` is no person", "cure": "Did you mean `ana`?",
    });
    assert_eq!((told["faults"].as_array().unwrap().len(), &told["faults"][2]), (3, &fault));
}

#[tokio::test]
async fn a_file_that_is_right_is_summed_up() {
    let shop = docs().join("cookbook/shop.yaml");
    let run = run(aftertone().args(["number", "check", "--json"]).arg(&shop), "").await;
    let told = run.json();
    assert_eq!((run.code, &*run.complaint), (0, ""));
    assert_eq!((&told["fits"], &told["number"]), (&json!(true), &json!("+14155550102")));
    assert_eq!((&told["rules"], &told["expectations"]), (&json!(4), &json!(6)));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told() {
    let file = "there-is-no-such-file.yaml";
    run(aftertone().args(["number", "check", file]), "").await.refused("name a file that is there, or -");
    run(aftertone().args(["when", "--file", file]), "").await.refused("name a file that is there, or -");
}

#[tokio::test]
async fn the_way_of_a_call_is_as_the_documentation_tells_it() {
    let document = docs().join("phone-file.md");
    let (file, told) = (block(&document, "yaml"), block(&document, "console"));
    check(&file, &[]).await.ok();
    let (_, told) = told.split_once("$ aftertone when --file shop.yaml ").unwrap();
    let (asked, told) = told.split_once('\n').unwrap();
    assert_eq!(asked, r#"--from +15035550111 --at "2026-12-24 10:00""#);
    let shown = when(&file, &["--from", "+15035550111", "--at", "2026-12-24 10:00"]).await.ok();
    assert_eq!(shown, told);
}

#[tokio::test]
async fn the_readmes_file_is_right_and_plays_what_it_expects() {
    let file = block(&docs().join("../README.md"), "yaml");
    assert!(check(&file, &[]).await.ok().contains("3 rules, its expectation met, "));
    let at = ["--at", "2026-12-23 10:00"];
    let told = when(&file, &[&["--from", "anonymous", "--json"], &at[..]].concat()).await.json();
    assert_eq!((&told["rejects"], &told["from"]), (&json!(true), &json!(null)));
    let told =
        when(&file, &[&["--from", "(503) 555-0111", "--region", "us", "--json"], &at[..]].concat()).await;
    let told = told.json();
    assert_eq!((&told["from"], &told["voicemail"]), (&json!("+15035550111"), &json!("ana")));
    assert_eq!((&told["rings"], &told["rule"]["line"]), (&json!(["ana", "ben"]), &json!(8)));
    assert!(told["passed"][0]["why"].as_str().unwrap().contains("blocked"), "{told}");
}

#[tokio::test]
async fn what_is_pressed_and_said_leads_through_menus() {
    let shop = std::fs::read_to_string(docs().join("cookbook/shop.yaml")).unwrap();
    let open = ["--at", "2026-12-23 10:00"];
    let pressed = when(&shop, &[&["--presses", "2"], &open[..]].concat()).await.ok();
    assert!(
        pressed.starts_with("Somebody unknown calls on Wednesday, 2026-12-23 10:00 (America/Los_Angeles)\n")
    );
    assert!(pressed.contains("the caller chooses 2") && pressed.contains("a message is taken for `ben`"));
    let said = when(&shop, &[&["--says", "riego, por favor", "--known"], &open[..]].concat()).await.ok();
    assert!(said.contains("the caller chooses 2") && said.contains("does not fit, for the caller is known"));
}

#[tokio::test]
async fn a_call_that_is_none_and_a_file_with_faults_are_refused() {
    let shop = std::fs::read_to_string(docs().join("cookbook/shop.yaml")).unwrap();
    for (asked, why) in [
        (["--at", "tomorrow"], "\"tomorrow\" is no time"),
        (["--presses", "1#"], "'#' is no key of a menu"),
        (["--from", "555"], "or say --from anonymous"),
    ] {
        when(&shop, &asked).await.refused(why);
    }
    let refused = when(WRONG, &[]).await;
    assert!(refused.shown.is_empty() && !refused.complaint.contains("warning"), "{refused:?}");
    refused.refused("standard input has 2 errors, so that no call goes by it");
    // The file is asked for, not guessed.
    let asked = run(aftertone().args(["when", "--at", "2026-12-24 10:00"]), "").await;
    assert!(asked.code == 2 && asked.complaint.contains("--file <FILE>"), "{asked:?}");
}
