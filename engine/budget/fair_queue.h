#ifndef YIJIE_ENGINE_BUDGET_FAIR_QUEUE_H_
#define YIJIE_ENGINE_BUDGET_FAIR_QUEUE_H_

// A queue with classes and, inside a class, a fair turn for each flow: a lower class number goes
// first always, and flows of one class share by deficit round robin (Shreedhar and Varghese, 1995),
// so that one with a thousand items delays another's first by one turn only. A flow's own items
// keep their order.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"

namespace yijie::engine {

// Not thread-safe. Memory is that of the most items it ever held.
template <typename T, size_t kClasses>
class FairQueue {
 public:
  // Bit i: class i.
  using Mask = uint32_t;
  static constexpr Mask kAll = (Mask{1} << kClasses) - 1;

  // What a flow may take in one turn. Costs lie in 1 to kMaxCost.
  static constexpr int64_t kTurn = 4;
  static constexpr int64_t kMaxCost = 16;

  void Push(size_t number, uint64_t flow, int64_t cost, T item) {
    YIJIE_CHECK(number < kClasses && cost >= 1 && cost <= kMaxCost, "no such class, or cost");
    Class& in = classes_[number];
    const uint32_t node = NewNode(cost, std::move(item));
    const auto [entry, is_new] = in.by_flow.try_emplace(flow, kNone);
    if (is_new) {
      entry->second = NewFlow(flow);
      AppendFlow(in, entry->second);
    }
    AppendNode(flows_[entry->second], node);
    AddCost(in, flows_[entry->second], cost);
    ++in.size;
  }

  // About how much, in costs, is taken before an item that is pushed now, while the other flows go
  // on as they are: lower classes of `mask`, and rounds of this one until the flow's own items have
  // had their turns. Items of lower classes count as 1.
  int64_t Ahead(size_t number, uint64_t flow, int64_t cost, Mask mask = kAll) const {
    const int64_t own = CostOf(number, flow);
    const int64_t others = classes_[number].round - std::min(own, kTurn);
    const int64_t rounds = (own + cost + kTurn - 1) / kTurn;
    return static_cast<int64_t>(size(mask & ((Mask{1} << number) - 1))) + own + others * rounds;
  }

  // Costs of what a flow has in a class.
  int64_t CostOf(size_t number, uint64_t flow) const {
    const auto entry = classes_[number].by_flow.find(flow);
    return entry == classes_[number].by_flow.end() ? 0 : flows_[entry->second].cost;
  }

  // The next item of the classes of `mask`, of which one is not empty.
  T Pop(Mask mask) {
    for (size_t number = 0; number < kClasses; ++number) {
      if ((mask >> number & 1) != 0 && classes_[number].size > 0) return PopOf(classes_[number]);
    }
    YIJIE_CHECK(false, "nothing to take");
    return T();
  }

  size_t size(Mask mask = kAll) const {
    size_t sum = 0;
    for (size_t number = 0; number < kClasses; ++number)
      sum += (mask >> number & 1) != 0 ? classes_[number].size : 0;
    return sum;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Node {
    T item{};
    int64_t cost = 0;
    uint32_t next = kNone;
  };
  // With at least one item.
  struct Flow {
    uint64_t id = 0;
    int64_t left = 0;  // of its turn
    int64_t cost = 0;  // of its items
    uint32_t first = kNone;
    uint32_t last = kNone;
    uint32_t next = kNone;  // flow
  };
  struct Class {
    absl::flat_hash_map<uint64_t, uint32_t> by_flow;
    uint32_t first = kNone;  // flow whose turn it is
    uint32_t last = kNone;
    size_t size = 0;    // items
    int64_t round = 0;  // costs taken until each flow had its turn
  };

  T PopOf(Class& of) {
    while (true) {
      Flow& flow = flows_[of.first];
      Node& node = nodes_[flow.first];
      if (flow.left < node.cost) {
        flow.left += kTurn;
        Rotate(of);
        continue;
      }
      flow.left -= node.cost;
      AddCost(of, flow, -node.cost);
      T item = std::move(node.item);
      const uint32_t freed = std::exchange(flow.first, node.next);
      free_nodes_.push_back(freed);
      if (flow.first == kNone) RemoveFirstFlow(of);
      --of.size;
      return item;
    }
  }

  void AddCost(Class& in, Flow& flow, int64_t cost) {
    in.round += std::min(flow.cost + cost, kTurn) - std::min(flow.cost, kTurn);
    flow.cost += cost;
  }

  uint32_t NewNode(int64_t cost, T item) {
    const uint32_t index = Take(nodes_, free_nodes_);
    nodes_[index] = {std::move(item), cost, kNone};
    return index;
  }

  uint32_t NewFlow(uint64_t id) {
    const uint32_t index = Take(flows_, free_flows_);
    flows_[index] = Flow();
    flows_[index].id = id;
    flows_[index].left = kTurn;
    return index;
  }

  template <typename Pooled>
  static uint32_t Take(std::vector<Pooled>& pool, std::vector<uint32_t>& free) {
    if (free.empty()) {
      pool.emplace_back();
      return static_cast<uint32_t>(pool.size() - 1);
    }
    const uint32_t index = free.back();
    free.pop_back();
    return index;
  }

  void AppendNode(Flow& flow, uint32_t node) {
    (flow.first == kNone ? flow.first : nodes_[flow.last].next) = node;
    flow.last = node;
  }

  void AppendFlow(Class& to, uint32_t flow) {
    flows_[flow].next = kNone;
    (to.first == kNone ? to.first : flows_[to.last].next) = flow;
    to.last = flow;
  }

  void Rotate(Class& of) {
    const uint32_t flow = std::exchange(of.first, flows_[of.first].next);
    AppendFlow(of, flow);
  }

  void RemoveFirstFlow(Class& of) {
    const uint32_t flow = std::exchange(of.first, flows_[of.first].next);
    of.by_flow.erase(flows_[flow].id);
    free_flows_.push_back(flow);
  }

  std::array<Class, kClasses> classes_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> free_nodes_;
  std::vector<Flow> flows_;
  std::vector<uint32_t> free_flows_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_FAIR_QUEUE_H_
