//! What the tests stand on.

use std::collections::BTreeMap;

use gx_platform::testing::{SignedInAdmin, TestAnswer, TestApi, TestApp, TestOptions, TestPerson};
use gx_store::Col;
use gx_store::entity::accounts;
use gx_store::entity::outbox_commands::Model as OutboxCommand;
use gx_store::outbox;
use gx_store::repo::documents::{self, Document, Submission};
use gx_store::repo::people;
use gx_store::sea_orm::{EntityTrait, Set};
use gx_types::{
    AccountId, AccountKind, AccountStatus, AdminRole, CommandId, DocumentId, DocumentType, GxId, OnchainStatus,
    PersonStatus, ProfileId, Qirat, SubmissionId, SubmissionStatus,
};
use serde_json::Value;

pub struct World {
    pub test: TestApp,
    pub api: TestApi,
    admins: BTreeMap<AdminRole, SignedInAdmin>,
    second: SignedInAdmin,
}

/// The number on the passport of [`World::pending`]'s person.
pub const PASSPORT: &str = "AB 123-456";

impl World {
    /// The service with a bound ledger and one administrator of each role.
    pub async fn new() -> Self {
        Self::with(TestOptions::default()).await
    }

    pub async fn with(options: TestOptions) -> Self {
        let test = TestApp::start_with(options).await.unwrap();
        test.bind_ledger().await;
        let mut admins = BTreeMap::new();
        for role in AdminRole::ALL {
            admins.insert(*role, test.admin(*role).await);
        }
        let second = test.admin(AdminRole::SuperOwner).await;
        let api = test.serve([gx_admin::routes()]);
        Self { test, api, admins, second }
    }

    pub fn token(&self, role: AdminRole) -> &str {
        &self.admins[&role].token
    }

    pub fn owner(&self) -> &str {
        self.token(AdminRole::SuperOwner)
    }

    /// Another owner: the second person.
    pub fn second(&self) -> &SignedInAdmin {
        &self.second
    }

    /// Asks for something as the owner.
    pub async fn ask(&self, path: &str, body: &Value) -> TestAnswer {
        self.api.post(&format!("/api/v1/admin/{path}")).token(self.owner()).json(body).send().await
    }

    /// Votes on an approval.
    pub async fn vote(&self, token: &str, approval: &Value, body: &Value) -> TestAnswer {
        let path = format!("/api/v1/admin/approvals/{}/vote", approval.as_str().unwrap());
        self.api.post(&path).token(token).json(body).send().await
    }

    /// Asks for something as the owner, has the second owner approve it, and gives the executed approval back.
    pub async fn approved(&self, path: &str, body: &Value) -> Value {
        let asked = self.ask(path, body).await;
        assert_eq!(asked.status, 202, "{path}: {}", asked.body);
        assert_eq!(asked.body["status"], "PENDING", "nothing is done by one person");
        let approval = &asked.body["approvalId"];
        let voted = self.vote(&self.second.token, approval, &serde_json::json!({ "decision": "APPROVE" })).await;
        assert_eq!((voted.status, &voted.body["approval"]["status"]), (200, &"EXECUTED".into()), "{}", voted.body);
        voted.body["approval"].clone()
    }

    pub fn admin(&self, role: AdminRole) -> &SignedInAdmin {
        &self.admins[&role]
    }

    /// A person who waits for approval with a passport; the object store has the picture.
    pub async fn pending(&self, name: &str) -> (ProfileId, DocumentId) {
        let person = self
            .test
            .person(TestPerson {
                first_name: name.to_owned(),
                status: PersonStatus::PendingAdminApproval,
                ..TestPerson::default()
            })
            .await;
        let document = self.submit(person.profile_id, DocumentType::Passport, Some(PASSPORT)).await;
        (person.profile_id, document)
    }

