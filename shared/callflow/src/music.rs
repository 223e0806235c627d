//! Music for callers who are parked: chords as a harp breaks them, quiet, and of our own making.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use crate::sound::{PIECE_SECONDS, RATE, piece};

/// A bar a chord, six notes each, up and down again: C major, A minor, F and G. The last leads back to the first.
/// Semitones, where 69 is the A of 440 Hz; all are within what telephones carry.
const BARS: [[u8; 6]; 4] =
    [[60, 64, 67, 72, 67, 64], [64, 69, 72, 76, 72, 69], [65, 69, 72, 77, 72, 69], [67, 71, 74, 79, 74, 71]];

/// How long a note takes to be there, and to fade, in seconds.
const ATTACK: f64 = 0.006;
const DECAY: f64 = 0.45;

/// How loud its octave is beside it.
const OCTAVE: f64 = 0.3;

/// Of one note. With those that still fade it is as loud as the ringing is.
const LEVEL: f64 = 0.055;

/// A note of a bar before is not heard any more.
const HEARD: usize = 6;

/// For how long the end fades, in seconds, so that it does not click.
const FADE: f64 = 0.04;

/// Made once: each parked caller asks for it every few seconds.
static MUSIC: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let notes: Vec<f64> = BARS.as_flattened().iter().map(|note| hertz(*note)).collect();
    let seconds = f64::from(u32::try_from(PIECE_SECONDS).unwrap_or_default());
    let apart = seconds / f64::from(u32::try_from(notes.len()).unwrap_or(1));
    let begins = |note: usize| f64::from(u32::try_from(note).unwrap_or_default()) * apart;
    piece(|at| {
        let time = f64::from(at) / f64::from(RATE);
        let begun = (0..notes.len()).take_while(|note| begins(*note) <= time).count();
        let heard = begun.saturating_sub(HEARD)..begun;
        let level: f64 = heard.map(|note| string(notes[note], time - begins(note))).sum();
        level * LEVEL * ((seconds - time) / FADE).min(1.0)
    })
});

/// A WAV of eight bits a sample, in µ-law.
pub fn music() -> &'static [u8] {
    &MUSIC
}

/// A plucked string, so many seconds later.
fn string(hertz: f64, age: f64) -> f64 {
    let wave = TAU * hertz * age;
    let envelope = (1.0 - (-age / ATTACK).exp()) * (-age / DECAY).exp();
    envelope * (wave.sin() + OCTAVE * (2.0 * wave).sin())
}

fn hertz(note: u8) -> f64 {
    440.0 * ((f64::from(note) - 69.0) / 12.0).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ringing;
    use crate::sound::tests::samples;

    /// How loud each part is: µ-law counts down from silence, in either direction.
    fn loudest(sound: &[u8], part: usize) -> Vec<u8> {
        sound.chunks(part).map(|part| part.iter().map(|it| !it & 0x7f).max().unwrap()).collect()
    }

    #[test]
    fn it_is_heard_all_the_time_and_no_louder_than_ringing() {
        let (music, ringing) = (music(), ringing());
        let parts = loudest(samples(music), 800);
        let limit = loudest(samples(ringing), 8000)[0];
        assert!(parts.iter().all(|loud| (0x20..=limit).contains(loud)), "{parts:?}, at most {limit}");
    }

    #[test]
    fn it_begins_and_ends_without_a_click() {
        let music = music();
        let sound = samples(music);
        for edge in [&sound[..4], &sound[sound.len() - 4..]] {
            assert!(loudest(edge, 4)[0] < 0x20, "{edge:?}");
        }
    }

    #[test]
    fn its_notes_are_those_that_are_written() {
        let written = [(69, 440.0), (60, 261.63), (79, 783.99)];
        for (note, expected) in written {
            assert!((hertz(note) - expected).abs() < 0.01, "{note}: {}", hertz(note));
        }
        let all = BARS.as_flattened();
        assert!(all.iter().all(|note| (250.0..3400.0 / 2.0).contains(&hertz(*note))), "{all:?}");
    }
}
