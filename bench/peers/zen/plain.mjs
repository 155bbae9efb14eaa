// The same package written by hand in JavaScript, with the figures in the code: what a programmer
// of the field would write. Numbers are whole and stay far below 2^53.

const halfUp = (product) => Math.floor((product + 500000) / 1000000);
const inside = (from, to, low, high) => Math.max(Math.min(to, high) - Math.max(from, low), 0);

function splitLine(line) {
  const { amount } = line;
  if (line.item_class === '' || line.item_class === 'C' || line.outside_restriction) {
    return { fulamt: amount, overlmt: 0, preselfpay: 0, inscp: 0 };
  }
  const limited = line.limit > 0
    ? Math.min(amount, Math.floor((line.limit * line.cnt_1e4 + 5000) / 10000)) : amount;
  const preselfpay = halfUp(limited * line.prop);
  return { fulamt: 0, overlmt: amount - limited, preselfpay, inscp: limited - preselfpay };
}

// Deductible, end of the first band, ratios of both bands.
const TERMS = {
  TOWNSHIP: () => [20000, 80000, 700000, 900000],
  COUNTY: (three) => (three ? null : [40000, 150000, 630000, 830000]),
  CITY: (three) => (three ? [90000, 400000, 530000, 720000] : [50000, 300000, 550000, 750000]),
  PROVINCE: (three) => (three ? [150000, 700000, 500000, 680000] : [60000, 400000, 530000, 720000]),
};

function termsFor(claim) {
  if (claim.care_place === 'OUT_OF_PROVINCE') return [150000, 700000, 500000, 680000];
  if (claim.hosp_lv === 'LEVEL_NONE' && claim.hosp_place !== 'TOWNSHIP') return null;
  return TERMS[claim.hosp_place]?.(claim.hosp_lv === 'LEVEL_3') ?? null;
}

export function settle(claim) {
  const lines = claim.lines.map(splitLine);
  const r = { lines, medfee: 0, fulamt: 0, overlmt: 0, preselfpay: 0, inscp: 0 };
  for (let i = 0; i < lines.length; ++i) {
    r.medfee += claim.lines[i].amount;
    r.fulamt += lines[i].fulamt;
    r.overlmt += lines[i].overlmt;
    r.preselfpay += lines[i].preselfpay;
    r.inscp += lines[i].inscp;
  }
  if (claim.injury || claim.third_party || claim.med_type !== '21' || claim.age <= 14) return null;
  const known = claim.registration === 'REFERRAL' || claim.registration === 'EMERGENCY';
  if (claim.care_place !== 'LOCAL' && !known) return null;
  const terms = termsFor(claim);
  if (terms === null) return null;
  const [dedc, bandEnd, first, second] = terms;
  r.act_pay_dedc = Math.min(dedc, r.inscp);
  r.hifp = Math.min(
    halfUp(inside(r.act_pay_dedc, r.inscp, 0, bandEnd) * first
      + inside(r.act_pay_dedc, r.inscp, bandEnd, r.inscp) * second),
    Math.max(15000000 - claim.pool_paid, 0));
  const ownScope = r.inscp - r.hifp;

  const { assistance } = claim;
  const poor = assistance === 'TEKUN' || assistance === 'DIBAO' || assistance === 'FANPIN';
  const from = claim.own_scope_year;
  const to = from + ownScope;
  r.hifmi = halfUp(inside(from, to, poor ? 550000 : 1100000, 10000000) * (poor ? 650000 : 600000)
    + inside(from, to, 10000000, to) * (poor ? 750000 : 700000));
  if (!poor) r.hifmi = Math.min(r.hifmi, Math.max(40000000 - claim.hifmi_paid, 0));

  const near = assistance === 'DIBAO_MARGIN' || assistance === 'MONITORED';
  const due = near ? 210000 : assistance === 'POOR_BY_ILLNESS' ? 520000 : 0;
  const left = ownScope - r.hifmi;
  const mafDedc = Math.min(Math.max(due - claim.maf_dedc_year, 0), left);
  const ratio = assistance === 'ASSISTANCE_NONE' ? 0
    : assistance === 'TEKUN' ? 900000 : poor ? 700000 : 650000;
  r.maf = halfUp((left - mafDedc) * ratio);
  r.person = r.medfee - r.hifp - r.hifmi - r.maf;
  return r;
}
