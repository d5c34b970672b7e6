"""Who asks, and what exists: a fresh session and fixtures for every documented operation.

`tests/outer/schemathesis.rs` runs schemathesis with this file twice, as a person and as an administrator. Whatever it
makes up, the parts that only the platform can know are put in here before a request goes out: ids, codes, tokens, and
words whose form a schema cannot tell (a name, a date that exists). Parts that were made wrong on purpose stay wrong.

A new operation needs an entry in FIXTURES only when it takes an id or a word like that.
"""

import itertools
import json
import os
import re
import subprocess
import time

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

EDGE = os.environ["GX_EDGE"]
AS_ADMIN = os.environ["GX_CALLER"] == "admin"
ADMIN, ADMIN_PASSWORD = os.environ["GX_ADMIN"].split(" ", 1)
# Whose password changes; what it may be by now, the newest last.
OTHER_ADMIN, OTHER_PASSWORD = os.environ["GX_OTHER_ADMIN"].split(" ", 1)
other_passwords = [OTHER_PASSWORD]
GX = os.environ["GX_PROGRAM"]
# The password of every test person.
PERSON_PASSWORD = "TestPass123!"
WAIT_SECONDS = 60

# A PNG of one pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
# The same that says of itself to be 64 pixels wide and high.
AVATAR = PICTURE[:16] + (64).to_bytes(4, "big") * 2 + PICTURE[24:]


# ── the API, as the fixtures use it ──


