#include "base/utf8.h"

#include "gtest/gtest.h"

namespace yijie {
namespace {

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

TEST(Utf8, PrefixEndsBeforeTheFirstBadByte) {
  EXPECT_EQ(Utf8Prefix(""), 0U);
  EXPECT_EQ(Utf8Prefix("a张"), 4U);
  EXPECT_EQ(Utf8Prefix("a张\xE5\xBC"), 4U);
  EXPECT_EQ(Utf8Prefix("a\xFF"
                       "b"),
            1U);
}

}  // namespace
}  // namespace yijie
