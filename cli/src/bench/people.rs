//! `gx bench seed`: people in bulk.
//!
//! Profiles are written in batches; the ledger registers each person as it registers anyone, without the way through the
//! outbox, which is for commands that must survive a crash; the projector does the rest. What comes out is what the same
//! number of real registrations would have left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Command, genesis};
use gx_ledger::{Ledger, LedgerErrorClass, Proposal, Settled};
use gx_platform::{App, sha256};
use gx_store::StoreError;
use gx_store::entity::user_profiles;
use gx_store::projection::checkpoint;
use gx_store::repo::deltas;
use gx_store::sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};
use gx_types::{
    AccountType, BirthDate, CountryCode, Gender, GxId, OnchainStatus, PersonStatus, ProfileId, Sex, Timestamp,
};
use tokio::task::JoinSet;

/// Profiles in one transaction.
const BATCH: u64 = 200;
/// Lanes in which the ledger registers people: each a shard of a country, so that none waits for another.
const LANES_MAX: usize = 512;
/// How long one registration may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Pause between two looks or tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Name of the projector's checkpoint.
const CHECKPOINT: &str = "main";
/// Marks the addresses of seeded people.
const MAILBOX: &str = "seeded-";

/// A shard of a country.
#[derive(Debug, Clone, Copy)]
struct Lane {
    country: CountryCode,
    shard: u16,
}

/// The people of a seeded platform, each derived from a number.
#[derive(Clone)]
pub struct People {
    lanes: Arc<Vec<Lane>>,
    born: BirthDate,
}

impl People {
    /// The people, whether they exist yet or not.
    ///
    /// # Errors
    /// When the country table of this build is broken.
    pub fn new() -> Result<Self> {
        let mut lanes = Vec::new();
        let mut largest: Vec<_> = COUNTRIES.iter().collect();
        largest.sort_by_key(|country| std::cmp::Reverse(country.share_e8));
        'all: for country in largest {
            for shard in 0..genesis::shard_count(country.code).unwrap_or(1) {
                if lanes.len() == LANES_MAX {
                    break 'all;
                }
                lanes.push(Lane { country: country.code.parse().context("a country code")?, shard });
            }
        }
        Ok(Self { lanes: Arc::new(lanes), born: "1990-03-15".parse().context("a birth date")? })
    }

    fn lane(&self, number: u64) -> Lane {
        // Neighbours live in different countries, so that about as many payments cross a border as not.
        self.lanes[usize::try_from(number % self.lanes.len() as u64).unwrap_or(0)]
    }

    /// The GX id of person `number`.
    ///
    /// # Errors
    /// Never for the birth date used here.
    pub fn gx_id(&self, number: u64) -> Result<GxId> {
        Ok(GxId::generate(self.lane(number).country, self.born, Sex::Female, AccountType::INDIVIDUAL, number)?)
    }

    /// The profile id of person `number`.
    #[must_use]
    pub fn profile_id(number: u64) -> ProfileId {
        // Version 8 of UUIDs is for the makers' own schemes.
        let bytes = (u128::from(number) | (0x5eed << 96)).to_be_bytes();
        ProfileId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    fn row(&self, number: u64, now: Timestamp) -> Result<user_profiles::ActiveModel> {
        let email = email(number);
        Ok(user_profiles::ActiveModel {
            profile_id: Set(Self::profile_id(number).into()),
            email: Set(email.clone()),
            email_normalised: Set(email),
            // Matches no password.
            password_hash: Set("-".to_owned()),
            first_name: Set("Seeded".to_owned()),
            last_name: Set(format!("Person {number}")),
            date_of_birth: Set(self.born.into()),
            gender: Set(Gender::Female.into()),
            nationality_country_code: Set(self.lane(number).country.into()),
            is_pep: Set(false),
            status: Set(PersonStatus::ApprovedPendingOnchain.into()),
            onchain_status: Set(OnchainStatus::Pending.into()),
            gx_id: Set(Some(self.gx_id(number)?.into())),
            biometric_hash: Set(Some(sha256(format!("seeded person {number}").as_bytes()).into())),
            created_at: Set(now.into()),
            updated_at: Set(now.into()),
            ..Default::default()
        })
    }

    fn registration(&self, number: u64, now: Timestamp) -> Result<Command> {
        let lane = self.lane(number);
        Ok(Command::CreateUser {
            profile_id: Self::profile_id(number),
            user_id: self.gx_id(number)?,
            document_hash: sha256(format!("seeded person {number}").as_bytes()),
            nationality: lane.country,
            age: self.born.age_at(now).context("an age")?,
            shard: lane.shard,
            request: format!("seeded-{number}").parse()?,
        })
    }
}

