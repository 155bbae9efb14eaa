// usage: node peer.mjs MODULES DIRECTORY MILLISECONDS
// Evaluates the claims in DIRECTORY/claims.jsonl with zen-engine, taken from MODULES, and in plain
// JavaScript; fails at the first amount that is not the engine's; then prints, as JSON, the CPU time
// of this process, all its threads, for one claim in each way, look-ups in the catalogue included.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { graph } from './graph.mjs';
import { settle } from './plain.mjs';

const [modules, directory, milliseconds] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { ZenEngine } = require('@gorules/zen-engine');

const rowsOf = (name) => readFileSync(`${directory}/${name}`, 'utf8').trimEnd().split('\n').map((row) => JSON.parse(row));
const catalogue = new Map(rowsOf('catalogue.jsonl').map((item) => [item.code, item]));
const samples = rowsOf('claims.jsonl');
const unlisted = { item_class: '', limit: 0, prop: 0 };

// What an integrator does before any engine is asked: each line with what its item is.
function lookUp(claim) {
  return {
    ...claim,
    lines: claim.lines.map((line) => {
      const item = catalogue.get(line.code) ?? unlisted;
      return {
        cnt_1e4: line.cnt_1e4,
        amount: line.amount,
        outside_restriction: line.outside_restriction,
        item_class: item.item_class,
        limit: item.limit,
        prop: item.prop,
      };
    }),
  };
}

const TOTALS = ['medfee', 'fulamt', 'overlmt', 'preselfpay', 'inscp', 'act_pay_dedc', 'hifp', 'hifmi', 'maf', 'person'];
const BUCKETS = ['fulamt', 'overlmt', 'preselfpay', 'inscp'];

function check(name, index, result) {
  const { expect } = samples[index];
  const got = result && { ...Object.fromEntries(TOTALS.map((total) => [total, Number(result[total])])),
    lines: result.lines.map((line) => BUCKETS.map((bucket) => Number(line[bucket]))) };
  if (JSON.stringify(got) === JSON.stringify(expect)) return;
  console.error(`claim ${index}: the engine decided ${JSON.stringify(expect)}, ${name} ${JSON.stringify(got)}`);
  process.exit(1);
}

const decision = new ZenEngine().createDecision(graph);
const zen = (claim, options) => decision.evaluate(lookUp(claim), options).then(({ result }) => result);

const results = await Promise.all(samples.map(({ claim }) => zen(claim)));
samples.forEach(({ claim }, index) => {
  const result = results[index];
  if (result.excluded !== '' || result.incomplete !== '') check('zen-engine', index, null);
  check('zen-engine', index, result);
  check('plain JavaScript', index, settle(lookUp(claim)));
});

// Nanoseconds of CPU time a claim. `work` takes a run of claims, so that promises may be in flight.
const RUN = 32;
async function measure(work) {
  const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) * 1000; };
  const round = async (limit) => {
    const end = performance.now() + limit;
    let done = 0;
    const before = cpu();
    while (performance.now() < end) {
      const first = done % (samples.length - RUN);
      await work(samples.slice(first, first + RUN));
      done += RUN;
    }
    return (cpu() - before) / done;
  };
  await round(milliseconds / 2); // warm-up: compilers and caches
  return round(Number(milliseconds));
}

let kept = 0;
const report = {
  version: require('@gorules/zen-engine/package.json').version,
  node: process.version,
  claims: samples.length,
  plain_ns: await measure((some) => { for (const { claim } of some) kept += settle(lookUp(claim)).person; }),
  zen_ns: await measure((some) => Promise.all(some.map(({ claim }) => zen(claim)))),
  // As text: the cheapest form of its trace.
  zen_trace_ns: await measure((some) => Promise.all(some.map(({ claim }) => zen(claim, { trace: 'string' })))),
};
console.log(JSON.stringify(report));
if (kept < 0) process.exit(1);
