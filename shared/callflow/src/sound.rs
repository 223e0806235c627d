//! Sounds that are computed, as telephones have them.

/// How long a piece of what parked callers hear is, in seconds. It ends with a tone: what comes next takes a moment
/// to be asked for.
pub const PIECE_SECONDS: i64 = 7;

/// Samples in a second, as telephones have them.
pub(crate) const RATE: u32 = 8000;

/// The samples of a piece, by their numbers.
pub(crate) fn piece(sample: impl Fn(u32) -> f64) -> Vec<u8> {
    let samples = u32::try_from(PIECE_SECONDS).unwrap_or_default() * RATE;
    wav((0..samples).map(|at| mu_law(sample(at))).collect())
}

/// A WAV of eight bits a sample, in µ-law.
fn wav(sound: Vec<u8>) -> Vec<u8> {
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
pub(crate) mod tests {
    use super::*;

    /// Nothing to hear.
    pub(crate) const SILENCE: u8 = 0xff;

    /// The samples of a sound, as they stand in its file.
    pub(crate) fn samples(wav: &[u8]) -> &[u8] {
        &wav[58..]
    }

    #[test]
    fn its_lengths_are_those_of_its_parts() {
        let wav = piece(|_| 0.0);
        let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(&wav[..4], b"RIFF");
        assert_eq!(number(4) + 8, wav.len());
        assert_eq!(&wav[50..54], b"data");
        assert_eq!(number(54) + 58, wav.len());
        assert_eq!(samples(&wav).len(), 56_000);
    }

    #[test]
    fn silence_is_silent_and_more_is_louder() {
        assert_eq!(mu_law(0.0), SILENCE);
        let loud = [0.001, 0.01, 0.1, 1.0, 9.0].map(|level| !mu_law(level));
        assert!(loud.is_sorted(), "{loud:?}");
        assert_eq!(mu_law(0.5) ^ mu_law(-0.5), 0x80);
    }
}
