//! The telephone network alone, as somebody at its terminal has it.

use std::fs;

use super::Place;
use super::serving::Serving;

fn exchange(place: &Place, arguments: &[&str]) -> Serving {
    Serving::started(place.path(), &[&["exchange", "--port=0", "--speed=60"], arguments].concat())
}

#[test]
fn a_call_from_outside_shows_at_both_terminals() {
    let place = Place::new();
    let mut running = exchange(&place, &[]);
    let port = running.port();
    // Nothing answers where a new number leads, as long as it is pointed nowhere else.
    let call = place.run(&["exchange", "call", "--port", &port, "--patience", "30"]);
    assert_eq!((call.code, call.complaint.as_str()), (0, ""), "{}", call.shown);
    assert!(call.shown.contains("caller   dials +14155550100"), "{}", call.shown);
    assert!(call.shown.contains("AN APPLICATION ERROR HAS OCCURRED"), "{}", call.shown);
    assert!(call.shown.ends_with("The call is completed.\n"), "{}", call.shown);
    running.until("caller   dials +14155550100");
    running.until("error 11205");
    assert_eq!(running.ends_by("-TERM"), 0);
}

#[test]
fn a_number_that_nobody_has_is_refused_with_those_there_are() {
    let place = Place::new();
    let running = exchange(&place, &[]);
    let call = place.run(&["exchange", "call", "--port", &running.port(), "--to", "+14155559999"]);
    let told = "error: no account has the number +14155559999; there are +14155550100, +14155550101, \
                +14155550102\n";
    assert_eq!((call.code, call.complaint.as_str()), (1, told));
    assert_eq!(running.ends_by("-INT"), 0);
}

#[test]
fn a_port_that_is_taken_is_told_with_its_cure() {
    let place = Place::new();
    let running = exchange(&place, &[]);
    let second = place.run(&["exchange", "--port", &running.port()]);
    assert_eq!((second.code, second.shown.as_str()), (1, ""));
    assert!(second.complaint.contains("name another one with --port"), "{}", second.complaint);
    assert_eq!(running.ends_by("-TERM"), 0);
    let nobody = place.run(&["exchange", "call", "--port", "1"]);
    assert_eq!(nobody.code, 1);
    assert!(
        nobody.complaint.contains("start it with `cargo run -- exchange --port 1`"),
        "{}",
        nobody.complaint
    );
}

#[test]
fn telephones_come_from_a_file_whose_faults_are_told() {
    let place = Place::new();
    let file = place.path().join("phones.yaml");
    fs::write(&file, "- number: \"+12125550142\"\n  says: Hi.\n- { number: \"+12125550143\", busy: true }\n")
        .unwrap();
    let mut running = exchange(&place, &["--phones=phones.yaml"]);
    assert!(running.has_told("telephones +12125550142, +12125550143"));
    assert_eq!(running.ends_by("-TERM"), 0);
    fs::write(&file, "- { number: \"+12125550142\", answers_after: 4 }\n").unwrap();
    let run = place.run(&["exchange", "--port=0", "--phones=phones.yaml"]);
    assert_eq!((run.code, run.shown.as_str()), (1, ""));
    assert!(run.complaint.contains("phones.yaml is no list of telephones"), "{}", run.complaint);
    assert!(run.complaint.contains("answers_after_seconds"), "{}", run.complaint);
    fs::write(&file, "- { number: \"555-Anna\" }\n").unwrap();
    let run = place.run(&["exchange", "--port=0", "--phones=phones.yaml"]);
    assert!(run.complaint.contains("\"555-Anna\" is no number like +12125550142"), "{}", run.complaint);
    let run = place.run(&["exchange", "--port=0", "--phones=nowhere.yaml"]);
    assert!(run.complaint.contains("nowhere.yaml can't be read"), "{}", run.complaint);
}

#[test]
fn the_environment_leads_a_library_to_the_port_that_is_named() {
    let place = Place::new();
    let run = place.run(&["exchange", "env", "--port", "4011"]);
    assert_eq!((run.code, run.complaint.as_str()), (0, ""));
    assert!(run.shown.starts_with("export AFTERTONE_EXCHANGE='http://127.0.0.1:4011'\n"), "{}", run.shown);
    assert!(place.path().join("aftertone-data/exchange/python/sitecustomize.py").is_file());
}
