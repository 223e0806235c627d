//! The signature, as Standard Webhooks has it.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use standardwebhooks::Webhook;
use thiserror::Error;

/// Nothing can be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotSigned {
    /// There is no secret.
    #[error("there is no secret to sign with")]
    NoSecret,
    /// A secret is not as one is written.
    #[error("a secret is not `whsec_` and base64")]
    BadSecret,
}

/// What stands in `webhook-signature`: a signature by each of the secrets, of which whoever receives it needs one.
///
/// # Errors
/// [`NotSigned`].
pub fn signature(id: &str, at: Timestamp, body: &str, secrets: &[SecretString]) -> Result<String, NotSigned> {
    if secrets.is_empty() {
        return Err(NotSigned::NoSecret);
    }
    let signed = secrets.iter().map(|secret| {
        let signer = Webhook::new(secret.expose_secret()).ok()?;
        signer.sign(id, at.as_second(), body.as_bytes()).ok()
    });
    let signed: Option<Vec<String>> = signed.collect();
    signed.map(|signed| signed.join(" ")).ok_or(NotSigned::BadSecret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"email":"test@example.com","username":"test_user"}"#;

    fn signed(secrets: &[&str]) -> Result<String, NotSigned> {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
        let at = Timestamp::from_second(1_649_367_553).unwrap();
        signature("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", at, BODY, &secrets)
    }

    #[test]
    fn a_signature_is_the_standards_own_by_each_secret() {
        const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        const SIGNED: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(signed(&[SECRET]).unwrap(), SIGNED);
        let both = signed(&[SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(first, SIGNED);
        assert!(second.starts_with("v1,") && second != SIGNED, "{second}");
    }

    #[test]
    fn a_signature_is_that_of_the_specifications_example() {
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let secret = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()];
        let signed = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#, &secret);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn nothing_is_signed_without_a_secret() {
        assert_eq!(signed(&[]), Err(NotSigned::NoSecret));
        assert_eq!(signed(&["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_?"]), Err(NotSigned::BadSecret));
    }
}
