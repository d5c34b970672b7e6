// A transfer on the official shim that reads, writes and tells what TokenomicsContract:TransferWithFees does:
// node chaincode.cjs <address> <package id>
'use strict';

const crypto = require('node:crypto');
const shim = require('fabric-shim');

const [address, ccid] = process.argv.slice(2);
const CAP = 1000000000000000000n;
const roles = new Map();

// The role of a signer, read from its certificate once, as our host does.
function roleOf(stub) {
  const creator = Buffer.from(stub.getCreator().idBytes).toString('latin1');
  if (!roles.has(creator)) roles.set(creator, new shim.ClientIdentity(stub).getAttributeValue('gxc_role'));
  return roles.get(creator);
}

const keyOf = (...parts) => `\u0000${parts.join('\u0000')}\u0000`;

async function read(stub, ...parts) {
  const bytes = await stub.getState(keyOf(...parts));
  return bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString());
}

const write = (stub, value, ...parts) => stub.putState(keyOf(...parts), Buffer.from(JSON.stringify(value)));

function check(holds, problem) {
  if (!holds) throw new Error(problem);
}

async function holder(stub, id) {
  const user = await read(stub, 'user', id);
  check(user !== undefined, 'ACCOUNT_NOT_FOUND');
  check(user.frozen === undefined, 'ACCOUNT_FROZEN');
}

async function transfer(stub, args) {
  const [from, to, amountText, type, remark, key] = args;
  check(roleOf(stub) === 'gx_admin', 'ROLE_REFUSED');
  check(/^[1-9][0-9]{0,18}$/.test(amountText) && from !== to && remark.length <= 256, 'ARGUMENT_INVALID');
  const amount = BigInt(amountText);
  check((await read(stub, 'idem', key)) === undefined, 'REPLAYED');
  const system = await read(stub, 'system', 'system');
  check(system !== undefined && system.paused === undefined, 'SYSTEM_PAUSED');
  await holder(stub, from);
  await holder(stub, to);
  const schedule = await read(stub, 'parameter', 'feeSchedule');
  check(schedule !== undefined, 'NOT_BOOTSTRAPPED');
  const payerBefore = BigInt((await read(stub, 'balance', from)) ?? 0);
  check(payerBefore >= amount, 'INSUFFICIENT_FUNDS');
  const payerAfter = payerBefore - amount;
  await write(stub, payerAfter.toString(), 'balance', from);
  const receiverAfter = BigInt((await read(stub, 'balance', to)) ?? 0) + amount;
  check(receiverAfter <= CAP, 'CORRUPT');
  await write(stub, receiverAfter.toString(), 'balance', to);
  const result = { type: 'TRANSFERRED', amount: amount.toString(), fee: '0' };
  const receipt = { txId: stub.getTxID(), key, result };
  const requestHash = crypto.createHash('sha256').update(JSON.stringify(args)).digest('hex');
  await write(stub, { state: 'DONE', requestHash, receipt }, 'idem', key);
  const event = {
    key, type: 'TRANSFER_COMPLETED', from, to, amount: amount.toString(), fee: '0', feeRateBps: 0, transactionType: type,
    scope: 'LOCAL', remark, fromBalanceAfter: payerAfter.toString(), toBalanceAfter: receiverAfter.toString(),
  };
  stub.setEvent('gx.events.v1', Buffer.from(JSON.stringify([event])));
  return { receipt, replayed: false };
}

// What a transfer finds on the ledger: records of the same size.
async function seed(stub, [records]) {
  for (const [parts, value] of JSON.parse(records)) await write(stub, value, ...parts);
  return {};
}

const chaincode = {
  Init: async () => shim.success(),
  Invoke: async (stub) => {
    try {
      const { fcn, params } = stub.getFunctionAndParameters();
      const run = { transfer, seed }[fcn];
      check(run !== undefined, `there is no ${fcn}`);
      return shim.success(Buffer.from(JSON.stringify(await run(stub, params))));
    } catch (error) {
      return shim.error(Buffer.from(error.message));
    }
  },
};

// Whoever started it closes standard input to end it. The process id may not be the one that was started: `node` can be a
// script that starts the real one.
process.stdin.on('end', () => process.exit(0)).resume();
shim.server(chaincode, { ccid, address }).start().then(() => console.log(`listening ${process.pid}`), (error) => {
  console.error(error);
  process.exit(1);
});
