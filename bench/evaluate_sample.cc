#include "bench/evaluate_sample.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"

namespace yijie::bench {
namespace {

using rules::Fact;

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

}  // namespace

absl::Status MakeEvaluateSample(const World& world, Random& random, EvaluateSample* out) {
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

void FindItems(const engine::Reference& reference, EvaluateSample* sample) {
  std::array<rules::Catalogue::Wanted, kLines> wanted;
  for (size_t i = 0; i < kLines; ++i) {
    const int line = static_cast<int>(i);
    wanted[i] = {sample->request.claim().fee_line(line).med_list_codg(), sample->days[i]};
  }
  reference.catalogue.FindAll(sample->ours.input.insutype, sample->area, absl::MakeSpan(wanted));
  for (size_t i = 0; i < kLines; ++i) sample->ours.lines[i].item = wanted[i].found;
}

}  // namespace yijie::bench
