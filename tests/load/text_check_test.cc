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

TEST(Utf8, AcceptsWellFormedTextOnly) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("abc 张三 𠮷 é"));
  EXPECT_TRUE(IsUtf8("\xF4\x8F\xBF\xBF"));   // U+10FFFF
  EXPECT_FALSE(IsUtf8("\xD5\xC5\xC8\xFD"));  // GBK
  EXPECT_FALSE(IsUtf8("\xC0\x80"));          // overlong NUL
  EXPECT_FALSE(IsUtf8("\xE0\x80\x80"));      // overlong
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsUtf8("\xF5\x80\x80\x80"));
  EXPECT_FALSE(IsUtf8("\xE5\xBC"));  // cut off
  EXPECT_FALSE(IsUtf8("\x80"));
}

}  // namespace
}  // namespace yijie::engine
