#include "rules/symbol.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace yijie::rules {
namespace {

TEST(Symbols, NamesStayWhereTheyAre) {
  const Symbol first = Intern("symbols: the first");
  const char* const place = SymbolName(first).data();
  for (int i = 0; i < 10'000; ++i) Intern(absl::StrCat("symbols: ", i));  // more than a block
  EXPECT_EQ(SymbolName(first), "symbols: the first");
  EXPECT_EQ(SymbolName(first).data(), place);
  EXPECT_EQ(Intern("symbols: the first"), first);
  EXPECT_EQ(SymbolName(Symbol::kNone), "");
  EXPECT_EQ(FindSymbol("symbols: nobody's"), std::nullopt);
}

// Threads that hand each other symbols that others just made: each knows its name. With
// ThreadSanitizer this shows that names need no lock.
TEST(Symbols, AreKnownToWhoeverIsGivenThem) {
  constexpr int kThreads = 4, kNames = 20'000;
  std::vector<std::atomic<uint32_t>> made(kNames);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kNames; ++i) {
        const int mine = (i * 7 + t * 13) % kNames;
        const auto symbol = static_cast<uint32_t>(Intern(absl::StrCat("handed over ", mine)));
        const uint32_t other = made[static_cast<size_t>(mine)].exchange(symbol);
        if (other != 0 && other != symbol) ++wrong;
        const int theirs = (i * 7 + (t + 1) * 13) % kNames;
        const uint32_t given = made[static_cast<size_t>(theirs)].load();
        if (given != 0 &&
            SymbolName(static_cast<Symbol>(given)) != absl::StrCat("handed over ", theirs))
          ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace yijie::rules
