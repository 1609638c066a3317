//! PINs and badges: what is kept of them, and whether one fits.
//!
//! A PIN has four to six digits, so whoever holds what is kept of it could try them all. Two things stand against that:
//! argon2id makes each try cost memory and time, and a secret of the device goes into it that is not in the database. A
//! badge is looked up by its keyed hash.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, Mac};
use pos_domain::Refusal;
use sha2::Sha256;
use std::sync::Arc;

/// Fewest characters of a badge: shorter ones could be tried.
const BADGE_CHARS_MIN: usize = 8;
const BADGE_CHARS_MAX: usize = 128;
/// The least that OWASP's password storage cheat sheet asks of argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// The secret of this device.
#[derive(Clone)]
pub(crate) struct DeviceSecret([u8; 32]);

impl DeviceSecret {
    pub(crate) fn new(secret: [u8; 32]) -> DeviceSecret {
        DeviceSecret(secret)
    }

    fn argon2(&self) -> Result<Argon2<'_>, Refusal> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(failed)?;
        Argon2::new_with_secret(&self.0, Algorithm::Argon2id, Version::V0x13, params).map_err(failed)
    }

    /// What is kept of a PIN. `salt` are fresh random bytes.
    pub(crate) fn of_pin(&self, pin: &str, salt: [u8; 16]) -> Result<Arc<str>, Refusal> {
        pos_domain::people::check_pin(pin)?;
        let salt = SaltString::encode_b64(&salt).map_err(failed)?;
        let kept = self.argon2()?.hash_password(pin.as_bytes(), &salt).map_err(failed)?;
        Ok(kept.to_string().into())
    }

    /// Whether a PIN is the one that was kept.
    pub(crate) fn fits(&self, pin: &str, kept: &str) -> Result<bool, Refusal> {
        let kept = PasswordHash::new(kept).map_err(failed)?;
        Ok(self.argon2()?.verify_password(pin.as_bytes(), &kept).is_ok())
    }

    /// What is kept of a badge.
    pub(crate) fn of_badge(&self, badge: &str) -> Result<Arc<str>, Refusal> {
        let badge = badge.trim();
        if !(BADGE_CHARS_MIN..=BADGE_CHARS_MAX).contains(&badge.len()) {
            let problem = format!("A badge has {BADGE_CHARS_MIN} to {BADGE_CHARS_MAX} characters.");
            return Err(Refusal::Malformed { problem });
        }
        let mut keyed = Hmac::<Sha256>::new_from_slice(&self.0).map_err(failed)?;
        keyed.update(b"pos-badge-v1\0");
        keyed.update(badge.as_bytes());
        Ok(hex::encode(keyed.finalize().into_bytes()).into())
    }
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::CheckFailed { problem: format!("a PIN or a badge could not be worked on: {error}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_fits_where_it_was_set_and_nowhere_else() {
        let (here, elsewhere) = (DeviceSecret::new([1; 32]), DeviceSecret::new([2; 32]));
        let kept = here.of_pin("4711", [7; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(!kept.contains("4711"));
        assert!(here.fits("4711", &kept).unwrap());
        assert!(!here.fits("4712", &kept).unwrap());
        assert!(!here.fits("", &kept).unwrap());
        // Whoever carries the database away has not got the device.
        assert!(!elsewhere.fits("4711", &kept).unwrap());
        assert_ne!(kept, here.of_pin("4711", [8; 16]).unwrap());
        assert!(here.of_pin("0000", [7; 16]).is_err());
        assert!(here.fits("4711", "nonsense").is_err());
    }

    #[test]
    fn badges_are_found_by_what_is_kept_of_them() {
        let (here, elsewhere) = (DeviceSecret::new([1; 32]), DeviceSecret::new([2; 32]));
        assert_eq!(here.of_badge("B-0815-4711").unwrap(), here.of_badge(" B-0815-4711\n").unwrap());
        assert_ne!(here.of_badge("B-0815-4711").unwrap(), here.of_badge("B-0815-4712").unwrap());
        assert_ne!(here.of_badge("B-0815-4711").unwrap(), elsewhere.of_badge("B-0815-4711").unwrap());
        assert!(here.of_badge("1234567").is_err());
        assert!(here.of_badge(&"x".repeat(129)).is_err());
    }
}
