// Transfers through the official client library: node client.cjs <JSON: connect, peer, identity, chaincode, channel,
// organisations, inFlight, signer>. Each line of standard input, {calls: [[function, argument, …], …]}, is submitted and
// awaited, so many at a time; the answer is a line with times and processor time in µs.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const grpc = require('@grpc/grpc-js');
const { connect, hash, signers } = require('@hyperledger/fabric-gateway');

const given = JSON.parse(process.argv[2]);
const { peer } = given;
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

const file = (...names) => fs.readFileSync(path.join(given.connect, peer.mspId, ...names));
const key = crypto.createPrivateKey(file(given.identity, 'key.pem'));

function integer(bytes) {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const short = bytes.subarray(start);
  const digits = short[0] & 0x80 ? Buffer.concat([Buffer.from([0]), short]) : short;
  return Buffer.concat([Buffer.from([2, digits.length]), digits]);
}

// OpenSSL signs the message itself; the S that Fabric wants is the low one.
async function openssl(message) {
  const fixed = crypto.sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  const s = BigInt('0x' + fixed.subarray(32).toString('hex'));
  const low = s > ORDER / 2n ? Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex') : fixed.subarray(32);
  const body = Buffer.concat([integer(fixed.subarray(0, 32)), integer(low)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

const signing = given.signer === 'openssl'
  ? { signer: openssl, hash: hash.none }
  : { signer: signers.newPrivateKeySigner(key), hash: hash.sha256 };
const client = new grpc.Client(peer.address, grpc.credentials.createSsl(file('tlsca.pem')), {
  'grpc.ssl_target_name_override': peer.tlsName,
});
const gateway = connect({
  client,
  identity: { mspId: peer.mspId, credentials: file(given.identity, 'cert.pem') },
  ...signing,
  endorseOptions: () => ({ deadline: Date.now() + 30000 }),
  submitOptions: () => ({ deadline: Date.now() + 30000 }),
  commitStatusOptions: () => ({ deadline: Date.now() + 60000 }),
});
const contract = gateway.getNetwork(given.channel).getContract(given.chaincode);
const micros = () => process.hrtime.bigint() / 1000n;

async function round(calls) {
  const times = [];
  let next = 0;
  const worker = async () => {
    while (next < calls.length) {
      const [name, ...args] = calls[next];
      next += 1;
      const began = micros();
      const commit = await contract.submitAsync(name, {
        arguments: args,
        endorsingOrganizations: given.organisations,
      });
      const status = await commit.getStatus();
      if (!status.successful) throw new Error(`transaction ${status.transactionId} has code ${status.code}`);
      times.push(Number(micros() - began));
    }
  };
  const [cpu, began] = [process.cpuUsage(), micros()];
  await Promise.all(Array.from({ length: given.inFlight }, worker));
  const used = process.cpuUsage(cpu);
  return { took: Number(micros() - began), cpu: used.user + used.system, times };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await round(JSON.parse(line).calls)));
  }
  gateway.close();
  client.close();
}

main().catch((error) => {
  console.error(error, error.details ?? '');
  process.exit(1);
});
