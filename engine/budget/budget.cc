#include "engine/budget/budget.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/call.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr std::array<absl::string_view, kChannels> kNames = {
    "pharmacy", "out-patient", "in-patient", "cross-province", "other"};
constexpr int64_t kMaxBudgetMs = 600'000;

absl::StatusOr<std::chrono::milliseconds> ParseDuration(absl::string_view text) {
  int64_t factor = 1;
  if (!absl::ConsumeSuffix(&text, "ms")) {
    factor = 1'000;
    if (!absl::ConsumeSuffix(&text, "s"))
      return absl::InvalidArgumentError("needs a unit, ms or s");
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < 1 || number > kMaxBudgetMs / factor)
    return absl::InvalidArgumentError("is no whole number from 1 ms to 600 s");
  return std::chrono::milliseconds(number * factor);
}

// Codes of med_type (医疗类别) that are in-patient care: 2 with what follows it, and 52.
bool IsStay(absl::string_view med_type) {
  return absl::StartsWith(med_type, "2") || absl::StartsWith(med_type, "52");
}

// fixmedins_code of a pharmacy begins with P (定点零售药店), of a hospital with H.
bool IsPharmacy(absl::string_view fixmedins_code) { return absl::StartsWith(fixmedins_code, "P"); }

Channel ChannelOfInstitution(absl::string_view fixmedins_code) {
  return IsPharmacy(fixmedins_code) ? Channel::kPharmacy : Channel::kOutpatient;
}

Channel ChannelOfClaim(const v1::Claim& claim, absl::string_view fixmedins_code) {
  return IsStay(claim.med_type()) ? Channel::kInpatient : ChannelOfInstitution(fixmedins_code);
}

}  // namespace

absl::string_view NameOf(Channel channel) { return kNames[static_cast<size_t>(channel)]; }

absl::StatusOr<Budgets> ParseBudgets(absl::string_view text, Budgets budgets) {
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    size_t channel = 0;
    while (channel < kChannels && kNames[channel] != pair.first) ++channel;
    if (channel == kChannels) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", part,
                       "\": no channel of this name; there are pharmacy, out-patient, "
                       "in-patient, cross-province and other"));
    }
    const absl::StatusOr<std::chrono::milliseconds> budget = ParseDuration(pair.second);
    if (!budget.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("\"", part, "\": ", budget.status().message()));
    budgets[channel] = *budget;
  }
  return budgets;
}

std::string ToText(const Budgets& budgets) {
  std::string text;
  for (size_t channel = 0; channel < kChannels; ++channel) {
    absl::StrAppend(&text, channel == 0 ? "" : ",", kNames[channel], "=", budgets[channel].count(),
                    "ms");
  }
  return text;
}

Channel ChannelOf(const Job& job, bool elsewhere) {
  if (elsewhere || SpecOf(job.call).of_peers) return Channel::kCrossProvince;
  switch (job.call) {
    case Call::kSettle:
      return ChannelOfClaim(RequestOf<v1::SettleRequest>(job).claim(), job.key.institution);
    case Call::kPreSettle: {
      const auto& request = RequestOf<v1::PreSettleRequest>(job);
      return ChannelOfClaim(request.claim(), request.fixmedins_code());
    }
    case Call::kAdmit:
    case Call::kChangeStay:
    case Call::kCancelAdmission:
    case Call::kUploadFees:
    case Call::kCancelFees:
    case Call::kDischarge:
    case Call::kCancelDischarge:
    case Call::kSettleStay:
    case Call::kGetStay:
      return Channel::kInpatient;
    case Call::kReverse:
    case Call::kRefund:
      return ChannelOfInstitution(job.key.institution);
    case Call::kReverseByMessage:
      return RequestOf<v1::ReverseByMessageRequest>(job).transaction() == v1::SETTLE_STAY
                 ? Channel::kInpatient
                 : ChannelOfInstitution(job.key.institution);
    case Call::kGetSettlement:
      return ChannelOfInstitution(RequestOf<v1::GetSettlementRequest>(job).fixmedins_code());
    case Call::kQueryMessage:
      return ChannelOfInstitution(RequestOf<v1::QueryMessageRequest>(job).fixmedins_code());
    case Call::kGetAccount:
      return Channel::kOutpatient;
    default:
      return Channel::kOther;
  }
}

}  // namespace yijie::engine
