//! Whether a person will get a genesis grant, said before they register.
//!
//! The ledger decides when it registers the person; this is what is known now: the age and the slots of the country that
//! the projector has not seen used.

use gx_contracts::genesis::{AGE_MIN_YEARS, GRANT_AGE_MAX_YEARS, PHASES, Slots};

/// What a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eligibility {
    /// Whether there will be a grant as things stand.
    pub eligible: bool,
    /// The same for people, with the reason.
    pub message: String,
}

/// What a person of `age` full years is told, in a country with `slots` per phase of which `granted` are used.
#[must_use]
pub fn eligibility(age: u32, slots: Slots, granted: Slots) -> Eligibility {
    if age > u32::from(GRANT_AGE_MAX_YEARS) {
        return Eligibility {
            eligible: false,
            message: format!(
                "You can register and use GX, but without a genesis grant: it is for people from {AGE_MIN_YEARS} to \
                 {GRANT_AGE_MAX_YEARS} years of age."
            ),
        };
    }
    let open = PHASES.iter().zip(slots.iter().zip(&granted)).find(|(_, (slots, granted))| granted < slots);
    match open {
        Some((phase, _)) => Eligibility {
            eligible: true,
            message: format!(
                "You are eligible for a genesis grant: {} in phase {} as things stand, once your documents are approved.",
                phase.user_grant.display_gx(),
                phase.number
            ),
        },
        None => Eligibility {
            eligible: false,
            message: "You can register and use GX, but without a genesis grant: all grants of your country are given."
                .to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOTS: Slots = [12, 24, 36, 48, 186, 294];

    #[test]
    fn the_age_window_is_inclusive() {
        assert!(eligibility(13, SLOTS, [0; 6]).eligible);
        assert!(eligibility(73, SLOTS, [0; 6]).eligible);
        let too_old = eligibility(74, SLOTS, [0; 6]);
        assert!(!too_old.eligible);
        assert!(too_old.message.contains("without a genesis grant"), "{}", too_old.message);
    }

    #[test]
    fn the_country_moves_through_its_phases_to_the_end() {
        let phase = |granted| eligibility(30, SLOTS, granted);
        assert!(phase([11, 0, 0, 0, 0, 0]).message.contains("500 GX in phase 1"));
        assert!(phase([12, 0, 0, 0, 0, 0]).message.contains("400 GX in phase 2"));
        assert!(phase([12, 24, 36, 48, 186, 293]).message.contains("50 GX in phase 6"));
        let exhausted = phase(SLOTS);
        assert!(!exhausted.eligible);
        assert!(exhausted.message.contains("all grants of your country are given"));
    }
}
