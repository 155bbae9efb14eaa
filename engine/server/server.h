#ifndef YIJIE_ENGINE_SERVER_SERVER_H_
#define YIJIE_ENGINE_SERVER_SERVER_H_

// The gRPC edge: one completion queue, one thread that polls it. Requests and replies pass as
// bytes, so that a stored reply leaves exactly as it was stored.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/books/book_queries.h"
#include "engine/engine.h"
#include "engine/inquiry/change_feed.h"
#include "engine/inquiry/inquiry_queries.h"
#include "engine/payout/payment_files.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

struct ServerOptions {
  // "127.0.0.1:7300"; port 0 takes a free one. Without TLS: loopback, or behind a front that ends
  // mutual TLS (deploy/README.md).
  std::string address = "127.0.0.1:7300";
  // Larger messages are refused by gRPC with RESOURCE_EXHAUSTED. 2 MiB holds more lines than a
  // claim may have.
  int max_message_bytes = 2 << 20;
  // Answers OperatorService.ReloadPolicies, from any thread; may take its time.
  std::function<yijie::v1::ReloadPoliciesResponse()> reload_policies;
  // Answers BooksService; outlives the server. Null: the service is not there.
  BookQueries* books = nullptr;
  // Answer the inquiry services; outlive the server. Null: the calls are not there.
  InquiryQueries* inquiry = nullptr;
  ChangeFeed* changes = nullptr;
  // When the seats of those who watch changes are taken, one that has read nothing for so long
  // loses its seat.
  std::chrono::milliseconds watcher_patience{60'000};
  // The same for SettleStream: one on which nothing has moved for so long.
  std::chrono::milliseconds stream_patience{60'000};
  // Answers PaymentFileService; outlives the server. Null: the service is not there.
  PaymentFiles* payment_files = nullptr;
};

class Server {
 public:
  // Serves until destroyed or shut down. `engine` outlives the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, Engine& engine,
                                                       Metrics& metrics);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

  // Graceful end: health says NOT_SERVING, calls inside are answered, new ones refused. Afterwards
  // nothing is served.
  void Shutdown();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_SERVER_H_