/// How many people were seeded before.
///
/// # Errors
/// When the database is out of reach.
pub async fn seeded(app: &App) -> Result<u64> {
    let found = user_profiles::Entity::find()
        .filter(user_profiles::Column::Email.like(format!("{MAILBOX}%")))
        .count(app.store().read())
        .await?;
    Ok(found)
}

/// Brings the platform to `wanted` seeded people, and waits until the read model shows them.
///
/// # Errors
/// When database or ledger fail, or the ledger refuses someone.
pub async fn seed(app: &App, ledger: &Arc<dyn Ledger>, people: &People, wanted: u64) -> Result<()> {
    let began = Instant::now();
    let first = seeded(app).await?;
    if first >= wanted {
        return Ok(());
    }
    println!("seeding people {first} to {wanted}");

    // 1. Profiles.
    for start in (first..wanted).step_by(usize::try_from(BATCH)?) {
        let now = app.now();
        let rows =
            (start..wanted.min(start + BATCH)).map(|number| people.row(number, now)).collect::<Result<Vec<_>>>()?;
        app.store()
            .write(move |tx| {
                let rows = rows.clone();
                Box::pin(async move {
                    user_profiles::Entity::insert_many(rows).exec_without_returning(tx).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
    }
    println!("{} profiles after {} s", wanted - first, began.elapsed().as_secs());

    // 2. The ledger, a lane for each shard.
    let lanes = people.lanes.len() as u64;
    let done = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for lane in 0..lanes {
        let (ledger, people, app) = (Arc::clone(ledger), people.clone(), app.clone());
        let done = Arc::clone(&done);
        tasks.spawn(async move {
            let start = first + (lane + lanes - first % lanes) % lanes;
            for number in (start..wanted).step_by(usize::try_from(lanes)?) {
                register(ledger.as_ref(), &people.registration(number, app.now())?, app.now()).await?;
                let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
                if so_far.is_multiple_of(100_000) {
                    println!("{so_far} registered after {} s", began.elapsed().as_secs());
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }

    // 3. The projector.
    projected(app, ledger.as_ref()).await?;
    println!("{} people registered and projected after {} s", wanted - first, began.elapsed().as_secs());

    // 4. What their countries got waits as entries; a measurement should not meet the work of adding them up.
    swept(app).await?;
    println!("treasuries swept after {} s", began.elapsed().as_secs());
    Ok(())
}

async fn register(ledger: &dyn Ledger, command: &Command, now: Timestamp) -> Result<()> {
    let began = Instant::now();
    loop {
        match ledger.submit(Proposal::of(command, now), LIMIT).await {
            Ok(Settled::Committed(_) | Settled::Replayed(_)) => return Ok(()),
            // Read what another lane has changed in the same block; the next try reads anew.
            Ok(Settled::Invalid { .. }) => {}
            Ok(Settled::Refused(refusal)) => bail!("the ledger refused {}: {refusal}", command.ledger_key()),
            Ok(Settled::Unknown { tx_id }) => bail!("the ledger has not decided about {tx_id}"),
            // A gateway that has too much to do; the key makes another try harmless.
            Err(error) if error.class() == LedgerErrorClass::Transport && began.elapsed() < LIMIT => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sweeps until nothing waits.
async fn swept(app: &App) -> Result<()> {
    loop {
        let round = gx_tokenomics::sweeps::enqueue_due(app).await;
        let round = round.map_err(|error| anyhow::anyhow!("sweeping: {}", error.code()))?;
        let db = app.store().read();
        if round.enqueued == 0 && !deltas::any_claimed(db).await? {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until the read model shows everything that is on the ledger.
///
/// # Errors
/// When ledger or database fail.
pub async fn projected(app: &App, ledger: &dyn Ledger) -> Result<()> {
    let height = ledger.info().await?.height;
    loop {
        let row = checkpoint::read(app.store().read(), CHECKPOINT).await?;
        if row.is_some_and(|row| u64::try_from(row.next_block).is_ok_and(|next| next > height)) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Addresses by number, for those who pay.
#[must_use]
pub fn numbers(people: u64, wanted: u64) -> BTreeMap<u64, ProfileId> {
    let step = (people / wanted.max(1)).max(1);
    (0..people).step_by(usize::try_from(step).unwrap_or(1)).map(|number| (number, People::profile_id(number))).collect()
}

/// The address of a person.
pub fn email(number: u64) -> String {
    format!("{MAILBOX}{number}@devnet.gxcoin.test")
}
