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
pub const ORG: &str = "US 56C BNS641 1ORGA 0001";
pub const OTHER_ORG: &str = "US 56C BNS641 AORGB 0002";
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

/// Ann's and Bob's organisation is proposed: both decide over everything.
pub fn proposed() -> MemoryLedger {
    let (mut ledger, _) = prepared();
    run(&mut ledger, Function::ProposeOrganization, &[ORG, "Ann & Bob", ANN, &both(), &both_of_two(), "org"]).unwrap();
    ledger
}

/// It is endorsed by both.
pub fn endorsed() -> MemoryLedger {
    let mut ledger = proposed();
    for person in [ANN, BOB] {
        let key = format!("endorse-{}", &person[15..19]);
        run(&mut ledger, Function::EndorseMembership, &[ORG, person, &key]).unwrap();
    }
    ledger
}

/// It is active and has 100 GX.
pub fn organised() -> MemoryLedger {
    let mut ledger = endorsed();
    run(&mut ledger, Function::ActivateOrganization, &[ORG, BOB, "activate"]).unwrap();
    run(&mut ledger, Function::TransferWithFees, &[ANN, ORG, "100000000", "", "", "capital"]).unwrap();
    ledger
}

/// Ann initiates a payment of the organisation to Bob; its id.
pub fn initiate(ledger: &mut MemoryLedger, amount: &str, key: &str) -> String {
    let (receipt, _) = run(ledger, Function::InitiateMultiSigTx, &[ORG, ANN, BOB, amount, "wages", key]).unwrap();
    match receipt.result {
        gx_contracts::ReceiptResult::OrgTransaction { org_tx_id, .. } => org_tx_id.to_string(),
        other => panic!("{other:?}"),
    }
}

pub fn both() -> String {
    format!(r#"["{ANN}","{BOB}"]"#)
}

pub fn both_of_two() -> String {
    format!(r#"[{{"amountThreshold":"0","requiredApprovers":2,"approverGroup":{}}}]"#, both())
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
        Function::ProposeOrganization => vec![OTHER_ORG, "Ann & Bob", ANN, "BOTH", "RULES", "k"],
        Function::EndorseMembership | Function::ActivateOrganization => vec![ORG, ANN, "k"],
        Function::DefineAuthRule => vec![ORG, ANN, "1000", "1", "BOTH", "k"],
        Function::LockOrganization => vec![ORG, "a court asked", "k"],
        Function::UnlockOrganization => vec![ORG, "k"],
        Function::InitiateMultiSigTx => vec![ORG, ANN, BOB, "50", "wages", "k"],
        Function::ApproveMultiSigTx => vec!["ORGTX", BOB, "k"],
        Function::RejectMultiSigTx => vec!["ORGTX", BOB, "too much", "k"],
        Function::ExpireMultiSigTx => vec!["ORGTX", "k"],
        Function::GetOrganization => vec![ORG],
        Function::GetMultiSigTx => vec!["ORGTX"],
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
        Function::EndorseMembership => ledger = proposed(),
        Function::ActivateOrganization => ledger = endorsed(),
        Function::DefineAuthRule
        | Function::LockOrganization
        | Function::UnlockOrganization
        | Function::InitiateMultiSigTx
        | Function::ApproveMultiSigTx
        | Function::RejectMultiSigTx
        | Function::ExpireMultiSigTx
        | Function::GetOrganization
        | Function::GetMultiSigTx => ledger = organised(),
        _ => {}
    }
    let mut org_tx = String::new();
    if good_args(function).contains(&"ORGTX") {
        org_tx = initiate(&mut ledger, "50", "initiate");
    }
    match function {
        Function::ExpireMultiSigTx => ledger.set_now(at("2026-06-18T12:00:00Z")),
        Function::UnlockOrganization => {
            run(&mut ledger, Function::LockOrganization, &[ORG, "a court asked", "lock"]).unwrap();
        }
        _ => {}
    }
    let fill = |arg: &&str| match *arg {
        "ORGTX" => org_tx.clone(),
        "LOAN" => loan.clone(),
        "BOTH" => both(),
        "RULES" => both_of_two(),
        other => other.replace("DELTA", &delta),
    };
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