    pub async fn submit(&self, profile_id: ProfileId, kind: DocumentType, number: Option<&str>) -> DocumentId {
        let app = &self.test.app;
        let now = app.now();
        let submission = Submission {
            submission_id: Col(SubmissionId::from_uuid(app.new_uuid())),
            profile_id: Col(profile_id),
            status: Col(SubmissionStatus::Pending),
            evidence_hash: None,
            evidence_size: None,
            evidence_mime: None,
            verified_document_id: None,
            decided_by: None,
            decided_at: None,
            reason: None,
            notes: None,
            created_at: Col(now),
            updated_at: Col(now),
        };
        let document_id = DocumentId::from_uuid(app.new_uuid());
        let object_key = format!("documents/{profile_id}/{document_id}");
        app.objects().put_new(&object_key, b"a picture".to_vec().into()).await.unwrap();
        let document = Document {
            document_id: Col(document_id),
            profile_id: Col(profile_id),
            submission_id: Some(submission.submission_id),
            document_type: Col(kind),
            side: None,
            document_number: number.map(str::to_owned),
            issuing_country: number.map(|_| Col("US".parse().unwrap())),
            issued_date: None,
            expiry_date: None,
            file_name: "passport.png".to_owned(),
            file_hash: Col(gx_platform::sha256(b"a picture")),
            size_bytes: 9,
            mime_type: "image/png".to_owned(),
            object_key,
            uploaded_at: Col(now),
            deleted_at: None,
        };
        self.test
            .write(move |tx| {
                let (submission, document) = (submission.clone(), document.clone());
                Box::pin(async move {
                    documents::insert_submission(tx, submission).await?;
                    documents::insert(tx, document).await
                })
            })
            .await;
        document_id
    }

    /// A person whom the ledger has registered.
    pub async fn active(&self, name: &str) -> ProfileId {
        self.active_as(name, "US 984 AUM945 0ABCD 1234").await
    }

    async fn active_as(&self, name: &str, gx_id: &str) -> ProfileId {
        let person = TestPerson {
            first_name: name.to_owned(),
            status: PersonStatus::Active,
            onchain_status: OnchainStatus::Registered,
            gx_id: Some(gx_id.parse().unwrap()),
            ..TestPerson::default()
        };
        self.test.person(person).await.profile_id
    }

    /// The same, as the projector leaves their row.
    pub async fn registered(&self, name: &str) -> ProfileId {
        self.registered_as(name, "US 984 AUM945 0ABCD 1234").await
    }

    /// Somebody with an account on the ledger; their GX id.
    pub async fn holder(&self, name: &str, gx_id: &str) -> GxId {
        self.registered_as(name, gx_id).await;
        let gx_id: GxId = gx_id.parse().unwrap();
        self.test
            .write(move |tx| {
                Box::pin(async move {
                    let row = accounts::ActiveModel {
                        account_id: Set(AccountId::Holder(gx_id).into()),
                        kind: Set(AccountKind::Person.into()),
                        settled_balance: Set(Qirat::ZERO.into()),
                        unsettled_credit: Set(Qirat::ZERO.into()),
                        status: Set(AccountStatus::Active.into()),
                        frozen: Set(false),
                        created_block: Set(1),
                        updated_block: Set(1),
                        updated_at: Set(gx_platform::testing::START.into()),
                        ..Default::default()
                    };
                    accounts::Entity::insert(row).exec_without_returning(tx).await?;
                    Ok(())
                })
            })
            .await;
        gx_id
    }

    /// Somebody registered under the given GX id.
    pub async fn registered_as(&self, name: &str, gx_id: &str) -> ProfileId {
        let id = self.active_as(name, gx_id).await;
        let now = self.test.app.now();
        self.test
            .write(move |tx| {
                Box::pin(async move {
                    let mut row = people::lock(tx, id).await?.unwrap();
                    row.onchain_registered_at = Some(Col(now));
                    people::save(tx, row).await?;
                    Ok(())
                })
            })
            .await;
        id
    }

    pub async fn command(&self, id: &Value) -> OutboxCommand {
        let id: CommandId = id.as_str().unwrap().parse().unwrap();
        outbox::command(self.test.app.store().read(), id).await.unwrap().unwrap()
    }

    pub async fn commands(&self) -> u64 {
        outbox::depth(self.test.app.store().read()).await.unwrap().pending
    }
}
