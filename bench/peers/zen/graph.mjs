// rules/tables/henan/henan-zhoukou-resident-inpatient-2022.policy (sample data, see there) as a
// decision graph (JDM): the same steps in the same order, the same rows. Money is in fen; a line
// comes with what the catalogue says about its item.

const outside = { care_place: '"OUT_OF_PROVINCE"' };
const inProvince = { care_place: '"LOCAL", "IN_PROVINCE"' };
const small = '"PRIMARY", "LEVEL_1", "LEVEL_2"';
const poor = '"TEKUN", "DIBAO", "FANPIN"';

let previous = 'input';
const nodes = [{ id: 'input', type: 'inputNode', name: 'claim' }];
const edges = [];

function add(id, type, content) {
  nodes.push({ id, type, name: id, content });
  edges.push({ id: `${previous}-${id}`, type: 'edge', sourceId: previous, targetId: id });
  previous = id;
}

// Each row is [conditions, outputs] by field; conditions not named match everything.
function table(id, inputs, outputs, rows, more = {}) {
  const columns = (fields) => fields.map((field) => ({ id: field, name: field, field }));
  add(id, 'decisionTableNode', {
    hitPolicy: 'first',
    inputs: columns(inputs),
    outputs: columns(outputs),
    rules: rows.map(([when, then], index) => ({
      _id: `${id}${index}`,
      ...Object.fromEntries(inputs.map((field) => [field, when[field] ?? ''])),
      ...Object.fromEntries(outputs.map((field) => [field, String(then[field])])),
    })),
    passThrough: true,
    ...more,
  });
}

function expressions(id, values, more = {}) {
  add(id, 'expressionNode', {
    expressions: Object.entries(values).map(([key, value]) => ({ id: `${id}${key}`, key, value })),
    passThrough: true,
    ...more,
  });
}

const halfUp = (product) => `floor((${product} + 500000) / 1000000)`;
const inside = (from, to, low, high) => `max([min([${to}, ${high}]) - max([${from}, ${low}]), 0])`;

const ofLines = { executionMode: 'loop', inputField: 'lines', outputPath: 'lines' };
table('classify', ['outside_restriction', 'item_class', 'limit'], ['fulamt', 'limited'], [
  [{ outside_restriction: 'true' }, { fulamt: 'amount', limited: 0 }],
  [{ item_class: '"C", ""' }, { fulamt: 'amount', limited: 0 }],
  [{ limit: '0' }, { fulamt: 0, limited: 'amount' }],
  [{}, { fulamt: 0, limited: 'min([amount, floor((limit * cnt_1e4 + 5000) / 10000)])' }],
], ofLines);
expressions('split', {
  overlmt: 'amount - fulamt - limited',
  preselfpay: halfUp('limited * prop'),
  inscp: 'limited - $.preselfpay',
}, ofLines);
expressions('totals', {
  medfee: 'sum(map(lines, #.amount))',
  fulamt: 'sum(map(lines, #.fulamt))',
  overlmt: 'sum(map(lines, #.overlmt))',
  preselfpay: 'sum(map(lines, #.preselfpay))',
  inscp: 'sum(map(lines, #.inscp))',
});

table('exclude', ['injury', 'third_party'], ['excluded'], [
  [{ injury: 'true' }, { excluded: '"WORK_INJURY"' }],
  [{ third_party: 'true' }, { excluded: '"THIRD_PARTY"' }],
  [{}, { excluded: '""' }],
]);
table('scope', ['med_type', 'age', 'care_place', 'registration', 'hosp_place', 'hosp_lv'], ['incomplete'], [
  [{ med_type: 'not in ["21"]' }, { incomplete: '"MED_TYPE"' }],
  [{ age: '[0..14]' }, { incomplete: '"AGE"' }],
  [{ care_place: '"IN_PROVINCE", "OUT_OF_PROVINCE"', registration: '"NOT_REGISTERED", "LONG_TERM", "TEMPORARY"' },
    { incomplete: '"REGISTRATION"' }],
  [{ ...inProvince, hosp_place: '"PLACE_NONE", "VILLAGE"' }, { incomplete: '"HOSP_PLACE"' }],
  [{ ...inProvince, hosp_place: '"COUNTY"', hosp_lv: '"LEVEL_3"' }, { incomplete: '"HOSP_LV"' }],
  [{ ...inProvince, hosp_place: '"COUNTY", "CITY", "PROVINCE"', hosp_lv: '"LEVEL_NONE"' },
    { incomplete: '"HOSP_LV"' }],
  [{}, { incomplete: '""' }],
]);

