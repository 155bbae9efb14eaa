#ifndef YIJIE_BENCH_EVALUATE_FLOOR_H_
#define YIJIE_BENCH_EVALUATE_FLOOR_H_

// The floor of rules::Evaluate: henan-zhoukou-resident-inpatient-2022 written by hand in C++, with
// plain int64 fen, constants in the code, no explanation and no checks. What a programmer would
// write who had to settle under this one package only.

#include <array>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "rules/catalogue.h"
#include "rules/decision.h"

namespace yijie::bench {

// Name of the package.
inline constexpr absl::string_view kFloorPackage = "henan-zhoukou-resident-inpatient-2022";

inline constexpr size_t kMaxFloorLines = 16;

struct FloorClaim {
  bool ordinary_stay = true;
  bool injured = false, third_party = false;
  bool local = true, in_province = true, registered = true;
  int64_t age = 0;
  int64_t hosp_place = 0, hosp_lv = 0, assistance = 0;
  // Totals of the year before the claim, fen.
  int64_t pool_paid = 0, own_scope_year = 0, hifmi_paid = 0, maf_dedc_year = 0;
};

struct FloorSplit {
  int64_t fulamt_ownpay, overlmt, preselfpay, inscp;
};

// All fen.
struct FloorResult {
  bool settled = false;
  int64_t medfee = 0, fulamt_ownpay = 0, overlmt = 0, preselfpay = 0, inscp = 0;
  int64_t act_pay_dedc = 0, hifp = 0, own_scope = 0, hifmi = 0, maf_dedc = 0, maf = 0, person = 0;
  std::array<FloorSplit, kMaxFloorLines> lines;  // as many as the claim has
};

// At most kMaxFloorLines lines.
void SettleByHand(const FloorClaim& claim, absl::Span<const rules::Line> lines,
                  FloorResult* result);

// Items by code, for residents: one look-up, no scheme, area or day to choose by.
using FloorCatalogue = absl::flat_hash_map<absl::string_view, const rules::CatalogueItem*>;

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_EVALUATE_FLOOR_H_
