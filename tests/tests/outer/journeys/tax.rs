//! What payments cost, and what holding coins may cost.

use gx_tests::{Admin, NewPerson, Person, Platform, qirat};
use serde_json::{Value, json};

async fn preview(person: &Person, account: &str) -> gx_tests::Reply {
    person.api.get(&format!("/api/v1/tax/hoarding/accounts/{}", account.replace(' ', "%20"))).await
}

async fn quote(platform: &Platform, kind: &str, scope: &str, amount: u64) -> Value {
    let path = format!("/api/v1/tax/fees/quote?type={kind}&scope={scope}&amount={amount}");
    platform.api().get(&path).await.expect(200)
}

/// Everybody reads what payments cost, and is charged just that; a person who was granted coins sees since when they hold
/// them and what it would cost, nobody else does, and spending below the threshold ends it.
pub async fn fees_are_known_and_holding_is_previewed(platform: &Platform, admin: &Admin) {
    let table = platform.api().get("/api/v1/tax/fees/schedule").await.expect(200);
    assert_eq!(table["rows"].as_array().unwrap().len(), 8, "{table}");
    for (kind, scope, amount, fee) in [
        ("P2P", "CROSS_BORDER", 10_000, 15),
        ("P2P", "LOCAL", 2_999_999, 0),
        ("MERCHANT", "LOCAL", 10_000, 15),
        ("GOVERNMENT", "CROSS_BORDER", 10_000, 20),
        ("B2B", "CROSS_BORDER", 10_000, 40),
    ] {
        assert_eq!(qirat(&quote(platform, kind, scope, amount).await["fee"]), fee, "{kind} {scope} {amount}");
    }
    let bands = platform.api().get("/api/v1/tax/hoarding/schedule").await.expect(200);
    assert_eq!((&bands["periodDays"], &bands["threshold"]), (&json!(355), &json!("100000000")), "{bands}");

    let holder = NewPerson::of("Hedda", "US", "1990-03-15").settle(platform, admin).await;
    let other = NewPerson::of("Hugo", "GB", "1985-07-22").settle(platform, admin).await;
    let told = preview(&holder, &holder.gx_id).await.expect(200);
    assert_eq!((&told["state"], &told["band"]["rateBps"]), (&json!("HOLDING"), &json!(250)), "{told}");
    assert_eq!((qirat(&told["amount"]), qirat(&told["dueAmount"])), (12_500_000, 0), "{told}");
    // The days count from the grant, at the time of its block.
    let granted = first_line(&holder).await;
    assert_eq!(told["heldSince"], granted["timestamp"], "{told}");

    // What is quoted is charged, and the days go on while enough is left.
    let charged = qirat(&quote(platform, "P2P", "CROSS_BORDER", 50_000_000).await["fee"]);
    holder.pay(&other.gx_id, 50_000_000, "tax-first-payment").await;
    assert_eq!(holder.balance().await.0, 450_000_000 - charged);
    assert_eq!(preview(&holder, &holder.gx_id).await.expect(200)["heldSince"], granted["timestamp"]);

    // Nobody sees another's: it is as if the account were not there.
    let nobody = "FR A07 ABK524 0ABCD 1234";
    for account in [holder.gx_id.as_str(), nobody, "treasury_US"] {
        assert_eq!(preview(&other, account).await.refused(404), "NOT_FOUND", "{account}");
    }

    // Below the threshold nothing runs.
    for (number, amount) in [90_000_000, 90_000_000, 90_000_000, 90_000_000].into_iter().enumerate() {
        holder.pay(&other.gx_id, amount, &format!("tax-payment-{number}")).await;
    }
    let told = preview(&holder, &holder.gx_id).await.expect(200);
    assert_eq!((&told["state"], &told["heldSince"]), (&json!("BELOW_THRESHOLD"), &Value::Null), "{told}");
    assert_eq!(qirat(&told["balance"]), holder.balance().await.0);
}

/// The oldest line of a person's history.
async fn first_line(person: &Person) -> Value {
    let lines = super::history(person).await;
    lines.last().expect("a grant").clone()
}