const places = ['care_place', 'hosp_place', 'hosp_lv'];
const byPlace = (figures) => [
  { ...inProvince, hosp_place: '"TOWNSHIP"' },
  { ...inProvince, hosp_place: '"COUNTY"' },
  { ...inProvince, hosp_place: '"CITY"', hosp_lv: small },
  { ...inProvince, hosp_place: '"CITY"', hosp_lv: '"LEVEL_3"' },
  { ...inProvince, hosp_place: '"PROVINCE"', hosp_lv: small },
  { ...inProvince, hosp_place: '"PROVINCE"', hosp_lv: '"LEVEL_3"' },
  outside,
].map((when, index) => [when, figures[index]]);
table('act_pay_dedc', places, ['dedc'],
  byPlace([20000, 40000, 50000, 90000, 60000, 150000, 150000].map((dedc) => ({ dedc }))));
table('hifp_terms', places, ['band_end', 'first', 'second'], byPlace([
  { band_end: 80000, first: 700000, second: 900000 },
  { band_end: 150000, first: 630000, second: 830000 },
  { band_end: 300000, first: 550000, second: 750000 },
  { band_end: 400000, first: 530000, second: 720000 },
  { band_end: 400000, first: 530000, second: 720000 },
  { band_end: 700000, first: 500000, second: 680000 },
  { band_end: 700000, first: 500000, second: 680000 },
]));
expressions('hifp_pay', {
  act_pay_dedc: 'min([dedc, inscp])',
  hifp: `min([${halfUp(`${inside('$.act_pay_dedc', 'inscp', '0', 'band_end')} * first
    + ${inside('$.act_pay_dedc', 'inscp', 'band_end', 'inscp')} * second`)}, max([15000000 - pool_paid, 0])])`,
  own_scope: 'inscp - $.hifp',
});

table('hifmi_terms', ['assistance'], ['start', 'lower', 'upper', 'hifmi_limit'], [
  [{ assistance: poor }, { start: 550000, lower: 650000, upper: 750000, hifmi_limit: 9000000000000 }],
  [{}, { start: 1100000, lower: 600000, upper: 700000, hifmi_limit: 40000000 }],
]);
expressions('hifmi_pay', {
  year_end: 'own_scope_year + own_scope',
  hifmi: `min([${halfUp(`${inside('own_scope_year', '$.year_end', 'start', '10000000')} * lower
    + ${inside('own_scope_year', '$.year_end', '10000000', '9000000000000')} * upper`)}, max([hifmi_limit - hifmi_paid, 0])])`,
});

table('maf_dedc_terms', ['assistance'], ['maf_due'], [
  [{ assistance: '"ASSISTANCE_NONE"' }, { maf_due: 0 }],
  [{ assistance: poor }, { maf_due: 0 }],
  [{ assistance: '"DIBAO_MARGIN", "MONITORED"' }, { maf_due: 210000 }],
  [{ assistance: '"POOR_BY_ILLNESS"' }, { maf_due: 520000 }],
]);
table('maf_terms', ['assistance'], ['maf_ratio'], [
  [{ assistance: '"ASSISTANCE_NONE"' }, { maf_ratio: 0 }],
  [{ assistance: '"TEKUN"' }, { maf_ratio: 900000 }],
  [{ assistance: '"DIBAO", "FANPIN"' }, { maf_ratio: 700000 }],
  [{ assistance: '"DIBAO_MARGIN", "MONITORED", "POOR_BY_ILLNESS"' }, { maf_ratio: 650000 }],
]);
expressions('maf_pay', {
  left: 'own_scope - hifmi',
  maf_dedc: 'min([max([maf_due - maf_dedc_year, 0]), $.left])',
  maf: halfUp('($.left - $.maf_dedc) * maf_ratio'),
  person: 'medfee - hifp - hifmi - $.maf',
});

nodes.push({ id: 'output', type: 'outputNode', name: 'decision' });
edges.push({ id: `${previous}-output`, type: 'edge', sourceId: previous, targetId: 'output' });

export const graph = { contentType: 'application/vnd.gorules.decision', nodes, edges };
