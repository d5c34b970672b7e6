use gx_contracts::testing::*;
use gx_contracts::*;
use gx_types::*;

#[test]
fn two_granted_people_pay_once() {
    let mut ledger = MemoryLedger::ready("2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
    let us: GxId = "US 984 AUM945 0ABCD 1234".parse().unwrap();
    let gb: GxId = "GB CF1 ABF248 0ABCD 1234".parse().unwrap();
    let (r, e) = ledger.submit(&create_user(&us, 35, 3)).unwrap();
    ledger.submit(&create_user(&gb, 40, 0)).unwrap();
    let (r, e) = ledger.submit(&pay(us.as_str(), gb.as_str(), Qirat::new(200).unwrap(), "k-1")).unwrap();
    assert_eq!(ledger.query::<Qirat>(Function::GetBalance, &[us.as_str()]).unwrap().get(), 499_999_798);
    assert_eq!(ledger.query::<Qirat>(Function::GetBalance, &[gb.as_str()]).unwrap().get(), 500_000_200);
    let sum: u64 = e[0].body.credits().iter().map(|c| c.amount.get()).sum();
    assert_eq!(sum, 2);
}
