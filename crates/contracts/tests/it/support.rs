use gx_contracts::testing::{MemoryLedger, call, create_user};
use gx_contracts::{Call, Event, EventBody, Function, InvokeError, Namespace, Receipt, ReceiptResult, RefusalCode};
use gx_types::{AccountType, GxId, LoanId, Qirat, Sex, Timestamp};

/// The day of every test that does not say otherwise.
pub const TODAY: &str = "2026-06-15T12:00:00Z";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn ledger() -> MemoryLedger {
    MemoryLedger::ready(at(TODAY)).unwrap()
}

/// A person of a country born on a day; `number` tells them apart.
pub fn person(country: &str, born: &str, number: u64) -> GxId {
    GxId::generate(country.parse().unwrap(), born.parse().unwrap(), Sex::Female, AccountType::INDIVIDUAL, number)
        .unwrap()
}

/// A registered person of 36 years with a grant.
pub fn granted(ledger: &mut MemoryLedger, country: &str, number: u64) -> GxId {
    let id = person(country, "1990-03-15", number);
    ledger.submit(&create_user(&id, 36, 0)).unwrap();
    id
}

/// A registered person of 86 years, without a grant.
pub fn ungranted(ledger: &mut MemoryLedger, country: &str, number: u64) -> GxId {
    let id = person(country, "1940-01-01", number);
    ledger.submit(&create_user(&id, 86, 0)).unwrap();
    id
}

pub fn q(qirat: u64) -> Qirat {
    Qirat::new(qirat).unwrap()
}

pub fn balance(ledger: &MemoryLedger, account: &str) -> u64 {
    ledger.query::<Qirat>(Function::GetBalance, &[account]).unwrap().get()
}

pub fn refusal<T: std::fmt::Debug>(result: Result<T, InvokeError>) -> RefusalCode {
    match result {
        Err(InvokeError::Refused(refusal)) => refusal.code,
        other => panic!("not a refusal: {other:?}"),
    }
}

pub fn run(ledger: &mut MemoryLedger, function: Function, args: &[&str]) -> Result<(Receipt, Vec<Event>), InvokeError> {
    ledger.submit(&call(function, args))
}

/// The call does it, and its events are these.
pub fn bodies(ledger: &mut MemoryLedger, call: &Call) -> Vec<EventBody> {
    ledger.submit(call).unwrap().1.into_iter().map(|event| event.body).collect()
}

/// Sum of all amounts in a namespace whose values are amounts.
pub fn sum(ledger: &MemoryLedger, namespace: Namespace) -> u128 {
    ledger.entries(namespace).map(|(_, value)| u128::from(serde_json::from_slice::<Qirat>(value).unwrap().get())).sum()
}

pub const ANN: &str = "US 984 AUM945 0ANNA 0001";
pub const BOB: &str = "GB CF1 ABF248 0BOBB 0002";
pub const COLD: &str = "GB CF1 ABF248 0COLD 0003";
pub const NEW: &str = "US 984 AUM945 0NEWA 0004";
pub const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Ann and Bob with their grants, Cold frozen, one delta entry per payment, AD and AE not on the ledger.
pub fn prepared() -> (MemoryLedger, String) {
    let mut ledger = MemoryLedger::new(at(TODAY));
    run(&mut ledger, Function::BootstrapSystem, &["boot"]).unwrap();
    let mut countries = gx_contracts::testing::country_shares();
    countries.retain(|share| !["AD", "AE"].contains(&share.code.as_str()));
    let countries = serde_json::to_string(&countries).unwrap();
    run(&mut ledger, Function::InitializeCountryData, &[&countries, "countries"]).unwrap();
    for (id, age) in [(ANN, 36), (BOB, 40), (COLD, 40)] {
        ledger.submit(&create_user(&id.parse().unwrap(), age, 0)).unwrap();
    }
    run(&mut ledger, Function::FreezeWallet, &[COLD, "a test", "cold"]).unwrap();
    let paid = run(&mut ledger, Function::TransferWithFees, &[ANN, BOB, "10000", "P2P", "", "first"]).unwrap();
    let delta = paid.1[0].body.credits()[0].delta_key.clone();
    (ledger, delta)
}

