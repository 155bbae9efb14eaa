// FairQueue against a model that keeps everything in plain lists, and against what it promises.

#include "engine/budget/fair_queue.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace yijie::engine {
namespace {

constexpr size_t kClasses = 3;
using Queue = FairQueue<std::unique_ptr<int>, kClasses>;

uint64_t Seed() {
  const char* given = std::getenv("YIJIE_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "YIJIE_SEED=" << seed << "\n";
  return seed;
}

// Deficit round robin word for word: flows in a list, the first one's turn.
class Model {
 public:
  void Push(size_t number, uint64_t flow, int64_t cost, int item) {
    auto& flows = classes_[number];
    auto found = std::find_if(flows.begin(), flows.end(), [&](const F& f) { return f.id == flow; });
    if (found == flows.end()) found = flows.insert(flows.end(), {flow, Queue::kTurn, {}});
    found->items.push_back({cost, item});
  }
  int Pop(uint32_t mask) {
    for (size_t number = 0; number < kClasses; ++number) {
      if ((mask >> number & 1) != 0 && !classes_[number].empty()) return PopOf(classes_[number]);
    }
    return -1;
  }

 private:
  struct F {
    uint64_t id;
    int64_t left;
    std::deque<std::pair<int64_t, int>> items;
  };
  static int PopOf(std::list<F>& flows) {
    while (flows.front().left < flows.front().items.front().first) {
      flows.front().left += Queue::kTurn;
      flows.splice(flows.end(), flows, flows.begin());
    }
    F& flow = flows.front();
    const auto [cost, item] = flow.items.front();
    flow.left -= cost;
    flow.items.pop_front();
    if (flow.items.empty()) flows.pop_front();
    return item;
  }
  std::array<std::list<F>, kClasses> classes_;
};

TEST(FairQueueTest, TellsWhatIsAheadWhileTheOthersGoOn) {
  std::mt19937_64 random(Seed());
  for (int round = 0; round < 200; ++round) {
    FairQueue<int, kClasses> queue;
    const auto others = static_cast<int>(random() % 6);
    const auto own = static_cast<int>(random() % 100);
    std::vector<int> held(static_cast<size_t>(others), 0);
    const auto top_up = [&] {
      for (size_t flow = 0; flow < held.size(); ++flow) {
        for (; held[flow] < 3 * Queue::kTurn; ++held[flow])
          queue.Push(1, flow + 1, 1, static_cast<int>(flow));
      }
    };
    top_up();
    for (int i = 0; i < own; ++i) queue.Push(1, 100, 1, 100);
    for (int i = 0; i < 5; ++i) queue.Push(0, 7, 1, 101);
    const int64_t told = queue.Ahead(1, 100, 1);
    queue.Push(1, 100, 1, 102);
    int64_t ahead = 0;
    for (int item = queue.Pop(Queue::kAll); item != 102; item = queue.Pop(Queue::kAll), ++ahead) {
      if (item < 100) --held[static_cast<size_t>(item)];
      top_up();
    }
    EXPECT_LE(std::abs(told - ahead), Queue::kTurn * (others + 1))
        << others << " others, own " << own;
  }
}

TEST(FairQueueTest, DoesWhatTheModelDoes) {
  std::mt19937_64 random(Seed());
  const auto below = [&](uint64_t n) { return random() % n; };
  for (int round = 0; round < 50; ++round) {
    Queue queue;
    Model model;
    const uint64_t flows = 1 + below(20);
    const uint64_t push_percent = 30 + below(40);
    size_t size = 0;
    for (int item = 0; item < 2'000; ++item) {
      if (below(100) < push_percent) {
        const size_t number = below(kClasses);
        const uint64_t flow = below(flows);
        const auto cost = static_cast<int64_t>(1 + below(Queue::kMaxCost));
        queue.Push(number, flow, cost, std::make_unique<int>(item));
        model.Push(number, flow, cost, item);
        ++size;
      } else {
        const auto mask = static_cast<uint32_t>(1 + below(Queue::kAll));
        if (queue.size(mask) == 0) continue;
        ASSERT_EQ(*queue.Pop(mask), model.Pop(mask));
        --size;
      }
      ASSERT_EQ(queue.size(), size);
    }
  }
}

// Of two flows that always have something to send, none gets ahead by more than a turn and the
// largest item.
TEST(FairQueueTest, AlwaysWaitingFlowsGetTheSameShare) {
  std::mt19937_64 random(Seed());
  for (int round = 0; round < 20; ++round) {
    const uint64_t flows = 2 + random() % 10;
    Queue queue;
    std::map<int, std::pair<uint64_t, int64_t>> sent;  // by item: flow and cost
    int next = 0;
    const auto push = [&](uint64_t flow) {
      // Flow 0 sends items as large as can be, the others small ones.
      const int64_t cost = flow == 0 ? Queue::kMaxCost : 1 + static_cast<int64_t>(random() % 3);
      sent[next] = {flow, cost};
      queue.Push(0, flow, cost, std::make_unique<int>(next++));
    };
    for (uint64_t flow = 0; flow < flows; ++flow)
      for (int i = 0; i < 3; ++i) push(flow);
    std::map<uint64_t, int64_t> got;
    for (int i = 0; i < 5'000; ++i) {
      const auto [flow, cost] = sent[*queue.Pop(Queue::kAll)];
      got[flow] += cost;
      push(flow);
      if (i < static_cast<int>(flows) * 40) continue;
      int64_t least = INT64_MAX;
      int64_t most = 0;
      for (const auto& [id, sum] : got) {
        least = std::min(least, sum);
        most = std::max(most, sum);
      }
      ASSERT_LE(most - least, Queue::kTurn + 2 * Queue::kMaxCost);
    }
    ASSERT_EQ(got.size(), flows);
  }
}

TEST(FairQueueTest, OneItemOfANewFlowDoesNotWaitForAThousandOfAnother) {
  Queue queue;
  for (int i = 0; i < 1'000; ++i) queue.Push(1, 7, 1, std::make_unique<int>(i));
  queue.Push(1, 8, 1, std::make_unique<int>(-1));
  int before = 0;
  while (*queue.Pop(Queue::kAll) >= 0) ++before;
  EXPECT_LE(before, Queue::kTurn);
}

TEST(FairQueueTest, ALowerClassGoesFirst) {
  Queue queue;
  queue.Push(2, 1, 1, std::make_unique<int>(2));
  queue.Push(0, 1, Queue::kMaxCost, std::make_unique<int>(0));
  queue.Push(1, 1, 1, std::make_unique<int>(1));
  EXPECT_EQ(queue.size(0b110), 2U);
  EXPECT_EQ(*queue.Pop(0b110), 1);
  EXPECT_EQ(*queue.Pop(Queue::kAll), 0);
  EXPECT_EQ(*queue.Pop(Queue::kAll), 2);
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace yijie::engine
