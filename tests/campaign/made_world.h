#ifndef YIJIE_TESTS_CAMPAIGN_MADE_WORLD_H_
#define YIJIE_TESTS_CAMPAIGN_MADE_WORLD_H_

// The world of the campaign, made up for it (测试数据): a few areas, a few institutions and items,
// six policy packages. The engine reads the texts; the model (bill.h) knows the same figures by
// itself.

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "yijie/v1/area.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::campaign {

inline constexpr char kStrictArea[] = "430199";
inline constexpr char kMildArea[] = "410199";
inline constexpr char kAreaWithoutPolicies[] = "450199";
// Of institutions only: they may undo until the clearing period is closed, and give back lines.
// Those of the mild area may undo on the day of the settlement, whole bills only.
inline constexpr char kLongUndoArea[] = "410198";
inline constexpr char kAgency[] = "A430100";
// The account of the agency that pays for all funds but that of personal accounts.
inline constexpr char kPayer[] = "pay1";
inline constexpr std::array<const char*, 4> kPaidByTheAgency = {"310100", "330100", "390100",
                                                                "610100"};
inline constexpr char kAccountFund[] = "310200";
bool IsPaidByTheAgency(const std::string& fund);

// Hospitals of levels 2 and 3, one whose agreement ends on 2025-03-31, and a pharmacy.
const std::vector<yijie::v1::Institution>& Institutions();
// nullptr if there is none.
const yijie::v1::Institution* FindInstitution(const std::string& code);

// A: class A. B: class B, 10 % first. C: class C. L: class A, at most 50.00 a unit. M: class B, 15
// % first, at most 33.33 a unit.
const std::vector<yijie::v1::CatalogueItem>& Catalogue();
const yijie::v1::CatalogueItem* FindItem(const std::string& code);

// Name and text of each policy package.
const std::vector<std::pair<std::string, std::string>>& PolicyTexts();

// Name and text of each file of area rules, and what it says with its defaults written out. The
// mild area has none.
const std::vector<std::pair<std::string, std::string>>& AreaTexts();
const yijie::v1::AreaRules& RulesOfArea(const std::string& admdvs);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_MADE_WORLD_H_
