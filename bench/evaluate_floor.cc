#include "bench/evaluate_floor.h"

#include <algorithm>

#include "yijie/v1/person.pb.h"

namespace yijie::bench {
namespace {

constexpr int64_t kYuan = 100;
constexpr int64_t kMillion = 1'000'000;

// Amount times ratio, half up.
int64_t HalfUp(int64_t fen_millionths) { return (fen_millionths + kMillion / 2) / kMillion; }

FloorSplit SplitLine(const rules::Line& line) {
  const int64_t amount = line.amount.value();
  const rules::CatalogueItem* const item = line.item;
  if (item == nullptr || item->item_class == rules::ItemClass::kC || line.outside_restriction) {
    return {amount, 0, 0, 0};
  }
  int64_t rest = amount;
  if (const int64_t limit = item->price_limit.value(); limit > 0) {
    rest = std::min(rest, (limit * line.cnt_1e4 + 5'000) / 10'000);
  }
  const int64_t preselfpay = HalfUp(rest * item->selfpay_prop.millionths());
  return {0, amount - rest, preselfpay, rest - preselfpay};
}

// What one place pays: deductible, end of the first band, and the ratios of both bands.
struct Terms {
  int64_t deductible_yuan, band_end_yuan, first_1e6, second_1e6;
};

const Terms* TermsFor(const FloorClaim& claim) {
  static constexpr Terms kOut = {1'500, 7'000, 500'000, 680'000};
  static constexpr Terms kTownship = {200, 800, 700'000, 900'000};
  static constexpr Terms kCounty = {400, 1'500, 630'000, 830'000};
  static constexpr Terms kCity = {500, 3'000, 550'000, 750'000};
  static constexpr Terms kCityThree = {900, 4'000, 530'000, 720'000};
  static constexpr Terms kProvince = {600, 4'000, 530'000, 720'000};
  static constexpr Terms kProvinceThree = {1'500, 7'000, 500'000, 680'000};
  if (!claim.in_province) return &kOut;
  const bool small = claim.hosp_lv >= v1::PRIMARY && claim.hosp_lv <= v1::LEVEL_2;
  const bool three = claim.hosp_lv == v1::LEVEL_3;
  switch (claim.hosp_place) {
    case v1::TOWNSHIP:
      return &kTownship;
    case v1::COUNTY:
      return small ? &kCounty : nullptr;
    case v1::CITY:
      return small ? &kCity : three ? &kCityThree : nullptr;
    case v1::PROVINCE:
      return small ? &kProvince : three ? &kProvinceThree : nullptr;
    default:
      return nullptr;
  }
}

// Money in (low, high] of [from, to].
int64_t Inside(int64_t from, int64_t to, int64_t low, int64_t high) {
  return std::max<int64_t>(std::min(to, high) - std::max(from, low), 0);
}

int64_t BigIllness(const FloorClaim& claim, int64_t own_scope, bool poor) {
  const int64_t from = claim.own_scope_year, to = from + own_scope;
  const int64_t start = (poor ? 5'500 : 11'000) * kYuan, step = 100'000 * kYuan;
  const int64_t lower = Inside(from, to, start, step) * (poor ? 650'000 : 600'000);
  const int64_t upper = Inside(from, to, step, INT64_MAX) * (poor ? 750'000 : 700'000);
  const int64_t paid = HalfUp(lower + upper);
  return poor ? paid : std::min(paid, std::max<int64_t>(400'000 * kYuan - claim.hifmi_paid, 0));
}

}  // namespace

void SettleByHand(const FloorClaim& claim, absl::Span<const rules::Line> lines,
                  FloorResult* result) {
  FloorResult& r = *result;
  r.settled = false;
  r.medfee = r.fulamt_ownpay = r.overlmt = r.preselfpay = r.inscp = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const FloorSplit split = SplitLine(lines[i]);
    r.lines[i] = split;
    r.medfee += lines[i].amount.value();
    r.fulamt_ownpay += split.fulamt_ownpay;
    r.overlmt += split.overlmt;
    r.preselfpay += split.preselfpay;
    r.inscp += split.inscp;
  }
  if (claim.injured || claim.third_party || !claim.ordinary_stay || claim.age <= 14) return;
  if (!claim.local && !claim.registered) return;
  const Terms* const terms = TermsFor(claim);
  if (terms == nullptr) return;

  r.act_pay_dedc = std::min(terms->deductible_yuan * kYuan, r.inscp);
  const int64_t band_end = terms->band_end_yuan * kYuan;
  const int64_t first = Inside(r.act_pay_dedc, r.inscp, 0, band_end) * terms->first_1e6;
  const int64_t second = Inside(r.act_pay_dedc, r.inscp, band_end, INT64_MAX) * terms->second_1e6;
  r.hifp =
      std::min(HalfUp(first + second), std::max<int64_t>(150'000 * kYuan - claim.pool_paid, 0));

  const bool poor = claim.assistance == v1::TEKUN || claim.assistance == v1::DIBAO ||
                    claim.assistance == v1::FANPIN;
  r.own_scope = r.inscp - r.hifp;
  r.hifmi = BigIllness(claim, r.own_scope, poor);
  const bool near_poor = claim.assistance == v1::DIBAO_MARGIN || claim.assistance == v1::MONITORED;
  const int64_t due = near_poor                                 ? 2'100 * kYuan
                      : claim.assistance == v1::POOR_BY_ILLNESS ? 5'200 * kYuan
                                                                : 0;
  const int64_t left = r.own_scope - r.hifmi;
  r.maf_dedc = std::min(std::max<int64_t>(due - claim.maf_dedc_year, 0), left);
  const int64_t ratio = claim.assistance == v1::ASSISTANCE_NONE ? 0
                        : claim.assistance == v1::TEKUN         ? 900'000
                        : poor                                  ? 700'000
                                                                : 650'000;
  r.maf = HalfUp((left - r.maf_dedc) * ratio);
  r.person = r.medfee - r.hifp - r.hifmi - r.maf;
  r.settled = true;
}

}  // namespace yijie::bench
