// HostileClient: settles what it never had, has no more, or settled before, by calls and by a
// stream in turn, and judges each answer. One thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/client.h"

namespace amqp_sidecar::test {

class HostileClient {
 public:
  enum class Verb { kAck, kNack, kReject };
  using Ids = std::vector<std::string>;

  // Its own stream subscribes to `queue`, which stays empty. The client must outlive it.
  HostileClient(Client& client, const std::string& queue);
  ~HostileClient();

  // Each of these fails, for one of the reasons.
  void MustFail(Verb verb, const Ids& ids, const std::set<std::string>& reasons);
  // None of these does: they were settled in this way before.
  void MustPass(Verb verb, const Ids& ids);
  // Bytes that are no request are refused as a whole.
  void MustBeRefused(Verb verb, const std::string& bytes);

  size_t sent() const { return sent_; }
  size_t failed() const { return failed_; }
  // Answers that were not as they should be, and the first of them.
  size_t wrong() const { return wrong_; }
  const std::string& first_wrong() const { return first_wrong_; }

 private:
  using Failures = std::vector<pb::SettleFailure>;

  Failures ByCall(Verb verb, const Ids& ids);
  // Reads until so many have failed.
  Failures ByStream(Verb verb, const Ids& ids, size_t failures);
  void Wrong(const std::string& what);

  Client& client_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::SubscribeStreamRequest, pb::SubscribeStreamResponse>>
      stream_;
  size_t calls_ = 0;
  size_t sent_ = 0;
  size_t failed_ = 0;
  size_t wrong_ = 0;
  std::string first_wrong_;
};

}  // namespace amqp_sidecar::test
