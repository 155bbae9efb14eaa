#include "tests/campaign/compare.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace yijie::campaign {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

bool IsSkipped(const FieldDescriptor& field) {
  static const auto* const kSkipped = new std::set<std::string>{
      "yijie.v1.SettlementFlag.text",
      "yijie.v1.CardView.card_no",
      "yijie.v1.CardView.social_changes_at_ms",
      "yijie.v1.CardView.bank_changes_at_ms",
      // The runner compares these by their bytes.
      "yijie.v1.QueryMessageResponse.settle",
      "yijie.v1.QueryMessageResponse.reverse",
      "yijie.v1.QueryMessageResponse.reverse_by_message",
      "yijie.v1.QueryMessageResponse.other_reply",
      // Working days are no business of this model.
      "yijie.v1.ReimburseResponse.decision_due",
      "yijie.v1.ReimburseResponse.decision_note",
  };
  static const auto* const kOfPayouts = new std::set<std::string>{
      "kind", "label", "source_id", "gross_fen", "part", "deduction", "amount_fen", "state"};
  const bool explanation = field.containing_type()->full_name() == "yijie.v1.Explanation";
  const std::string& type = field.containing_type()->full_name();
  if (type == "yijie.v1.Payout") return kOfPayouts->count(field.name()) == 0;
  if (type == "yijie.v1.BankAccount")
    return field.name() != "begndate" && field.name() != "enddate";
  if (explanation) return field.name() != "policy";
  return kSkipped->count(field.full_name()) > 0;
}

// Payments in the order of the model, without those of nothing.
void Straighten(v1::Settlement& settlement) {
  auto* payments = settlement.mutable_setldetail();
  payments->erase(std::remove_if(payments->begin(), payments->end(),
                                 [](const v1::FundPayment& p) { return p.fund_payamt_fen() == 0; }),
                  payments->end());
  std::sort(payments->begin(), payments->end(),
            [](const v1::FundPayment& a, const v1::FundPayment& b) {
              return a.fund_pay_type() < b.fund_pay_type();
            });
  // A flag says what to review, and there is nothing to review.
  if (settlement.outcome() != v1::SETTLED) settlement.clear_flag();
}

class Comparison {
 public:
  Comparison(const Now& now, Person* person) : now_(now), person_(person) {}