/// Arguments with which each function succeeds on [`prepared`] (the sweep with any entry put in for `DELTA`).
pub fn good_args(function: Function) -> Vec<&'static str> {
    match function {
        Function::BootstrapSystem | Function::ResumeSystem | Function::VoidKey => vec!["k"],
        Function::InitializeCountryData => {
            vec![r#"[{"code":"AD","shareE8":1012},{"code":"AE","shareE8":126537}]"#, "k"]
        }
        Function::UpdateSystemParameter => vec!["disbursementMaxGx", "5", "k"],
        Function::PauseSystem => vec!["a drill", "k"],
        Function::AppointAdmin => vec!["maria@example", "k"],
        Function::ActivateTreasuryAccount => vec!["GB", "k"],
        Function::DisburseFromPool => vec!["CHARITABLE", BOB, "1000", "a gift", "k"],
        Function::CreateUser => vec![NEW, HASH, "US", "36", "5", "k"],
        Function::TransferWithFees => vec![ANN, BOB, "50", "P2P", "lunch", "k"],
        Function::TransferInternal => vec![ANN, "SYSTEM_LOAN_POOL", "50", "LOAN_REPAYMENT", "rate 1", "k"],
        Function::FreezeWallet => vec![ANN, "a court asked", "k"],
        Function::UnfreezeWallet => vec![COLD, "k"],
        Function::SweepDeltas => vec!["SYSTEM_OPERATIONS_FUND", "[\"DELTA\"]", "k"],
        Function::GetSystemStatus | Function::ListAllCountries | Function::GetSupplyStatus => vec![],
        Function::GetParameter => vec!["feeSchedule"],
        Function::GetCountryStats => vec!["US"],
        Function::GetUser | Function::UserExists | Function::GetBalance | Function::GetTransactionHistory => vec![ANN],
        Function::GetPoolStatus => vec!["OPERATIONS"],
        Function::GetKeyRecord => vec!["boot"],
        Function::ApplyForLoan => vec![ANN, "100000000", HASH, "k"],
        Function::ApproveLoan => vec!["LOAN", "maria", "k"],
        Function::RejectLoan => vec!["LOAN", "maria", "no value", "k"],
        Function::RepayLoan => vec!["LOAN", ANN, "50", "k"],
        Function::GetLoan => vec!["LOAN"],
        Function::GetMyLoans => vec![ANN],
        Function::CalculateTransactionFee => vec![ANN, BOB, "50", ""],
    }
}

/// A ledger on which the good arguments of the function succeed, and these arguments.
pub fn stage(function: Function) -> (MemoryLedger, Vec<String>) {
    let (mut ledger, delta) = prepared();
    let mut loan = String::new();
    match function {
        Function::BootstrapSystem => ledger = MemoryLedger::new(at(TODAY)),
        Function::ResumeSystem => {
            run(&mut ledger, Function::PauseSystem, &["a drill", "pause"]).unwrap();
        }
        Function::ApproveLoan | Function::RejectLoan | Function::GetLoan => {
            loan = apply(&mut ledger, ANN, "100000000", "loan").to_string();
        }
        Function::RepayLoan => loan = lent(&mut ledger, ANN, "100000000", "loan").to_string(),
        _ => {}
    }
    let fill = |arg: &&str| if *arg == "LOAN" { loan.clone() } else { arg.replace("DELTA", &delta) };
    let args = good_args(function).iter().map(fill).collect();
    (ledger, args)
}

/// A loan that waits for approval; its id is the receipt's.
pub fn apply(ledger: &mut MemoryLedger, borrower: &str, amount: &str, key: &str) -> LoanId {
    match run(ledger, Function::ApplyForLoan, &[borrower, amount, HASH, key]).unwrap().0.result {
        ReceiptResult::LoanApplied { loan_id } => loan_id,
        other => panic!("not an application: {other:?}"),
    }
}

/// A loan that two administrators approved.
pub fn lent(ledger: &mut MemoryLedger, borrower: &str, amount: &str, key: &str) -> LoanId {
    let loan = apply(ledger, borrower, amount, key);
    for admin in ["maria", "omar"] {
        let key = format!("{key}-{admin}");
        run(ledger, Function::ApproveLoan, &[&loan.to_string(), admin, &key]).unwrap();
    }
    loan
}
