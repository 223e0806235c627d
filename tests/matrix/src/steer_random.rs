//! Programs by a seed: two clients that know nothing of each other want up to twenty things of one call.

use std::time::Duration;

use exchange::{Cue, Deed, Phone};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::hunt::{ANA, BEN};
use crate::steer_step::{OURS, Step, Wants};

/// Whoever may be added; each once, so that a telephone that rings twice is seen.
const TELEPHONES: usize = 24;

/// How many things both want together, at most.
const MOST: usize = 20;

/// How long after the last of them the call ends, in seconds.
const ENDS_AFTER: u64 = 20;

pub(crate) fn creates() -> Value {
    json!({ "from": OURS, "to": [ANA, BEN], "ring_seconds": 25 })
}

/// The numbers of those who may be added.
fn telephone(number: usize) -> String {
    format!("+1212555{:04}", 2000 + number)
}

/// How long somebody who is asked may hear nothing, beyond what anybody may.
pub(crate) const THINKS: Duration = Duration::from_secs(6);

/// What each client wants, in its order.
pub(crate) fn programs(seed: u64) -> Vec<Vec<Step>> {
    let mut dice = dice(seed);
    let count = 3 + dice.below(MOST - 3);
    let mut clients = vec![Vec::new(), Vec::new()];
    let mut added = 0;
    let mut after = 3;
    for _ in 0..count {
        // Often at the same moment.
        after += dice.of(&[0, 0, 1, 1, 2, 4, 9]);
        let step = Step { after, wants: wants(&mut dice, &mut added) };
        clients[dice.below(2)].push(step);
    }
    let ends = Wants::Action(json!({ "type": "end" }));
    clients[0].push(Step { after: after + ENDS_AFTER, wants: ends });
    clients
}

fn wants(dice: &mut Dice, added: &mut usize) -> Wants {
    let who = dice.of(&["p1", "p1", "p2", "p2", "p3", "p4"]);
    let when_busy = dice.of(&["reject", "queue", "interrupt"]);
    let mut calls = |kind: &str| {
        *added += 1;
        let to = telephone(*added % TELEPHONES);
        json!({ "type": kind, "participant": who, "to": to, "ring_seconds": 12 })
    };
    let of = |kind: &str| json!({ "type": kind, "participant": who });
    Wants::Action(match dice.below(22) {
        0..=2 => of("hold"),
        3..=5 => of("resume"),
        6 => of("mute"),
        7 => of("unmute"),
        8 => of("remove"),
        9 | 10 => {
            let mut add = calls("add");
            add.as_object_mut().unwrap().remove("participant");
            add
        }
        11 | 12 => calls("consult"),
        13 => calls("transfer"),
        14 => return Wants::OfLast("complete"),
        15 => return Wants::OfLast("take_back"),
        16 => return Wants::Cancel,
        17 => {
            json!({ "type": "play", "participants": [who], "text": "One minute is left.", "when_busy": when_busy })
        }
        18 => json!({
            "type": "recognize", "participant": who, "prompt": { "text": "Please press one." },
            "choices": [{ "label": "one", "key": "1" }], "timeout_seconds": 3, "when_busy": when_busy,
        }),
        19 => json!({ "type": "cancel_media" }),
        20 => match dice.below(3) {
            0 => return Wants::OfLast("stop_recording"),
            1 => return Wants::OfLast("pause_recording"),
            _ => return Wants::OfLast("resume_recording"),
        },
        _ => {
            let consent = dice.of(&["none", "announce"]);
            let mut record = json!({ "type": "record", "participants": [who], "consent": consent });
            if consent == "announce" {
                record["announcement"] = json!({ "text": "This call is recorded." });
            }
            record
        }
    })
}

/// What everybody does.
pub(crate) fn phones(seed: u64) -> Vec<(String, Phone)> {
    let mut dice = dice(seed ^ 0x5eed);
    let answers = |dice: &mut Dice| Phone::answers_after(u64::from(1 + dice.number(6)));
    let mut all = vec![(ANA.to_owned(), answers(&mut dice)), (BEN.to_owned(), answers(&mut dice))];
    for number in 0..TELEPHONES {
        let phone = match dice.below(8) {
            0 => Phone::busy(),
            1 => Phone::never_answers(),
            _ => answers(&mut dice),
        };
        all.push((telephone(number), phone));
    }
    let gives_way = |dice: &mut Dice, phone: Phone| match dice.below(4) {
        0 => phone.on(Cue::answered().after(u64::from(dice.number(60))), Deed::HangsUp),
        1 => phone.on(Cue::hears("press one").after(2), Deed::presses("1")),
        _ => phone,
    };
    all.into_iter().map(|(number, phone)| (number, gives_way(&mut dice, phone))).collect()
}

fn dice(seed: u64) -> Dice {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    dice.below(1);
    dice
}