def call(method, path, token=None, **kwargs):
    """The JSON answer; fails when the platform refuses."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers.update(kwargs.pop("headers", {}))
    answer = requests.request(method, EDGE + path, headers=headers, timeout=30, **kwargs)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def wait_for(what, ask):
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {WAIT_SECONDS} s")


class Session:
    """Someone who has just signed in."""

    def __init__(self, granted):
        self.token = granted["accessToken"]
        self.refresh = granted["refreshToken"]
        self.user = granted.get("user", granted.get("admin"))
        self.id = self.user.get("profileId", self.user.get("id"))

    def call(self, method, path, **kwargs):
        return call(method, path, self.token, **kwargs)

    def profile(self):
        return self.call("GET", f"/api/v1/users/{self.id}")["user"]


def email_of(name):
    return {"alice": "alice.johnson", "bob": "bob.williams", "grace": "grace.silva", "henry": "henry.thompson"}[
        name
    ] + "@devnet.gxcoin.test"


def person(name="alice"):
    body = {"email": email_of(name), "password": PERSON_PASSWORD}
    return Session(call("POST", "/api/v1/auth/login", json=body))


def admin():
    return signed_in(ADMIN, ADMIN_PASSWORD)


def signed_in(name, password):
    """A session of an administrator; their second factor goes with the first, or every login would wait for a code."""
    body = {"username": name, "password": password}
    granted = call("POST", "/api/v1/admin/auth/login", json=body)
    if not granted.get("requiresMfa"):
        return Session(granted)
    granted = call("POST", "/api/v1/admin/auth/mfa/verify", json={"mfaToken": granted["mfaToken"], "code": code(name)})
    session = Session(granted)

    def switched_off():
        body = {"password": password, "code": code(name)}
        path = EDGE + "/api/v1/admin/auth/mfa/disable"
        headers = {"Authorization": f"Bearer {session.token}"}
        return requests.post(path, json=body, headers=headers, timeout=30).ok

    # A code is good once: the next one comes within half a minute.
    end = time.monotonic() + 2 * WAIT_SECONDS
    while not switched_off():
        assert time.monotonic() < end, "the second factor cannot be switched off"
        time.sleep(10)
    return session


def code(name):
    return subprocess.run([GX, "admin", "code", name], check=True, capture_output=True, text=True).stdout.strip()


def other_admin_session():
    """The second administrator, whose password changes; what it may be by now."""
    for known in reversed(other_passwords):
        body = {"username": OTHER_ADMIN, "password": known}
        answer = requests.post(f"{EDGE}/api/v1/admin/auth/login", json=body, timeout=30)
        if answer.ok:
            return signed_in(OTHER_ADMIN, known)
    raise AssertionError("the second administrator cannot sign in")


def agreed(path, body):
    """Asks for something as one administrator and has the other approve it, which executes it."""
    asked = admin().call("POST", path, json=body)
    vote = f"/api/v1/admin/approvals/{asked['approvalId']}/vote"
    other_admin_session().call("POST", vote, json={"decision": "APPROVE"})


WEBHOOKS = "/api/v1/admin/notifications/webhooks"
COUNTRIES = iter(["AD", "AE", "AF", "AG", "AL", "AM", "AO", "AR", "AT", "AU", "AZ", "BA", "BB", "BD", "BE"])


def admin_session(me):
    """Another session of the same administrator."""
    admin()
    sessions = me.call("GET", "/api/v1/admin/auth/sessions")["sessions"]
    return next(one["id"] for one in sessions if not one["current"])


def asked_by(session):
    """An approval that waits."""
    asked = session.call("POST", "/api/v1/admin/treasury/activate", json={"countryCode": next(COUNTRIES)})
    return asked["approvalId"]


def approved(me):
    approval = asked_by(other_admin_session())
    me.call("POST", f"/api/v1/admin/approvals/{approval}/vote", json={"decision": "APPROVE", "execute": False})
    return approval


def new_webhook():
    """What makes a webhook. Nobody listens there, and the platform under test may ask this machine."""
    return {"name": f"schema {time.monotonic_ns()}", "url": "http://127.0.0.1:9/hook", "events": ["QSEND_EXPIRED"], "headers": {"x-key": "k"}}


def webhook(me):
    """A webhook that is there; there may be twenty."""
    hooks = me.call("GET", WEBHOOKS)["webhooks"]
    for one in hooks:
        if one["isActive"]:
            return one["id"]
    return me.call("POST", WEBHOOKS, json=new_webhook())["webhook"]["id"]


def spare_webhook(me):
    """A webhook that may go."""
    hooks = me.call("GET", WEBHOOKS)["webhooks"]
    if len(hooks) > 15:
        me.call("DELETE", f"{WEBHOOKS}/{hooks[0]['id']}")
    return me.call("POST", WEBHOOKS, json=new_webhook())["webhook"]["id"]


def delivery(me):
    """An event on its way to a webhook."""
    hook = spare_webhook(me)
    sent = me.call("POST", f"{WEBHOOKS}/{hook}/test")["deliveryId"]
    return {"webhookId": hook, "deliveryId": sent}


# ── people who register ──

# Both runs are on one platform: their people must not be the same.
NUMBER = itertools.count(500 if AS_ADMIN else 0)


def code_sent_to(address):
    def ask():
        messages = call("GET", "/api/v1/dev/mailbox", params={"to": address})["messages"]
        return messages and re.search(r"\b\d{6}\b", messages[0]["text"])[0]

    return wait_for(f"a code for {address}", ask)


class Wizard:
    """A registration that has come as far as before `until`."""

    STEPS = ["email/verify", "name-country", "dob-gender", "password", "phone", "phone/verify"]

    def __init__(self, until=None):
        number = next(NUMBER)
        self.number = number
        self.email = f"schema.{number}@devnet.gxcoin.test"
        self.phone = f"+1{300 + number // 100}55501{number % 100:02}"
        begun = call("POST", "/api/v1/registration/email", json={"email": self.email})
        self.key = {name: begun[name] for name in ("registrationId", "registrationToken")}
        for step in self.STEPS:
            if step == until:
                break
            self.done = call("POST", f"/api/v1/registration/{step}", json=self.key | self.typed(step))

    def typed(self, step):
        return {
            "email/verify": lambda: {"otp": code_sent_to(self.email)},
            "name-country": lambda: {"firstName": "Ada", "lastName": "Schema", "countryCode": "GB"},
            "dob-gender": lambda: {"dateOfBirth": "1990-03-15", "gender": "FEMALE"},
            "password": lambda: {"password": PERSON_PASSWORD, "confirmPassword": PERSON_PASSWORD},
            "phone": lambda: {"phoneNum": self.phone},
            "phone/verify": lambda: {"otp": code_sent_to(self.phone)},
        }[step]()


def at(step):
    """The registration's key and what a person types at this step."""
    wizard = Wizard(until=step)
    return {"body": wizard.key | wizard.typed(step)}


