//! Events about the system as a whole.

use gx_contracts::CountryEntry;
use gx_contracts::pools::Pool;
use gx_types::{AccountId, AccountStatus, CountryCode, Qirat, SystemAccount};

use super::{At, Fault, Fold, Folded};

impl Fold {
    pub(super) fn bootstrapped(
        &mut self,
        parameters: &[(String, String)],
        pools: &[(Pool, Qirat)],
        at: &At<'_>,
    ) -> Folded {
        for account in SystemAccount::ALL {
            self.rows.make_account(AccountId::System(account), None, AccountStatus::Active, at)?;
        }
        for (pool, cap) in pools {
            self.rows.make_pool(*pool, *cap, at)?;
        }
        for (name, value) in parameters {
            self.rows.set_parameter(name, value, at);
        }
        self.rows.set_pause(None, at);
        Ok(())
    }

    pub(super) fn countries_initialized(&mut self, countries: &[CountryEntry], at: &At<'_>) -> Folded {
        for country in countries {
            self.rows.put_country(country.code, country.share_e8, at)?;
            let treasury = AccountId::Treasury(country.code);
            self.rows.make_account(treasury, Some(country.code), AccountStatus::Locked, at)?;
        }
        Ok(())
    }

    pub(super) fn treasury_activated(&mut self, country: CountryCode, at: &At<'_>) -> Folded {
        let treasury = AccountId::Treasury(country);
        let row = self.rows.change_account(&treasury, at)?;
        if row.status == AccountStatus::Active {
            return Err(Fault::new(format!("{treasury} is active already")));
        }
        row.status = AccountStatus::Active.into();
        Ok(())
    }
}
