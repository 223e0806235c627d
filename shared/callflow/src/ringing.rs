//! The sound of ringing, for callers who are parked: they hear Twilio's music else, or nothing.

use std::f64::consts::TAU;

/// How long it is, in seconds. It ends with the tone: what comes next takes a moment to be asked for.
pub const RINGING_SECONDS: i64 = 7;

/// Samples in a second, as telephones have them.
const RATE: u32 = 8000;

/// A tone of a second, and two of silence: nobody waits in silence for longer.
const TONE: u32 = RATE;
const CADENCE: u32 = 3 * RATE;

/// The two frequencies of a ringing tone in North America, in hertz. Source: ITU-T E.180, supplement 2.
const HERTZ: [f64; 2] = [440.0, 480.0];

/// A WAV of eight bits a sample, in µ-law.
pub fn ringing() -> Vec<u8> {
    let samples = (0..u32::try_from(RINGING_SECONDS).unwrap_or_default() * RATE).map(|at| {
        let is_silent = at % CADENCE >= TONE;
        let time = f64::from(at) / f64::from(RATE);
        let level: f64 = HERTZ.iter().map(|hertz| (TAU * hertz * time).sin()).sum();
        if is_silent { 0.0 } else { level * 0.08 }
    });
    let sound: Vec<u8> = samples.map(mu_law).collect();
    let length = u32::try_from(sound.len()).unwrap_or(u32::MAX);
    let mut wav = Vec::with_capacity(sound.len() + 58);
    // "fmt " of 18 bytes, and "fact", as a format that is no PCM has them. Source: RFC 2361, WAVE_FORMAT_MULAW.
    wav.extend(b"RIFF");
    wav.extend((length + 50).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(18_u32.to_le_bytes());
    wav.extend([7_u16, 1].map(u16::to_le_bytes).concat());
    wav.extend([RATE, RATE].map(u32::to_le_bytes).concat());
    wav.extend([1_u16, 8, 0].map(u16::to_le_bytes).concat());
    wav.extend(b"fact");
    wav.extend([4, length].map(u32::to_le_bytes).concat());
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(sound);
    wav
}

/// Source: ITU-T G.711.
#[expect(clippy::cast_possible_truncation, reason = "it is bounded before")]
fn mu_law(level: f64) -> u8 {
    const BIAS: i32 = 0x84;
    let linear = (level * 32_767.0).clamp(-32_635.0, 32_635.0) as i32;
    let sign = if linear < 0 { 0x80 } else { 0 };
    let magnitude = linear.abs() + BIAS;
    let exponent = (0..8).rev().find(|bit| magnitude & (0x80 << bit) != 0).unwrap_or(0);
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !u8::try_from(sign | (exponent << 4) | mantissa).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rings_a_second_in_three() {
        let wav = ringing();
        let sound = &wav[58..];
        assert_eq!(sound.len(), 56_000);
        let silence = mu_law(0.0);
        assert_eq!(silence, 0xff);
        for (second, is_ringing) in [true, false, false, true, false, false, true].into_iter().enumerate() {
            let part = &sound[second * 8000..(second + 1) * 8000];
            let loud = part.iter().filter(|sample| **sample != silence).count();
            assert!(if is_ringing { loud > 7000 } else { loud == 0 }, "second {second}: {loud}");
        }
    }

    #[test]
    fn its_lengths_are_those_of_its_parts() {
        let wav = ringing();
        let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(&wav[..4], b"RIFF");
        assert_eq!(number(4) + 8, wav.len());
        assert_eq!(&wav[50..54], b"data");
        assert_eq!(number(54) + 58, wav.len());
    }
}