def newcomer():
    wizard = Wizard()
    session = Session(wizard.done)
    session.passport = f"GBS{wizard.number:06}"
    return session


def upload(session):
    metadata = {"documentNumber": session.passport, "issuingCountry": "GB", "expiryDate": "2099-12-31"}
    path = f"/api/v1/users/{session.id}/documents/upload"
    form = {"documentType": "PASSPORT", "metadata": json.dumps(metadata)}
    stored = session.call("POST", path, files={"file": ("passport.png", PICTURE, "image/png")}, data=form)
    return stored["data"]["documentId"]


def applicant():
    """A newcomer who waits for approval, with the document handed in."""
    session = newcomer()
    session.document = upload(session)
    session.call("POST", f"/api/v1/users/{session.id}/kyc", json={"documentIds": [session.document]})
    return session


# ── what exists ──


def payment(me):
    body = {"toID": person("bob").profile()["fabricUserId"], "amount": "100", "reason": "a fixture"}
    key = {"Idempotency-Key": f"fixture-{time.monotonic_ns()}"}
    return me.call("POST", "/api/v1/transfers", json=body, headers=key)["commandId"]


def request_of(session):
    return session.call("POST", "/api/v1/qsend", json={"amount": "100"})


def frozen():
    henry = person("henry")
    if henry.profile()["status"] == "ACTIVE":
        agreed(f"/api/v1/admin/users/{henry.id}/freeze", {"reason": "ADMIN_ACTION"})
    wait_for("henry to be frozen", lambda: henry.profile()["onchainStatus"] == "FROZEN")
    return {"path": {"userId": henry.id}}


def as_newcomer(fixture):
    """A fixture whose caller is someone who has just registered."""

    def made(_):
        session = newcomer()
        return {"session": session, "path": {"id": session.id}} | fixture(session)

    return made


def a_session_of(session):
    return {"sessionId": session.call("GET", "/api/v1/security/sessions")["sessions"][0]["sessionId"]}


def another_session_of(session):
    call("POST", "/api/v1/auth/login", json={"email": session.user["email"], "password": PERSON_PASSWORD})
    sessions = session.call("GET", "/api/v1/security/sessions")["sessions"]
    return {"sessionId": next(one["sessionId"] for one in sessions if not one["current"])}


def with_document(session):
    document = upload(session)
    stored = session.call("GET", f"/api/v1/users/{session.id}/documents")["data"][0]
    described = {"hash": stored["hash"], "type": stored["documentType"], "size": stored["size"]}
    # Whatever is said about a document has to be so.
    body = {
        "documentIds": [document],
        "documents": [described],
        "evidenceHash": stored["hash"],
        "evidenceSize": stored["size"],
        "evidenceMime": stored["mimeType"],
    }
    return {"path": {"id": session.id, "documentId": document}, "body": body}


def named_documents(session):
    """A submission names at least one document, by whichever of its fields."""
    fixture = with_document(session)
    return fixture | {"always": {"documentIds": fixture["body"]["documentIds"]}}


def approval(_):
    who = applicant()
    body = {"issuingCountry": "GB", "documentNumber": who.passport, "documentId": who.document} | TEXTS
    return {"path": {"userId": who.id}, "body": body}


def reviewed_document(_):
    who = applicant()
    return {"path": {"userId": who.id, "documentId": who.document}}


def first_command(me):
    command = me.call("GET", "/api/v1/admin/outbox")["items"][0]["commandId"]
    return {"path": {"commandId": command}}


def other_admin(me):
    admins = me.call("GET", "/api/v1/admin/admins")["items"]
    return {"body": {"newAdminId": next(one["id"] for one in admins if one["id"] != me.id)}}