  std::string Compare(const Message& expected, const Message& actual) {
    const auto* type = expected.GetDescriptor();
    // The outcome first: the rest follows from it.
    const FieldDescriptor* outcome = type->FindFieldByName("outcome");
    if (outcome != nullptr && !outcome->is_repeated()) {
      const std::string difference = CompareOne(expected, actual, *outcome);
      if (!difference.empty()) return difference;
    }
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor& field = *type->field(i);
      if (IsSkipped(field)) continue;
      const std::string difference = field.is_repeated() ? CompareList(expected, actual, field)
                                                         : CompareOne(expected, actual, field);
      if (!difference.empty()) return difference;
    }
    return "";
  }

 private:
  std::string CompareList(const Message& expected, const Message& actual,
                          const FieldDescriptor& field) {
    const Reflection& r = *expected.GetReflection();
    const int size = r.FieldSize(expected, &field);
    if (size != r.FieldSize(actual, &field)) {
      return absl::StrCat(field.name(), ": ", size, " expected, ", r.FieldSize(actual, &field),
                          " told");
    }
    for (int i = 0; i < size; ++i) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        const std::string difference = Same(field, r.GetRepeatedEnum(expected, &field, i)->name(),
                                            r.GetRepeatedEnum(actual, &field, i)->name());
        if (!difference.empty()) return difference;
        continue;
      }
      const std::string difference = Compare(r.GetRepeatedMessage(expected, &field, i),
                                             r.GetRepeatedMessage(actual, &field, i));
      if (!difference.empty()) return absl::StrCat(field.name(), "[", i, "].", difference);
    }
    return "";
  }

  std::string CompareOne(const Message& expected, const Message& actual,
                         const FieldDescriptor& field) {
    const Reflection& r = *expected.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const std::string difference =
            Compare(r.GetMessage(expected, &field), r.GetMessage(actual, &field));
        return difference.empty() ? "" : absl::StrCat(field.name(), ".", difference);
      }
      case FieldDescriptor::CPPTYPE_STRING:
        return CompareText(r.GetString(expected, &field), r.GetString(actual, &field), field);
      case FieldDescriptor::CPPTYPE_INT64:
        return Same(field, r.GetInt64(expected, &field), r.GetInt64(actual, &field));
      case FieldDescriptor::CPPTYPE_INT32:
        return Same(field, r.GetInt32(expected, &field), r.GetInt32(actual, &field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return Same(field, r.GetBool(expected, &field), r.GetBool(actual, &field));
      case FieldDescriptor::CPPTYPE_ENUM:
        return Same(field, r.GetEnum(expected, &field)->name(), r.GetEnum(actual, &field)->name());
      default:
        return absl::StrCat(field.name(), ": of a type that is not compared");
    }
  }

  template <typename T>
  std::string Same(const FieldDescriptor& field, const T& expected, const T& actual) {
    if (expected == actual) return "";
    return absl::StrCat(field.name(), ": ", expected, " expected, ", actual, " told");
  }

  std::string CompareText(const std::string& expected, const std::string& actual,
                          const FieldDescriptor& field) {
    if (field.name() == "reason") return Same(field, expected.empty(), actual.empty());
    if (absl::StartsWith(expected, "@")) return CompareId(expected, actual, field);
    return Same(field, expected, actual);
  }

  // "@7": what the engine called version 7, or calls it from now on.
  std::string CompareId(const std::string& expected, const std::string& actual,
                        const FieldDescriptor& field) {
    if (person_ == nullptr) return absl::StrCat(field.name(), ": an id of nobody");
    const int64_t version = std::stoll(expected.substr(1));
    const auto known = person_->setl_ids.find(version);
    if (known != person_->setl_ids.end()) return Same(field, known->second, actual);
    std::string yymmdd = now_.day.substr(2);
    yymmdd.erase(std::remove(yymmdd.begin(), yymmdd.end(), '-'), yymmdd.end());
    if (actual.size() != 30 || actual.substr(6, 6) != yymmdd)
      return absl::StrCat(field.name(), ": ", actual, " is no id of ", now_.day);
    for (const auto& [other, id] : person_->setl_ids) {
      if (id == actual) return absl::StrCat(field.name(), ": ", actual, " is the id of ", other);
    }
    person_->setl_ids[version] = actual;
    return "";
  }

  const Now& now_;
  Person* const person_;
};

}  // namespace

std::string Difference(const Message& expected, const Message& actual, const Now& now,
                       Person* person) {
  std::unique_ptr<Message> straight(actual.New());
  straight->CopyFrom(actual);
  const std::string& type = actual.GetDescriptor()->name();
  if (type == "SettleResponse")
    Straighten(*static_cast<v1::SettleResponse&>(*straight).mutable_settlement());
  if (type == "PreSettleResponse")
    Straighten(*static_cast<v1::PreSettleResponse&>(*straight).mutable_settlement());
  if (type == "ReimburseResponse") {
    auto& response = static_cast<v1::ReimburseResponse&>(*straight);
    if (response.has_settlement()) Straighten(*response.mutable_settlement());
  }
  if (type == "RefundResponse") {
    auto& response = static_cast<v1::RefundResponse&>(*straight);
    if (response.has_settlement()) Straighten(*response.mutable_settlement());
  }
  if (type == "GetSettlementResponse") {
    auto& response = static_cast<v1::GetSettlementResponse&>(*straight);
    Straighten(*response.mutable_settlement());
    response.mutable_settlement()->clear_line();
  }
  return Comparison(now, person).Compare(expected, *straight);
}

}  // namespace yijie::campaign
