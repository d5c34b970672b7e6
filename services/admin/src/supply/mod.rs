//! How many coins there are.

mod countries;
mod pools;
mod public;
mod status;

use gx_contracts::pools::Pool;
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::projection::checkpoint::{self, PROJECTOR};
use gx_store::repo::figures::{self, SupplyPool};
use gx_types::api::admin::{PoolFigures, SupplyPools, SupplyReply};
use gx_types::{Qirat, QiratSum};

use crate::command::Routes;

pub(crate) fn routes() -> Routes {
    vec![public::route(), status::route(), pools::route(), countries::route()]
}

/// The public figures, out of the read model. All zero before the first block.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn figures(app: &App) -> ApiResult<SupplyReply> {
    let db = app.store().read();
    let rows = figures::supply_pools(db).await?;
    let of = |pool: Pool| {
        let minted = minted(&rows, pool);
        PoolFigures { cap: pool.cap(), minted, percentage: percentage(minted, pool.cap()) }
    };
    let pools = SupplyPools {
        user_genesis: of(Pool::UserGenesis),
        govt_genesis: of(Pool::GovtGenesis),
        charitable: of(Pool::Charitable),
        loan: of(Pool::Loan),
        gx: of(Pool::Gx),
        operations: of(Pool::Operations),
    };
    let total = Pool::ALL
        .iter()
        .map(|pool| minted(&rows, *pool))
        .sum::<Option<Qirat>>()
        .ok_or_else(|| ApiError::internal("more is minted than can exist"))?;
    let held = figures::held_by_system(db).await?;
    let circulating = QiratSum::from(total).get().saturating_sub(held.get());
    Ok(SupplyReply {
        max_supply: Qirat::CAP,
        total_minted: total,
        available_to_mint: Qirat::CAP.saturating_sub(total),
        circulating_supply: QiratSum::new(circulating).to_qirat().unwrap_or(total),
        minted_percentage: percentage(total, Qirat::CAP),
        last_updated: checkpoint::read(db, PROJECTOR).await?.and_then(|row| row.last_block_at).map(|at| at.0),
        pools,
    })
}

fn minted(rows: &[SupplyPool], pool: Pool) -> Qirat {
    rows.iter().find(|row| row.pool_id == pool.as_str()).map_or(Qirat::ZERO, |row| row.minted.0)
}

/// Percent with two decimals, rounded down, in integers.
fn percentage(part: Qirat, whole: Qirat) -> String {
    let hundredths = u128::from(part.get()) * 10_000 / u128::from(whole.get().max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact_and_never_more_than_there_is() {
        for (part, text) in
            [(0, "0.00"), (1, "0.00"), (125_000_000_000_000, "0.01"), (1_250_000_000_000_000_000, "100.00")]
        {
            assert_eq!(percentage(Qirat::new(part).unwrap(), Qirat::CAP), text);
        }
        assert_eq!(percentage(Qirat::new(999).unwrap(), Qirat::new(1_000).unwrap()), "99.90");
    }
}