def another_password(_):
    """The second administrator, and a password that is new each time. A case made wrong on purpose left the old one."""
    for known in reversed(other_passwords):
        body = {"username": OTHER_ADMIN, "password": known}
        answer = requests.post(f"{EDGE}/api/v1/admin/auth/login", json=body, timeout=30)
        if answer.ok:
            break
    session = signed_in(OTHER_ADMIN, known)
    new = f"Schema-{time.monotonic_ns()}"
    other_passwords[:] = [known, new]
    body = {"currentPassword": known, "newPassword": new, "confirmPassword": new}
    return {"session": session, "body": body}


def contact(me):
    who = person("bob").id
    me.call("POST", "/api/v1/contacts", json={"profileId": who})
    return who


def this_month():
    return time.strftime("%Y-%m", time.gmtime())


def wallet(me):
    query = {"counterparty": "SYSTEM_USER_GENESIS_POOL", "from": "2026-03-15", "to": "2026-03-16"}
    return {"path": {"profileId": me.id}, "query": query}


# Operation → what takes the place of what was made up under the same name, made from the caller's session; `always`
# is put into every body.
FIXTURES = {
    # identity: the wizard
    "startRegistration": lambda _: {"body": {"email": f"schema.start{time.monotonic_ns()}@devnet.gxcoin.test"}},
    "verifyRegistrationEmail": lambda _: at("email/verify"),
    "resendRegistrationEmail": lambda _: {"body": Wizard(until="email/verify").key},
    "setRegistrationNameCountry": lambda _: at("name-country"),
    "setRegistrationDobGender": lambda _: at("dob-gender"),
    "setRegistrationPassword": lambda _: at("password"),
    "setRegistrationPhone": lambda _: at("phone"),
    "verifyRegistrationPhone": lambda _: at("phone/verify"),
    "resendRegistrationPhone": lambda _: {"body": Wizard(until="phone/verify").key},
    "readRegistration": lambda _: registration_read(),
    "readDevMailbox": lambda _: {"query": {"to": email_of("alice")}},
    # identity: sessions
    "login": lambda _: {"body": {"email": email_of("bob"), "password": PERSON_PASSWORD}},
    "refreshSession": lambda _: {"body": {"refreshToken": person("bob").refresh}},
    "logout": lambda me: {"body": {"refreshToken": me.refresh}},
    # identity: how an account is protected. Every wrong password counts, so each has a person of its own.
    "loginSecondFactor": lambda _: {},
    "changePassword": as_newcomer(lambda _: {"body": NEW_PASSWORD | {"currentPassword": PERSON_PASSWORD}}),
    "forgotPassword": lambda _: {"body": {"email": email_of("bob")}},
    "resetPassword": lambda _: {"body": NEW_PASSWORD},
    "stepUp": as_newcomer(lambda _: {}),
    "getSecurity": as_newcomer(lambda _: {}),
    "setUpTotp": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD}}),
    "confirmTotp": as_newcomer(lambda _: {}),
    "disableTotp": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD}}),
    "replaceBackupCodes": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD}}),
    "setPin": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD, "pin": "481516"}}),
    "removePin": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD}}),
    "setStepUpAmount": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD, "amount": "5000000"}}),
    "listSessions": as_newcomer(lambda _: {}),
    "renameDevice": as_newcomer(lambda session: {"path": a_session_of(session), "body": {"name": "Phone"}}),
    "revokeSession": as_newcomer(lambda session: {"path": another_session_of(session)}),
    "revokeOtherSessions": as_newcomer(lambda _: {}),
    "changeEmail": as_newcomer(
        lambda _: {
            "body": {"password": PERSON_PASSWORD, "newEmail": f"schema.new{time.monotonic_ns()}@devnet.gxcoin.test"}
        }
    ),
    "changePhone": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD, "newPhone": "+447700900199"}}),
    "confirmEmailChange": as_newcomer(lambda _: {}),
    "confirmPhoneChange": as_newcomer(lambda _: {}),
    "objectToContactChange": lambda _: {},
    "closeAccount": as_newcomer(lambda _: {"body": {"password": PERSON_PASSWORD}}),
    "uploadAvatar": as_newcomer(lambda _: {"body": {"file": AVATAR}}),
    "readAvatar": as_newcomer(lambda _: {}),
    "deleteAvatar": as_newcomer(lambda _: {}),
    # identity: profile and documents
    "readProfile": lambda me: {"path": {"id": me.id}},
    "changeProfile": as_newcomer(lambda _: {"body": PROFILE, "always": ADDRESS}),
    "listDocuments": lambda me: {"path": {"id": me.id}},
    "readSubmission": lambda me: {"path": {"id": me.id}},
    "checkNationalId": as_newcomer(lambda _: {"body": {"nationalIdNumber": "AB123456", "countryCode": "GB"}}),
    "uploadDocument": as_newcomer(lambda _: {"body": UPLOAD}),
    "readDocumentFile": as_newcomer(with_document),
    "deleteDocument": as_newcomer(with_document),
    "submitDocuments": as_newcomer(named_documents),
    # tokenomics
    "getWalletBalance": wallet,
    "getWalletDashboard": wallet,
    "listTransactions": wallet,
    "getBalanceSeries": wallet,
    "getStatement": lambda me: {"path": {"profileId": me.id}, "query": {"month": this_month()}},
    "exportTransactions": wallet,
    "getTreasuryBalance": lambda _: {"path": {"countryCode": "GB"}},
    "addContact": lambda _: {"body": {"profileId": person("bob").id, "ownName": "Bob"}},
    "changeContact": lambda me: {"path": {"profileId": contact(me)}, "body": {"ownName": "Bob"}},
    "removeContact": lambda me: {"path": {"profileId": contact(me)}},
    "changeLimits": as_newcomer(lambda _: {"body": {"perPayment": "1000000000000", "perDay": "1000000000000"}}),
    "quoteFee": lambda _: {"query": {"to": person("bob").id, "amount": "100"}},
    "lookUpPerson": lambda _: {"query": {"q": email_of("bob")}},
    "createTransfer": lambda _: {
        "body": {"toID": person("bob").profile()["fabricUserId"], "amount": "100", "expectedFee": "1"} | TEXTS
    },
    "getTransferStatus": lambda me: {"path": {"commandId": payment(me)}},
    "getCommand": lambda me: {"path": {"commandId": payment(me)}},
    "createQSendRequest": lambda _: {"body": {"amount": "100"} | TEXTS},
    "listQSendRequests": lambda _: {"query": {"startDate": "2026-03-15", "endDate": "2026-03-16"}},
    "getQSendRequest": lambda me: {"path": {"code": request_of(me)["requestCode"]}},
    "getQSendQr": lambda me: {"path": {"code": request_of(me)["requestCode"]}},
    "cancelQSendRequest": lambda me: {"path": {"code": request_of(me)["requestCode"]}},
    "payQSendRequest": lambda _: {
        "path": {"code": request_of(person("bob"))["requestCode"]},
        "body": {"expectedFee": "1"},
    },
    "verifyQSendCode": lambda _: {"body": {"qrData": request_of(person("bob"))["qrData"]}},
    # tax
    "quoteTypedFee": lambda _: {"query": {"type": "P2P", "scope": "LOCAL", "amount": "100"}},
    "previewHoardingTax": lambda me: {"path": {"accountId": me.profile()["fabricUserId"]}},
    # messaging
    "setNotificationPreferences": lambda _: {"body": {"preferences": [{"type": "WALLET_CREDITED", "mail": True}]}},
    "markNotificationRead": lambda me: {
        "path": {"id": me.call("GET", "/api/v1/notifications")["notifications"][0]["notificationId"]}
    },
    # admin
    "adminLogin": lambda _: {"body": {"username": ADMIN, "password": ADMIN_PASSWORD}},
    "refreshAdminSession": lambda _: {"body": {"refreshToken": admin().refresh}},
    "changeAdminPassword": another_password,
    # A wrong password would lock the name.
    "disableAdminMfa": lambda _: {"body": {"password": ADMIN_PASSWORD, "code": "000000"}},
    "endAdminSession": lambda me: {"path": {"sessionId": admin_session(me)}},
    "readAdmin": lambda me: {"path": {"adminId": me.id}},
    "appointAdmin": other_admin,
    "createAdmin": lambda _: {
        "body": {
            "username": f"schema.{time.monotonic_ns()}",
            "email": f"schema{time.monotonic_ns()}@example.org",
            "displayName": "Schema",
        }
    },
    "changeAdminRole": lambda me: {"path": {"adminId": me.id}, "body": TEXTS},
    "disableAdmin": lambda me: {"path": {"adminId": me.id}, "body": TEXTS},
    "enableAdmin": lambda me: {"path": {"adminId": me.id}, "body": TEXTS},
    "resetAdminMfa": lambda me: {"path": {"adminId": me.id}},
    "disburseFromPool": lambda _: {
        "body": {"pool": "CHARITABLE", "to": person("bob").profile()["fabricUserId"], "amount": "1", "remark": "a test"}
    },
    "readApproval": lambda me: {"path": {"approvalId": asked_by(me)}},
    "cancelApproval": lambda me: {"path": {"approvalId": asked_by(me)}},
    "voteOnApproval": lambda _: {"path": {"approvalId": asked_by(other_admin_session())}, "body": TEXTS},
    "executeApproval": lambda me: {"path": {"approvalId": approved(me)}},
    "listAuditEntries": lambda me: {
        "query": {"actor": f"admin:{me.id}", "object": "system", "from": "2026-03-15T00:00:00Z", "until": "2099-03-15T00:00:00Z"}
    },
    "readAuditEntry": lambda _: {"path": {"sequence": 1}},
    "readCountryStats": lambda _: {"path": {"countryCode": "GB"}},
    "initializeCountries": lambda _: {"body": {"countriesData": [{"code": "GB"}]}},
    "activateTreasury": lambda _: {"body": {"countryCode": "GB"}},
    "readOutboxCommand": first_command,
    "replayOutboxCommand": first_command,
    "readParameter": lambda _: {"path": {"paramId": "disbursementMaxGx"}},
    "setParameter": lambda _: {"body": {"paramId": "disbursementMaxGx", "newValue": "100000000"}},
    "readSupplyPool": lambda _: {"path": {"poolId": "LOAN"}},
    "createWebhook": lambda _: {"body": new_webhook()},
    "readWebhook": lambda me: {"path": {"webhookId": webhook(me)}},
    "updateWebhook": lambda me: {"path": {"webhookId": webhook(me)}, "body": new_webhook() | {"isActive": True}},
    "deleteWebhook": lambda me: {"path": {"webhookId": spare_webhook(me)}},
    "replaceWebhookSecret": lambda me: {"path": {"webhookId": webhook(me)}},
    "testWebhook": lambda me: {"path": {"webhookId": spare_webhook(me)}},
    "listWebhookDeliveries": lambda me: {"path": {"webhookId": webhook(me)}},
    "readWebhookDelivery": lambda me: {"path": delivery(me)},
    "replayWebhookDelivery": lambda me: {"path": delivery(me)},
    "readUser": lambda _: {"path": {"userId": person().id}},
    "readUserDocument": reviewed_document,
    "approveUser": approval,
    "denyUser": lambda _: {"path": {"userId": applicant().id}, "body": TEXTS},
    "freezeUser": lambda _: {"path": {"userId": person("grace").id}, "body": {"notes": TEXTS["notes"]}},
    "pauseSystem": lambda _: {"body": TEXTS},
    "unfreezeUser": lambda _: frozen(),
}

