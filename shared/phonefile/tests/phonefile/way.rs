//! The way of a call, told.

use insta::assert_snapshot;
use jiff::civil::DateTime;
use phone::PhoneNumber;
use phonefile::model::Call;
use phonefile::{PhoneFile, deciding_entry, read, way};

use crate::SHOP;

fn shop() -> PhoneFile {
    read(SHOP).unwrap().file
}

fn call(from: Option<&str>, at: &str) -> Call {
    let from = from.map(|from| PhoneNumber::parse(from).unwrap());
    let at = at.parse::<DateTime>().unwrap().to_zoned(shop().time_zone).unwrap();
    Call { from, at, known: false, unverified: false, presses: Vec::new(), says: Vec::new() }
}

fn told(call: &Call) -> String {
    let file = shop();
    way(&file, call).sentences(&file).join("\n")
}

#[test]
fn who_is_blocked_is_refused() {
    assert_snapshot!(told(&call(None, "2026-12-23T10:00")), @r#"
    line 37: fits, for the caller is in `blocked`
    line 37: the call is refused
    "#);
}

#[test]
fn the_entry_that_decides_a_call_is_known() {
    let file = shop();
    let entry =
        |from: Option<&str>| deciding_entry(&file, &call(from, "2026-12-23T10:00")).map(|it| it.to_string());
    assert_eq!(entry(None).as_deref(), Some("blocked#anonymous"));
    assert_eq!(entry(Some("+13127770001")).as_deref(), Some("vip#+1312777*"));
    assert_eq!(entry(Some("+15035550111")), None, "a rule for who calls first");
    let small = |from: &str, at: &str| {
        let text = format!(
            "number: \"+14155550101\"\ntime_zone: UTC\npeople:\n  ana: {{ email: a@x.example }}\n\
             lists:\n  vip: [\"+1312*\", {{ who: \"+13125550142\", until: 2026-12-24 }}]\n\
             calls:\n  - {{ from: {from}, do: {{ voicemail: ana }} }}\n"
        );
        let file = read(text).unwrap().file;
        deciding_entry(&file, &call(Some("+13125550142"), at)).map(|it| it.who)
    };
    // The first that holds decides, of conditions and of entries.
    assert_eq!(small("vip", "2026-12-23T10:00").as_deref(), Some("+1312*"));
    assert_eq!(small("[\"+13125550142\", vip]", "2026-12-23T10:00"), None);
    assert_eq!(small("not vip", "2026-12-23T10:00"), None);
}

#[test]
fn a_vip_rings_at_night() {
    assert_snapshot!(told(&call(Some("+13127770001"), "2026-12-24T23:00")), @r#"
    line 37: does not fit, for the caller is not in `blocked`
    line 38: fits, for the caller is in `vip`
    line 38: `ana`, `ben` ring for 40 s; nobody picks up
    line 38: a message is taken for `ana`
    "#);
}

#[test]
fn a_stranger_is_asked_and_presses_a_key() {
    let call = Call { presses: vec!['2'], ..call(Some("+15035550111"), "2026-12-23T10:00") };
    assert_snapshot!(told(&call), @r#"
    line 37: does not fit, for the caller is not in `blocked`
    line 38: does not fit, for the caller is not in `vip`
    line 39: fits, for hours.shop (line 13) is open until 12:30, and the caller calls for the first time
    line 39: the caller hears `welcome`
    line 39: the caller is asked who calls and why
    line 39: the caller comes to the menu `main`
    line 22: the caller hears what is written there
    line 25: the caller chooses 2
    line 32: `ben` rings for 40 s; nobody picks up
    line 33: `ana`, `front` ring for 25 s; nobody picks up
    line 34: a message is taken for `ben`
    "#);
}

#[test]
fn who_is_known_and_silent_goes_on_to_otherwise() {
    let call = Call { known: true, ..call(Some("+15035550111"), "2026-12-23T10:00") };
    assert_snapshot!(told(&call), @r#"
    line 37: does not fit, for the caller is not in `blocked`
    line 38: does not fit, for the caller is not in `vip`
    line 39: does not fit, for the caller is known
    line 40: fits, for hours.shop (line 13) is open until 12:30
    line 40: the caller hears `welcome`
    line 40: the caller comes to the menu `main`
    line 22: the caller hears what is written there
    line 26: the caller chooses nothing that there is
    line 26: `front` rings for 25 s; nobody picks up
    line 26: a message is taken for `ana`
    "#);
}

#[test]
fn a_word_is_as_good_as_a_key() {
    let says = vec!["an emergency, please".to_owned()];
    let call = Call { says, ..call(Some("+15035550111"), "2026-12-25T10:00") };
    assert_snapshot!(told(&call), @r#"
    line 37: does not fit, for the caller is not in `blocked`
    line 38: does not fit, for the caller is not in `vip`
    line 39: does not fit, for hours.shop (line 15) is closed until 2026-12-26 10:00
    line 40: does not fit, for hours.shop (line 15) is closed until 2026-12-26 10:00
    line 41: fits, for it is for every call
    line 41: the caller hears `closed`
    line 41: the caller comes to the menu `night`
    line 27: the caller hears what is written there
    line 29: the caller chooses 1
    line 32: `ben` rings for 40 s; nobody picks up
    line 33: `ana`, `front` ring for 25 s; nobody picks up
    line 34: a message is taken for `ben`
    "#);
}

#[test]
fn a_key_that_is_not_there_is_nothing_chosen() {
    let call = Call { presses: vec!['9'], ..call(Some("+15035550111"), "2027-08-03T10:00") };
    assert_snapshot!(told(&call), @r#"
    line 37: does not fit, for the caller is not in `blocked`
    line 38: does not fit, for the caller is not in `vip`
    line 39: does not fit, for hours.shop (line 17) is closed until 2027-08-14 10:00
    line 40: does not fit, for hours.shop (line 17) is closed until 2027-08-14 10:00
    line 41: fits, for it is for every call
    line 41: the caller hears `closed`
    line 41: the caller comes to the menu `night`
    line 27: the caller hears what is written there
    the caller chooses nothing that there is
    line 41: a message is taken for `ana`
    "#);
}

#[test]
fn while_it_is_off_no_rule_is_asked() {
    let text = SHOP.split("expect:").next().unwrap();
    let file = read(format!("{text}off: [say: unavailable, reject]\n")).unwrap().file;
    let way = way(&file, &call(None, "2026-12-23T10:00"));
    assert_eq!(
        way.sentences(&file),
        [
            "all calls go the way of `off`",
            "line 45: the caller hears `unavailable`",
            "line 45: the call is refused"
        ]
    );
    assert!(way.rejects());
}

#[test]
fn of_a_way_without_end_the_beginning_is_told() {
    let mut file = shop();
    let plan = file.plans[0].plan.clone();
    for _ in 0..100 {
        file.plans[0].plan.splice(0..0, plan[..2].iter().cloned());
    }
    for _ in 0..5 {
        let menu = file.plans[0].plan.clone();
        file.plans[0].plan.splice(0..0, menu[..200].iter().cloned());
    }
    let call = Call { presses: vec!['1'], ..call(Some("+15035550111"), "2026-12-25T10:00") };
    let way = way(&file, &call);
    assert_eq!(way.sentences(&file).last().map(|it| it.ends_with("and so on")), Some(true));
    assert!(way.happened.len() < 600);
}
