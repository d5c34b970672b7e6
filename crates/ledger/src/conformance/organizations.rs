//! Coins that several people hold together.

use gx_contracts::{Call, Function, ReceiptResult};
use gx_types::{AccountType, GxId, OrgTxStatus, Sex};

use super::suite::{Failure, Suite, ensure, qirat};
use crate::block::TxCode;
use crate::fixture::pay;
use crate::transaction::Outcome;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

/// A call with its key as last argument.
fn keyed(suite: &Suite, function: Function, what: &str, args: &[&str]) -> Call {
    let mut args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    args.push(suite.key(what).to_string());
    function.call(args)
}

/// Two approvals prepared at one height, each of which would complete the number: one of them commits, and the coins
/// leave once, whatever is approved afterwards.
pub(super) async fn of_two_last_approvals_one_pays(suite: &Suite) -> Result<(), Failure> {
    // 1. An organisation of three, two of whom decide.
    let people = suite.people(3).await?;
    let [a, b, c] = people.as_slice() else { return Err(Failure::new("nobody was registered")) };
    let kind = AccountType::from_digit('1').map_err(failed)?;
    let day = "2001-02-03".parse().map_err(failed)?;
    let country = "US".parse().map_err(failed)?;
    let organisation = GxId::generate(country, day, Sex::Male, kind, suite.unique()).map_err(failed)?;
    let all = serde_json::to_string(&people).map_err(failed)?;
    let rules = format!(r#"[{{"amountThreshold":"0","requiredApprovers":2,"approverGroup":{all}}}]"#);
    let id = organisation.as_str();
    suite
        .settle(keyed(suite, Function::ProposeOrganization, "propose", &[id, "Three", a.as_str(), &all, &rules]))
        .await?;
    for person in &people {
        suite.settle(keyed(suite, Function::EndorseMembership, "endorse", &[id, person.as_str()])).await?;
    }
    suite.settle(keyed(suite, Function::ActivateOrganization, "activate", &[id, b.as_str()])).await?;
    suite.settle(pay(a, &organisation, qirat(100_000)?, &suite.key("capital"))).await?;

    // 2. One of them initiates, the others approve at the same height.
    let before = suite.balance(c).await?.get();
    let args = [id, a.as_str(), c.as_str(), "10000", "wages"];
    let initiated = suite.settle(keyed(suite, Function::InitiateMultiSigTx, "initiate", &args)).await?;
    let ReceiptResult::OrgTransaction { org_tx_id, status: OrgTxStatus::Pending } = initiated.receipt.result else {
        return Err(Failure::new(format!("the initiation gave {:?}", initiated.receipt.result)));
    };
    let transaction = org_tx_id.to_string();
    let approval = |person: &GxId| {
        suite.envelope(keyed(suite, Function::ApproveMultiSigTx, "approve", &[&transaction, person.as_str()]))
    };
    let (first, second) = (approval(b).await?, approval(c).await?);
    suite.ledger.send(&first).await?;
    suite.committed(&first).await?;
    suite.ledger.send(&second).await?;
    let outcome = suite.outcome(&second).await?;
    ensure!(
        matches!(outcome, Outcome::Invalid { code: TxCode::MvccReadConflict, .. }),
        "the second last approval is {outcome:?}"
    );

    // 3. Paid once.
    ensure!(suite.balance(c).await?.get() == before + 10_000, "it was not paid once");
    ensure!(suite.balance(&organisation).await?.get() < 100_000 - 10_000, "there was no fee");
    let again = keyed(suite, Function::ApproveMultiSigTx, "late", &[&transaction, c.as_str()]);
    let prepared = suite.ledger.prepare(suite.proposal(again)).await?;
    ensure!(
        matches!(&prepared, crate::transaction::Prepared::Refused(refusal)
            if refusal.code == gx_contracts::RefusalCode::OrgTxStateRefused),
        "an approval of what is paid is {prepared:?}"
    );
    Ok(())
}
