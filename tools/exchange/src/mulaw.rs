//! Sound as telephones carry it: µ-law, a byte a sample (ITU-T G.711).

/// Added before the logarithm is taken, so that the smallest segment is as wide as the others.
const BIAS: i32 = 0x84;

/// What is louder is as loud as this.
const LOUDEST: i32 = 32_635;

/// A sample as a byte.
pub(crate) fn encode(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs().min(LOUDEST) + BIAS;
    let segment = (magnitude >> 7).ilog2();
    let step = (magnitude >> (segment + 3)) & 0x0f;
    let sign = if sample < 0 { 0x80 } else { 0 };
    let byte = u8::try_from(step).unwrap_or(0) | u8::try_from(segment << 4).unwrap_or(0) | sign;
    !byte
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(byte: u8) -> i32 {
        let byte = !byte;
        let (segment, step) = ((byte >> 4) & 7, i32::from(byte & 0x0f));
        let magnitude = (((step << 3) + BIAS) << segment) - BIAS;
        if byte & 0x80 == 0 { magnitude } else { -magnitude }
    }

    #[test]
    fn a_sample_is_as_loud_as_the_standard_has_it() {
        // As in the tables of G.711: the ends of segments.
        for (sample, byte) in [(0, 0xff), (8, 0xfe), (-8, 0x7e), (132, 0xef), (32_635, 0x80), (-32_768, 0x00)]
        {
            assert_eq!(encode(sample), byte, "{sample}");
        }
        for sample in (i16::MIN..=i16::MAX).step_by(7) {
            let (was, is) = (i32::from(sample).clamp(-LOUDEST, LOUDEST), decode(encode(sample)));
            assert!((was - is).abs() <= 4 + was.abs() / 16, "{was} became {is}");
        }
    }
}
