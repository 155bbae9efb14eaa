#ifndef YIJIE_ENGINE_SERVER_GATEWAY_H_
#define YIJIE_ENGINE_SERVER_GATEWAY_H_

// The port for operators of a gateway: GatewayService, and BooksService over the books of pairs of
// areas. The port for peers is engine/peers/peer_port.h.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/books/book_queries.h"
#include "engine/gateway/gateway_queries.h"

namespace yijie::engine {

class GatewayServer {
 public:
  // Serves on `address` until destroyed; port 0 takes a free one. Both outlive it. Without TLS:
  // loopback, or behind a front that ends mutual TLS.
  static absl::StatusOr<std::unique_ptr<GatewayServer>> Start(const std::string& address,
                                                              GatewayQueries& queries,
                                                              BookQueries& books);
  ~GatewayServer();
  GatewayServer(const GatewayServer&) = delete;
  GatewayServer& operator=(const GatewayServer&) = delete;

  int port() const;

 private:
  struct Impl;
  explicit GatewayServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_GATEWAY_H_
