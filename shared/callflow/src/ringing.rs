//! The sound of ringing, for callers who are parked: they hear Twilio's music else, or nothing.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use crate::sound::{RATE, piece};

/// A tone of a second, and two of silence: nobody waits in silence for longer.
const TONE: u32 = RATE;
const CADENCE: u32 = 3 * RATE;

/// The two frequencies of a ringing tone in North America, in hertz. Source: ITU-T E.180, supplement 2.
const HERTZ: [f64; 2] = [440.0, 480.0];

/// Made once: each parked caller asks for it every few seconds.
static RINGING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    piece(|at| {
        let is_silent = at % CADENCE >= TONE;
        let time = f64::from(at) / f64::from(RATE);
        let level: f64 = HERTZ.iter().map(|hertz| (TAU * hertz * time).sin()).sum();
        if is_silent { 0.0 } else { level * 0.08 }
    })
});

/// A WAV of eight bits a sample, in µ-law.
pub fn ringing() -> &'static [u8] {
    &RINGING
}

/// The document that somebody hears who is alone in a room: the sound of ringing, for as long as it takes. Its address is
/// told from where the document stands.
pub fn alone() -> &'static [u8] {
    br#"<?xml version="1.0" encoding="UTF-8"?><Response><Play loop="0">ringing.wav</Play></Response>"#
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::tests::{SILENCE, samples};

    #[test]
    fn it_rings_a_second_in_three() {
        let wav = ringing();
        let sound = samples(wav);
        for (second, is_ringing) in [true, false, false, true, false, false, true].into_iter().enumerate() {
            let part = &sound[second * 8000..(second + 1) * 8000];
            let loud = part.iter().filter(|sample| **sample != SILENCE).count();
            assert!(if is_ringing { loud > 7000 } else { loud == 0 }, "second {second}: {loud}");
        }
    }
}
