#include "engine/card/identity_number.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

// 17 digits with the check character that fits them.
std::string WithCheck(const std::string& digits) {
  return digits + IdentityCardCheckCharacter(digits);
}

TEST(IdentityNumber, TheSamplesOfTheStandardPass) {
  EXPECT_EQ(NormalIdentityNumber("11010519491231002X"), "11010519491231002X");
  EXPECT_EQ(NormalIdentityNumber("440524188001010014"), "440524188001010014");
}

TEST(IdentityNumber, ASmallXBecomesACapital) {
  EXPECT_EQ(NormalIdentityNumber("11010519491231002x"), "11010519491231002X");
}

TEST(IdentityNumber, WhatIsNoneIsEmpty) {
  for (const char* number :
       {"", "110105194912310021", "440524188001010041", "1101051949123100", "11010519491231A02X",
        "11010519491231002X ", "x1010519491231002X", "11010519491231002Y", "１1010519491231002X"}) {
    EXPECT_EQ(NormalIdentityNumber(number), "") << number;
  }
}

TEST(IdentityNumber, TheBirthdayIsADayOfTheCalendar) {
  for (const char* good : {"19960229", "20000229", "18000101", "20241231"})
    EXPECT_NE(NormalIdentityNumber(WithCheck(absl::StrCat("999999", good, "001"))), "") << good;
  for (const char* bad : {"19970229", "19000229", "20240431", "20241301", "20240001", "20240100",
                          "17991231", "20240132"})
    EXPECT_EQ(NormalIdentityNumber(WithCheck(absl::StrCat("999999", bad, "001"))), "") << bad;
}

// GB 11643 finds every wrong digit and every two neighbours swapped.
TEST(IdentityNumber, EveryWrongDigitAndEverySwapIsFound) {
  const std::string good = "99999919860412101X";
  ASSERT_EQ(NormalIdentityNumber(good), good);
  for (size_t i = 0; i < 17; ++i) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string wrong = good;
      wrong[i] = digit;
      EXPECT_EQ(NormalIdentityNumber(wrong).empty(), wrong != good) << wrong;
    }
    std::string swapped = good;
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_EQ(NormalIdentityNumber(swapped).empty(), swapped != good) << swapped;
  }
}

}  // namespace
}  // namespace yijie::engine
