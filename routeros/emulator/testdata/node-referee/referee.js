// node-routeros as a second opinion on the emulator.
// usage: node referee.js HOST PORT USER PASSWORD
// Prints TAP and exits 1 if anything is not as a router would answer.
'use strict';
const { RouterOSAPI } = require('node-routeros');

const [host, port, user, password] = process.argv.slice(2);
let n = 0;
let failed = 0;

function ok(good, what, got) {
  n++;
  if (!good) failed++;
  console.log(`${good ? 'ok' : 'not ok'} ${n} - ${what}${good ? '' : ': got ' + JSON.stringify(got)}`);
}

async function refused(conn, want, what, path, words) {
  try {
    ok(false, what, await conn.write(path, words));
  } catch (err) {
    ok(err.message === want, what, err.message);
  }
}

async function main() {
  const wrong = new RouterOSAPI({ host, port: Number(port), user, password: password + 'x', timeout: 10 });
  try {
    await wrong.connect();
    ok(false, 'a wrong password is refused', 'connected');
  } catch (err) {
    ok(true, 'a wrong password is refused');
  }

  const conn = new RouterOSAPI({ host, port: Number(port), user, password, timeout: 10 });
  await conn.connect();
  ok(conn.connected, 'login');

  const added = await conn.write('/interface/eoip/add', ['=name=t1', '=remote-address=192.0.2.1', '=tunnel-id=1', '=comment=mine']);
  ok(added.length === 1 && added[0].ret === '*6', 'add returns the id', added);
  await conn.write('/interface/bridge/add', ['=name=br1']);

  const found = await conn.write('/interface/eoip/print', ['=.proplist=.id,name,mtu', '?comment=mine']);
  ok(found.length === 1 && found[0].name === 't1' && found[0].mtu === 'auto', 'print with proplist and query', found);
  const either = await conn.write('/interface/print', ['=.proplist=name', '?type=eoip', '?type=bridge', '?#|']);
  ok(either.map((r) => r.name).join() === 't1,br1', 'print with an operator', either);

  await conn.write('/interface/eoip/set', ['=.id=*6', '=mtu=1500']);
  const set = await conn.write('/interface/eoip/print', ['?name=t1']);
  ok(set.length === 1 && set[0].mtu === '1500' && set[0]['actual-mtu'] === '1500', 'set', set);

  await refused(conn, 'unknown parameter nonexistent', 'unknown parameter', '/interface/eoip/set', ['=.id=*6', '=nonexistent=1']);
  await refused(conn, 'no such item', 'no such item', '/interface/eoip/remove', ['=.id=*99']);
  await refused(conn, 'input does not match any value of bridge', 'dangling name', '/interface/bridge/port/add', ['=bridge=br9', '=interface=t1']);
  await refused(conn, 'value of tunnel-id out of range (0..65535)', 'range', '/interface/eoip/set', ['=.id=*6', '=tunnel-id=70000']);

  const both = await Promise.all([conn.write('/system/identity/print'), conn.write('/interface/eoip/print', ['=.proplist=name'])]);
  ok(both[0][0].name === 'a' && both[1][0].name === 't1', 'two commands at once', both);

  await conn.write('/interface/eoip/remove', ['=.id=t1']);
  // The query keeps a row: this client does not know !empty, which 7.18 sends.
  const left = await conn.write('/interface/print', ['=.proplist=name', '?type=eoip', '?type=bridge', '?#|']);
  ok(left.map((r) => r.name).join() === 'br1', 'remove', left);
  await conn.close();
  console.log(`1..${n}`);
  process.exit(failed ? 1 : 0);
}

main().catch((err) => {
  console.log(`Bail out! ${err.message || err}`);
  process.exit(1);
});
