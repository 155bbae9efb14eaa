// ns of one evaluation of a claim of 12 lines, explanation on.

#include <array>
#include <deque>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/cpu_suite.h"
#include "bench/evaluate_floor.h"
#include "engine/claim_input.h"
#include "engine/sample/generate.h"
#include "rules/evaluate.h"

namespace yijie::bench {
namespace {

using rules::Fact;

constexpr size_t kClaims = 1'024;  // a power of two
constexpr uint64_t kSeed = 11;

// One claim in the forms that are evaluated.
struct Sample {
  v1::SettleRequest request;
  engine::Person person;
  engine::ClaimInput ours;
  std::vector<Date> days;  // of the lines
  rules::Symbol area = rules::Symbol::kNone;
  FloorClaim floor;
};

// Totals of the year as a patient has them who was in hospital before; half of the persons.
void GiveHistory(Random& random, engine::Person* person, FloorClaim* floor) {
  const auto add = [&](const char* name, int64_t most_yuan) {
    rules::AccumulatorEntry entry;
    entry.key.insutype = rules::Intern("390");
    entry.key.name = rules::Intern(name);
    entry.key.period = Date::FromCivil(2025, 1, 1);
    entry.value = random.Spread(most_yuan * 100);
    person->accumulators.push_back(entry);
    return entry.value;
  };
  if (random.Below(2) == 0) return;
  floor->pool_paid = add("pool_paid", 200'000);
  floor->own_scope_year = add("own_scope_year", 200'000);
  floor->hifmi_paid = add("hifmi_paid", 300'000);
  floor->maf_dedc_year = add("maf_dedc_year", 5'000);
}

void FillFloorClaim(const rules::Facts& facts, FloorClaim* floor) {
  const auto place = static_cast<rules::CarePlace>(facts[Fact::kCarePlace]);
  floor->injured = facts[Fact::kInjury] != 0;
  floor->third_party = facts[Fact::kThirdParty] != 0;
  floor->local = place == rules::CarePlace::kLocal;
  floor->in_province = place != rules::CarePlace::kOutOfProvince;
  floor->registered =
      facts[Fact::kRegistration] == v1::REFERRAL || facts[Fact::kRegistration] == v1::EMERGENCY;
  floor->age = facts[Fact::kAge];
  floor->hosp_place = facts[Fact::kHospPlace];
  floor->hosp_lv = facts[Fact::kHospLv];
  floor->assistance = facts[Fact::kAssistance];
}

absl::Status MakeSample(const World& world, Random& random, Sample* out) {
  const v1::PersonFacts& facts = random.Pick(world.residents);
  out->person.version = 1;
  out->person.facts = std::make_shared<v1::PersonFacts>(facts);
  GiveHistory(random, &out->person, &out->floor);
  out->request = MakeRequest(world, facts, BillSize::kAny, random);
  const v1::Claim& claim = out->request.claim();
  const auto* institution =
      world.reference->FindInstitution(out->request.header().fixmedins_code());
  YIJIE_ASSIGN_OR_RETURN(const Date received, ParseDate(claim.enddate()));
  engine::MakeClaimInput(*world.reference, *institution, out->person, claim, received, &out->ours);
  if (out->ours.program == nullptr || out->ours.program->id != kFloorPackage) {
    return absl::InternalError(absl::StrCat("a claim is not one of ", kFloorPackage));
  }
  out->area = rules::Intern(institution->admdvs());
  for (const v1::FeeLine& line : claim.fee_line()) {
    YIJIE_ASSIGN_OR_RETURN(const Date day, ParseDate(line.fee_ocur_date()));
    out->days.push_back(day);
  }
  FillFloorClaim(out->ours.input.facts, &out->floor);
  return absl::OkStatus();
}

// Both give the same amounts, or the comparison means nothing.
bool Agree(const rules::Decision& ours, const FloorResult& floor) {
  const auto is = [&ours](size_t slot, int64_t fen) { return ours.amount[slot].value() == fen; };
  bool same =
      floor.settled && ours.verdict == rules::Verdict::kSettled &&
      is(rules::kMedfeeSumamt, floor.medfee) && is(rules::kFulamtOwnpayAmt, floor.fulamt_ownpay) &&
      is(rules::kOverlmtSelfpay, floor.overlmt) && is(rules::kPreselfpayAmt, floor.preselfpay) &&
      is(rules::kInscpScpAmt, floor.inscp) && is(rules::kPsnPartAmt, floor.person) &&
      ours.act_pay_dedc.value() == floor.act_pay_dedc && ours.funds.size() == 3 &&
      ours.funds[0].amount.value() == floor.hifp && ours.funds[1].amount.value() == floor.hifmi &&
      ours.funds[2].amount.value() == floor.maf;
  for (size_t i = 0; i < ours.lines.size(); ++i) {
    same = same && ours.lines[i].inscp.value() == floor.lines[i].inscp &&
           ours.lines[i].preselfpay.value() == floor.lines[i].preselfpay;
  }
  return same;
}

class EvaluateBench {
 public:
  explicit EvaluateBench(const World& world) : world_(world) {}

  absl::Status Prepare() {
    Random random(kSeed);
    for (size_t i = 0; i < kClaims; ++i) {
      YIJIE_RETURN_IF_ERROR(MakeSample(world_, random, &samples_.emplace_back()));
    }
    // A table as large as ours, with names of its own, so that no look-up finds its name in cache.
    for (int64_t i = 0; i < kCatalogueItems; ++i) AddToFloor(i);
    for (const Sample& sample : samples_) {
      Evaluate(sample);
      SettleByHand(sample.floor, sample.ours.lines, &floor_result_);
      if (!Agree(decision_, floor_result_)) {
        return absl::InternalError("the floor of Evaluate computes other amounts than Evaluate");
      }
    }
    return absl::OkStatus();
  }

  void AddRows(CpuSuite& suite) {
    suite.Add(
        "evaluate/arithmetic", [this](size_t i) { Evaluate(At(i)); }, "hand-written C++",
        [this](size_t i) { SettleByHand(At(i).floor, At(i).ours.lines, &floor_result_); });
    suite.Add(
        "evaluate/with-look-ups",
        [this](size_t i) {
          Sample& sample = At(i);
          FindItems(sample);
          Evaluate(sample);
        },
        "hand-written C++",
        [this](size_t i) {
          Sample& sample = At(i);
          for (int line = 0; line < kLines; ++line) {
            const auto found = floor_catalogue_.find(Code(sample, line));
            sample.ours.lines[static_cast<size_t>(line)].item =
                found == floor_catalogue_.end() ? nullptr : found->second;
          }
          SettleByHand(sample.floor, sample.ours.lines, &floor_result_);
        });
  }

 private:
  Sample& At(size_t i) { return samples_[i % kClaims]; }
  void Evaluate(const Sample& sample) {
    rules::Evaluate(*sample.ours.program, sample.ours.input, decision_);
    benchmark::DoNotOptimize(decision_);
  }
  static const std::string& Code(const Sample& sample, int line) {
    return sample.request.claim().fee_line(line).med_list_codg();
  }
  void FindItems(Sample& sample) const {
    std::array<rules::Catalogue::Wanted, kLines> wanted;
    for (size_t line = 0; line < kLines; ++line)
      wanted[line] = {Code(sample, static_cast<int>(line)), sample.days[line]};
    world_.reference->catalogue.FindAll(sample.ours.input.insutype, sample.area,
                                        absl::MakeSpan(wanted));
    for (size_t line = 0; line < kLines; ++line) sample.ours.lines[line].item = wanted[line].found;
  }
  void AddToFloor(int64_t index);

  const World& world_;
  std::deque<Sample> samples_;  // a sample points into itself
  FloorCatalogue floor_catalogue_;
  std::deque<std::string> codes_;
  rules::Decision decision_;
  FloorResult floor_result_;
};

void EvaluateBench::AddToFloor(int64_t index) {
  const Sample& sample = samples_.front();
  const std::string& code = codes_.emplace_back(engine::SampleItemCode(index));
  const rules::CatalogueItem* const item = world_.reference->catalogue.Find(
      code, sample.ours.input.insutype, sample.area, sample.days.front());
  if (item != nullptr) floor_catalogue_.emplace(code, item);
}

}  // namespace

absl::Status BenchEvaluate(const Options& options, const World& world, Report& report) {
  CpuSuite suite(options);
  EvaluateBench bench(world);
  bench.AddRows(suite);
  if (suite.empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(bench.Prepare());
  suite.Run(report);
  return absl::OkStatus();
}

}  // namespace yijie::bench