NEW_PASSWORD = {"newPassword": "SchemaPass456!", "confirmPassword": "SchemaPass456!"}

UPLOAD = {"file": PICTURE, "documentType": "PROOF_OF_ADDRESS", "side": "FRONT", "metadata": "{}"}

# A line has no control characters, which schemas do not tell.
TEXTS = {"reason": "because of a test", "notes": "a note", "description": "a test", "reference": "A-1"}

# Whatever of a profile has a form that its schema cannot tell.
PROFILE = {
    "firstName": "Ada",
    "middleName": "Maria",
    "lastName": "Schema",
    "dateOfBirth": "1990-03-15",
    "gender": "FEMALE",
    "placeOfBirth": "London",
    "nationalityCountryCode": "GB",
    "nationalIdNumber": "AB123456",
    "nationalIdIssuedAt": "2020-01-01",
    "nationalIdExpiresAt": "2099-12-31",
    "passportNumber": "GB1234567",
    "passportIssuingCountry": "GB",
    "passportIssuedAt": "2020-01-01",
    "passportExpiresAt": "2099-12-31",
    "jobTitle": "Engineer",
    "companyName": "GX",
    "industry": "Finance",
    "workEmail": "ada@example.org",
    "workPhoneNum": "+447700900123",
    "isPEP": False,
    "pepDetails": "none",
    "addressLine1": "1 High Street",
    "addressLine2": "Flat 2",
    "city": "London",
    "stateProvince": "London",
    "postalCode": "N1 1AA",
    "addressCountry": "GB",
}

