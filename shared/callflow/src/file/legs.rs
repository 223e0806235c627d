//! Who is to ring in a step.

use std::collections::BTreeMap;

use domain::{Effect, LegId, LegState, LiveLeg, RingTime};
use jiff::SignedDuration;

use crate::file::scene::{Ringing, Scene};

/// The legs of a step, by their names.
pub(crate) fn of_step(
    scene: Scene<'_>,
    step: u16,
    ringing: &[Ringing<'_>],
    time: RingTime,
) -> BTreeMap<LegId, LiveLeg> {
    let shown = scene.shown();
    let legs = ringing.iter().map(|Ringing { rung, person, to }| {
        let after = SignedDuration::try_from(rung.after).unwrap_or_default();
        let not_before = scene.now.checked_add(after).unwrap_or(scene.now);
        let leg = LiveLeg {
            person: person.id.clone(),
            to: (*to).clone(),
            shown: shown.clone(),
            shows_caller: *shown != scene.parties.number,
            language: scene.language_of(person),
            step,
            not_before,
            seconds: time.as_seconds(),
            call_sid: None,
            state: LegState::Planned,
            told_at: None,
            placing: Effect::pending(not_before),
            ending: Effect::pending(scene.now),
            refused: None,
        };
        (LegId::new(step, &person.id), leg)
    });
    legs.collect()
}
