// The official client library against the Gateway endpoint: node fabric.cjs <folder with connection material>
// Prints a line per thing that was shown; throws at the first that is not so.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const { common } = require('@hyperledger/fabric-protos');
const { connect, hash, signers, EndorseError, GatewayError, StatusCode } = require('@hyperledger/fabric-gateway');

const folder = process.argv[2];
const endpoints = JSON.parse(fs.readFileSync(path.join(folder, 'endpoints.json'), 'utf8'));
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const run = crypto.randomBytes(6).toString('hex');
const shown = (what) => console.log(`ok ${what}`);

function clientOf(peer, mutual) {
  const file = (name) => fs.readFileSync(path.join(folder, peer.mspId, name));
  const credentials = mutual
    ? grpc.credentials.createSsl(file('tlsca.pem'), file('GxAdmin/tls-client.key'), file('GxAdmin/tls-client.crt'))
    : grpc.credentials.createSsl(file('tlsca.pem'));
  return new grpc.Client(peer.address, credentials, { 'grpc.ssl_target_name_override': peer.tlsName });
}

function gatewayFor(client, mspId, name, signer) {
  const file = (file) => fs.readFileSync(path.join(folder, mspId, name, file));
  const key = crypto.createPrivateKey(file('key.pem'));
  return connect({
    client,
    identity: { mspId, credentials: file('cert.pem') },
    signer: signer ? signer(key) : signers.newPrivateKeySigner(key),
    hash: hash.sha256,
    evaluateOptions: () => ({ deadline: Date.now() + 10000 }),
    endorseOptions: () => ({ deadline: Date.now() + 20000 }),
    submitOptions: () => ({ deadline: Date.now() + 10000 }),
    commitStatusOptions: () => ({ deadline: Date.now() + 30000 }),
  });
}

// The other form of a signature, with the high S: valid ECDSA, refused by Fabric.
const highS = (key) => {
  const low = signers.newPrivateKeySigner(key);
  return async (digest) => {
    const der = Buffer.from(await low(digest));
    const r = der.subarray(4, 4 + der[3]);
    const s = der.subarray(6 + der[3]);
    const other = Buffer.from((ORDER - BigInt('0x' + s.toString('hex'))).toString(16).padStart(64, '0'), 'hex');
    const padded = other[0] & 0x80 ? Buffer.concat([Buffer.from([0]), other]) : other;
    const body = Buffer.concat([Buffer.from([2, r.length]), r, Buffer.from([2, padded.length]), padded]);
    return Buffer.concat([Buffer.from([0x30, body.length]), body]);
  };
};

async function refused(promise, kind, code, words) {
  const error = await promise.then(() => assert.fail(`was accepted: ${words}`), (error) => error);
  assert.ok(error instanceof kind, `${words}: ${error.stack}`);
  const said = [error.message, ...(error.details ?? []).map((detail) => detail.message)].join(' | ');
  assert.equal(error.code, code, said);
  assert.ok(said.includes(words), said);
  return error;
}

function headerHash(header) {
  const digits = [];
  for (let number = BigInt(header.getNumber()); number > 0n || digits.length === 0; number >>= 8n) digits.unshift(Number(number & 255n));
  if (digits[0] & 0x80) digits.unshift(0);
  const part = (tag, bytes) => Buffer.concat([Buffer.from([tag, bytes.length]), Buffer.from(bytes)]);
  const body = [part(2, digits), part(4, header.getPreviousHash_asU8()), part(4, header.getDataHash_asU8())];
  return crypto.createHash('sha256').update(part(0x30, Buffer.concat(body))).digest('hex');
}

