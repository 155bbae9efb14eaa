#include "engine/edge.h"

#include <array>
#include <vector>

#include <google/protobuf/arena.h>

#include "base/mutex.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/deterministic_bytes.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using google::protobuf::Message;

// The header of the request of a call that has a message id.
const v1::MessageHeader& HeaderOf(Call call, const Message& request) {
  static const auto* const fields = [] {
    auto* found = new std::array<const google::protobuf::FieldDescriptor*, kCalls>;
    for (const CallSpec* spec : AllCalls()) {
      (*found)[static_cast<size_t>(spec->call)] =
          spec->request == nullptr ? nullptr
                                   : spec->request->GetDescriptor()->FindFieldByName("header");
    }
    return found;
  }();
  return static_cast<const v1::MessageHeader&>(
      request.GetReflection()->GetMessage(request, (*fields)[static_cast<size_t>(call)]));
}

// Room that requests are parsed into: their lines and texts cost more to make, on one thread, and
// to free, on another, than to fill.
class Room {
 public:
  google::protobuf::Arena& arena() { return arena_; }
  void Clear() { arena_.Reset(); }  // what a long bill took beyond the first block is freed

 private:
  static google::protobuf::ArenaOptions In(char* block, size_t bytes) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = bytes;
    return options;
  }
  alignas(8) std::array<char, 8 << 10> block_;  // a bill of 12 lines takes half of it
  google::protobuf::Arena arena_{In(block_.data(), block_.size())};
};

// Rooms of requests that are done with. Thread-safe.
class SpareRooms {
 public:
  std::unique_ptr<Room> Take() {
    {
      const MutexLock lock(mutex_);
      if (!spare_.empty()) {
        std::unique_ptr<Room> room = std::move(spare_.back());
        spare_.pop_back();
        return room;
      }
    }
    return std::make_unique<Room>();
  }
  void Give(std::unique_ptr<Room> room) {
    room->Clear();
    const MutexLock lock(mutex_);
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(room));
  }

 private:
  static constexpr size_t kMostSpare = 512;
  Mutex mutex_;
  std::vector<std::unique_ptr<Room>> spare_ ABSL_GUARDED_BY(mutex_);
};

SpareRooms& Rooms() {
  static auto* const rooms = new SpareRooms;  // never destroyed: requests may outlive all else
  return *rooms;
}

// The key under which the answer is kept.
void SetKey(const Message& request, const v1::MessageHeader& header, v1::Transaction transaction,
            Job* job) {
  job->has_key = true;
  job->key = {header.fixmedins_code(), static_cast<uint8_t>(transaction), header.msgid()};
  job->body = DeterministicBytes(request);
  job->digest = Sha256(job->body);
}

}  // namespace

std::shared_ptr<Message> NewRequest(Call call) {
  const std::shared_ptr<Room> room(Rooms().Take().release(),
                                   [](Room* used) { Rooms().Give(std::unique_ptr<Room>(used)); });
  return {room, SpecOf(call).request->New(&room->arena())};
}

absl::StatusOr<std::unique_ptr<Job>> MakeJob(Call call, std::shared_ptr<const Message> request,
                                             const Moment& now) {
  const CallSpec& spec = SpecOf(call);
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(*request));
  auto job = std::make_unique<Job>();
  job->call = call;
  job->now = now;
  job->arrived = std::chrono::steady_clock::now();
  job->deadline = std::chrono::steady_clock::time_point::max();
  const bool has_header = spec.transaction != v1::TRANSACTION_UNSPECIFIED;
  const v1::MessageHeader* const header = has_header ? &HeaderOf(call, *request) : nullptr;
  if (header != nullptr) YIJIE_RETURN_IF_ERROR(CheckHeader(*header));
  YIJIE_RETURN_IF_ERROR(spec.prepare(*request, job.get()));
  if (header != nullptr) SetKey(*request, *header, spec.transaction, job.get());
  job->request = std::move(request);
  return job;
}

}  // namespace yijie::engine
