#ifndef YIJIE_TESTS_RULES_GOOD_PACKAGE_H_
#define YIJIE_TESTS_RULES_GOOD_PACKAGE_H_

namespace yijie::rules {

// A package without defects that uses every kind of step; tests break one thing of it at a time.
inline constexpr char kGoodPackage[] = R"policy(id: "good"
title: "好"
admdvs: "411699"
insutype: "310"
med_type: "21"
valid_from: "2022-01-01"
valid_to: "2029-12-31"
benefit_year_start: "07-01"
source {
  id: "s1"
  title: "law"
  grade: "A"
}
source {
  id: "s2"
  title: "notice"
  grade: "B"
}
accumulator { name: "pool" period: YEAR }
accumulator { name: "paid" period: YEAR }
accumulator { name: "stays" period: YEAR holds: COUNT }
accumulator { name: "left" period: LIFE holds: DAY }
given { name: "wage" label: "w" }
given { name: "days" label: "d" holds: COUNT }
year_crossing: SPLIT_BY_FEE_DAY
step {
  id: "classify" label: "c" cite: "s1 1"
  classify {
    row { when { chrgitm_lv: "CLASS_B" pric: "[1000..)" } selfpay_prop: "20%" cite: "s2 2" }
    ceiling { when { item_kind: "SERVICE" } per: FEE_DAY amount: "400" }
    group { name: "other_illness" when { unrelated: "YES" } bucket: "medfee_sumamt" }
  }
}
step {
  id: "gate" label: "g" cite: "s1 1"
  gate {
    row { when { third_party: "YES" } reason: "third" }
  }
}
step {
  id: "act_pay_dedc" label: "d" cite: "s1 1"
  deductible {
    base: "inscp_scp_amt"
    row { when { hosp_lv: "LEVEL_3" } amount: "900" }
    row { when { hosp_lv: "not(LEVEL_3)" } amount: "400" }
    adjust { when { age: "[0..14]" } factor: "50%" }
    already: "paid"
    limit { accumulator: "pool" row { amount: "2000" } }
  }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP
    fund_pay_type: "310100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
    start: "act_pay_dedc"
    row {
      when { amount { of: "acc:stays" is: "[0..5]" } }
      band { to: "1500" ratio: "63%" }
      band { ratio: "83%" }
    }
    adjust { when { psn_type: "RETIRED" } points: "2%" }
    limit { accumulator: "pool" row { amount: "150000" } }
    at_least { when { right: "M01100" } of: "medfee_sumamt" ratio: "40%" }
  }
}
step {
  id: "capped" label: "k" cite: "s1 1"
  cap { base: "psn_part_amt" limit { row { amount: "100" } } }
}
step {
  id: "birth" label: "q" cite: "s1 1"
  quota {
    fund: MATERNITY
    fund_pay_type: "510100"
    mode: LIMIT
    base: "capped"
    row { amount: "10" }
    each_further_baby: "5"
  }
}
step {
  id: "own" label: "s" cite: "s1 1"
  sum { of: "inscp_scp_amt" of: "-hifp_pay" }
}
step {
  id: "count" label: "a" cite: "s1 1"
  accumulate { accumulator: "stays" }
}
step {
  id: "add" label: "a" cite: "s1 1"
  accumulate { accumulator: "paid" of: "own" }
}
step {
  id: "leave" label: "a" cite: "s1 1"
  accumulate { accumulator: "left" when { transfer: "NO_TRANSFER" } }
}
step {
  id: "base" label: "v" cite: "s1 1"
  value {
    row { of: "wage" ratio: "60%" times: "days" every: "7" divide: "30.4" at_least: "100" at_most: "wage" }
    adjust { when { amount { of: "since:left" is: "[28..)" } } plus: "10" times: "insured_months" }
  }
}
step {
  id: "weeks" label: "v" cite: "s1 1"
  value { holds: COUNT row { of: "stay_days" divide: "7" } }
}
step {
  id: "allowance" label: "b" cite: "s1 1"
  benefit {
    fund: MATERNITY fund_pay_type: "510200"
    row { of: "base" times: "weeks" }
    limit { row { amount: "50000" } }
  }
}
step {
  id: "acct_pay" label: "a" cite: "s1 1"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)policy";

}  // namespace yijie::rules

#endif  // YIJIE_TESTS_RULES_GOOD_PACKAGE_H_