async function main() {
  const [one, two] = endpoints.peers;
  const client = clientOf(one, false);
  const admin = gatewayFor(client, one.mspId, 'GxAdmin');
  const network = admin.getNetwork(endpoints.channel);
  const contract = network.getContract(endpoints.chaincode.name, 'TokenomicsContract');
  const text = (bytes) => Buffer.from(bytes).toString();

  const status = JSON.parse(text(await network.getContract(endpoints.chaincode.name).evaluateTransaction('AdminContract:GetSystemStatus')));
  assert.equal(status.bootstrapped ?? true, true);
  shown('evaluates');

  const key = `test-${run}`;
  const proposal = contract.newProposal('VoidKey', { arguments: [key] });
  const transaction = await proposal.endorse();
  const answer = JSON.parse(text(transaction.getResult()));
  assert.equal(answer.receipt.txId, transaction.getTransactionId());
  const commit = await transaction.submit();
  const first = await commit.getStatus();
  assert.ok(first.successful && first.code === StatusCode.VALID && first.blockNumber > 0n);
  shown(`submits: transaction ${first.transactionId} in block ${first.blockNumber}`);

  const again = JSON.parse(text(await contract.submitTransaction('VoidKey', key)));
  assert.deepEqual([again.replayed, again.receipt.txId], [true, first.transactionId]);
  shown('the same ledger key gives the first receipt');

  await (await transaction.submit()).getStatus();
  const after = await contract.submitAsync('VoidKey', { arguments: [`after-${run}`] });
  const last = await after.getStatus();
  assert.deepEqual(await commit.getStatus(), first);
  shown('a replayed envelope leaves the commit status as it was');

  const blocks = await network.getBlockEvents({ startBlock: 0n });
  const codes = [];
  let previous = '';
  for await (const block of blocks) {
    const header = block.getHeader();
    assert.equal(Buffer.from(header.getPreviousHash_asU8()).toString('hex'), previous);
    const data = block.getData().getDataList_asU8();
    const hashed = crypto.createHash('sha256');
    data.forEach((entry) => hashed.update(entry));
    assert.equal(hashed.digest('hex'), Buffer.from(header.getDataHash_asU8()).toString('hex'));
    const flags = block.getMetadata().getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
    assert.equal(flags.length, data.length);
    data.forEach((entry, place) => {
      const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(entry).getPayload_asU8());
      const channel = common.ChannelHeader.deserializeBinary(payload.getHeader().getChannelHeader_asU8());
      if (channel.getTxId() === first.transactionId) codes.push(flags[place]);
    });
    previous = headerHash(header);
    if (BigInt(header.getNumber()) >= last.blockNumber) break;
  }
  blocks.close();
  assert.deepEqual(codes, [StatusCode.VALID, StatusCode.DUPLICATE_TXID]);
  shown('blocks are chained and hold the copy as DUPLICATE_TXID');

  const events = await network.getChaincodeEvents(endpoints.chaincode.name, {
    checkpoint: { getBlockNumber: () => first.blockNumber, getTransactionId: () => first.transactionId },
  });
  for await (const event of events) {
    assert.notEqual(event.transactionId, first.transactionId);
    if (event.transactionId === last.transactionId) {
      assert.equal(event.eventName, 'gx.events.v1');
      assert.equal(JSON.parse(text(event.payload)).length, 1);
      break;
    }
  }
  events.close();
  shown('reads events after a checkpoint');

  const alone = await contract.newProposal('VoidKey', { arguments: [`alone-${run}`], endorsingOrganizations: [one.mspId] }).endorse();
  const unmet = await (await alone.submit()).getStatus();
  assert.equal(unmet.code, StatusCode.ENDORSEMENT_POLICY_FAILURE);
  shown('one organisation alone does not meet the policy');

  const partner = gatewayFor(client, one.mspId, 'PartnerApi').getNetwork(endpoints.channel).getContract(endpoints.chaincode.name);
  const role = await refused(partner.submitTransaction('TokenomicsContract:VoidKey', 'x'), EndorseError, grpc.status.ABORTED, 'ROLE_REFUSED');
  assert.ok(role.details.length > 0 && role.details[0].mspId === one.mspId);
  await refused(contract.evaluateTransaction('Nowhere'), GatewayError, grpc.status.UNKNOWN, 'UNKNOWN_FUNCTION');
  await refused(contract.evaluateTransaction('GetBalance'), GatewayError, grpc.status.UNKNOWN, 'ARGUMENT_COUNT');
  await refused(contract.evaluateTransaction('GetBalance', new Uint8Array([255, 254])), GatewayError, grpc.status.UNKNOWN, 'ARGUMENT_INVALID');
  await refused(network.getContract('elsewhere').evaluateTransaction('X'), GatewayError, grpc.status.FAILED_PRECONDITION, 'elsewhere');
  await refused(admin.getNetwork('elsewhere').getContract('gx').evaluateTransaction('X'), GatewayError, grpc.status.UNAVAILABLE, 'elsewhere');
  shown('gets the right errors');

  const high = gatewayFor(client, one.mspId, 'GxAdmin', highS).getNetwork(endpoints.channel).getContract(endpoints.chaincode.name);
  await refused(high.evaluateTransaction('AdminContract:GetSystemStatus'), GatewayError, grpc.status.FAILED_PRECONDITION, 'access denied');
  await refused(high.submitTransaction('TokenomicsContract:VoidKey', 'x'), EndorseError, grpc.status.ABORTED, 'access denied');
  shown('a high S is refused');

  const otherClient = clientOf(two, true);
  const other = gatewayFor(otherClient, two.mspId, 'GxAdmin').getNetwork(endpoints.channel).getContract(endpoints.chaincode.name);
  const seen = JSON.parse(text(await other.submitTransaction('TokenomicsContract:VoidKey', key)));
  assert.equal(seen.receipt.txId, first.transactionId);
  shown('the other organisation, over mutual TLS, sees the same ledger');

  otherClient.close();
  client.close();
}

main().then(() => console.log('done'), (error) => {
  console.error(error);
  process.exitCode = 1;
});
