//! Every argument of every function, each malformed in every way it can be.

use gx_contracts::{Access, Function, InvokeError, RefusalCode};

use crate::support::{ANN, BOB, HASH, NEW, both, refusal, stage};

/// Values that the argument must refuse, with the code.
fn bad_values(function: Function, argument: &str) -> (RefusalCode, Vec<String>) {
    use RefusalCode::{
        ArgumentInvalid, InvalidOrganizationId, InvalidUserId, ParameterNotFound, ParameterOutOfRange, PoolNotFound,
    };
    let own = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    match argument {
        "key" => (ArgumentInvalid, [own(&["", "a b", "ü", "a/b", "a\0b"]), vec!["k".repeat(201)]].concat()),
        "amount" => (
            ArgumentInvalid,
            own(&[
                "",
                "0",
                "-1",
                "+1",
                "1.0",
                "1e3",
                "007",
                " 1",
                "1 ",
                "0x10",
                "one",
                "1250000000000000001",
                "18446744073709551616",
            ]),
        ),
        "from" | "to" | "account" => (
            ArgumentInvalid,
            own(&[
                "",
                "bob",
                "treasury_gb",
                "treasury_GBR",
                "SYSTEM_MINTER",
                "US 985 AUM945 0ANNA 0001",
                "us 984 aum945 0anna 0001",
            ]),
        ),
        "userId" if function == Function::CreateUser => (
            InvalidUserId,
            own(&[
                "",
                "US",
                "US 985 AUM945 0NEWA 0004",
                "US 984  AUM945 0NEWA 0004",
                "us 984 AUM945 0NEWA 0004",
                // Organisations: another type, a later offset, and one without the other.
                "US 56C BNS641 1NEWA 0004",
                "US 56C BNS641 0NEWA 0004",
                "US 984 AUM945 1NEWA 0004",
            ]),
        ),
        "borrower" => (ArgumentInvalid, own(&["", "bob", "treasury_GB", "US 984  AUM945 0ANNA 0001"])),
        "loanAmount" => (ArgumentInvalid, own(&["", "0", "-1", "1.0", "007", "1e9", "1250000000000000001"])),
        "loanId" => {
            (ArgumentInvalid, own(&["", "LOAN-", "LOAN-1", HASH, &format!("loan-{HASH}"), &format!("LOAN-{HASH} ")]))
        }
        "userId" => (ArgumentInvalid, own(&["", "bob", "treasury_GB", "US 984  AUM945 0ANNA 0001"])),
        "organizationId" if function == Function::ProposeOrganization => (
            InvalidOrganizationId,
            own(&[
                "",
                "US",
                ANN,
                "US 56D BNS641 1ORGA 0001",
                "US 56C  BNS641 1ORGA 0001",
                // Reserved types.
                "US 56C BNS641 BORGA 0001",
                "US 56C BNS641 CORGA 0001",
                "US 56C BNS641 DORGA 0001",
                "US 56C BNS641 FORGA 0001",
                // Founded tomorrow.
                &tomorrow(),
            ]),
        ),
        "organizationId" | "stakeholder" | "receiver" => {
            (ArgumentInvalid, own(&["", "bob", "treasury_GB", "US 56C  BNS641 1ORGA 0001"]))
        }
        "orgTxId" => (ArgumentInvalid, own(&["", "ORGTX-", HASH, &format!("orgtx-{HASH}"), &format!("ORGTX-{HASH} ")])),
        "name" => (ArgumentInvalid, vec![String::new(), "  ".to_owned(), "x".repeat(121), "a\nb".to_owned()]),
        "stakeholders" => {
            let many: Vec<String> = (0..21).map(|number| format!("US 984 AUM945 0MANY {number:04}")).collect();
            let many = serde_json::to_string(&many).unwrap();
            let one = format!(r#"["{ANN}"]"#);
            let twice = format!(r#"["{ANN}","{BOB}","{ANN}"]"#);
            (ArgumentInvalid, own(&["", "{}", "[]", "[1]", r#"["bob","ann"]"#, &one, &twice, &many]))
        }
        "rules" => {
            let rule = |threshold: &str, required: &str, group: &str| {
                format!(r#"{{"amountThreshold":"{threshold}","requiredApprovers":{required},"approverGroup":{group}}}"#)
            };
            let good = rule("0", "2", &both());
            let list = |rules: &[&str]| format!("[{}]", rules.join(","));
            let eleven: Vec<String> = (0..11).map(|number| rule(&number.to_string(), "1", &both())).collect();
            let bad = [
                list(&[&rule("0", "0", &both())]),
                list(&[&rule("0", "3", &both())]),
                list(&[&rule("0", "-1", &both())]),
                list(&[&rule("-1", "1", &both())]),
                list(&[&rule("0", "1", "[]")]),
                list(&[&rule("0", "1", &format!(r#"["{ANN}","{ANN}"]"#))]),
                list(&[&rule("0", "1", &format!(r#"["{NEW}"]"#))]),
                list(&[&good, &good]),
                list(&[&good.replace("requiredApprovers", "required")]),
                list(&eleven.iter().map(String::as_str).collect::<Vec<_>>()),
                "{}".to_owned(),
                String::new(),
            ];
            (ArgumentInvalid, bad.to_vec())
        }
        "amountThreshold" => (ArgumentInvalid, own(&["", "-1", "1.0", "01", "1250000000000000001"])),
        "requiredApprovers" => (ArgumentInvalid, own(&["", "0", "3", "256", "-1", "02", "two"])),
        "approverGroup" => {
            let twice = format!(r#"["{ANN}","{ANN}"]"#);
            let stranger = format!(r#"["{NEW}"]"#);
            (ArgumentInvalid, own(&["", "{}", "[]", "[1]", &twice, &stranger]))
        }
        "documentHash" | "collateralHash" => (
            ArgumentInvalid,
            own(&[
                "",
                &HASH[..63],
                &format!("{HASH}0"),
                &HASH.to_uppercase(),
                &format!("g{}", &HASH[1..]),
                "$2b$10$abcdefghijklmnopqrstuv1234567890abcdefghijklmnopqrstu12345",
            ]),
        ),
        "nationality" | "country" => (ArgumentInvalid, own(&["", "U", "USA", "us", "Us", "1S", "🇺🇸"])),
        "age" => (ArgumentInvalid, own(&["", "-1", "151", "036", "36.0", "thirty", " 36"])),
        // The United States have 64 shards.
        "shard" => (ArgumentInvalid, own(&["", "-1", "64", "65536", "05", "x"])),
        "countries" => (
            ArgumentInvalid,
            own(&[
                "",
                "{}",
                "[]",
                "[1]",
                r#"[{"code":"AD"}]"#,
                r#"[{"code":"AD","shareE8":1013}]"#,
                r#"[{"code":"AD","shareE8":"1012"}]"#,
                r#"[{"code":"AD","shareE8":-1}]"#,
                r#"[{"code":"AD","shareE8":1012,"name":"Andorra"}]"#,
                r#"[{"code":"ad","shareE8":1012}]"#,
                r#"[{"code":"AD","shareE8":1012},{"code":"AD","shareE8":1012}]"#,
                r#"[{"code":"AE","shareE8":126537},{"code":"AD","shareE8":1012}]"#,
            ]),
        ),
        "parameter" => (ParameterNotFound, own(&["", "disbursementMaxGX", "SupplyLedger", "feeSchedule "])),
        "value" => (ParameterOutOfRange, own(&["", "0", "100000001", "-5", "5.0", "05", "lots"])),
        "reason" => (
            ArgumentInvalid,
            vec![String::new(), "  ".to_owned(), "x".repeat(201), "a\nb".to_owned(), "a\0b".to_owned()],
        ),
        "remark" if function == Function::DisburseFromPool => {
            (ArgumentInvalid, vec![String::new(), "x".repeat(201), "a\tb".to_owned()])
        }
        "remark" => (ArgumentInvalid, vec!["x".repeat(201), "a\nb".to_owned(), "a\u{7f}b".to_owned()]),
        "adminId" | "approver" => {
            (ArgumentInvalid, vec![String::new(), "a b".to_owned(), "é".to_owned(), "x".repeat(65)])
        }
        "pool" if function == Function::DisburseFromPool => {
            (PoolNotFound, own(&["", "charitable", "TREASURY", "USER_GENESIS", "GOVT_GENESIS"]))
        }
        "pool" => (PoolNotFound, own(&["", "charitable", "TREASURY"])),
        "transactionType" => (ArgumentInvalid, own(&["p2p", "P2P ", "GIFT"])),
        "transferType" => (ArgumentInvalid, own(&["", "GENESIS_MINT", "VELOCITY_TAX", "system_adjustment"])),
        "deltaKeys" => (
            ArgumentInvalid,
            own(&[
                "",
                "{}",
                "[]",
                "[1]",
                r#"["x"]"#,
                r#"["SYSTEM_OPERATIONS_FUND/00/0"]"#,
                &format!(r#"["treasury_GB/{HASH}/0"]"#),
                &format!(r#"["SYSTEM_OPERATIONS_FUND/{HASH}/00"]"#),
                &format!(r#"["SYSTEM_OPERATIONS_FUND/{HASH}/0/"]"#),
            ]),
        ),
        other => panic!("no bad values for {other} of {function}"),
    }
}

/// An organisation's id of the day after the tests' day.
fn tomorrow() -> String {
    let kind = gx_types::AccountType::from_digit('1').unwrap();
    let day = "2026-06-16".parse().unwrap();
    gx_types::GxId::generate("US".parse().unwrap(), day, gx_types::Sex::Male, kind, 7).unwrap().to_string()
}

#[test]
fn each_argument_is_refused_by_code_and_name() {
    for function in Function::ALL.iter().copied() {
        for (index, argument) in function.arguments().iter().enumerate() {
            let (ledger, good) = stage(function);
            let (code, values) = bad_values(function, argument);
            assert!(!values.is_empty());
            for bad in values {
                let mut args = good.clone();
                args[index] = bad.clone();
                let result: Result<(), InvokeError> = match function.access() {
                    Access::Read => {
                        let args: Vec<&str> = args.iter().map(String::as_str).collect();
                        ledger.query_as(Some(gx_contracts::Role::Admin), function, &args).map(|_| ())
                    }
                    Access::Write(_) => ledger.simulate(&function.call(args)).map(|_| ()),
                };
                let Err(InvokeError::Refused(refusal)) = result else {
                    panic!("{function} took {argument} = {bad:?}: {result:?}")
                };
                assert_eq!(refusal.code, code, "{function} {argument} = {bad:?}: {}", refusal.detail);
                if code == RefusalCode::ArgumentInvalid {
                    assert!(refusal.detail.starts_with(argument), "{function}: {}", refusal.detail);
                }
            }
        }
    }
}

#[test]
fn too_few_and_too_many_arguments_are_counted() {
    for function in Function::ALL.iter().copied() {
        let (ledger, good) = stage(function);
        let mut more = good.clone();
        more.push("k".to_owned());
        let mut cases = vec![more];
        if let Some((_, fewer)) = good.split_last() {
            cases.push(fewer.to_vec());
        }
        for args in cases {
            let code = match function.access() {
                Access::Read => {
                    let args: Vec<&str> = args.iter().map(String::as_str).collect();
                    refusal(ledger.query_as(Some(gx_contracts::Role::Admin), function, &args))
                }
                Access::Write(_) => refusal(ledger.simulate(&function.call(args))),
            };
            assert_eq!(code, RefusalCode::ArgumentCount, "{function}");
        }
    }
}

#[test]
fn an_oversized_argument_is_refused_before_it_is_read() {
    let (ledger, mut args) = stage(Function::InitializeCountryData);
    args[0] = "[".repeat(gx_contracts::args::ARGUMENT_BYTES_MAX + 1);
    assert_eq!(refusal(ledger.simulate(&Function::InitializeCountryData.call(args))), RefusalCode::ArgumentInvalid);
}

#[test]
fn remarks_may_be_any_words_of_people() {
    let (ledger, good) = stage(Function::TransferWithFees);
    for remark in ["", "Zażółć gęślą jaźń", "早餐 🍜", &"ß".repeat(200), "\"quoted\" \\ back"] {
        let mut args = good.clone();
        args[4] = remark.to_owned();
        let done = ledger.simulate(&Function::TransferWithFees.call(args)).unwrap();
        let json = serde_json::to_string(&done.simulation.events).unwrap();
        assert_eq!(serde_json::from_str::<Vec<gx_contracts::Event>>(&json).unwrap(), done.simulation.events);
    }
    assert_ne!(ANN, BOB);
}
