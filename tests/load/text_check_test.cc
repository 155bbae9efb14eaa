#include "engine/load/text_check.h"

#include "base/utf8.h"

#include "gtest/gtest.h"

namespace yijie::engine {
namespace {

TEST(IdentityCard, ChecksTheCheckCharacter) {
  // The samples of the standard.
  EXPECT_TRUE(IsIdentityCardNumber("11010519491231002X"));
  EXPECT_TRUE(IsIdentityCardNumber("440524188001010014"));
  EXPECT_FALSE(IsIdentityCardNumber("110105194912310021"));
  EXPECT_FALSE(IsIdentityCardNumber("440524188001010041"));  // two digits swapped
  EXPECT_FALSE(IsIdentityCardNumber("11010519491231002x"));  // small letters are the caller's
  EXPECT_FALSE(IsIdentityCardNumber("1101051949123100"));
  EXPECT_FALSE(IsIdentityCardNumber("11010519491231A02X"));
  EXPECT_FALSE(IsIdentityCardNumber(""));
}

}  // namespace
}  // namespace yijie::engine
