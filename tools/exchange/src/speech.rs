//! What people say on the telephone: sound and the words in it.

use std::fmt;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

/// Samples a second, as Twilio records.
pub const SAMPLE_RATE: u32 = 8000;

/// Below this a sample counts as silence: about -40 dB.
const QUIET: u16 = 328;

/// Sound with its words: 8 kHz, mono, 16 bit, which is 16 kB a second.
///
/// Clones share the samples.
#[derive(Clone, PartialEq)]
pub struct Speech {
    samples: Arc<[i16]>,
    words: Arc<str>,
}

/// Why a file is no speech.
#[derive(Debug, Error)]
pub enum SpeechError {
    /// The file cannot be opened or is no WAV file.
    #[error("{path}: not a readable WAV file")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: hound::Error,
    },
    /// The sound is stored in a way that is not read here.
    #[error("{path}: {found} is not supported; save it as PCM (8, 16, 24 or 32 bit) or 32-bit float")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// How the file stores its sound.
        found: String,
    },
    /// There are no samples.
    #[error("{path}: the file holds no sound")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The words beside the sound cannot be read.
    #[error("{path}: cannot read the words")]
    Words {
        /// The text file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Speech {
    /// Reads a WAV file; its words stand beside it in a file of the same name that ends in `.txt`.
    /// Without that file there are no words.
    ///
    /// Any sample rate and any number of channels will do: the sound is mixed and resampled.
    ///
    /// # Errors
    /// [`SpeechError`] when the file is no WAV file, empty, or in a format that is not read here.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SpeechError> {
        let path = path.as_ref();
        let text = path.with_extension("txt");
        let words = match std::fs::read_to_string(&text) {
            Ok(words) => words,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(SpeechError::Words { path: text, source }),
        };
        Self::from_file_with_words(path, &words)
    }

    /// Reads a WAV file in which `words` are spoken.
    ///
    /// # Errors
    /// As [`Speech::from_file`].
    pub fn from_file_with_words(path: impl AsRef<Path>, words: &str) -> Result<Self, SpeechError> {
        let path = path.as_ref();
        let reader = hound::WavReader::open(path)
            .map_err(|source| SpeechError::Unreadable { path: path.into(), source })?;
        Self::read(reader, path, words)
    }

    /// Reads the bytes of a WAV file in which `words` are spoken.
    ///
    /// # Errors
    /// As [`Speech::from_file`]; the path in the message is `(memory)`.
    pub fn from_wav(wav: &[u8], words: &str) -> Result<Self, SpeechError> {
        let path = Path::new("(memory)");
        let reader = hound::WavReader::new(Cursor::new(wav))
            .map_err(|source| SpeechError::Unreadable { path: path.into(), source })?;
        Self::read(reader, path, words)
    }

    fn read<R: std::io::Read>(
        mut reader: hound::WavReader<R>,
        path: &Path,
        words: &str,
    ) -> Result<Self, SpeechError> {
        let spec = reader.spec();
        let unreadable = |source| SpeechError::Unreadable { path: path.into(), source };
        let samples: Vec<f32> = match (spec.sample_format, spec.bits_per_sample) {
            (hound::SampleFormat::Int, bits @ (8 | 16 | 24 | 32)) => {
                let full = f32::from(2_i16).powi(i32::from(bits) - 1);
                reader
                    .samples::<i32>()
                    .map(|sample| sample.map(|sample| as_f32(sample) / full))
                    .collect::<Result<_, _>>()
                    .map_err(unreadable)?
            }
            (hound::SampleFormat::Float, 32) => {
                reader.samples::<f32>().collect::<Result<_, _>>().map_err(unreadable)?
            }
            (format, bits) => {
                return Err(SpeechError::Unsupported {
                    path: path.into(),
                    found: format!("{bits}-bit {format:?}"),
                });
            }
        };
        let mono: Vec<f32> = samples
            .chunks(usize::from(spec.channels.max(1)))
            .map(|frame| frame.iter().sum::<f32>() / f32::from(spec.channels.max(1)))
            .collect();
        if mono.is_empty() {
            return Err(SpeechError::Empty { path: path.into() });
        }
        let samples: Vec<i16> = resample(&mono, spec.sample_rate).into_iter().map(to_sample).collect();
        Ok(Self { samples: samples.into(), words: words.trim().into() })
    }

    /// A voicemail in English of about eight seconds, spoken by a machine.
    pub fn english_sample() -> Self {
        Self::shipped(include_bytes!("../speech/english.wav"), include_str!("../speech/english.txt"))
    }

    /// A voicemail in Mandarin of about six seconds, spoken by a machine.
    pub fn chinese_sample() -> Self {
        Self::shipped(include_bytes!("../speech/chinese.wav"), include_str!("../speech/chinese.txt"))
    }

    fn shipped(wav: &[u8], words: &str) -> Self {
        match Self::from_wav(wav, words) {
            Ok(speech) => speech,
            Err(_) => unreachable!("the shipped samples are read by a test"),
        }
    }

    /// A hum of this length that stands for `words`.
    pub fn tone(length: Duration, words: &str) -> Self {
        let samples: Vec<i16> = (0..samples_in(length))
            .map(|n| {
                // A triangle of 400 Hz: twenty samples a period, no floating point needed.
                let phase = i16::try_from(n % 20).unwrap_or(0);
                (if phase < 10 { phase } else { 20 - phase }) * 1200 - 6000
            })
            .collect();
        Self { samples: samples.into(), words: words.trim().into() }
    }

    /// Silence of this length.
    pub fn silence(length: Duration) -> Self {
        Self { samples: vec![0; samples_in(length)].into(), words: "".into() }
    }

    /// The same sound, said to mean these words.
    pub fn with_words(&self, words: &str) -> Self {
        Self { samples: self.samples.clone(), words: words.trim().into() }
    }

    /// This speech, then another.
    pub fn then(&self, next: &Self) -> Self {
        let samples: Vec<i16> = self.samples.iter().chain(next.samples.iter()).copied().collect();
        let words = [&*self.words, &*next.words].join(" ");
        Self { samples: samples.into(), words: words.trim().into() }
    }

    /// How long it takes to say.
    pub fn length(&self) -> Duration {
        length_of(self.samples.len())
    }

    /// The words spoken.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The samples: 8 kHz, mono.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// A WAV file of it, as Twilio serves recordings.
    pub fn to_wav(&self) -> Bytes {
        let data = self.samples.len() * 2;
        let mut wav = Vec::with_capacity(44 + data);
        let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        wav.extend_from_slice(b"RIFF");
        wav.extend_from_slice(&size(36 + data));
        wav.extend_from_slice(b"WAVEfmt ");
        wav.extend_from_slice(&16_u32.to_le_bytes());
        wav.extend_from_slice(&1_u16.to_le_bytes());
        wav.extend_from_slice(&1_u16.to_le_bytes());
        wav.extend_from_slice(&SAMPLE_RATE.to_le_bytes());
        wav.extend_from_slice(&(SAMPLE_RATE * 2).to_le_bytes());
        wav.extend_from_slice(&2_u16.to_le_bytes());
        wav.extend_from_slice(&16_u16.to_le_bytes());
        wav.extend_from_slice(b"data");
        wav.extend_from_slice(&size(data));
        for sample in self.samples.iter() {
            wav.extend_from_slice(&sample.to_le_bytes());
        }
        wav.into()
    }

    /// The first `length` of it, with the share of the words that fits.
    pub(crate) fn first(&self, length: Duration) -> Self {
        let count = samples_in(length);
        if count >= self.samples.len() {
            return self.clone();
        }
        let chars: Vec<char> = self.words.chars().collect();
        let kept = chars.len() * count / self.samples.len().max(1);
        let mut words: String = chars[..kept].iter().collect();
        let cut_in_a_word = chars[..kept].last().is_some_and(char::is_ascii_alphanumeric)
            && chars.get(kept).is_some_and(char::is_ascii_alphanumeric);
        if cut_in_a_word {
            let whole = words.rfind(' ').unwrap_or(0);
            words.truncate(whole);
        }
        Self { samples: self.samples[..count].into(), words: words.trim().into() }
    }

    /// Where the first silence of at least `pause` begins, if there is one.
    pub(crate) fn first_pause(&self, pause: Duration) -> Option<Duration> {
        let wanted = samples_in(pause);
        let mut begin = 0;
        for (n, sample) in self.samples.iter().enumerate() {
            if sample.unsigned_abs() > QUIET {
                begin = n + 1;
            } else if n + 1 - begin >= wanted.max(1) {
                return Some(length_of(begin));
            }
        }
        None
    }

    /// So much silence with these speeches in it, each from its time on.
    pub(crate) fn mixed(length: Duration, pieces: &[(Duration, Self)]) -> Self {
        let mut samples = vec![0_i16; samples_in(length)];
        for (at, speech) in pieces {
            let begin = samples_in(*at).min(samples.len());
            for (sample, other) in samples[begin..].iter_mut().zip(speech.samples.iter()) {
                *sample = sample.saturating_add(*other);
            }
        }
        let words: Vec<&str> = pieces.iter().map(|(_, speech)| &*speech.words).collect();
        Self { samples: samples.into(), words: words.join(" ").trim().into() }
    }

    /// As WAV with two channels, this one first.
    pub(crate) fn to_stereo_wav(&self, other: &Self) -> Bytes {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let length = self.samples.len().max(other.samples.len());
        // Writing into memory does not fail.
        if let Ok(mut writer) = hound::WavWriter::new(&mut bytes, spec) {
            for n in 0..length {
                for channel in [self, other] {
                    let _ = writer.write_sample(channel.samples.get(n).copied().unwrap_or(0));
                }
            }
            let _ = writer.finalize();
        }
        bytes.into_inner().into()
    }

    /// Without the silence at both ends; wholly silent sound stays as it is.
    pub(crate) fn trimmed(&self) -> Self {
        let loud = |sample: &i16| sample.unsigned_abs() > QUIET;
        let (Some(first), Some(last)) =
            (self.samples.iter().position(loud), self.samples.iter().rposition(loud))
        else {
            return self.clone();
        };
        Self { samples: self.samples[first..=last].into(), words: self.words.clone() }
    }

    /// Whether nothing can be heard.
    pub(crate) fn is_silent(&self) -> bool {
        self.samples.iter().all(|sample| sample.unsigned_abs() <= QUIET)
    }
}

