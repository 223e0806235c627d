//! A caller chooses.

use super::*;

const FRIEND: &str = "+15035550111";

fn in_menu() -> Call {
    Call::to(SHOP, FRIEND, known())
}

#[test]
fn a_key_leads_on_also_while_the_menu_is_said() {
    let mut call = in_menu();
    assert_eq!(call.then(Input::Key('1')).rings(), ["0-ana", "0-front"]);
    let mut call = in_menu();
    assert_eq!(call.then(Input::Key('2')).rings(), ["0-ben"]);
}

#[test]
fn a_word_leads_on_if_the_recogniser_is_sure() {
    for confidence in [None, Some(0.5), Some(0.98)] {
        let mut call = in_menu();
        call.then(Input::Speech("I have an Emergency, please", confidence));
        assert_eq!(call.rings(), ["0-ben"], "{confidence:?}");
    }
}

#[test]
fn a_word_that_is_not_sure_is_asked_for_once_more() {
    let mut call = in_menu();
    call.then(Input::Speech("orders", Some(0.3)));
    assert_eq!(call.hears(), "Did you say orders? Press 1 for yes, 2 for no.");
    assert_eq!(call.then(Input::Key('1')).rings(), ["0-ana", "0-front"]);
    let mut call = in_menu();
    call.then(Input::Speech("orders", Some(0.3))).then(Input::Speech("yes", Some(0.9)));
    assert_eq!(call.rings(), ["0-ana", "0-front"]);
    let mut call = in_menu();
    call.then(Input::Speech("orders", Some(0.3))).then(Input::Key('2'));
    assert_eq!(call.hears(), "Orders, 1. Irrigation emergency, 2.");
}

#[test]
fn two_words_of_two_options_are_asked_about() {
    let mut call = in_menu();
    call.then(Input::Speech("orders or emergency", Some(0.9)));
    assert_eq!(call.hears(), "Did you say emergency? Press 1 for yes, 2 for no.");
}

#[test]
fn silence_and_mistakes_are_counted_apart() {
    let mut call = in_menu();
    call.then(Input::Nothing);
    assert_eq!(call.hears(), "I didn't hear anything. | Orders, 1. Irrigation emergency, 2.");
    call.then(Input::Key('8'));
    assert_eq!(call.hears(), "That is not one of the choices. | Orders, 1. Irrigation emergency, 2.");
    call.then(Input::Speech("what", Some(0.9)));
    // Otherwise: front rings, by a plain dial.
    let Treatment::Ring(ring) = &call.treatment else { panic!("{:?}", call.treatment) };
    assert_eq!(ring.targets[0].reveal(), "+12125550199");
    let mut call = in_menu();
    call.then(Input::Nothing).then(Input::Nothing);
    assert!(matches!(call.treatment, Treatment::Ring(_)), "{:?}", call.treatment);
}

#[test]
fn the_star_goes_back_and_the_hash_says_it_again() {
    let mut call = in_menu();
    call.then(Input::Key('3'));
    assert_eq!(call.hears(), "Garden, 1.");
    call.then(Input::Key('#'));
    assert_eq!(call.hears(), "Garden, 1.");
    call.then(Input::Key('*'));
    assert_eq!(call.hears(), "Orders, 1. Irrigation emergency, 2.");
    call.then(Input::Key('*'));
    assert_eq!(call.hears(), "Orders, 1. Irrigation emergency, 2.");
    assert_eq!(call.then(Input::Key('2')).rings(), ["0-ben"]);
}

#[test]
fn what_a_menu_does_not_take_goes_on_behind_it() {
    let mut night =
        Call::at(SHOP, FRIEND, known(), "2026-11-30T23:00:00-08:00".parse().unwrap(), Usage::Left);
    night.then(Input::Nothing).then(Input::Nothing);
    assert_eq!(night.message_for(), Some("ana"));
}

#[test]
fn nobody_is_kept_in_menus_for_longer_than_ninety_seconds() {
    let mut call = in_menu();
    call.after(91).then(Input::Nothing);
    assert!(matches!(call.treatment, Treatment::Ring(_)), "{:?}", call.treatment);
}

#[test]
fn who_calls_for_the_first_time_says_a_name() {
    let stranger = Known { language: Some(domain::Language::English), ..Known::default() };
    let mut call = Call::to(SHOP, FRIEND, stranger);
    assert_eq!(call.hears(), "Hollis Garden Center. | Please say your name, and why you are calling.");
    call.then(Input::Speech("Kim about the fence", Some(0.8)));
    assert_eq!(call.said.as_deref(), Some("Kim about the fence"));
    assert_eq!(call.hears(), "Orders, 1. Irrigation emergency, 2.");
    let mut silent = Call::to(SHOP, FRIEND, stranger);
    silent.then(Input::Nothing);
    assert_eq!(silent.message_for(), Some("ana"));
}
