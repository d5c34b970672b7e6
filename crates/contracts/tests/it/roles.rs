//! Every function under every role, and under none.

use gx_contracts::{Access, Call, Function, InvokeError, RefusalCode, Role};

use crate::support::{refusal, stage};

/// Who may call what, written out once more so that a change of the table is a decision.
const SUPER: &[Function] = &[
    Function::BootstrapSystem,
    Function::InitializeCountryData,
    Function::UpdateSystemParameter,
    Function::PauseSystem,
    Function::ResumeSystem,
    Function::AppointAdmin,
];
const ADMIN: &[Function] = &[
    Function::TransferWithFees,
    Function::TransferInternal,
    Function::FreezeWallet,
    Function::UnfreezeWallet,
    Function::ActivateTreasuryAccount,
    Function::DisburseFromPool,
    Function::SweepDeltas,
    Function::ApproveLoan,
    Function::RejectLoan,
    Function::RepayLoan,
    Function::VoidKey,
    Function::LockOrganization,
    Function::UnlockOrganization,
    Function::InitiateMultiSigTx,
    Function::ApproveMultiSigTx,
    Function::RejectMultiSigTx,
    Function::ExpireMultiSigTx,
];
const PARTNER: &[Function] = &[
    Function::CreateUser,
    Function::ApplyForLoan,
    Function::ProposeOrganization,
    Function::EndorseMembership,
    Function::ActivateOrganization,
    Function::DefineAuthRule,
];

fn may(function: Function, role: Option<Role>) -> bool {
    let reads = ![SUPER, ADMIN, PARTNER].iter().any(|list| list.contains(&function));
    match role {
        None => false,
        Some(_) if reads => true,
        Some(Role::SuperAdmin) => SUPER.contains(&function),
        Some(Role::Admin) => ADMIN.contains(&function),
        Some(Role::PartnerApi) => PARTNER.contains(&function),
    }
}

#[test]
fn each_function_runs_under_its_role_and_no_other() {
    let roles = [None, Some(Role::SuperAdmin), Some(Role::Admin), Some(Role::PartnerApi)];
    for function in Function::ALL.iter().copied() {
        let (ledger, args) = stage(function);
        for role in roles {
            let result: Result<(), InvokeError> = match function.access() {
                Access::Read => {
                    let args: Vec<&str> = args.iter().map(String::as_str).collect();
                    ledger.query_as(role, function, &args).map(|_| ())
                }
                Access::Write(_) => ledger.simulate_as(role, &function.call(args.clone())).map(|_| ()),
            };
            if may(function, role) {
                assert_eq!(result, Ok(()), "{function} as {role:?}");
            } else {
                assert_eq!(refusal(result), RefusalCode::RoleRefused, "{function} as {role:?}");
            }
        }
    }
}

#[test]
fn writing_functions_are_not_queries_and_reading_ones_no_transactions() {
    for function in Function::ALL.iter().copied() {
        let (ledger, args) = stage(function);
        let code = match function.access() {
            Access::Read => refusal(ledger.simulate(&function.call(args))),
            Access::Write(role) => {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                refusal(ledger.query_as(Some(role), function, &args))
            }
        };
        assert_eq!(code, RefusalCode::UnknownFunction, "{function}");
    }
}

#[test]
fn names_that_are_no_function_are_refused() {
    let (ledger, _) = stage(Function::TransferWithFees);
    for name in [
        "",
        "TransferWithFees",
        "Tokenomics:TransferWithFees",
        "TokenomicsContract:Mint",
        "TokenomicsContract:Transfer",
    ] {
        let call = Call { function: name.to_owned(), args: vec!["k".to_owned()], role: Role::Admin };
        assert_eq!(refusal(ledger.simulate(&call)), RefusalCode::UnknownFunction, "{name:?}");
    }
}