# An address has these three, or nothing at all.
ADDRESS = {name: PROFILE[name] for name in ("addressLine1", "city", "addressCountry")}

# A case of these uses up what it was given.
USED_UP = {
    "startRegistration",
    "login",
    "refreshSession",
    "logout",
    "adminLogin",
    "refreshAdminSession",
    "adminLogout",
    "changeAdminPassword",
    "removeContact",
    "endOtherAdminSessions",
}


def registration_read():
    key = Wizard(until="email/verify").key
    return {
        "path": {"registrationId": key["registrationId"]},
        "headers": {"x-registration-token": key["registrationToken"]},
    }


# ── schemathesis ──

made = {}


def fixture_of(operation, anew=False):
    """The session and the fixtures of an operation: made when it is asked for the first time."""
    name = operation.definition.raw["operationId"]
    if AS_ADMIN and not made:
        # Takes two administrators, and the second is still who it was before its operations are tried.
        frozen()
    if name not in made or (anew and name in USED_UP):
        me = admin() if AS_ADMIN else person()
        # For whom it is not, an operation is closed before it looks at anything.
        schemes = json.dumps(operation.definition.raw["security"])
        mine = ("admin" if AS_ADMIN else "person") in schemes or schemes == "[]"
        fixture = FIXTURES.get(name, lambda _: {})(me) if mine else {}
        made[name] = {"session": me, "path": {}, "query": {}, "headers": {}, "body": {}, "always": {}} | fixture
    return made[name]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        return fixture_of(case.operation, anew=True)["session"].token

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    fixture = fixture_of(case.operation)

    def right(location):
        return case.meta is None or not case.meta.is_negative_at(location)

    if right(ParameterLocation.PATH) and case.path_parameters:
        known = {name: value for name, value in fixture["path"].items() if name in case.path_parameters}
        case.path_parameters = {**case.path_parameters, **known}
    if right(ParameterLocation.HEADER) and fixture["headers"]:
        case.headers = {**(case.headers or {}), **fixture["headers"]}
    if right(ParameterLocation.QUERY) and case.query:
        # A cursor is signed: nobody can make one up.
        query = {name: fixture["query"].get(name, value) for name, value in case.query.items() if name != "cursor"}
        case.query = query
    if right(ParameterLocation.BODY) and isinstance(case.body, dict):
        known = {name: value for name, value in fixture["body"].items() if case.body.get(name) is not None}
        # To a JSON schema 97.0 is an integer, to GX it is none.
        floats = {name: value for name, value in case.body.items() if isinstance(value, float)}
        whole = {name: int(value) for name, value in floats.items() if value.is_integer()}
        case.body = {**case.body, **whole, **known, **fixture["always"]}
