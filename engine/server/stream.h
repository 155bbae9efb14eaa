#ifndef YIJIE_ENGINE_SERVER_STREAM_H_
#define YIJIE_ENGINE_SERVER_STREAM_H_

// SettleStream on the completion queue of the unary calls. docs/stream.md tells institutions how it
// behaves.
//
// A stream holds its claims from reading until the network took their answers, and it reads no
// further while it holds as many as it may: what a client sends beyond that, or does not read,
// waits in the network. Claims are taken to the engine a few at a time, so that a large message
// keeps neither other streams nor unary calls waiting. Answers come from the engine's threads.
// While a message is being sent, further answers gather and leave together in the next.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <set>

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "engine/engine.h"
#include "engine/server/bytes.h"

namespace yijie::engine {

class SettleStreams {
 public:
  static constexpr size_t kMaxStreams = 64;              // open at once
  static constexpr size_t kMaxHeldClaims = 2048;         // of a stream
  static constexpr size_t kMaxHeldBytes = 16 << 20;      // of a stream: requests, then answers
  static constexpr size_t kFullAnswerBytes = 256 << 10;  // a message with so much takes no more

  using Rpc = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

  struct Options {
    // Asks gRPC for the next stream. False: the server has ended.
    std::function<bool(grpc::ServerContext*, Rpc*, void* tag)> request_next;
    // gRPC lets no larger message through.
    size_t max_message_bytes = 0;
    // When all streams that may be open are, one on which no claim or answer has moved for so long
    // is ended.
    std::chrono::milliseconds patience{60'000};
  };

  // `engine` and `metrics` outlive it.
  SettleStreams(Options options, Engine& engine, Metrics& metrics);
  // After the last event of the queue.
  ~SettleStreams();

  // --- Of the thread that polls the queue, or before it runs.

  // Takes streams from now on.
  void Open();
  // Whether claims that were read wait to be taken to the engine.
  bool HasWork() const { return !at_work_.empty(); }
  // Takes some of them, of one stream after the other.
  void WorkSome();
  // No operation is begun any more: the queue is about to be shut down.
  void Close() { closed_ = true; }

  // --- From any thread

  // Reads nothing more. What is inside is answered, then every stream ends with UNAVAILABLE.
  void Stop();

 private:
  class Stream;

  // Whether there is a seat for `stream`. If not, what hangs is ended, and its seat is free soon.
  absl::Status TakeSeat(const std::shared_ptr<Stream>& stream);
  void Remove(const std::shared_ptr<Stream>& stream);

  const Options options_;
  Engine& engine_;
  Metrics& metrics_;
  std::shared_ptr<Stream> next_;                 // waits for a client
  std::deque<std::shared_ptr<Stream>> at_work_;  // with claims to be taken to the engine
  std::atomic<bool> closed_{false};

  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
  size_t seats_taken_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_STREAM_H_