impl fmt::Debug for Speech {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Speech")
            .field("length", &self.length())
            .field("words", &self.words)
            .finish_non_exhaustive()
    }
}

fn samples_in(length: Duration) -> usize {
    usize::try_from(length.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000).unwrap_or(usize::MAX)
}

fn length_of(samples: usize) -> Duration {
    Duration::from_micros(samples as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
}

#[expect(clippy::cast_precision_loss, reason = "32-bit samples lose bits that 16-bit output does not have")]
fn as_f32(sample: i32) -> f32 {
    sample as f32
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of 16 bits first")]
fn to_sample(value: f32) -> i16 {
    (value * 32768.0).clamp(-32768.0, 32767.0) as i16
}

/// To 8 kHz: the mean of the input samples that fall into each output sample going down (which
/// also keeps most of what would alias out), a straight line between two going up.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions in a sound are far below 2^52 and never negative"
)]
fn resample(input: &[f32], rate: u32) -> Vec<f32> {
    if rate == SAMPLE_RATE {
        return input.to_vec();
    }
    let step = f64::from(rate) / f64::from(SAMPLE_RATE);
    let count = (input.len() as f64 / step).round() as usize;
    (0..count)
        .map(|n| {
            let begin = n as f64 * step;
            if step > 1.0 {
                let from = begin as usize;
                let to = ((begin + step) as usize).clamp(from + 1, input.len().max(from + 1));
                let window = input.get(from..to).unwrap_or_default();
                window.iter().sum::<f32>() / window.len().max(1) as f32
            } else {
                let from = begin as usize;
                let share = (begin - from as f64) as f32;
                let here = input.get(from).copied().unwrap_or(0.0);
                let next = input.get(from + 1).copied().unwrap_or(here);
                here + (next - here) * share
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(spec: hound::WavSpec, samples: &[i32]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for sample in samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn the_shipped_samples_are_readable_and_carry_their_words() {
        let english = Speech::english_sample();
        assert!((6..=10).contains(&english.length().as_secs()), "{english:?}");
        assert!(english.words().contains("apple trees"));
        let chinese = Speech::chinese_sample();
        assert!((4..=8).contains(&chinese.length().as_secs()), "{chinese:?}");
        assert!(chinese.words().contains("会议"));
        assert!(!english.is_silent() && !chinese.is_silent());
    }

    #[test]
    fn a_recording_is_sixteen_kilobytes_a_second() {
        let wav = Speech::tone(Duration::from_secs(3), "").to_wav();
        assert_eq!(wav.len(), 44 + 3 * 16_000);
        let read = Speech::from_wav(&wav, "").unwrap();
        assert_eq!(read.to_wav(), wav);
    }

    #[test]
    fn stereo_of_another_rate_becomes_eight_kilohertz_mono() {
        for (rate, bits) in [(44_100, 16), (16_000, 24), (4_000, 8), (48_000, 32)] {
            let spec = hound::WavSpec {
                channels: 2,
                sample_rate: rate,
                bits_per_sample: bits,
                sample_format: hound::SampleFormat::Int,
            };
            let loud = 1 << (bits - 2);
            let samples = vec![loud; 2 * rate as usize * 2];
            let speech = Speech::from_wav(&wav(spec, &samples), "hello").unwrap();
            assert_eq!(speech.length().as_millis(), 2000, "{rate}");
            assert!(speech.samples().iter().all(|s| (s - 16384).abs() < 200), "{rate}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_clearly() {
        let error = Speech::from_wav(b"ID3 this is an mp3", "").unwrap_err();
        assert!(error.to_string().contains("not a readable WAV file"));
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let error = Speech::from_wav(&wav(spec, &[]), "").unwrap_err();
        assert!(error.to_string().contains("holds no sound"));
        let error = Speech::from_file("/nowhere/to/be/found.wav").unwrap_err();
        assert!(error.to_string().contains("/nowhere/to/be/found.wav"));
    }

    #[test]
    fn the_words_stand_in_a_file_beside_the_sound() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/speech/english.wav");
        let speech = Speech::from_file(path).unwrap();
        assert_eq!(speech, Speech::english_sample());
        let other = Speech::from_file_with_words(path, "other words").unwrap();
        assert_eq!(other.words(), "other words");
    }

    #[test]
    fn half_of_a_speech_keeps_half_of_its_words() {
        let speech = Speech::tone(Duration::from_secs(10), "one two three four five six");
        let half = speech.first(Duration::from_secs(5));
        assert_eq!(half.length().as_secs(), 5);
        assert_eq!(half.words(), "one two three");
        assert_eq!(speech.first(Duration::from_secs(99)), speech);
    }

    #[test]
    fn pauses_are_found_and_ends_trimmed() {
        let second = Duration::from_secs(1);
        let speech = Speech::silence(second)
            .then(&Speech::tone(2 * second, "hello"))
            .then(&Speech::silence(6 * second));
        assert_eq!(speech.first_pause(5 * second).unwrap().as_secs(), 3);
        assert_eq!(speech.first_pause(7 * second), None);
        assert!((1990..=2000).contains(&speech.trimmed().length().as_millis()));
        assert!(Speech::silence(second).trimmed().is_silent());
    }
}
